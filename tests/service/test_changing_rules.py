"""Rules change while the service runs, or between two runs: what is open, what is told, what a stop leaves behind."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from escalation.incident import Incident, State
from service.intake import Events
from store.queries import IncidentFilter
from streams.clock import ManualClock
from streams.decoding import Decoded
from streams.event import Refusal
from streams.firing import Reason
from streams.instants import HOUR, MINUTE, SECOND, format_instant
from tests.service.whole import Crash, Provider, Reach, Whole, nothing

BEGIN = 1_772_442_000 * SECOND  # 2026-03-02 09:00 UTC
MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}}
    closed_by: [shipped]
    fields: {customer: string, amount: number}
  parcel:
    fields: {weight: number}
"""
CHAINS = "chains: {shipping: {steps: [{notify: [li-wei]}, {wait: 30m}, {notify: [li-wei]}]}}\ndefault: shipping\n"
PEOPLE = "people: {li-wei: {name: Li Wei, contacts: {email: li.wei@example.com}, normal: [{via: mail}]}}\n"
CHANNELS = "channels: {mail: {kind: smtp, host: localhost, security: none, from: tocsin@example.com}}\n"

Change = Callable[..., Whole]


def rule(text: str = "", id_: str = "late") -> str:
    return f"rules:\n  - {{id: {id_}, owner: li-wei{text and ', ' + text}}}\n"


UNPAID_SHIPMENT = "overdue: shipped, after: paid, within: 2h"


