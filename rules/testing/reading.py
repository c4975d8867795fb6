"""`tests:` of a rule as written -> cases, with everything that is wrong in them reported where it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from msgspec.structs import replace

from rules.errors import Place, Problem, guess
from rules.files import keys
from rules.files.deadline_keys import SEVERITIES
from rules.files.document import Items, Leaf, Map, Node, as_data, as_map, wrong
from rules.rule import Pulse, Rule
from rules.testing.timeline import Case, Closing, Expected, Word, event_id
from rules.worktime.durations import read_offset
from streams.decoding import DEFAULT_SKEW, known_type
from streams.errors import BadValue
from streams.event import Event
from streams.firing import Reason
from streams.instants import Instant, Micros, parse_instant
from streams.model import FieldType, Kind, Model, Value
from streams.text import Text, nfc, nfkc
from streams.values import converter, timestamps, undeclared_columns

DEFAULT_KEY: Final = "T-1"
_SOURCE: Final = "test"
_TYPES: Final[Mapping[FieldType, Text]] = {
    FieldType.NUMBER: Text(zh="数字", en="a number"),
    FieldType.STRING: Text(zh="文本（数字请加引号）", en="a text (put a number in quotes)"),
    FieldType.BOOL: Text(zh="true 或 false", en="true or false"),
    FieldType.TIMESTAMP: Text(zh="时刻，如 2026-03-02 09:00", en="an instant such as 2026-03-02 09:00"),
    FieldType.LIST: Text(zh="文本的列表，如 [a, b]", en="a list of texts such as [a, b]"),
    FieldType.RECORDS: Text(
        zh="记录的列表，如 [{sku: S4, qty: 2}]", en="a list of records such as [{sku: S4, qty: 2}]"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the tests of a rule refer to. `skew` is how far ahead of being known an event may be dated."""

    model: Model
    rule: Rule
    skew: Micros = DEFAULT_SKEW


@dataclass(slots=True)
class _Timeline:
    """A timeline as far as it is read."""

    start: Instant | None = None
    last: Instant | None = None  # the order of the entries
    until: Instant | None = None
    events: list[Event] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)  # as written -> of the event
    retractions: list[tuple[int, Leaf]] = field(default_factory=list)  # place of the event, the id that it takes back


def read_cases(items: Items, around: Around) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """The tests of a rule, those with errors left out, and what is wrong with them."""
    collector = items.source.problems.found  # of the whole file: what is found here is taken out of it again
    already = len(collector)
    cases = [case for node in items if (case := _case(node, around)) is not None]
    problems = tuple(collector[already:])
    del collector[already:]
    return tuple(cases), problems


def _case(node: Node, around: Around) -> Case | None:
    entry = as_map(node)
    if entry is None:
        return None
    already = len(entry.problems.found)
    entry.only(*keys.TEST)
    name = entry.text("name", required=True)
    timeline = entry.list("timeline", required=True)
    found = _Timeline()
    for step in timeline or ():
        one = as_map(step)
        if one is not None:
            _entry(one, around, found)
    _retract(found)
    if timeline is not None and not timeline.nodes:
        wrong(timeline, zh="至少一项的 timeline", en="a timeline of at least one entry")
    if name is None or found.until is None or len(entry.problems.found) > already:
        return None
    return Case(
        rule=around.rule.id,
        name=name,
        place=entry.place,
        events=tuple(found.events),
        expected=tuple(found.expected),
        closings=tuple(found.closings),
        until=found.until,
    )


def _entry(entry: Map, around: Around, found: _Timeline) -> None:
    what = [word for word in keys.STEPS if word in entry]
    if len(what) != 1:
        entry.problems.error(
            entry.place,
            "what_happens",
            zh="每一项写 at，再写 event、expect、close 之一",
            en="an entry has at, and one of event, expect and close",
        )
        entry.only(*dict.fromkeys(key for step in keys.STEPS.values() for key in step))
        return
    entry.only(*keys.STEPS[what[0]])
    leaf = entry.leaf("at", required=True)
    at = None if leaf is None else _instant(leaf, around.model, found)
    known = _known(entry, around.model, found)
    key = _key(entry, around.rule, what[0])
    if leaf is None or at is None or key is None:
        return
    _keep_order(leaf, at, known if what[0] == "event" else None, found)
    match what[0]:
        case "event":
            _event(entry, around, found, at, at if known is None else known, key)
        case "expect":
            _expect(entry, found, at, known, key)
        case _:
            _close(entry, around.rule, found, at, key)


