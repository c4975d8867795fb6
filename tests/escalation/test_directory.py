"""The directory: who a step leads to at an instant, how they want to be told, and where."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from escalation.chain import ChannelTarget, FieldTarget, If, LocalTime, Owner, PersonTarget, TeamTarget
from escalation.directory import Directory, Dropped, Reached, Resolution, Trail
from escalation.hours import Hours
from escalation.reasons import Reason
from streams.firing import Severity
from streams.instants import DAY, HOUR, MINUTE, Instant, parse_instant
from streams.model import Value
from tests.escalation.workspaces import PEOPLE, SHANGHAI, load_all, rule

ALL_DAYS = "{from: 2026-01-01, until: 2027-01-01%s}"


def at(text: str) -> Instant:
    """A local time in Shanghai."""
    return parse_instant(text, SHANGHAI)


NOW = at("2026-03-02 10:00")


def directory(
    folder: Path, *, owner: str | None = None, files: Mapping[str, Any] = MappingProxyType({}), **values: Value
) -> Directory:
    """Of an order with these values, its rule having this owner."""
    return Directory(contacts=load_all(folder, **files), kind="order", owner=owner, values=values)


def people(**bodies: str) -> dict[str, str]:
    """Files in which these people stand, each with a phone unless the body gives contacts."""
    lines = []
    for number, (name, body) in enumerate(bodies.items()):
        contacts = "" if "contacts" in body else f', contacts: {{phone: "+861380000000{number}"}}'
        lines.append(f"  {name}: {{name: {name.upper()}, normal: [{{via: sms}}]{contacts}{body}}}\n")
    return {"people": "people:\n" + "".join(lines), "chains": ""}


def told(resolution: Resolution) -> list[str]:
    return [reached.person for reached in resolution.people]


def dropped(resolution: Resolution) -> list[tuple[str, Reason]]:
    return [(one.name, one.reason) for one in resolution.dropped]


def test_a_person_is_told(tmp_path: Path) -> None:
    """By their id, with the trail that led there."""
    found = directory(tmp_path).resolve(PersonTarget("li-wei"), owner=None, now=NOW)
    assert found == Resolution(people=(Reached(person="li-wei", trail=Trail(target="li-wei")),))


def test_a_team_is_all_its_members(tmp_path: Path) -> None:
    """In the order of the file."""
    assert told(directory(tmp_path).resolve(TeamTarget("warehouse"), owner=None, now=NOW)) == ["li-wei", "zhang-min"]


def test_a_channel_is_a_group(tmp_path: Path) -> None:
    """It is told itself; nobody in it is a person of ours."""
    found = directory(tmp_path).resolve(ChannelTarget("ops-robot"), owner=None, now=NOW)
    assert found.channels == ("ops-robot",) and not found.people and not found.is_empty


@pytest.mark.parametrize(
    "value",
    [
        "li-wei",
        "李伟",
        "li.wei@example.com",
        "LI.WEI@Example.COM",
        "ｌｉ.ｗｅｉ@example.com",
        "manager4220",
        "+8613800000001",
    ],
)
def test_a_field_holds_an_id_a_name_or_a_contact(tmp_path: Path, value: str) -> None:
    """Names and contacts are compared in NFKC with the case ignored."""
    found = directory(tmp_path, sales_rep=value).resolve(FieldTarget("sales_rep"), owner=None, now=NOW)
    assert found.people == (Reached(person="li-wei", trail=Trail(target="field:sales_rep", value=value)),)


def test_a_field_may_hold_a_team(tmp_path: Path) -> None:
    """`team:NAME`, as a rule's owner may be."""
    found = directory(tmp_path, sales_rep="team:warehouse").resolve(FieldTarget("sales_rep"), owner=None, now=NOW)
    assert told(found) == ["li-wei", "zhang-min"]
    assert {reached.trail for reached in found.people} == {Trail(target="field:sales_rep", value="team:warehouse")}


def test_of_a_list_each_is_told_once(tmp_path: Path) -> None:
    """Ids, names and teams mixed; who is named twice is told once; a stranger is dropped by name."""
    found = directory(tmp_path, buyers=("张敏", "nobody", "team:warehouse", "zhang-min")).resolve(
        FieldTarget("buyers"), owner=None, now=NOW
    )
    assert told(found) == ["zhang-min", "li-wei"]
    assert dropped(found) == [("nobody", Reason.UNKNOWN_PERSON)]


