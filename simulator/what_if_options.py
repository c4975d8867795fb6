"""What-if questions as people write them, such as `supplier=S4:3d` or `paid>shipped*1.5 where channel=b2b`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rules.errors import guess
from rules.worktime.durations import DurationError, parse_duration
from simulator.what_if import Cancelled, Change, Closed, Dwell, Late, Segment, Volume
from streams.instants import Instant, Micros, parse_instant
from streams.model import FieldType, Kind, Model
from streams.text import Text

_LATE: Final = re.compile(r"(?P<where>[^:]+):(?P<by>[^:]+)(?::(?P<share>[^:]+))?")
_DWELL: Final = re.compile(
    r"(?P<start>[^>]+)>(?P<end>[^*+\-]+)(?P<sign>[*+\-])(?P<much>.+?)(?:\s+where\s+(?P<where>.+))?"
)
_VOLUME: Final = re.compile(r"(?:(?P<kind>[^*]+)\*)?(?P<factor>[^*]+)")
_CLOSED: Final = re.compile(r"(?:(?P<kind>[^\W\d]\w*):)?(?P<begin>.+?)\.\.(?P<end>.+)")
_CANCELLED: Final = re.compile(r"(?P<share>\S+)(?:\s+where\s+(?P<where>.+))?")
_USUAL_KIND: Final = "order"
_MOST: Final = 100.0  # times: more is a slip
_TEXTS: Final[Mapping[str, bool]] = {"true": True, "false": False}


class WrongQuestion(Exception):
    """A question that cannot be understood, or that asks for what the model does not have."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh=zh, en=en)
        super().__init__(en)


def late(text: str, model: Model) -> tuple[Change, ...]:
    """FIELD=VALUE:DURATION[:SHARE], for every kind that has the field and nodes."""
    found = _parts(_LATE, text, "supplier=S4:3d")
    by = _duration(found["by"])
    share = 1.0 if found["share"] is None else _share(found["share"])
    kinds = [(kind, _segment(found["where"], kind)) for kind in model.kinds.values() if kind.nodes]
    changes = tuple(Late(kind=kind.name, where=where, by=by, share=share) for kind, where in kinds if where is not None)
    if not changes:
        raise _no_field(found["where"], model.kinds.values())
    return changes


def dwell(text: str, model: Model) -> tuple[Change, ...]:
    """NODE>NODE*FACTOR, NODE>NODE+DURATION or NODE>NODE-DURATION, with `where FIELD=VALUE` or without."""
    found = _parts(_DWELL, text, "paid>shipped*1.5")
    start, end = found["start"].strip(), found["end"].strip()
    kinds = [kind for kind in model.kinds.values() if start in kind.nodes and end in kind.nodes]
    if not kinds:
        known = sorted({node for kind in model.kinds.values() for node in kind.nodes})
        missing = next((node for node in (start, end) if node not in known), end)
        hint = guess(missing, [node for node in known if node != missing])
        raise WrongQuestion(
            f"没有种类同时有节点 {start} 和 {end}{hint.zh}", f"no kind has both {start} and {end}{hint.en}"
        )
    factor = _factor(found["much"]) if found["sign"] == "*" else 1.0
    longer = 0 if found["sign"] == "*" else _duration(found["much"]) * (-1 if found["sign"] == "-" else 1)
    changes = []
    for kind in kinds:
        where = None if found["where"] is None else _segment(found["where"], kind)
        if where is not None or found["where"] is None:
            changes.append(Dwell(kind=kind.name, start=start, end=end, factor=factor, longer=longer, where=where))
    if not changes:
        raise _no_field(found["where"], kinds)
    return tuple(changes)


def volume(text: str, model: Model) -> tuple[Change, ...]:
    """FACTOR, of orders; or KIND*FACTOR."""
    found = _parts(_VOLUME, text, "2")
    kind = _kind(model) if found["kind"] is None else _named(found["kind"].strip(), model)
    return (Volume(kind=kind.name, factor=_factor(found["factor"])),)