def _instant(leaf: Leaf, model: Model, found: _Timeline) -> Instant | None:
    """An instant, in the model's zone where it names none, or the time since the first entry."""
    if leaf.raw.startswith(("+", "-")):
        offset = read_offset(leaf, {})
        if offset is None:
            return None
        length, early = offset
        if found.start is None or early:
            leaf.source.problems.error(
                leaf.place,
                "no_start",
                zh="第一项须写时刻，如 2026-03-02 09:00；之后的 +49h 从它算起",
                en="the first entry needs an instant such as 2026-03-02 09:00; later ones like +49h count from it",
            )
            return None
        return length.add(found.start)
    try:
        at = parse_instant(leaf.raw, model.zone)
    except ValueError:
        wrong(
            leaf,
            zh="时刻，如 2026-03-02 09:00（月、日、时都写两位数），或从第一项算起的 +49h",
            en="an instant such as 2026-03-02 09:00 (two digits each), or +49h counted from the first entry",
        )
        return None
    if found.start is None:
        found.start = at
    return at


def _known(entry: Map, model: Model, found: _Timeline) -> Instant | None:
    leaf = entry.leaf("known") if "known" in entry else None
    return None if leaf is None else _instant(leaf, model, found)


def _key(entry: Map, rule: Rule, what: str) -> str | None:
    """T-1 where none is written; a count's incident belongs to its group."""
    if "key" in entry:
        return _text(entry, "key")
    if what != "expect" or rule.count is None or rule.count.per == ("key",):
        return DEFAULT_KEY
    if not rule.count.per:
        return ""
    entry.problems.error(
        entry.place,
        "no_group",
        zh=f"请用 key: 写明是哪一组（{'|'.join(rule.count.per)}）",
        en=f"say with key: which group it is ({'|'.join(rule.count.per)})",
    )
    return None


def _text(entry: Map, key: str) -> str | None:
    leaf = entry.leaf(key)
    return None if leaf is None else nfc(leaf.raw)


def _keep_order(leaf: Leaf, at: Instant, known: Instant | None, found: _Timeline) -> None:
    """Entries stand by time; a late event stands where it happened, or where it became known."""
    last = found.last
    late = known is not None and known > at
    if last is not None and at < last and not (late and known is not None and known >= last):
        leaf.source.problems.error(
            leaf.place,
            "out_of_order",
            zh="时间早于上一项；请按时间先后排列",
            en="earlier than the entry before it; write them in the order of time",
        )
        return
    found.last = known if last is not None and at < last else at
    found.until = max(at, at if known is None else known, at if found.until is None else found.until)


def _event(entry: Map, around: Around, found: _Timeline, at: Instant, known: Instant, key: str) -> None:
    kind = _kind(entry, around)
    leaf = entry.leaf("event")
    if kind is None or leaf is None:
        return
    type_ = known_type(kind, nfkc(leaf.raw))
    data = _data(entry, kind, around.model)
    if at - known > around.skew:
        entry.problems.error(
            entry.place_of("known"),
            "ahead_of_time",
            zh=f"事件时间最多可比获知时间早写 {around.skew // 1_000_000} 秒，否则服务会拒绝",
            en=f"the service refuses events dated more than {around.skew // 1_000_000} s after they are known",
        )
    if type_ is None:
        end = guess(leaf.raw, kind.reaches, labels=kind.labels)
        entry.problems.error(
            leaf.place,
            "unknown_type",
            zh=f"{kind.name} 没有事件类型 {leaf.raw}{end.zh}",
            en=f"{kind.name} has no event type {leaf.raw}{end.en}",
        )
        return
    id_ = event_id(len(found.events) + 1)
    retracts = entry.leaf("retracts") if "retracts" in entry else None
    if retracts is not None:
        found.retractions.append((len(found.events), retracts))
    _name(entry, found, id_)
    found.events.append(
        Event(
            source=_SOURCE,
            id=id_,
            kind=kind.name,
            key=key,
            type=type_,
            occurred_at=at,
            recorded_at=known,
            data=data,
        )
    )


def _kind(entry: Map, around: Around) -> Kind | None:
    """The rule's own where none is written."""
    leaf = entry.leaf("kind") if "kind" in entry else None
    if leaf is None:
        return None if "kind" in entry else around.model.kinds[around.rule.on]
    kind = around.model.kinds.get(nfkc(leaf.raw))
    if kind is None:
        end = guess(leaf.raw, around.model.kinds)
        entry.problems.error(
            leaf.place,
            "unknown_kind",
            zh=f"模型没有类型 {leaf.raw}{end.zh}",
            en=f"the model has no kind {leaf.raw}{end.en}",
        )
    return kind


def _retract(found: _Timeline) -> None:
    """Events that take another one back, by the id that its entry gives it."""
    for place, leaf in found.retractions:
        id_ = found.ids.get(leaf.raw)
        found.events[place] = replace(found.events[place], retracts=id_)
        if id_ is None:
            end = guess(leaf.raw, found.ids)
            leaf.source.problems.error(
                leaf.place,
                "unknown_id",
                zh=f"没有 id 为 {leaf.raw} 的事件{end.zh}",
                en=f"no event of this test has the id {leaf.raw}{end.en}",
            )


