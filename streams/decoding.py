"""Events in: JSON to checked events. An event is taken whole or refused whole, from itself alone (semantics.md, 1).

Two shapes are read. Tocsin's own: source, id, kind, key, type, occurred_at, recorded_at, data, retracts. CloudEvents
1.0 (https://github.com/cloudevents/spec), told by its specversion: subject is the key, time is occurred_at, kind,
retracts and recordedat are extension attributes; in binary mode the attributes are ce-* headers. Members that neither
shape has are ignored; null is the same as absent.

How `kind` and `type` are resolved (names in NFKC):

1. With a kind, it must be one of the model's. Without, and where the type begins with a known kind and a dot, that kind
   is tried first. Else the kind is `order`, or the only one that the model has.
2. Within the kind, the first of these that it knows: the type as it stands; without a version at its end (`.v1`);
   without `KIND.` before it; without both. So `order.dispatched` that the model declares wins over `dispatched`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import msgspec

from streams.errors import BadValue
from streams.event import Event, Refusal
from streams.instants import MINUTE, Instant, Micros
from streams.model import Kind, Model, Value
from streams.shapes import Broken, Wire, array_items, binary_to_structured, parse_wire
from streams.text import nfc, nfkc
from streams.values import Converter, converter, read_instant, shown, timestamps, undeclared_columns

DEFAULT_SKEW: Final = 10 * MINUTE
LARGEST_EVENT: Final = 256 * 1024  # bytes
DEFAULT_KIND: Final = "order"

_VERSION: Final = re.compile(r"\.v[0-9]+$")
_NOTHING: Final[Mapping[str, Value | None]] = {}
_CACHED_TYPES: Final = 4096


@dataclass(frozen=True, slots=True)
class Decoded:
    """A taken event, and the undeclared fields that were left out of it, sorted."""

    event: Event
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How the data of one kind is read: declared fields and promises by name."""

    kind: Kind
    converters: Mapping[str, Converter]
    records: frozenset[str]

    @classmethod
    def of(cls, kind: Kind, model: Model) -> "_Plan":
        converters = {name: converter(field, model.zone) for name, field in kind.fields.items()}
        converters |= {f"{node}.due": timestamps(model.zone) for node in kind.nodes}
        with_columns = frozenset(name for name, field in kind.fields.items() if field.columns)
        return cls(kind=kind, converters=converters, records=with_columns)


