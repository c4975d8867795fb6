"""What the readers of people.yaml, chains.yaml and channels.yaml share: names, zones, hours, and what comes later."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from escalation.hours import MINUTES_A_DAY, Hours
from rules.errors import Place, Problems, guess
from rules.files.calendar_file import WEEKDAYS, read_weekdays
from rules.files.document import Items, Leaf, Map, Node, as_leaf, as_map, wrong
from rules.files.zones import read_zone as zone_of
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration, DurationError, parse_duration
from streams.firing import Severity
from streams.instants import Micros
from streams.text import Text, nfkc

SEVERITIES: Final[Mapping[str, Severity]] = {severity.word: severity for severity in Severity}

PERSON: Final = Text(zh="人员", en="person")
TEAM: Final = Text(zh="团队", en="team")
CHAIN: Final = Text(zh="升级链", en="chain")
CHANNEL: Final = Text(zh="通道", en="channel")
FIELD: Final = Text(zh="字段", en="field")

_NAME: Final = re.compile(r"\w[\w.-]*")
_INTERVAL: Final = re.compile(r"(\d\d?):([0-5]\d)\s*-\s*(\d\d?):([0-5]\d)")
_HOURS: Final = Text(
    zh='"22:00-07:00"、其列表，或 {mon-fri: [...]}', en='"22:00-07:00", a list of such, or {mon-fri: [...]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A name under `people:`, `chains:` and so on; its body may be wrong, and the name is declared all the same."""

    name: str
    key: Leaf
    body: Map | None


def declared(document: Map | None, key: str, what: Text) -> dict[str, Declared]:
    """The names that a file declares. Reports those that no `team:NAME` could refer to."""
    outer = None if document is None else document.map(key)
    found: dict[str, Declared] = {}
    for entry in () if outer is None else outer.entries.values():
        name = nfkc(entry.key.raw)
        if _NAME.fullmatch(name) is None:
            entry.key.source.problems.error(
                entry.key.place,
                "bad_name",
                zh=f"{what.zh}的名称 {name} 无效：请用字母、数字、- _ .",
                en=f"{name} is no name for a {what.en}: use letters, digits, - _ .",
            )
        found[name] = Declared(name=name, key=entry.key, body=as_map(entry.node))
    return found


def refer(leaf: Leaf, known: Collection[str], what: Text, *, text: str | None = None) -> str | None:
    """The declared name that a leaf (or `text`, the part of it that is a name) gives; reports an undeclared one."""
    name = nfkc(leaf.raw if text is None else text)
    if name in known:
        return name
    end = guess(name, known)
    leaf.source.problems.error(
        leaf.place,
        f"unknown_{what.en}",
        zh=f"没有声明{what.zh} {name}{end.zh}",
        en=f"no {what.en} {name} is declared{end.en}",
    )
    return None


def not_yet(problems: Problems, place: Place, name: str) -> None:
    """Refuse, by its name, what the file format has and this version does not do."""
    problems.error(
        place,
        "not_yet",
        zh=f"此版本尚不支持 {name}，请先删去",
        en=f"{name} is not supported by this version yet; leave it out for now",
    )


def read_severity(parent: Map, key: str) -> Severity | None:
    word = parent.one_of(key, SEVERITIES)
    return None if word is None else SEVERITIES[word]


def read_zone(parent: Map, key: str) -> ZoneInfo | None:
    """An IANA time zone."""
    leaf = parent.leaf(key)
    return None if leaf is None else zone_of(leaf)


def read_duration(leaf: Leaf, calendars: Mapping[str, Calendar]) -> Duration | None:
    """A duration that may name a calendar."""
    try:
        return parse_duration(leaf.raw, calendars)
    except DurationError as error:
        _report(leaf, error)
        return None


def read_plain_duration(leaf: Leaf) -> Micros | None:
    """A duration of fixed length."""
    try:
        return parse_duration(leaf.raw, {}).micros
    except DurationError as error:
        if _is_duration(leaf.raw[: error.offset]) and not leaf.raw[error.offset : error.offset + 1].isdigit():
            leaf.source.problems.error(
                leaf.rest(error.offset),
                "calendar_here",
                zh="日历只能用在 wait 和 ack_expires 中",
                en="a calendar can stand in wait and ack_expires only",
            )
        else:
            _report(leaf, error)
        return None


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text, {})
    except DurationError:
        return False
    return True


def _report(leaf: Leaf, error: DurationError) -> None:
    leaf.source.problems.error(leaf.rest(error.offset), "bad_duration", zh=error.message.zh, en=error.message.en)


def read_hours(parent: Map, key: str) -> Hours | None:
    """One interval, a list of them, or the map of days that calendars.yaml has; here intervals may cross midnight."""
    node = parent.get(key, required=True)
    if node is None:
        return None
    if isinstance(node, (Map, Items)) and not (node.entries if isinstance(node, Map) else node.nodes):
        wrong(node, zh=f"时段，如 {_HOURS.zh}", en=f"hours such as {_HOURS.en}")
        return None
    return _week(node) if isinstance(node, Map) else Hours(days=(tuple(_intervals(node)),) * 7)


def _week(node: Map) -> Hours:
    days: list[tuple[tuple[int, int], ...]] = [()] * 7
    for entry in node.entries.values():
        is_off = isinstance(entry.node, Leaf) and entry.node.raw == "off"
        intervals = () if is_off else tuple(_intervals(entry.node))
        for day in read_weekdays(entry.key):
            if days[day]:
                node.problems.error(
                    entry.key.place,
                    "duplicate_key",
                    zh=f"{entry.key.raw} 中的 {WEEKDAYS[day]} 已有时段",
                    en=f"{WEEKDAYS[day]} in {entry.key.raw} has its hours already",
                )
            days[day] = intervals
    return Hours(days=tuple(days))


def _intervals(node: Node) -> Iterator[tuple[int, int]]:
    for item in node if isinstance(node, Items) else (node,):
        leaf = as_leaf(item)
        interval = None if leaf is None else _interval(leaf)
        if interval is not None:
            yield interval


def _interval(leaf: Leaf) -> tuple[int, int] | None:
    found = _INTERVAL.fullmatch(leaf.raw.strip())
    first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, -1)
    if found is None or first >= MINUTES_A_DAY or last > MINUTES_A_DAY:
        wrong(leaf, zh=f"时段，如 {_HOURS.zh}", en=f"hours such as {_HOURS.en}")
        return None
    if first == last:
        leaf.source.problems.error(
            leaf.place,
            "empty_hours",
            zh=f"时段 {leaf.raw} 的起止相同；全天请写 00:00-24:00",
            en=f"{leaf.raw} begins when it ends; the whole day is 00:00-24:00",
        )
        return None
    return first, last
