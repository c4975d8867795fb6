"""What was true of entities at an instant, out of the events of a history."""

from simulator.escalation.snapshots import Snapshots
from streams.event import Event
from tests.escalation.timeline_words import at
from tests.escalation.workspaces import MODEL
from tests.simulator.in_columns import in_columns


def updated(id: str, when: str, rep: str, *, key: str = "A-1", known: str | None = None) -> Event:
    return Event(
        source="shop",
        id=id,
        kind="order",
        key=key,
        type="updated",
        occurred_at=at(when),
        recorded_at=at(known or when),
        data={"sales_rep": rep},
    )


EVENTS = (
    updated("2", "11:00", "Zhang", known="12:00"),
    updated("1", "10:00", "Li"),
    updated("3", "10:00", "Wang", key="A-2"),
)
ENTITIES = [("order", "A-1")]
END = at("13:00")


def test_the_last_event_before_or_at_the_instant_counts() -> None:
    """In the order of time, whatever the order of the file; nothing before the first one."""
    snapshots = Snapshots(MODEL, in_columns(EVENTS, MODEL), ENTITIES, END, "occurred_at")
    assert snapshots("order", "A-1", at("09:59")) == {}
    assert snapshots("order", "A-1", at("10:00"))["sales_rep"] == "Li"
    assert snapshots("order", "A-1", at("10:59"))["sales_rep"] == "Li"
    assert snapshots("order", "A-1", at("11:00"))["sales_rep"] == "Zhang"


def test_by_recorded_at_what_was_known_counts() -> None:
    """Zhang had the order from eleven on, and nobody knew it before twelve."""
    snapshots = Snapshots(MODEL, in_columns(EVENTS, MODEL), ENTITIES, END, "recorded_at")
    assert snapshots("order", "A-1", at("11:30"))["sales_rep"] == "Li"
    assert snapshots("order", "A-1", at("12:00"))["sales_rep"] == "Zhang"


BACK = Event(
    source="shop",
    id="9",
    kind="order",
    key="A-1",
    type="updated",
    occurred_at=at("11:30"),
    recorded_at=at("11:30"),
    data={},
    retracts="2",
)


def test_what_was_taken_back_was_never_true() -> None:
    """And entities that nobody asked for, or groups of a count, have nothing."""
    snapshots = Snapshots(MODEL, in_columns((*EVENTS, BACK), MODEL), ENTITIES, END, "occurred_at")
    assert snapshots("order", "A-1", at("12:00"))["sales_rep"] == "Li"
    assert snapshots("order", "A-2", at("12:00")) == {}


def test_what_is_taken_back_later_was_known_until_then() -> None:
    """By recorded_at: Li again, once Zhang was taken back."""
    events = (*EVENTS[1:], updated("2", "11:00", "Zhang"), BACK)
    snapshots = Snapshots(MODEL, in_columns(events, MODEL), ENTITIES, END, "recorded_at")
    assert snapshots("order", "A-1", at("11:29"))["sales_rep"] == "Zhang"
    assert snapshots("order", "A-1", at("11:30"))["sales_rep"] == "Li"
