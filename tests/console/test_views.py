"""What the pages show, as values: the chain as steps, the way of an order, filters, the text of fake messages."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_struct

from console.backend import DemoMessage
from console.filters import read_filter, view_filter, with_word
from console.pages.demo import pieces_of
from console.viewer import Viewer, accepted_language, make_viewer
from console.views.chain import Next, StepView, next_of, steps_of
from console.views.naming import Names
from console.views.timeline import entries_of
from console.views.way import way_of
from console.views.why import DecidedView, EndView, end_of, why_of
from escalation.chain import Notify, PersonTarget, Repeat, Step, Wait
from escalation.commands import Acknowledge, Resolve
from escalation.incident import Actor, State
from escalation.steps import SHORTEST_ROUND
from store.queries import IncidentFilter
from streams.firing import Severity
from streams.instants import HOUR, MINUTE, Instant
from streams.model import Values
from tests.console.shop import NOON, Shop

ANA = Actor(kind="person", id="ana", channel="console")


def viewer_of(shop: Shop) -> Viewer:
    return make_viewer(shop.settings, None, {}, "", shop.now())


def chain_of(shop: Shop, incident: int) -> tuple[list[StepView], Next | None]:
    names = Names(workspace=shop.workspace, viewer=viewer_of(shop))
    with shop.read() as reader:
        detail = reader.incident_detail(incident)
    assert detail is not None
    directory = names.directory(detail.incident, detail.values)
    return steps_of(detail.incident, directory, detail.audit, names), next_of(detail.incident, directory, names)


@pytest.fixture
def waiting(tmp_path: Path) -> Shop:
    """An incident whose owner has been told; the chain waits its first 30 minutes."""
    shop = Shop(tmp_path)
    shop.event("placed", "A-1", sales_rep="li-wei")
    shop.event("paid", "A-1")
    shop.event("change_requested", "A-1")
    return shop


def test_the_chain_says_what_was_done_what_it_waits_for_and_what_is_next(waiting: Shop) -> None:
    """Done, now with its end, next, later: and the same next step with its time in the list."""
    steps, next_ = chain_of(waiting, 1)
    assert [(step.kind, step.standing) for step in steps] == [
        ("notify", "done"),
        ("wait", "now"),
        ("notify", "next"),
        ("wait", "later"),
        ("if", "later"),
        ("notify", "later"),
        ("wait", "later"),
        ("webhook", "later"),
        ("repeat", "later"),
    ]
    assert steps[0].at == NOON and steps[1].at == NOON + 30 * MINUTE
    assert next_ == Next(text="Tell 李伟, 张敏, group ops-chat", at=NOON + 30 * MINUTE)


def test_the_branch_that_was_not_taken_is_skipped(waiting: Shop) -> None:
    """Major is not critical: the chain went on with `else`, in both rounds, and has run out."""
    waiting.pass_time(95 * MINUTE, 5 * MINUTE)
    steps, next_ = chain_of(waiting, 1)
    standings = [step.standing for step in steps]
    assert standings[5:8] == ["skipped", "skipped", "done"]
    assert next_ == Next(text="Chain has run out", urgent=True)


def test_an_acknowledged_chain_has_stopped_until_it_expires(waiting: Shop) -> None:
    """What was to come is struck out; the next thing is the expiry."""
    waiting.run(Acknowledge(incident=1, actor=ANA))
    steps, next_ = chain_of(waiting, 1)
    assert [step.standing for step in steps[:3]] == ["done", "done", "stopped"]
    assert next_ == Next(text="Escalates again", at=NOON + 4 * HOUR)


def test_the_next_round_is_promised_no_sooner_than_a_round_lasts(waiting: Shop) -> None:
    """A wait of a minute before `repeat` ends with the round's shortest length; one before another step as it is."""
    with waiting.read() as reader:
        detail = reader.incident_detail(1)
    assert detail is not None and detail.incident.escalation is not None
    state = detail.incident.escalation
    whole, wait = state.chain, state.waiting
    assert whole is not None and wait is not None

    def next_in(ends_at: Instant, *steps: Step) -> Next | None:
        names = Names(workspace=waiting.workspace, viewer=viewer_of(waiting))
        chain = replace_struct(whole, steps=(whole.steps[0], Wait(duration="1m"), *steps))
        standing = replace_struct(state, chain=chain, path=(1,), waiting=replace_struct(wait, ends_at=ends_at))
        incident = replace_struct(detail.incident, escalation=standing)
        return next_of(incident, names.directory(incident, detail.values), names)

    again = Next(text="Round 2: Tell 李伟, 张敏", at=NOON + SHORTEST_ROUND)
    assert next_in(NOON + MINUTE, Repeat(times=1)) == again
    assert next_in(NOON + 6 * MINUTE, Repeat(times=1)) == replace(again, at=NOON + 6 * MINUTE)
    tell_ana = Notify(targets=(PersonTarget("ana"),))
    assert next_in(NOON + MINUTE, tell_ana, Repeat(times=1)) == Next(text="Tell Ana Ruiz", at=NOON + MINUTE)


