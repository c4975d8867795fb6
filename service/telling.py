"""What a batch tells the outside: counters, histograms and log lines. No decision is taken here."""

import time
from collections.abc import Sequence

import structlog

from escalation.commands import Acknowledge, Resolve
from escalation.desk import DeskOutcome
from rules.versions import RuleChanges
from service.intake import Events, Item
from service.metrics import Metrics
from streams.decoding import Decoded
from streams.entity import Identity
from streams.firing import Change, Reason, Transition
from streams.instants import SECOND, Instant
from streams.learning import Learned

_log = structlog.get_logger("tocsin.loop")


class Telling:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def start(self) -> float:
        return time.perf_counter()

    def batch(
        self, batch: Sequence[Item], learned: Learned, outcome: DeskOutcome, now: Instant, started: float
    ) -> None:
        metrics = self._metrics
        metrics.batch_seconds.observe(time.perf_counter() - started)
        metrics.batch_items.observe(len(batch))
        metrics.loop_progress.set(now / SECOND)
        metrics.folded_again.inc(learned.folded_again)
        for item in batch:
            if isinstance(item, Events):
                self._events(item, learned)
        for transition in learned.transitions:
            self._transition(transition, now)
        for answer in outcome.answers:
            incident = answer.incident
            if answer.refusal is not None or incident is None:
                continue
            if isinstance(answer.command, Acknowledge):
                metrics.acknowledge_seconds.observe((now - incident.firing.detected_at) / SECOND)
            elif isinstance(answer.command, Resolve):
                metrics.resolved.labels(incident.firing.rule, Reason.PERSON.value).inc()

    def sent(self, channel: str, outcome: str, seconds: float | None) -> None:
        """An attempt to send; `seconds` since it was due, where it was accepted."""
        self._metrics.deliveries.labels(channel, outcome).inc()
        if seconds is not None:
            self._metrics.delivery_seconds.labels(channel).observe(seconds)

    def failed(self, error: Exception) -> None:
        """A batch failed as a whole; the loop tries again."""
        self._metrics.loop_errors.inc()
        _log.error("a batch failed and is tried again", exc_info=error)

    def entity_failed(self, identity: Identity, error: Exception) -> None:
        """A bug of ours, or of a rule, that must not keep all other entities from being judged."""
        self._metrics.entity_errors.inc()
        kind, key = identity
        _log.error("an entity cannot be judged and is tried again in a minute", kind=kind, key=key, exc_info=error)

    def rules_changed(self, changes: RuleChanges) -> None:
        """Other rules are in force."""
        for rule in changes.unreadable:
            _log.warning("an earlier version of a rule cannot be kept: all is judged by the new one", rule=rule)
        if changes.any:
            _log.info(
                "rules changed",
                new=changes.new or None,
                recomputed=changes.recomputed or None,
                fresh=changes.fresh or None,
                removed=changes.removed or None,
                switched=changes.switched or None,
            )

    def _events(self, item: Events, learned: Learned) -> None:
        metrics = self._metrics
        conflicting = {id(event) for event in learned.conflicting}
        copies = {id(event) for event in learned.copies}
        for one in item.items:
            if not isinstance(one, Decoded):
                metrics.events.labels(one.source or "unknown", "refused").inc()
                metrics.refusals.labels(one.code).inc()
                continue
            event = one.event
            if id(event) in conflicting:
                metrics.events.labels(event.source, "refused").inc()
                metrics.refusals.labels("copy_differs").inc()
                continue
            if id(event) in copies:
                metrics.events.labels(event.source, "duplicate").inc()
                continue
            metrics.events.labels(event.source, "taken").inc()
            metrics.left_out.inc(len(one.left_out))
            metrics.event_age.labels(event.source).observe(max(0, event.recorded_at - event.occurred_at) / SECOND)

    def _transition(self, transition: Transition, now: Instant) -> None:
        metrics, firing = self._metrics, transition.firing
        if transition.change is Change.OPENED:
            metrics.opened.labels(firing.rule, firing.severity.word).inc()
            if not firing.found_late and not transition.baseline:
                metrics.deadline_lateness.observe((now - firing.opened_at) / SECOND)
        if firing.reason is not None and _ends(transition):
            metrics.resolved.labels(firing.rule, firing.reason.value).inc()
        _log.info(
            "incident",
            change=transition.change.value,
            rule=firing.rule,
            kind=firing.kind,
            key=firing.key,
            severity=firing.severity.word,
            found_late=firing.found_late or None,
        )


def _ends(transition: Transition) -> bool:
    """Whether the incident was open until now: late data also amends and withdraws what was long over."""
    match transition.change:
        case Change.RESOLVED:
            return True
        case Change.OPENED:
            return not transition.firing.open  # found late
        case Change.WITHDRAWN:
            return transition.firing.closed_at == transition.at
        case _:
            return False
