"""Reads people.yaml."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast
from zoneinfo import ZoneInfo

from escalation.directory import address_of
from escalation.files import keys
from escalation.files.reading import (
    CHANNEL,
    PERSON,
    Declared,
    not_yet,
    read_hours,
    read_plain_duration,
    read_severity,
    read_zone,
    refer,
)
from escalation.people import Absence, Person, PlanEntry, Quiet, Team
from notifiers.config import Channel
from rules.files.document import Leaf, Map, as_map, wrong
from streams.instants import Instant, parse_instant
from streams.text import Language

_LANGUAGES: Final = ("zh", "en")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # E.164
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
RESERVED: Final = "owner"  # as a target it is no person


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleReader:
    """`zone` and `language` are those of people who name none."""

    people: Mapping[str, Declared]
    channels: Collection[str]
    zone: ZoneInfo
    language: Language

    def read(self) -> dict[str, Person]:
        found = {one.name: self._person(one.name, one.body) for one in self.people.values() if one.body is not None}
        for one in self.people.values():
            if one.name == RESERVED:
                one.key.source.problems.error(
                    one.key.place,
                    "reserved_name",
                    zh="owner 在步骤中指规则的负责人，不能用作人员的名称",
                    en="owner means the rule's owner in steps; a person needs another id",
                )
        return found

    def _person(self, name: str, body: Map) -> Person:
        body.only(*keys.PERSON)
        zone = read_zone(body, "zone") or self.zone
        return Person(
            id=name,
            name=body.string("name", required=True) or name,
            language=cast(Language, body.one_of("language", _LANGUAGES) or self.language),
            zone=zone,
            contacts=_contacts(body),
            normal=tuple(self._plan(body, "normal")),
            important=tuple(self._plan(body, "important")),
            quiet=_quiet(body, zone),
            absences=tuple(self._absences(name, body, zone)),
        )

    def _plan(self, body: Map, key: str) -> Iterator[PlanEntry]:
        for number, node in enumerate(body.list(key) or ()):
            entry = as_map(node)
            if entry is None:
                continue
            entry.only(*keys.PLAN_ENTRY)
            via = entry.leaf("via", required=True)
            channel = None if via is None else refer(via, self.channels, CHANNEL)
            after = entry.leaf("after")
            delay = None if after is None else read_plain_duration(after)
            if after is not None and number == 0:
                body.problems.warning(
                    after.place,
                    "after_of_first",
                    zh="第一项立即发送，这里的 after 不起作用",
                    en="the first entry goes out at once; its after has no effect",
                )
            if channel is not None:
                yield PlanEntry(via=channel, after=0 if number == 0 else delay or 0)

    def _absences(self, name: str, body: Map, zone: ZoneInfo) -> Iterator[Absence]:
        for node in body.list("absent") or ():
            absence = as_map(node)
            if absence is None:
                continue
            absence.only(*keys.ABSENCE)
            start, end = _date(absence, "from", zone), _date(absence, "until", zone)
            leaf = absence.leaf("deputy")
            deputy = None if leaf is None else refer(leaf, self.people, PERSON)
            if leaf is not None and deputy == name:
                body.problems.warning(
                    leaf.place,
                    "own_deputy",
                    zh=f"{name} 是自己的代理人：缺席时无人接到通知",
                    en=f"{name} is their own deputy: nobody is told while they are absent",
                )
            if start is not None and end is not None and end <= start:
                body.problems.error(
                    absence.place_of("until"),
                    "empty_absence",
                    zh="until 须晚于 from：它是回来的第一天",
                    en="until must be later than from: it is the first day back",
                )
            elif start is not None and end is not None:
                yield Absence(start=start, end=end, deputy=deputy)


def read_teams(teams: Mapping[str, Declared], people: Collection[str]) -> dict[str, Team]:
    found: dict[str, Team] = {}
    for one in teams.values():
        if one.body is None:
            continue
        one.body.only(*keys.TEAM)
        if "on_call" in one.body:
            not_yet(one.body.problems, one.body.key_place("on_call"), "on_call")
        leaves = one.body.strings("members", required=True)
        if leaves == ():
            wrong(one.body.entries["members"].node, zh="至少一名成员", en="at least one member")
        members = dict.fromkeys(member for leaf in leaves or () if (member := refer(leaf, people, PERSON)) is not None)
        found[one.name] = Team(id=one.name, members=tuple(members))
    return found


def warn_of_addresses(
    found: Mapping[str, Declared], people: Mapping[str, Person], channels: Mapping[str, Channel]
) -> None:
    """Warn of plan entries without their contact, and of people whom no entry of any plan can reach."""
    for one in found.values():
        person = people.get(one.name)
        if person is None or one.body is None:
            continue
        for key in ("normal", "important"):
            for via in _vias(one.body, key):
                channel = channels.get(via.raw)
                if channel is not None and address_of(person, channel) is None:
                    contact = channel.contact
                    one.key.source.problems.warning(
                        via.place,
                        "no_address",
                        zh=f"{person.name} 没有联系方式 {contact}，无法通过 {via.raw} 通知",
                        en=f"{person.id} has no contact {contact}, so {via.raw} cannot reach them",
                    )
        entries = (*person.normal, *person.important)
        if not any(
            entry.via not in channels or address_of(person, channels[entry.via]) is not None for entry in entries
        ):
            one.key.source.problems.warning(
                one.key.place,
                "unreachable",
                zh=f"无法通知 {person.name}：normal 和 important 中没有可用的通道",
                en=f"{person.id} cannot be reached: no entry of normal or important leads to them",
            )


def _vias(body: Map, key: str) -> Iterator[Leaf]:
    plan = body.entries.get(key)
    for node in plan.node if plan is not None and not isinstance(plan.node, (Leaf, Map)) else ():
        via = node.entries.get("via") if isinstance(node, Map) else None
        if via is not None and isinstance(via.node, Leaf):
            yield via.node


def _contacts(body: Map) -> dict[str, str]:
    contacts = body.map("contacts")
    if contacts is None:
        return {}
    contacts.only(*keys.CONTACTS)
    found: dict[str, str] = {}
    for key in keys.CONTACTS:
        leaf = contacts.leaf(key)
        if leaf is None:
            continue
        if key == "phone" and _PHONE.fullmatch(leaf.raw) is None:
            wrong(leaf, zh='E.164 号码，如 "+8613800000001"', en='an E.164 number such as "+8613800000001"')
        elif key == "email" and _EMAIL.fullmatch(leaf.raw) is None:
            wrong(leaf, zh="电子邮件地址", en="a mail address")
        else:
            found[key] = leaf.raw
    return found


def _quiet(body: Map, zone: ZoneInfo) -> Quiet | None:
    quiet = body.map("quiet")
    if quiet is None:
        return None
    quiet.only(*keys.QUIET)
    hours, severity = read_hours(quiet, "hours"), read_severity(quiet, "except")
    return None if hours is None else Quiet(hours=hours, zone=zone, except_severity=severity)


def _date(absence: Map, key: str, zone: ZoneInfo) -> Instant | None:
    leaf = absence.leaf(key, required=True)
    if leaf is None:
        return None
    try:
        return parse_instant(leaf.raw, zone)
    except ValueError:
        wrong(leaf, zh="日期，如 2026-10-01", en="a date such as 2026-10-01")
        return None
