"""A table of incidents becomes the changes that the engine would have told, by when it knew them."""

from msgspec.structs import replace

from simulator.escalation.courses import transitions
from simulator.frames import incident_frame
from streams.firing import Change, Firing, Reason
from tests.escalation.timeline_words import at, clock
from tests.simulator.escalation.stage import firing


def course(*firings: Firing) -> list[str]:
    """ "10:00 opened A-1 #1 major" """
    return [
        f"{clock(when)} {one.change} {one.firing.key} #{one.firing.number} {one.firing.severity.word}"
        for when, one in transitions(incident_frame(firings))
    ]


def test_an_incident_opens_gets_worse_and_ends() -> None:
    """Each change carries the firing as it was known then; by time, whatever incident they are of."""
    assert course(firing("10:00", "12:00", worse="11:00"), firing("10:30", key="A-2")) == [
        "10:00 opened A-1 #1 major",
        "10:30 opened A-2 #1 major",
        "11:00 severity A-1 #1 critical",
        "12:00 resolved A-1 #1 critical",
    ]
    told = [one.firing for _, one in transitions(incident_frame([firing("10:00", "12:00", worse="11:00")]))]
    assert [one.open for one in told] == [True, True, False]
    assert told[2] == firing("10:00", "12:00", worse="11:00")


def test_what_was_known_late_comes_late() -> None:
    """Opened at 10:00 and known at 10:45, when it was worse already; its end at 11:00 known at 11:30."""
    late = replace(firing("10:00", "11:00", worse="10:30"), detected_at=at("10:45"), closed_at=at("11:30"))
    assert course(late) == ["10:45 opened A-1 #1 critical", "11:30 resolved A-1 #1 critical"]


def test_found_late_opens_over_and_withdrawn_never_was() -> None:
    """The one has no second change; the other is taken back when that was known."""
    found = replace(firing("10:00", "11:00"), detected_at=at("12:00"), closed_at=at("12:00"), found_late=True)
    assert course(found) == ["12:00 opened A-1 #1 major"]
    assert not transitions(incident_frame([found]))[0][1].firing.open
    withdrawn = replace(firing("10:00", "10:00"), closed_at=at("10:20"), reason=Reason.LATE_DATA)
    assert [one.change for _, one in transitions(incident_frame([withdrawn]))] == [Change.OPENED, Change.WITHDRAWN]


def test_firings_of_one_entity_are_numbered_and_end_before_the_next_opens() -> None:
    """Also at one instant."""
    assert course(firing("10:00", "11:00"), firing("11:00")) == [
        "10:00 opened A-1 #1 major",
        "11:00 resolved A-1 #1 major",
        "11:00 opened A-1 #2 major",
    ]