def test_a_name_that_two_people_have_is_nobody(tmp_path: Path) -> None:
    """Guessing would tell the wrong one. A name that is somebody else's contact is as ambiguous."""
    names = """
people:
  a: {name: 王伟, contacts: {phone: "+8613800000001"}, normal: [{via: sms}]}
  b: {name: 王伟, contacts: {phone: "+8613800000002", dingtalk: Anna}, normal: [{via: sms}]}
  c: {name: ANNA, contacts: {phone: "+8613800000002", dingtalk: anna2}, normal: [{via: sms}]}
  d: {name: same, contacts: {phone: "+8613800000004", dingtalk: SAME}, normal: [{via: sms}]}
"""
    asked = ("王伟", "anna", "+8613800000002", "Same", "b")
    files = {"people": names, "chains": ""}
    found = directory(tmp_path, files=files, buyers=asked).resolve(FieldTarget("buyers"), owner=None, now=NOW)
    assert told(found) == ["d", "b"]
    assert dropped(found) == [(name, Reason.UNKNOWN_PERSON) for name in ("王伟", "anna", "+8613800000002")]


def test_an_id_wins_over_a_name(tmp_path: Path) -> None:
    """Ids are exact and unique: somebody else's name cannot take one away."""
    files = people(a="", b="")
    files["people"] = files["people"].replace("name: B", "name: a")
    found = directory(tmp_path, files=files, sales_rep="a").resolve(FieldTarget("sales_rep"), owner=None, now=NOW)
    assert told(found) == ["a"]


def test_a_missing_field_leads_to_nobody(tmp_path: Path) -> None:
    """It is in the audit by the field's name."""
    found = directory(tmp_path).resolve(FieldTarget("sales_rep"), owner=None, now=NOW)
    assert found.is_empty
    assert dropped(found) == [("field:sales_rep", Reason.UNKNOWN_PERSON)]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [("li-wei", ["li-wei"]), ("team:warehouse", ["li-wei", "zhang-min"]), ("sales_rep", ["wang-fang"])],
)
def test_the_owner_is_the_rules(tmp_path: Path, owner: str, expected: list[str]) -> None:
    """A person, a team, or whom a field of the entity names."""
    found = directory(tmp_path, owner=owner, sales_rep="王芳").resolve(Owner(), owner=None, now=NOW)
    assert told(found) == expected
    assert all(reached.trail.target == "owner" for reached in found.people)


def test_who_an_incident_was_handed_to_is_its_owner(tmp_path: Path) -> None:
    """For the steps to come, in place of the rule's owner."""
    found = directory(tmp_path, owner="li-wei").resolve(Owner(), owner="wang-fang", now=NOW)
    assert told(found) == ["wang-fang"]


def test_a_rule_without_owner_has_nobody(tmp_path: Path) -> None:
    """The step says so; a fallback can take over."""
    assert dropped(directory(tmp_path).resolve(Owner(), owner=None, now=NOW)) == [("owner", Reason.UNKNOWN_PERSON)]


@pytest.mark.parametrize(
    ("now", "person"),
    [
        ("2026-09-30 23:59:59.999999", "li-wei"),
        ("2026-10-01 00:00", "zhang-min"),
        ("2026-10-07 23:59:59.999999", "zhang-min"),
        ("2026-10-08 00:00", "li-wei"),
    ],
)
def test_the_deputy_is_told_from_the_first_day_until_the_first_day_back(tmp_path: Path, now: str, person: str) -> None:
    """Dates are first instants in the person's zone; until is the first day back."""
    found = directory(tmp_path).resolve(PersonTarget("li-wei"), owner=None, now=at(now))
    absent = () if person == "li-wei" else ("li-wei",)
    assert found.people == (Reached(person=person, trail=Trail(target="li-wei", absent=absent)),)


def test_absences_are_in_the_zone_of_the_person(tmp_path: Path) -> None:
    """Berlin's first of July begins six hours after Shanghai's."""
    files = people(a=", zone: Europe/Berlin, absent: [{from: 2026-07-01, until: 2026-07-02, deputy: b}]", b="")
    found = directory(tmp_path, files=files)
    assert told(found.resolve(PersonTarget("a"), owner=None, now=at("2026-07-01 05:59"))) == ["a"]
    assert told(found.resolve(PersonTarget("a"), owner=None, now=at("2026-07-01 06:00"))) == ["b"]


def test_a_deputy_who_is_absent_passes_on_to_theirs(tmp_path: Path) -> None:
    """The trail names everybody passed over, in order."""
    files = people(
        a=f", absent: [{ALL_DAYS % ', deputy: b'}]",
        b=f", absent: [{ALL_DAYS % ', deputy: c'}]",
        c="",
    )
    found = directory(tmp_path, files=files).resolve(PersonTarget("a"), owner=None, now=NOW)
    assert found.people == (Reached(person="c", trail=Trail(target="a", absent=("a", "b"))),)