def _name(entry: Map, found: _Timeline, id_: str) -> None:
    leaf = entry.leaf("id") if "id" in entry else None
    if leaf is None:
        return
    if leaf.raw in found.ids:
        entry.problems.error(
            leaf.place,
            "duplicate_id",
            zh=f"id {leaf.raw} 已用于前面的事件",
            en=f"the id {leaf.raw} is taken by an event before this",
        )
    found.ids[leaf.raw] = id_


def _data(entry: Map, kind: Kind, model: Model) -> dict[str, Value | None]:
    data = entry.map("data") if "data" in entry else None
    taken: dict[str, Value | None] = {}
    for written, node in () if data is None else data.items():
        name = nfkc(written)
        field_ = kind.fields.get(name)
        promise = name.endswith(".due") and name.removesuffix(".due") in kind.nodes
        if field_ is None and not promise:
            _unknown_field(entry, name, kind, cast(Map, data).key_place(written))
            continue
        value = _json(as_data(node))
        take = timestamps(model.zone) if field_ is None else converter(field_, model.zone)
        type_ = FieldType.TIMESTAMP if field_ is None else field_.type
        try:
            taken[name] = None if value is None else take(value)
        except BadValue as error:
            expected = _TYPES[type_]
            entry.problems.error(
                node.place,
                "wrong_type",
                zh=f"{name}{error.within} 应为{expected.zh}",
                en=f"{name}{error.within} has to be {expected.en}: {error.reason}",
            )
            continue
        for column in () if field_ is None else sorted(undeclared_columns(field_, value)):
            _unknown_field(entry, column, kind, node.place)
    return taken


def _unknown_field(entry: Map, name: str, kind: Kind, place: Place) -> None:
    columns = (f"{one.name}.{column}" for one in kind.fields.values() for column in one.columns)
    known = (*kind.fields, *columns, *(f"{node}.due" for node in kind.nodes))
    end = guess(name, known, labels=kind.labels)
    entry.problems.error(
        place,
        "unknown_field",
        zh=f"{kind.name} 没有字段 {name}{end.zh}",
        en=f"{kind.name} has no field {name}{end.en}",
    )


def _json(value: object) -> object:
    """As JSON gives it."""
    match value:
        case Mapping():
            return {name: _json(inner) for name, inner in value.items()}
        case tuple():
            return [_json(inner) for inner in value]
        case _:
            return value


def _expect(entry: Map, found: _Timeline, at: Instant, known: Instant | None, key: str) -> None:
    leaf = entry.leaf("expect")
    if leaf is None:
        return
    word, _, rest = leaf.raw.strip().partition(" ")
    rest = rest.strip()
    severity = SEVERITIES.get(rest if word == Word.OPEN else word)
    reason = next((one for one in Reason if one == rest), None) if word == Word.RESOLVED else None
    plain = word in (Word.REOPENED, Word.AMENDED, Word.WITHDRAWN, *SEVERITIES) and not rest
    if not (plain or (word in (Word.OPEN, Word.RESOLVED) and (not rest or severity is not None or reason is not None))):
        _unknown_change(leaf)
        return
    means = Word.SEVERITY if word in SEVERITIES else Word(word)
    found.expected.append(Expected(at=at, key=key, word=means, severity=severity, reason=reason, known=known))


def _unknown_change(leaf: Leaf) -> None:
    usual = "open, open minor, critical, resolved, resolved condition, withdrawn"
    end = guess(leaf.raw, _changes(), listed=0)
    leaf.source.problems.error(
        leaf.place,
        "unknown_change",
        zh=f"“{leaf.raw}”不是可期待的变化{end.zh or f'；可写 {usual}'}",
        en=f'"{leaf.raw}" is no change to expect{end.en or f"; write one of {usual}"}',
    )


def _changes() -> Iterable[str]:
    yield from SEVERITIES
    for word in (Word.OPEN, Word.RESOLVED, Word.WITHDRAWN, Word.REOPENED, Word.AMENDED):
        yield word.value
    yield from (f"open {severity}" for severity in SEVERITIES)
    yield from (f"resolved {reason.value}" for reason in Reason)


def _close(entry: Map, rule: Rule, found: _Timeline, at: Instant, key: str) -> None:
    entry.one_of("close", ("person",))
    if not isinstance(rule.ending, Pulse) or rule.count is not None:
        entry.problems.error(
            entry.key_place("close"),
            "only_for_pulses",
            zh="close 只用于看单个事件（event、before、changed）的规则：人工解决不改变其他规则的判断",
            en="close is for rules that look at single events (event, before, changed): what people resolve changes "
            "nothing for others",
        )
    found.closings.append(Closing(at=at, key=key))