def closed(text: str, model: Model) -> tuple[Change, ...]:
    """FROM..UNTIL, instants or dates of the model's zone, of orders; or KIND:FROM..UNTIL."""
    found = _parts(_CLOSED, text, "2026-02-16..2026-02-20")
    begin, end = _instant(found["begin"], model), _instant(found["end"], model)
    if end <= begin:
        raise WrongQuestion(f"{text}：结束不晚于开始", f"{text}: it ends before it begins")
    kind = _kind(model) if found["kind"] is None else _named(found["kind"], model)
    return (Closed(kind=kind.name, begin=begin, end=end),)


def cancelled(text: str, model: Model) -> tuple[Change, ...]:
    """SHARE of orders, with `where FIELD=VALUE` or without."""
    found = _parts(_CANCELLED, text, "0.1")
    kind = _kind(model)
    type_ = next((node for node in kind.closed_by if kind.nodes[node].off_path), None)
    if type_ is None:
        raise WrongQuestion(
            f"{kind.name} 没有表示取消的节点（closed_by 中 off_path 的节点）",
            f"{kind.name} has no node for being cancelled: one of closed_by that is off_path",
        )
    where = None if found["where"] is None else _segment(found["where"], kind)
    if where is None and found["where"] is not None:
        raise _no_field(found["where"], (kind,))
    return (Cancelled(kind=kind.name, type=type_, share=_share(found["share"]), where=where),)


def _parts(pattern: re.Pattern[str], text: str, example: str) -> dict[str, str]:
    found = pattern.fullmatch(text.strip())
    if found is None:
        raise WrongQuestion(f"无法理解 {text}，应如 {example}", f"{text} is not understood; expected such as {example}")
    return found.groupdict()


def _kind(model: Model) -> Kind:
    """Orders, or what comes first of what has nodes."""
    kinds = [kind for kind in model.kinds.values() if kind.nodes]
    if not kinds:
        raise WrongQuestion("模型中没有带节点的种类", "no kind of the model has nodes")
    return model.kinds.get(_USUAL_KIND, kinds[0])


def _named(name: str, model: Model) -> Kind:
    if name not in model.kinds:
        hint = guess(name, model.kinds)
        raise WrongQuestion(f"没有种类 {name}{hint.zh}", f"there is no kind {name}{hint.en}")
    return model.kinds[name]


def _segment(text: str, kind: Kind) -> Segment | None:
    """FIELD=VALUE; None where the kind has no such field."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise WrongQuestion(
            f"无法理解 {text}，应如 supplier=S4", f"{text} is not understood; expected such as supplier=S4"
        )
    field = kind.fields.get(name)
    match None if field is None else field.type:
        case FieldType.STRING:
            return Segment(field=name, value=value)
        case FieldType.NUMBER:
            return Segment(field=name, value=_number(value))
        case FieldType.BOOL if value in _TEXTS:
            return Segment(field=name, value=_TEXTS[value])
    return None


def _no_field(text: str, kinds: Iterable[Kind]) -> WrongQuestion:
    name = text.partition("=")[0].strip()
    hint = guess(name, sorted(set(_fields(kinds))))
    return WrongQuestion(f"没有可比较的字段 {name}{hint.zh}", f"there is no field {name} to compare{hint.en}")


def _fields(kinds: Iterable[Kind]) -> Iterator[str]:
    for kind in kinds:
        for field in kind.fields.values():
            if field.type in (FieldType.STRING, FieldType.NUMBER, FieldType.BOOL):
                yield field.name


def _duration(text: str) -> Micros:
    try:
        return parse_duration(text.strip(), {}).micros
    except DurationError as error:
        raise WrongQuestion(f"{text}：{error.message.zh}", f"{text}: {error.message.en}") from None


def _instant(text: str, model: Model) -> Instant:
    try:
        return parse_instant(text, model.zone)
    except ValueError as error:
        raise WrongQuestion(f"{text} 不是时刻，应如 2026-02-16", str(error)) from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WrongQuestion(f"{text} 不是数", f"{text} is no number") from None


def _share(text: str) -> float:
    share = _number(text)
    if not 0 <= share <= 1:
        raise WrongQuestion(f"{text} 不是 0 到 1 的占比", f"{text} is no share from 0 to 1")
    return share


def _factor(text: str) -> float:
    factor = _number(text)
    if not 0 <= factor <= _MOST:
        raise WrongQuestion(f"{text} 不是 0 到 {_MOST:g} 的倍数", f"{text} is no factor from 0 to {_MOST:g}")
    return factor