@pytest.mark.parametrize(
    ("bodies", "absent"),
    [
        ({"a": ""}, ("a",)),
        ({"a": ", deputy: b", "b": ", deputy: a"}, ("a", "b")),
        ({"a": ", deputy: b", "b": ", deputy: c", "c": ", deputy: b"}, ("a", "b", "c")),
        ({"a": ", deputy: a"}, ("a",)),
    ],
)
def test_a_circle_of_deputies_or_none_is_nobody(tmp_path: Path, bodies: dict, absent: tuple) -> None:
    """The name is dropped as absent, with everybody who was asked."""
    files = people(**{name: f", absent: [{ALL_DAYS % deputy}]" for name, deputy in bodies.items()})
    found = directory(tmp_path, files=files).resolve(PersonTarget("a"), owner=None, now=NOW)
    assert found.is_empty
    assert found.dropped == (Dropped(name="a", reason=Reason.ABSENT, trail=Trail(target="a", absent=absent)),)


def test_of_overlapping_absences_one_with_a_deputy_counts(tmp_path: Path) -> None:
    """A longer absence without one does not take the deputy away."""
    files = people(a=f", absent: [{ALL_DAYS % ''}, {{from: 2026-03-01, until: 2026-03-05, deputy: b}}]", b="")
    assert told(directory(tmp_path, files=files).resolve(PersonTarget("a"), owner=None, now=NOW)) == ["b"]


def test_everybody_is_there_once_by_the_first_trail(tmp_path: Path) -> None:
    """However many names of one step lead to a person, deputies included."""
    found = directory(tmp_path, owner="zhang-min").resolve_all(
        (Owner(), TeamTarget("warehouse"), PersonTarget("li-wei"), ChannelTarget("ops-robot")),
        owner=None,
        now=at("2026-10-02 10:00"),
    )
    assert found == Resolution(
        people=(Reached(person="zhang-min", trail=Trail(target="owner", value="zhang-min")),),
        channels=("ops-robot",),
    )


def test_names_that_the_files_lost_are_dropped_with_a_reason(tmp_path: Path) -> None:
    """A chain copied long ago may name what is no longer there."""
    found = directory(tmp_path).resolve_all(
        (PersonTarget("gone"), TeamTarget("gone"), ChannelTarget("gone")), owner=None, now=NOW
    )
    assert dropped(found) == [
        ("gone", Reason.UNKNOWN_PERSON),
        ("team:gone", Reason.UNKNOWN_PERSON),
        ("channel:gone", Reason.NO_ADDRESS),
    ]


def test_each_plan_stands_in_for_the_other(tmp_path: Path) -> None:
    """Important falls back to normal, and normal to important."""
    found = directory(tmp_path)
    assert [entry.via for entry in found.plan("li-wei", important=True)] == ["sms", "email"]
    assert [entry.via for entry in found.plan("li-wei", important=False)] == ["ops-robot", "email"]
    assert [entry.via for entry in found.plan("zhang-min", important=True)] == ["sms"]
    assert [entry.via for entry in found.plan("wang-fang", important=False)] == ["sms"]
    assert found.plan("gone", important=True) == ()


@pytest.mark.parametrize(
    ("person", "channel", "address"),
    [
        ("li-wei", "sms", "+8613800000001"),
        ("li-wei", "email", "li.wei@example.com"),
        ("li-wei", "ops-robot", "manager4220"),
        ("zhang-min", "email", None),
        ("zhang-min", "ops-robot", ""),
        ("zhang-min", "erp-hook", "zhang-min"),
        ("zhang-min", "gone", None),
        ("gone", "sms", None),
    ],
)
def test_addresses(tmp_path: Path, person: str, channel: str, address: str | None) -> None:
    """Phone, mail, whom to mention (else the name is written), and nothing where a contact is missing."""
    assert directory(tmp_path).address(person, channel) == address


def test_quiet_hours_hold_until_their_end(tmp_path: Path) -> None:
    """In the person's zone; one without quiet hours, or unknown, is never quiet."""
    found = directory(tmp_path)
    assert found.quiet_until("li-wei", Severity.MAJOR, at("2026-03-02 23:00")) == at("2026-03-03 07:00")
    assert found.quiet_until("li-wei", Severity.MAJOR, at("2026-03-03 07:00")) is None
    assert found.quiet_until("zhang-min", Severity.MAJOR, at("2026-03-02 23:00")) is None
    assert found.quiet_until("gone", Severity.MAJOR, at("2026-03-02 23:00")) is None