def end_shown(shop: Shop, incident: int) -> EndView | None:
    names = Names(workspace=shop.workspace, viewer=viewer_of(shop))
    with shop.read() as reader:
        detail = reader.incident_detail(incident)
    assert detail is not None
    kind = names.kind(detail.incident.firing.kind)
    return end_of(detail.incident, detail.explanations, detail.audit, kind, names)


TABLE = """
rules:
  - id: low
    on: stock
    when: on_hand < reorder_level
    owner: zhang-min
    decide:
      - {if: {on_hand: "<= 0"}, severity: critical, owner: li-wei, chain: shipping}
      - {severity: minor}
"""


def test_why_shows_the_row_of_the_decision_table_that_counts(tmp_path: Path) -> None:
    """With what it gives and why it hits; when the severity changes, the row that counts since then."""
    shop = Shop(tmp_path, rules=TABLE)

    def shown() -> DecidedView:
        with shop.read() as reader:
            detail = reader.incident_detail(1)
        assert detail is not None
        names = Names(workspace=shop.workspace, viewer=viewer_of(shop))
        why = why_of(detail.explanations, names.kind("stock"), names)
        assert why is not None and why.decided is not None
        return why.decided

    shop.event("updated", "P-1", kind="stock", on_hand=0, reorder_level=20)
    first = shown()
    assert (first.text, first.at) == ("row 1: severity critical, owner 李伟, escalation shipping", NOON)
    assert first.truth is not None and [(one.name, one.value) for one in first.truth.values] == [("on_hand", "0")]
    shop.pass_time(HOUR, HOUR)
    shop.event("updated", "P-1", kind="stock", on_hand=5, reorder_level=20)
    assert shown() == DecidedView(text="row 2: severity minor", at=NOON + HOUR, truth=None)


def test_why_it_ended_shows_what_ended_it(waiting: Shop) -> None:
    """Of a pulse its `until` that holds by now; while it is open nothing."""
    assert end_shown(waiting, 1) is None
    waiting.pass_time(HOUR, HOUR)
    waiting.event("shipped", "A-1")
    end = end_shown(waiting, 1)
    assert end is not None and end.truth is not None
    assert (end.reason, end.at, end.who) == ("It has been dealt with", NOON + HOUR, "")
    assert (end.truth.text, end.truth.holds) == ("shipped.done", True)


def test_why_it_ended_shows_the_condition_that_no_longer_holds(tmp_path: Path) -> None:
    """With the values of that time, of which one is the cause."""
    shop = Shop(tmp_path)
    shop.event("updated", "P-1", kind="stock", on_hand=1, reorder_level=20)
    shop.pass_time(HOUR, HOUR)
    shop.event("updated", "P-1", kind="stock", on_hand=25, reorder_level=20)
    end = end_shown(shop, 1)
    assert end is not None and end.truth is not None
    assert (end.reason, end.truth.holds) == ("The condition no longer holds", False)
    assert [(one.name, one.value) for one in end.truth.values] == [("on_hand", "25"), ("reorder_level", "20")]


