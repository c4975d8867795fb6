"""Rules judged from the snapshot alone: nothing is kept of them, and they do what followed rules do."""

import pytest
from msgspec.structs import replace

from rules.judging import judge as judging
from rules.judging.judge import Judge
from rules.judging.ladders import Ladders
from rules.workspace import read_workspace
from simulator.replay import replay
from streams.engine import Engine
from streams.entity import decode_entity, encode_entity, new_entity
from streams.firing import Change, Firing, Reason
from streams.instants import FIRST, HOUR, LAST, Instant
from streams.learning import KnownSoFar, learn
from streams.memory import MemoryLedger
from tests.streams.judged import MODEL, Live, an_event, hour

LATE = "overdue: shipped, after: paid, within: 2h"
STAGED = f"{LATE}, stages: [{{at: -1h, severity: minor}}, {{at: 0h, severity: major}}, {{at: 1h, severity: info}}]"
PROMISED = "overdue: shipped, before: 1h"
URGENT = "when: urgent"


def engine_of(*rules: str) -> Engine:
    listed = "".join(f"  - {{id: r{number}, {rule}}}\n" for number, rule in enumerate(rules, start=1))
    workspace = read_workspace(MODEL, f"rules:\n{listed}")
    return Engine(workspace.model, Judge(workspace.rules, "compiled"))


def test_nothing_is_kept_until_a_rule_fires() -> None:
    """A hundred rules that wait make an entity's state no larger than one does."""
    sizes = []
    for count in (1, 100):
        live = Live(*[LATE] * count)
        (entity,) = live.learn(1, an_event("1", "paid", 1)).entities
        assert entity.due_at == hour(3)
        sizes.append(len(encode_entity(entity)))
    assert sizes[0] == sizes[1]


def test_an_entity_read_back_is_still_due() -> None:
    """What the store keeps is enough: the deadline fires on the state as it was encoded."""
    engine = engine_of(LATE, STAGED)
    ledger = MemoryLedger()
    learn(engine, ledger, [an_event("1", "paid", 1)], hour(1))
    ledger.save([decode_entity(encode_entity(ledger.entities["order", "A-1"]))])
    firings = [transition.firing for transition in learn(engine, ledger, (), hour(3)).transitions]
    assert [(firing.rule, [stage.at for stage in firing.stages]) for firing in firings] == [
        ("r2", [hour(2), hour(3)]),
        ("r1", [hour(3)]),
    ]


@pytest.mark.parametrize("start", [FIRST, FIRST + HOUR // 2, LAST - 3 * HOUR // 2, LAST - HOUR // 2, LAST])
@pytest.mark.parametrize("rule", [LATE, STAGED, PROMISED, URGENT, "when: paid.done"])
def test_the_ends_of_time(rule: str, start: Instant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where deadlines fall out of the years 1 to 9999, the rule fires exactly as one that is followed step by step."""
    events = [replace(an_event("1", "paid", 0, data={"urgent": True, "shipped.due": start}), occurred_at=start)]

    def firings() -> tuple[Firing, ...]:
        return replay(engine_of(rule), events, until=LAST).firings

    found = firings()
    monkeypatch.setattr(judging, "make_ladders", lambda rules, programs: Ladders((), {}))
    assert found == firings()


def test_a_changed_rule_takes_over_what_is_open() -> None:
    """From the next step on the open incident counts as one of the new version, and ends by it."""
    before, after = engine_of(LATE), engine_of(f"{LATE}, severity: critical")
    ledger = MemoryLedger()
    learn(before, ledger, [an_event("1", "paid", 1)], hour(1))
    (opened,) = learn(before, ledger, (), hour(3)).transitions
    (risen,) = learn(after, ledger, [an_event("2", "change", 4)], hour(4)).transitions
    assert [stage.at for stage in risen.firing.stages] == [hour(3), hour(4)]
    assert risen.firing.version != opened.firing.version
    (ended,) = learn(after, ledger, [an_event("3", "shipped", 5)], hour(5)).transitions
    assert (ended.firing.reason, ended.firing.version) == (Reason.CONDITION, risen.firing.version)


def test_what_was_followed_before_is_dropped() -> None:
    """A rule with `for` that loses it leaves nothing behind on the entity, open or not."""
    before, after = engine_of(f"{URGENT}, for: 9h"), engine_of(URGENT)
    ledger = MemoryLedger()
    learn(before, ledger, [an_event("1", "paid", 1, data={"urgent": True})], hour(1))
    assert ledger.entities["order", "A-1"].progress["r1"].open is None
    (opened,) = learn(after, ledger, [an_event("2", "change", 2)], hour(2)).transitions
    assert (opened.change, opened.at) == (Change.OPENED, hour(2))
    learn(after, ledger, [an_event("3", "change", 3, data={"urgent": False})], hour(3))
    assert not ledger.entities["order", "A-1"].progress


def test_what_falls_due_as_a_person_closes_is_not_lost() -> None:
    """Folding again, both happen at that instant: the pulse is closed, the other rule opens."""
    engine = engine_of('when: event.type == "change"', LATE)
    ledger = MemoryLedger()
    learn(engine, ledger, [an_event("1", "paid", 1), an_event("2", "change", 1)], hour(1))
    entity = new_entity("order", "A-1")
    entity.closings = ((hour(3), "r1"),)
    firings = [
        change.firing for change in engine.learn(entity, (), hour(4), KnownSoFar(ledger, ()), again=True).transitions
    ]
    assert [(firing.rule, firing.opened_at, firing.resolved_at) for firing in firings] == [
        ("r1", hour(1), hour(3)),
        ("r2", hour(3), None),
    ]
