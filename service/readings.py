"""The gauges that are read at the moment of scraping: the state of the store, the loop and the rules."""

from collections import Counter
from collections.abc import Iterator

from service.intake import Item
from service.metrics import GaugeNow
from service.work import Work
from store.database import Store
from streams.embedded import EmbeddedRunner
from streams.instants import SECOND, Instant


def readings(store: Store, runner: EmbeddedRunner[Item], work: Work, now: Instant) -> Iterator[GaugeNow]:
    running, sweep = work.running, work.sweep
    with store.read() as reader:
        overview = reader.overview()
    yield (
        "tocsin_incidents_open",
        "Unresolved incidents of live rules.",
        ("severity", "state"),
        [((severity.word, state.value), count) for (state, severity), count in overview.unresolved.items()],
    )
    yield "tocsin_incidents_unowned", "Unresolved incidents whose chain has run out.", (), [((), overview.run_out)]
    yield (
        "tocsin_deliveries_pending",
        "Messages that have not left: waiting for their turn, held, or being sent.",
        ("state",),
        [
            (("waiting",), overview.unsent - overview.held),
            (("held",), overview.held),
            (("sending",), overview.sending),
        ],
    )
    oldest = 0.0 if overview.oldest_unsent_at is None else max(0.0, (now - overview.oldest_unsent_at) / SECOND)
    yield "tocsin_delivery_oldest_pending_seconds", "How long the oldest unsent message waits.", (), [((), oldest)]
    yield "tocsin_inbox_items", "Items waiting for the loop.", (), [((), runner.waiting)]
    due = runner.next_due
    yield (
        "tocsin_next_due_seconds",
        "Until the next due time; negative when it is overdue.",
        (),
        [] if due is None else [((), (due - now) / SECOND)],
    )
    shards = sum(matcher.shards for matcher in running.judge.matchers)
    fallback = sum(matcher.fallback_shards for matcher in running.judge.matchers)
    yield (
        "tocsin_matcher_shards",
        "Groups of conditions by who matches them.",
        ("matcher",),
        [(("durable",), shards - fallback), (("reference",), fallback)],
    )
    modes = Counter(rule.mode for rule in running.rules.values())
    yield "tocsin_rules", "Rules by mode.", ("mode",), [((mode,), modes[mode]) for mode in ("live", "shadow", "off")]
    yield "tocsin_refused_events_waiting", "Refused events not sent again.", (), [((), overview.refusals)]
    yield (
        "tocsin_workspace_loaded_timestamp_seconds",
        "When the files in force were taken up.",
        (),
        [((), running.since / SECOND)],
    )
    left = 0 if sweep is None else sweep.left
    yield "tocsin_sweep_entities_left", "Entities still to be judged again by changed rules.", (), [((), left)]