def test_why_it_ended_names_the_person_and_the_reason_given(waiting: Shop) -> None:
    """Whoever resolved it said why; the rule has nothing to add."""
    waiting.run(Resolve(incident=1, actor=ANA, comment="moved to Friday"))
    assert end_shown(waiting, 1) == EndView(reason="moved to Friday", at=NOON, who="Ana Ruiz")


def test_a_notification_not_sent_says_who_and_why_in_words(waiting: Shop) -> None:
    """The audit's own notation of targets stays in the audit."""
    waiting.pass_time(3 * HOUR, 30 * MINUTE)
    names = Names(workspace=waiting.workspace, viewer=viewer_of(waiting))
    with waiting.read() as reader:
        detail = reader.incident_detail(1)
    assert detail is not None
    entries = entries_of(detail.audit, (), names.kind("order"), names)
    lines = [line for entry in entries for line in entry.lines if line.startswith("Not sent")]
    assert lines and all("(" in line and "team:" not in line and " = " not in line for line in lines)


def test_the_way_tells_late_overdue_now_and_not_recorded_apart(tmp_path: Path) -> None:
    """A node that a later one has overtaken is not overdue, it was not recorded."""
    shop = Shop(tmp_path)
    kind = shop.workspace.model.kinds["order"]
    at: Values = {"placed.at": NOON - 50 * HOUR, "paid.at": NOON - 49 * HOUR, "shipped.due": NOON - HOUR}
    way = {node.name: node for node in way_of(kind, {"closed": False} | at, viewer_of(shop))}
    assert {name: node.state for name, node in way.items()} == {
        "placed": "done",
        "paid": "done",
        "stocked": "now",
        "shipped": "overdue",
        "received": "ahead",
        "settled": "ahead",
    }
    assert way["shipped"].gap == HOUR
    shipped: Values = {"closed": False, "stocked.due": NOON - 2 * HOUR, "shipped.at": NOON} | at
    states = {node.name: node.state for node in way_of(kind, shipped, viewer_of(shop))}
    assert (states["stocked"], states["shipped"], states["received"]) == ("passed", "late", "now")


def test_filters_narrow_their_tab(tmp_path: Path) -> None:
    """`owner:me` is who is signed in, names find people, words may come in any order."""
    contacts = Shop(tmp_path).workspace.contacts
    me = contacts.people["ana"]
    found = read_filter("owner:me severity:major,critical key:A-1", view_filter("open", me), me, contacts)
    assert found.wanted == IncidentFilter(
        states=(State.OPEN,), severities=(Severity.MAJOR, Severity.CRITICAL), has_it="ana", text="A-1"
    )
    assert read_filter("owner:李伟", IncidentFilter(), me, contacts).wanted.has_it == "li-wei"
    assert read_filter("state:any mode:shadow", IncidentFilter(), me, contacts).wanted.mode == "shadow"
    unknown = read_filter("severity:terrible owner: state:lost", IncidentFilter(), me, contacts)
    assert unknown.wanted == IncidentFilter() and len(unknown.unknown) == 3
    assert with_word("key:A severity:major", "severity", "minor") == "key:A severity:minor"


@pytest.mark.parametrize(
    ("header", "language"),
    [("zh-CN,zh;q=0.9", "zh"), ("fr, en;q=0.5, zh;q=0.8", "zh"), ("de", None), ("", None), ("en;q=0, zh;q=x", None)],
)
def test_accept_language_is_read_by_its_weights(header: str, language: str | None) -> None:
    """The heaviest of the two languages that there are."""
    assert accepted_language(header) == language


def test_links_stand_where_they_are_written() -> None:
    """A link in the text becomes one there; one that is not written comes behind."""
    message = DemoMessage(
        number=1,
        kind="sms",
        to="x",
        at=0,
        text="Acknowledge: http://h/a/1 #1",
        links=(("http://h/a/1", "http://h/a/1"),),
    )
    assert pieces_of(message) == [("Acknowledge: ", None), ("http://h/a/1", "http://h/a/1"), (" #1", None)]
    chat = DemoMessage(number=2, kind="chat", to="x", at=0, text="#### Major\n\n**Late**", links=(("Open", "/i/1"),))
    assert pieces_of(chat) == [("Late\n", None), ("Open", "/i/1")]
