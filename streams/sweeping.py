"""Rules have changed: entities are brought to what the new rules say, in batches (semantics.md, section 5)."""

import msgspec

from streams.counting import judge_again
from streams.engine import Engine
from streams.firing import Reason
from streams.groups import Group
from streams.instants import Instant
from streams.learning import Failed, KnownSoFar, Learned, Step, as_baseline
from streams.matching import match_firings
from streams.ports import Ledger


class Swept(msgspec.Struct, kw_only=True, gc=False):
    """One batch of a sweep: what it found, and how many entities are still to be swept."""

    learned: Learned
    left: int


def sweep(
    engine: Engine, ledger: Ledger, now: Instant, limit: int, failed: Failed | None = None, *, before: int | None = None
) -> Swept:
    """Bring up to `limit` stale entities to I(now) of the rules of `engine`; with the last of them all groups.

    Firings that are gone are withdrawn with `rule_changed`; those that open are baseline. An entity that an event
    touches before its turn is swept there and then, and so is one that is left out because it is closed and nothing
    is open for it (streams/learning.py). Those that feed totals come first. Counting what is left takes longer than a
    batch where there are very many: `before` is how many there were, about, so that it need not be done each time.
    """
    step = Step(engine, ledger, now, failed)
    stale = ledger.stale(engine.generation, limit, engine.totals.sources)
    step.sweep(stale)
    step.count()
    left = 0
    if len(stale) == limit:
        left = ledger.stale_left(engine.generation) if before is None else max(1, before - limit)
    if not left:
        _sweep_groups(engine, ledger, now, step.learned)
        engine.incomplete.clear()
    return Swept(learned=step.learned, left=left)


def _sweep_groups(engine: Engine, ledger: Ledger, now: Instant, learned: Learned) -> None:
    """Groups of rules that are new or have changed, and of those that are gone."""
    history = KnownSoFar(ledger, learned.transitions)
    for rule in sorted(engine.incomplete):
        counting = engine.counts[rule]
        ledger.forget_members(rule, counting.version)
        groups: list[Group] = []
        for name in ledger.groups_of(rule):
            group, transitions = judge_again(ledger, history, counting, name, now, Reason.RULE_CHANGED)
            groups.append(group)
            learned.transitions += map(as_baseline, transitions)
        ledger.save_groups(groups)
    for group in ledger.groups_of_others(list(engine.counts)):
        if group.open is not None:
            firings = ledger.firings_of((group.kind, group.key))
            own = [firing for firing in firings if firing.rule == group.rule and firing.open]
            learned.transitions += map(as_baseline, match_firings(own, (), now, gone=Reason.RULE_CHANGED).transitions)
        ledger.forget_members(group.rule, None)