def test_only_severity_breaks_quiet_hours(tmp_path: Path) -> None:
    """At least the one that the person excepts; without an exception, none."""
    files = {"people": PEOPLE.replace("except: critical", "except: major")}
    found = directory(tmp_path, files=files)
    night = at("2026-03-02 23:00")
    held = [severity for severity in Severity if found.quiet_until("li-wei", severity, night) is not None]
    assert held == [Severity.INFO, Severity.MINOR]
    never = directory(tmp_path, files={"people": PEOPLE.replace(", except: critical", "")})
    assert never.quiet_until("li-wei", Severity.CRITICAL, night) is not None


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (If(severity=Severity.MAJOR, then=()), True),
        (If(severity=Severity.CRITICAL, then=()), False),
        (If(where="amount > 100", then=()), True),
        (If(where="amount > 1000", then=()), False),
        (If(where="sales_rep is None", then=()), True),
        (If(severity=Severity.MAJOR, where="amount > 1000", then=()), False),
        (If(where="gone_from_the_model > 1", then=()), False),
    ],
)
def test_all_parts_of_an_if_must_hold(tmp_path: Path, step: If, expected: bool) -> None:
    """At least the severity, and the condition on the entity's snapshot of now."""
    assert directory(tmp_path, amount=500.0).holds(step, severity=Severity.MAJOR, now=NOW) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2026-03-02 08:59:59", False), ("2026-03-02 09:00", True), ("2026-03-02 18:00", False)],
)
def test_the_time_of_an_if_is_local(tmp_path: Path, now: str, expected: bool) -> None:
    """From in, until out, in the zone of the step."""
    step = If(time=LocalTime(hours=Hours(days=(((540, 1080),),) * 7), zone="Asia/Shanghai"), then=())
    assert directory(tmp_path).holds(step, severity=Severity.INFO, now=at(now)) is expected


def test_durations_count_plain_or_working_time(tmp_path: Path) -> None:
    """Friday 17:45 plus half an hour of office time is Monday 9:15; days are working days."""
    found = directory(tmp_path)
    friday = at("2026-03-06 17:45")
    assert found.after("30m", friday) == friday + 30 * MINUTE
    assert found.after("30m office", friday) == at("2026-03-09 09:15")
    assert found.after("1d office", friday) == at("2026-03-09 17:45")


def test_a_wait_that_ends_early_ends_in_working_time(tmp_path: Path) -> None:
    """With a calendar at the next working instant, without one at once."""
    found = directory(tmp_path)
    saturday = at("2026-03-07 12:00")
    assert found.working("30m office", saturday) == at("2026-03-09 09:00")
    assert found.working("30m office", at("2026-03-06 12:00")) == at("2026-03-06 12:00")
    assert found.working("30m", saturday) == saturday


def test_a_calendar_that_is_gone_leaves_plain_time(tmp_path: Path) -> None:
    """A copied chain goes on: two days are then two days."""
    found = Directory(contacts=load_all(tmp_path, chains="", calendars={}), kind="order", owner=None, values={})
    assert found.after("2d 1h office", NOW) == NOW + 2 * DAY + HOUR
    assert found.working("2d office", NOW) == NOW


def test_more_than_a_calendar_can_count_is_plain_time(tmp_path: Path) -> None:
    """900 working days are out of a calendar's reach; the chain still gets an instant."""
    assert directory(tmp_path).after("900d office", NOW) == NOW + 900 * DAY


def test_only_live_rules_have_a_chain(tmp_path: Path) -> None:
    """Their own, else the default; shadow rules tell nobody, whatever chain they name."""
    contacts = load_all(tmp_path)
    warehouse = contacts.chains["warehouse"]
    assert contacts.chain_for(rule(chain="warehouse"), {}) == contacts.chain_for(rule(), {}) == warehouse
    assert contacts.chain_for(rule(chain="warehouse", mode="shadow"), {}) is None
    assert load_all(tmp_path, chains="").chain_for(rule(), {}) is None


def test_names_are_compared_as_compatible_text(tmp_path: Path) -> None:
    """A full-width id in a rule or an event is the same name (NFKC), as names are everywhere."""
    found = directory(tmp_path, owner="ｓａｌｅｓ＿ｒｅｐ", sales_rep="ｌｉ-ｗｅｉ").resolve(
        Owner(), owner=None, now=NOW
    )
    assert told(found) == ["li-wei"]
    assert load_all(tmp_path).chain_for(rule(chain="ｗａｒｅｈｏｕｓｅ"), {}) is not None
