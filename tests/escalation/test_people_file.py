"""people.yaml: what is read, and every error and warning with its place."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from escalation.hours import Hours
from escalation.people import PlanEntry
from streams.instants import parse_instant
from tests.escalation.workspaces import (
    ONE,
    SHANGHAI,
    SMS,
    load,
    marked,
    problems,
    said,
)


def test_defaults_of_a_person(tmp_path: Path) -> None:
    """The zone is the model's, the language that of the service; nothing else is assumed."""
    person = load(tmp_path, people=ONE % "", channels=SMS % "", language="zh").people["li"]
    assert (person.language, person.zone, person.quiet, person.absences) == ("zh", SHANGHAI, None, ())


def test_a_person_has_a_zone_of_their_own(tmp_path: Path) -> None:
    """Absences and quiet hours are in it."""
    more = ", zone: Europe/Berlin, absent: [{from: 2026-07-01, until: 2026-07-02}], quiet: {hours: '22:00-07:00'}"
    person = load(tmp_path, people=ONE % more, channels=SMS % "").people["li"]
    assert person.absences[0].start == parse_instant("2026-06-30T22:00:00Z", SHANGHAI)
    assert person.quiet is not None and person.quiet.zone == person.zone == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        ("'9:00-18:00'", (((540, 1080),),) * 7),
        ("['22:00-24:00', '00:00-07:00']", (((1320, 1440), (0, 420)),) * 7),
        ("{mon-fri: ['22:00-07:00'], sat: '00:00-24:00', sun: off}", (((1320, 420),),) * 5 + (((0, 1440),), ())),
        ("{'sat-mon,wed': ['12:00-13:00']}", (((720, 780),), (), ((720, 780),), (), (), ((720, 780),), ((720, 780),))),
    ],
)
def test_hours_are_an_interval_a_list_or_a_map_of_days(tmp_path: Path, hours: str, days: tuple) -> None:
    """All three forms, with 24:00 as an end and over midnight."""
    person = load(tmp_path, people=ONE % f", quiet: {{hours: {hours}}}", channels=SMS % "").people["li"]
    assert person.quiet is not None and person.quiet.hours == Hours(days=days)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ("§persons: {}", "unknown key persons; known: people, teams"),
        ("people: {li: {§nam: 李}}", "unknown key nam; did you mean name?"),
        ("people: {li: §{language: zh}}", "the key name is missing"),
        (ONE % ", language: §de", "unknown value de; known: zh, en"),
        (ONE % ", zone: §Asia/Shanghay", "unknown zone Asia/Shanghay; did you mean Asia/Shanghai?"),
        (
            "people: {li: {name: 李, contacts: {phone: §13800000001}}}",
            'expected an E.164 number such as "+8613800000001", found "13800000001"',
        ),
        ("people: {li: {name: 李, contacts: {email: §li}}}", 'expected a mail address, found "li"'),
        ("people: {li: {name: 李, contacts: {§fone: 1}}}", "unknown key fone; did you mean phone?"),
        ("people: {li: {name: 李, normal: [{via: §smms}]}}", "no channel smms is declared; did you mean sms?"),
        (ONE % ", important: [{via: sms}, {via: sms, after: §5}]", '"5" is no duration'),
        (
            ONE % ", important: [{via: sms}, {via: sms, after: 5m §office}]",
            "a calendar can stand in wait and ack_expires only",
        ),
        (ONE % ", quiet: {hours: §'22:00-22:00'}", "22:00-22:00 begins when it ends"),
        (ONE % ", quiet: {hours: §'22-7'}", "expected hours such as"),
        (ONE % ", quiet: {hours: §'22:00-25:00'}", "expected hours such as"),
        (ONE % ", quiet: {hours: §'24:00-07:00'}", "expected hours such as"),
        (ONE % ", quiet: {hours: {§mo: '22:00-07:00'}}", "unknown day mo; did you mean mon?"),
        (ONE % ", quiet: {hours: {mon-wed: '1:00-2:00', §tue: '3:00-4:00'}}", "tue in tue has its hours already"),
        (ONE % ", quiet: {hours: §[]}", "expected hours such as"),
        (ONE % ", quiet: {hours: §{}}", "expected hours such as"),
        (ONE % ", quiet: §{except: critical}", "the key hours is missing"),
        (ONE % ", quiet: {hours: '22:00-07:00', except: §criticl}", "unknown value criticl; did you mean critical?"),
        (
            ONE % ", absent: [{from: §2026-13-01, until: 2026-10-08}]",
            'expected a date such as 2026-10-01, found "2026-13-01"',
        ),
        (
            ONE % ", absent: [{from: 2026-10-08, until: §2026-10-08}]",
            "until must be later than from: it is the first day back",
        ),
        (ONE % ", absent: [§{from: 2026-10-08}]", "the key until is missing"),
        (ONE % ", absent: [{from: 2026-10-08, until: 2026-10-09, deputy: §lo}]", "no person lo is declared; known: li"),
        ("people: {§owner: {name: 李}}", "owner means the rule's owner in steps"),
        ("people: {§'li:wei': {name: 李}}", "li:wei is no name for a person"),
        ("people: {li: {name: 李}}\nteams: {w: {members: [§lu]}}", "no person lu is declared; known: li"),
        ("teams: {w: {members: §[]}}", "expected at least one member, found a list"),
        ("teams: {w: §{}}", "the key members is missing"),
        (
            "people: {li: {name: 李}}\nteams: {w: {members: [li], §on_call: rota}}",
            "on_call is not supported by this version yet; leave it out for now",
        ),
    ],
)
def test_errors_in_people(tmp_path: Path, people: str, expected: str) -> None:
    """Each slip is found where it stands, with what was probably meant."""
    place, people = marked(people)
    found = said(tmp_path, people=people, chains="", channels=SMS % "")
    assert any(line.startswith(f"people.yaml:{place}: error: {expected}") for line in found), "\n".join(found)