class Decoder:
    """Reads events for one model. `skew` is how far ahead of recorded_at events may be dated, `skews` by source.

    `now` is the stamp of live intake: recorded_at, whatever the event says. In histories (now=None) recorded_at is
    read, and defaults to occurred_at.
    """

    def __init__(
        self,
        model: Model,
        *,
        skew: Micros = DEFAULT_SKEW,
        skews: Mapping[str, Micros] | None = None,
        largest: int = LARGEST_EVENT,
    ) -> None:
        self.model = model
        self.largest = largest
        self._skew = skew
        self._skews = skews or {}
        self._plans = {name: _Plan.of(kind, model) for name, kind in model.kinds.items()}
        self._types: dict[tuple[str | None, str], tuple[_Plan, str]] = {}

    def decode(self, raw: bytes | str, *, now: Instant | None, position: str) -> Decoded | Refusal:
        """One event, as JSON in either shape."""
        if len(raw) > self.largest:
            reason = f"expected an event of at most {self.largest // 1024} KiB, got {len(raw) // 1024} KiB"
            return _refusal("too_large", None, reason, position, raw[: self.largest])
        try:
            return self.take(parse_wire(raw), now=now)
        except Broken as broken:
            return _refusal(broken.code, broken.field, broken.reason, position, raw, broken.source, broken.id)

    def batch(self, raw: bytes, *, now: Instant | None, name: str = "batch") -> Iterator[Decoded | Refusal]:
        """A JSON array, JSON lines, or one event (which may span lines); positions as "NAME item 3", "NAME line 3"."""
        body = raw.removeprefix(b"\xef\xbb\xbf").strip()
        if body.startswith(b"["):
            try:
                items = array_items(body)
            except Broken as broken:
                yield _refusal(broken.code, None, broken.reason, name, body[: self.largest])
                return
            for place, item in enumerate(items, start=1):
                yield self.decode(item, now=now, position=f"{name} item {place}")
        elif _is_one(body):
            yield self.decode(body, now=now, position=name)
        else:
            yield from self.lines(raw.removeprefix(b"\xef\xbb\xbf"), now=now, name=name)

    def lines(self, raw: bytes, *, now: Instant | None, name: str) -> Iterator[Decoded | Refusal]:
        for number, line in enumerate(BytesIO(raw), start=1):
            text = line.strip()
            if text:
                yield self.decode(text, now=now, position=f"{name} line {number}")

    def binary(
        self, headers: Mapping[str, str], body: bytes, *, now: Instant | None, position: str
    ) -> Decoded | Refusal:
        """A CloudEvent in binary mode of the HTTP binding; a refusal keeps it in the structured form."""
        return self.decode(binary_to_structured(headers, body), now=now, position=position)

    def take(self, wire: Wire, *, now: Instant | None) -> Decoded:
        """Check what was read. Raises Broken, which says what is wrong."""
        try:
            return self._take(wire, now)
        except Broken as broken:
            broken.source, broken.id = wire.source, wire.id
            raise

    def _take(self, wire: Wire, now: Instant | None) -> Decoded:
        given_key, given_time, given_recorded, (key_member, time_member, recorded_member) = wire.head()
        source = _identity("source", wire.source)
        id_ = _identity("id", wire.id)
        plan, type_ = self._resolve(wire.kind, wire.type)
        key = _identity(key_member, given_key)
        occurred_at = self._instant(time_member, given_time)
        if occurred_at is None:
            raise Broken("missing_field", time_member, f"expected {time_member}, the instant when it was true")
        if now is not None:
            recorded_at = now
        else:
            read = self._instant(recorded_member, given_recorded)
            recorded_at = occurred_at if read is None else read
        allowed = self._skews.get(source, self._skew)
        if occurred_at - recorded_at > allowed:
            reason = f"expected an instant at most {allowed // 1_000_000} s after it was recorded, got {given_time}"
            raise Broken("ahead_of_time", time_member, reason)
        data, left_out = self._data(plan, wire.data) if wire.data else (_NOTHING, ())
        event = Event(
            source=source,
            id=id_,
            kind=plan.kind.name,
            key=key,
            type=type_,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            data=data,
            retracts=None if wire.retracts is None else _identity("retracts", wire.retracts),
        )
        return Decoded(event, left_out)

    def _instant(self, member: str, text: str | None) -> Instant | None:
        if text is None:
            return None
        try:
            return read_instant(text, self.model.zone)
        except BadValue as error:
            raise Broken(error.code, member, error.reason) from None

    def _data(self, plan: _Plan, given: dict[str, Any]) -> tuple[dict[str, Value | None], tuple[str, ...]]:
        taken: dict[str, Value | None] = {}
        left_out: set[str] = set()
        for written, value in given.items():
            name = nfkc(written)
            convert = plan.converters.get(name)
            if convert is None:
                left_out.add(name)
                continue
            try:
                taken[name] = None if value is None else convert(value)
            except BadValue as error:
                raise Broken(error.code, name + error.within, error.reason) from None
            if name in plan.records:
                left_out |= undeclared_columns(plan.kind.fields[name], value)
        return taken, tuple(sorted(left_out)) if left_out else ()

    def _resolve(self, kind: str | None, type_: str | None) -> tuple[_Plan, str]:
        if not type_:
            raise Broken("missing_field", "type", "expected a type, what happened to the entity")
        found = self._types.get((kind, type_))
        if found is None:
            found = self._look_up(None if kind is None else nfkc(kind), nfkc(type_))
            if len(self._types) < _CACHED_TYPES:
                self._types[(kind, type_)] = found
        return found

    def _look_up(self, kind: str | None, type_: str) -> tuple[_Plan, str]:
        if kind is not None:
            candidates = [kind]
        else:
            default = DEFAULT_KIND if DEFAULT_KIND in self._plans or len(self._plans) != 1 else next(iter(self._plans))
            prefix = type_.partition(".")[0]
            candidates = [prefix, default] if "." in type_ and prefix in self._plans else [default]
        for name in candidates:
            plan = self._plans.get(name)
            known = None if plan is None else known_type(plan.kind, type_)
            if plan is not None and known is not None:
                return plan, known
        plan = self._plans.get(candidates[0])
        if plan is None:
            kinds = ", ".join(self._plans)
            raise Broken("unknown_kind", "kind", f"expected one of the model's kinds ({kinds}), got {shown(kind)}")
        types = ", ".join(plan.kind.reaches)
        reason = f"expected a type that {plan.kind.name} knows ({types}), got {shown(type_)}"
        raise Broken("unknown_type", "type", reason)


def known_type(kind: Kind, type_: str) -> str | None:
    """The type of this kind that a text (NFKC) names, as the head of this file says."""
    plain = _VERSION.sub("", type_)
    prefix = f"{kind.name}."
    for text in (type_, plain, type_.removeprefix(prefix), plain.removeprefix(prefix)):
        if text in kind.reaches:
            return text
    return None


def decode_event(
    raw: bytes | str, model: Model, *, now: Instant | None, position: str, skew: Micros = DEFAULT_SKEW
) -> Decoded | Refusal:
    """One event; whoever has many makes one Decoder."""
    return Decoder(model, skew=skew).decode(raw, now=now, position=position)


def _identity(member: str, text: str | None) -> str:
    """source, id, key: texts that are compared, so NFC, and kept in columns of their own, so without NUL."""
    if not text:
        raise Broken("missing_field", member, f"expected {member}, a text that is not empty")
    if "\0" in text:
        raise Broken("wrong_type", member, f"expected {member} without NUL characters")
    return nfc(text)


def _is_one(body: bytes) -> bool:
    """Whether the whole is one JSON value, on however many lines; JSON lines are not."""
    if b"\n" not in body:
        return True
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _refusal(
    code: str,
    field: str | None,
    reason: str,
    position: str,
    raw: bytes | str,
    source: str | None = None,
    id_: str | None = None,
) -> Refusal:
    text = raw if isinstance(raw, str) else raw.decode("utf-8", errors="replace")
    return Refusal(
        position=position,
        field=field,
        code=code,
        reason=f"{field}: {reason}" if field else reason,
        raw=text,
        source=source,
        id=id_,
    )