class Shop:
    """A workspace on disk and the service over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(BEGIN)
        self.mail = Provider("mail", self.clock)
        (folder / "rules").mkdir()
        for name, text in (("model", MODEL), ("chains", CHAINS), ("people", PEOPLE), ("channels", CHANNELS)):
            self.write(name, text)
        self.write("rules/late", rule(UNPAID_SHIPMENT))
        self.whole = self._start()

    def _start(self, reach: Reach = nothing) -> Whole:
        return Whole(self.folder, self.clock, {"mail": self.mail}, reach)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def restart(self, reach: Reach = nothing) -> None:
        self.whole.close()
        self.whole = self._start(reach)

    def event(self, type_: str, key: str, kind: str = "order", **data: object) -> None:
        self.events(type_, [key], kind, **data)

    def events(self, type_: str, keys: Iterable[str], kind: str = "order", **data: object) -> None:
        """The same of several entities, in one batch."""
        self.whole.batch([Events(items=[self._decoded(type_, key, kind, data) for key in keys])])

    def _decoded(self, type_: str, key: str, kind: str, data: dict[str, object]) -> Decoded | Refusal:
        now = self.clock.now()
        raw: dict[str, object] = {
            "source": "shop",
            "id": f"{key}-{type_}-{now}",
            "kind": kind,
            "key": key,
            "type": type_,
        }
        raw |= {"occurred_at": format_instant(now), "data": data}
        return self.whole.decoder.decode(json.dumps(raw), now=now, position="1")

    def wait(self, duration: int) -> None:
        self.whole.run_to(self.clock.now() + duration)

    def incidents(self, mode: str | None = "live") -> dict[str, Incident]:
        """The last one of each order, resolved ones included."""
        with self.whole.store.read() as reader:
            page = reader.incident_page(IncidentFilter(states=tuple(State), mode=mode), limit=500)  # type: ignore[arg-type]
        return {line.incident.firing.key: line.incident for line in reversed(page.lines)}

    def open(self, mode: str | None = "live") -> list[str]:
        return sorted(key for key, one in self.incidents(mode).items() if not one.is_resolved)

    @property
    def mails(self) -> int:
        return len(self.mail.received)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.whole.close()


@pytest.fixture(params=["while it runs", "between two runs"])
def change(request: pytest.FixtureRequest, shop: Shop) -> Callable[[str], None]:
    """Write other rules, and let the service take them up."""

    def do(text: str) -> None:
        shop.write("rules/late", text)
        if request.param == "while it runs":
            shop.whole.reload()
        else:
            shop.restart()
        shop.wait(0)

    return do


def test_a_changed_rule_is_judged_as_if_it_had_always_been_there(shop: Shop, change: Callable[[str], None]) -> None:
    """What it no longer finds ends with rule_changed, what it finds in addition is announced in one digest."""
    shop.event("paid", "A", amount=5)
    shop.wait(HOUR)
    for key in ("B", "C"):
        shop.event("paid", key, amount=50)
    shop.wait(HOUR + MINUTE)
    assert (shop.open(), shop.mails) == (["A"], 1)
    change(rule("overdue: shipped, after: paid, within: 1h, when: amount > 10"))
    assert shop.open() == ["B", "C"]
    assert shop.incidents()["A"].firing.reason is Reason.RULE_CHANGED
    assert shop.mails == 3  # A is over, and the digest
    assert len(shop.mail.received[-1].message.listed) == 2
    assert {one.firing.opened_at for one in shop.incidents().values() if not one.is_resolved} == {BEGIN + 2 * HOUR}


def test_fresh_lets_what_is_open_end_under_the_version_it_opened_under(
    shop: Shop, change: Callable[[str], None]
) -> None:
    """Only later steps are judged by the new one, and each incident says by which version it was found."""
    shop.event("paid", "A", amount=5)
    shop.event("paid", "B", amount=5)
    shop.wait(3 * HOUR)
    old = shop.whole.work.running.rules["late"].version
    change(rule("overdue: shipped, after: paid, within: 1h, when: amount > 10, on_change: fresh"))
    assert shop.open() == ["A", "B"]
    shop.wait(MINUTE)
    shop.event("paid", "C", amount=5)
    shop.event("paid", "D", amount=50)
    shop.event("shipped", "A")
    shop.wait(90 * MINUTE)
    found = shop.incidents()
    new = shop.whole.work.running.rules["late"].version
    assert {key: one.firing.version for key, one in found.items()} == {"A": old, "B": old, "D": new}
    assert (found["A"].firing.reason, shop.open()) == (Reason.CONDITION, ["B", "D"])


def test_a_second_fresh_change_keeps_the_first_version_too(shop: Shop, change: Callable[[str], None]) -> None:
    """Until `recompute` wipes all of them away."""
    shop.event("paid", "A", amount=5)
    shop.wait(3 * HOUR)
    change(rule("overdue: shipped, after: paid, within: 1h, when: amount > 10, on_change: fresh"))
    shop.wait(MINUTE)
    shop.event("paid", "B", amount=50)
    shop.wait(2 * HOUR)
    change(rule("overdue: shipped, after: paid, within: 1h, when: amount > 100, on_change: fresh"))
    assert shop.open() == ["A", "B"]
    assert len({one.firing.version for one in shop.incidents().values()}) == 2
    shop.event("shipped", "B")
    shop.wait(0)
    assert shop.open() == ["A"]
    change(rule("overdue: shipped, after: paid, within: 1h, when: amount > 1000"))
    assert shop.open() == []
    with shop.whole.store.read() as reader:
        assert [(one.rule, one.retired_at) for one in reader.rule_versions()] == [("late", None)]


def test_an_old_version_that_means_nothing_any_more_is_given_up(shop: Shop, change: Callable[[str], None]) -> None:
    """The model has lost what it reads: everything is judged by the new version instead."""
    change(rule("when: amount > 10 and paid.done"))
    shop.event("paid", "A", amount=50)
    shop.event("paid", "B", amount=50, customer="x")
    shop.wait(MINUTE)
    change(rule('when: customer == "x", on_change: fresh'))
    assert shop.open() == ["A", "B"]
    shop.write("model", MODEL.replace(", amount: number", ""))
    change(rule('when: customer == "x", on_change: fresh'))
    assert shop.whole.work.running.changes.unreadable == ["late"]
    assert shop.open() == ["B"]


@pytest.mark.parametrize("text", ["rules: []\n", rule(UNPAID_SHIPMENT + ", mode: off")], ids=["removed", "off"])
def test_what_a_rule_found_ends_with_it(shop: Shop, change: Callable[[str], None], text: str) -> None:
    """Also while its chain waits: nothing more is sent but the notice."""
    shop.event("paid", "A")
    shop.wait(2 * HOUR + MINUTE)
    change(text)
    shop.wait(2 * HOUR)
    assert (shop.open(), shop.mails) == ([], 2)
    assert shop.incidents()["A"].firing.reason is Reason.RULE_CHANGED


def test_off_with_fresh_lets_what_is_open_end(shop: Shop, change: Callable[[str], None]) -> None:
    """Nothing new is found, and what is open ends by its condition."""
    shop.event("paid", "A")
    shop.wait(2 * HOUR + MINUTE)
    change(rule(UNPAID_SHIPMENT + ", mode: off, on_change: fresh"))
    shop.event("paid", "B")
    shop.wait(3 * HOUR)
    assert shop.open() == ["A"]
    shop.event("shipped", "A")
    shop.wait(0)
    assert shop.incidents()["A"].firing.reason is Reason.CONDITION


def test_a_shadow_rule_that_goes_live_announces_what_is_open(shop: Shop, change: Callable[[str], None]) -> None:
    """In one digest, without a step of the chain; what opens later takes its steps."""
    change(rule(UNPAID_SHIPMENT + ", mode: shadow"))
    for key in ("A", "B"):
        shop.event("paid", key)
    shop.wait(3 * HOUR)
    assert (shop.open("shadow"), shop.open("live"), shop.mails) == (["A", "B"], [], 0)
    change(rule(UNPAID_SHIPMENT))
    shop.wait(2 * HOUR)
    assert (shop.open("shadow"), shop.open("live"), shop.mails) == ([], ["A", "B"], 1)
    shop.event("paid", "C")
    shop.wait(2 * HOUR)
    assert shop.mails == 2


def test_a_live_rule_that_goes_to_shadow_falls_silent(shop: Shop, change: Callable[[str], None]) -> None:
    """What it found stays and is followed, and nobody is told of it any more."""
    shop.event("paid", "A")
    shop.wait(2 * HOUR + MINUTE)
    assert shop.mails == 1
    change(rule(UNPAID_SHIPMENT + ", mode: shadow"))
    shop.wait(2 * HOUR)
    assert (shop.open("shadow"), shop.open("live")) == (["A"], [])
    shop.event("shipped", "A")
    shop.wait(HOUR)
    assert (shop.open("shadow"), shop.mails) == ([], 1)


def test_words_change_nothing_but_words(shop: Shop, change: Callable[[str], None]) -> None:
    """Names, owners and comments are no meaning: no entity is judged again, and the version stays."""
    shop.event("paid", "A")
    shop.wait(2 * HOUR + MINUTE)
    before = shop.incidents()["A"]
    change(rule(UNPAID_SHIPMENT + ", name: Another name"))
    assert not shop.whole.work.running.changes.any
    assert shop.incidents()["A"] == before
    assert shop.whole.work.running.rules["late"].name.en == "Another name"


def test_only_conditions_that_changed_are_made_ready_again(shop: Shop) -> None:
    """The matchers of other kinds, and of rules whose words changed, are the ones that were."""
    parcels = "  - {id: heavy, on: parcel, when: weight > 30, owner: li-wei}\n"
    shop.write("rules/late", rule("when: amount > 5") + parcels)
    shop.whole.reload()
    order, parcel = shop.whole.work.running.judge.matchers
    shop.write("rules/late", rule("when: amount > 6") + parcels)
    shop.whole.reload()
    changed, same = shop.whole.work.running.judge.matchers
    assert (changed is order, same is parcel) == (False, True)
    assert changed.match({"key": "A", "closed": False, "amount": 7.0}, None, None) == 1


def test_a_stop_in_the_middle_of_a_sweep_loses_nothing(shop: Shop) -> None:
    """It goes on at the next start, finds everything once and announces it once."""
    keys = [f"A-{number:03}" for number in range(100)]
    shop.events("paid", keys, amount=50)
    shop.write("rules/late", rule("overdue: shipped, after: paid, within: 30m, when: amount > 10"))
    shop.clock.move_to(BEGIN + HOUR)
    shop.whole.reload()
    progress = shop.whole.work.sweep
    assert progress is not None and 0 < progress.left < progress.total == len(keys)
    assert 0 < len(shop.open()) < len(keys)
    assert shop.mails == 0
    shop.restart()
    shop.wait(MINUTE)
    assert (shop.open(), shop.whole.work.sweep, shop.mails) == (keys, None, 1)
    assert len(shop.mail.received[0].message.listed) == len(keys)


@pytest.mark.parametrize("commits", [1, 2, 3, 4])
@pytest.mark.parametrize("point", ["before the commit", "after the commit"])
def test_a_kill_at_any_commit_of_a_change_of_rules_loses_nothing(shop: Shop, point: str, commits: int) -> None:
    """Be it while the files are taken up, in the sweep, or as the digest leaves: all is found and told once."""
    keys = [f"A-{number:02}" for number in range(60)]
    shop.events("paid", keys, amount=50)
    shop.wait(HOUR)
    left = 1_000

    def reach(reached: str) -> None:
        nonlocal left
        left -= reached == point
        if left == 0:
            raise Crash(point)

    shop.restart(reach)
    shop.write("rules/late", rule("overdue: shipped, after: paid, within: 30m, when: amount > 10"))
    left = commits
    with pytest.raises(Crash):
        shop.whole.reload()
        shop.wait(MINUTE)
    shop.restart()
    shop.wait(MINUTE)
    assert (shop.open(), shop.whole.work.sweep) == (keys, None)
    assert {len(one.message.listed) for one in shop.mail.received} == {len(keys)}
    assert len({one.message.delivery_id for one in shop.mail.received}) == 1


def test_events_are_taken_while_a_sweep_goes_on(shop: Shop) -> None:
    """An entity that an event touches before its turn is judged by the new rules at once."""
    shop.events("paid", [f"A-{number:03}" for number in range(100)], amount=50)
    shop.write("rules/late", rule("when: amount > 100"))
    shop.whole.reload()
    assert shop.whole.work.sweep is not None
    shop.event("updated", "A-099", amount=500)
    assert shop.open() == ["A-099"]


def test_entities_of_other_kinds_are_passed_over(shop: Shop) -> None:
    """They are what they were, and are not judged again."""
    heavy = "  - {id: heavy, on: parcel, when: weight > 30, owner: li-wei}\n"
    shop.write("rules/late", rule(UNPAID_SHIPMENT) + heavy)
    shop.whole.reload()
    shop.events("paid", [f"A-{number}" for number in range(30)])
    shop.events("updated", [f"P-{number}" for number in range(30)], kind="parcel", weight=50)
    shop.wait(HOUR)
    before = shop.incidents()
    shop.write("rules/late", rule("overdue: shipped, after: paid, within: 30m") + heavy)
    shop.whole.reload()
    shop.wait(MINUTE)
    after = shop.incidents()
    assert {key: one for key, one in after.items() if key in before} == before
    assert len(after) == 60
    with shop.whole.store.begin() as transaction:
        assert transaction.ledger.stale_left(transaction.generation()) == 0


def test_a_rule_that_counts_counts_what_was_there_before(shop: Shop, change: Callable[[str], None]) -> None:
    """A new count finds its members in the past, and its group is announced."""
    for key in ("A", "B", "C"):
        shop.event("paid", key, customer="acme")
        shop.wait(MINUTE)
    change(
        'rules:\n  - {id: often, when: changed(customer) or event.type == "paid", owner: li-wei, '
        "count: {at_least: 3, within: 7d, per: customer}}\n"
    )
    assert (shop.open(), shop.mails) == (["acme"], 1)
    change("rules: []\n")
    assert shop.open() == []


def test_events_of_an_earlier_model_are_read_as_far_as_they_fit(shop: Shop, change: Callable[[str], None]) -> None:
    """A field of another type, a type of event that is gone: no order is set aside, and new events go on."""
    shop.write("model", MODEL.replace("shipped: {}}", "shipped: {}, packed: {}}"))
    change(rule("when: amount > 10"))
    for key in ("A", "B"):
        shop.event("packed", key, amount=50, customer="acme")
    assert shop.open() == ["A", "B"]
    shop.write("model", MODEL.replace("amount: number", "amount: string"))
    change(rule('when: amount == "many" or customer == "acme" and not shipped.done'))
    assert shop.open() == ["A", "B"]
    shop.event("shipped", "A")
    shop.event("updated", "B", amount="many", customer="other")
    shop.wait(MINUTE)
    assert shop.open() == ["B"]
    assert shop.whole.metrics.registry.get_sample_value("tocsin_entity_errors_total") == 0


def test_what_a_changed_rule_reopens_is_announced_and_takes_no_step(shop: Shop, change: Callable[[str], None]) -> None:
    """An incident that was over, and is not over by the new rule, is told of in a digest, as what the rule finds is."""
    change(rule("when: amount > 100, keep_open_for: 1m"))
    shop.event("placed", "A-1", amount=150)
    shop.event("placed", "A-2", amount=150)
    shop.wait(MINUTE)
    shop.event("updated", "A-1", amount=90)
    shop.event("updated", "A-2", amount=90)
    shop.wait(HOUR)
    assert shop.open() == []
    told = shop.mails
    change(rule("when: amount > 50, keep_open_for: 1m"))
    shop.wait(MINUTE)
    assert shop.open() == ["A-1", "A-2"]
    assert all(incident.is_baseline for incident in shop.incidents().values())
    assert shop.mails == told + 1