def test_an_entry_without_its_contact_is_warned_of(tmp_path: Path) -> None:
    """`via: X` without its contact is no_address when the time comes; a DingTalk robot writes the name instead."""
    people = "people: {li: {name: 李, normal: [{via: ops-robot}, {via: sms, after: 5m}], important: [{via: email}]}}"
    assert said(tmp_path, people=people, chains="") == [
        f"people.yaml:1:{people.index('sms') + 1}: warning: li has no contact phone, so sms cannot reach them",
        f"people.yaml:1:{people.index('email') + 1}: warning: li has no contact email, so email cannot reach them",
    ]


@pytest.mark.parametrize("plans", ["", ", normal: []", ", contacts: {email: a@b.c}"])
def test_a_person_whom_nothing_reaches_is_warned_of(tmp_path: Path, plans: str) -> None:
    """Better now than in the night in which they are needed."""
    (problem,) = problems(tmp_path, people=f"people: {{li: {{name: 李{plans}}}}}", chains="")
    assert (problem.code, problem.severity) == ("unreachable", "warning")


def test_a_person_who_is_their_own_deputy_is_warned_of(tmp_path: Path) -> None:
    """It is a circle of one."""
    people = ONE % ", absent: [{from: 2026-10-01, until: 2026-10-02, deputy: li}]"
    assert [problem.code for problem in problems(tmp_path, people=people, chains="")] == ["own_deputy"]


def test_after_on_the_first_entry_is_warned_of(tmp_path: Path) -> None:
    """The first entry goes out at once, whatever is written."""
    people = ONE.replace("via: sms", "via: sms, after: 5m") % ""
    contacts = load(tmp_path, people=people, channels=SMS % "")
    assert [problem.code for problem in contacts.warnings] == ["after_of_first"]
    assert contacts.people["li"].normal == (PlanEntry(via="sms"),)
