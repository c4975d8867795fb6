"""Events as text: the canonical JSON shape, for the event log, for sending again and for comparing copies."""

from typing import Any, Final

import msgspec

from streams.event import Event
from streams.instants import Instant, format_instant
from streams.model import Value
from streams.values import LARGEST_INTEGER

_ENCODER: Final = msgspec.json.Encoder()


def encode_event(event: Event) -> bytes:
    """Tocsin's own shape, the members in the order of rule-files.md, data sorted by name, no spaces.

    Decoding it with the same model and now=None gives the same event.
    """
    members: dict[str, Any] = {
        "source": event.source,
        "id": event.id,
        "kind": event.kind,
        "key": event.key,
        "type": event.type,
        "occurred_at": format_instant(event.occurred_at),
        "recorded_at": format_instant(event.recorded_at),
        "data": {name: plain_value(value) for name, value in sorted(event.data.items())},
    }
    if event.retracts is not None:
        members["retracts"] = event.retracts
    return _ENCODER.encode(members)


def same_content(one: Event, other: Event) -> bool:
    """Whether two copies of one (source, id) say the same; when we learned of them does not count."""
    return (
        one.kind == other.kind
        and one.key == other.key
        and one.type == other.type
        and one.occurred_at == other.occurred_at
        and one.retracts == other.retracts
        and one.data == other.data
    )


def first_received(event: Event) -> tuple[Instant, bytes]:
    """Of several copies the one that is least by this counts: by recorded_at, then by its JSON text."""
    return (event.recorded_at, encode_event(event))


def plain_value(value: Value | None) -> object:
    """A value as JSON has it; whole numbers are written without .0.

    Only timestamps are integers, only numbers floats (streams/model.py).
    """
    match value:
        case bool():
            return value
        case int():
            return format_instant(value)
        case float():
            return int(value) if value.is_integer() and abs(value) <= LARGEST_INTEGER else value
        case tuple():
            return [_record(item) if isinstance(item, dict) else item for item in value]
        case _:
            return value


def _record(record: dict[str, str | float | bool | Instant]) -> dict[str, object]:
    return {name: plain_value(value) for name, value in sorted(record.items())}
