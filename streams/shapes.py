"""The shapes in which events come, before anything is checked: Tocsin's own and CloudEvents 1.0."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from streams.errors import StreamsError
from streams.values import shown


class Broken(StreamsError):
    """One event cannot be taken; `code`, `field` and `reason` as in Refusal."""

    def __init__(self, code: str, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.field = field
        self.reason = reason
        self.source: str | None = None
        self.id: str | None = None


Head = tuple[str | None, str | None, str | None, tuple[str, str, str]]


class Wire(msgspec.Struct, gc=False):
    """The members of both shapes; a CloudEvent has a specversion."""

    source: str | None = None
    id: str | None = None
    kind: str | None = None
    key: str | None = None
    type: str | None = None
    occurred_at: str | None = None
    recorded_at: str | None = None
    data: dict[str, Any] | None = None
    retracts: str | None = None
    specversion: str | None = None
    subject: str | None = None
    time: str | None = None
    recordedat: str | None = None
    datacontenttype: str | None = None
    data_base64: str | None = None

    def head(self) -> Head:
        """The key, occurred_at and recorded_at, and what this shape calls them."""
        if self.specversion is None:
            return (self.key, self.occurred_at, self.recorded_at, _OWN_NAMES)
        return (self.subject, self.time, self.recordedat, _CLOUD_NAMES)


_OWN_NAMES: Final = ("key", "occurred_at", "recorded_at")
_CLOUD_NAMES: Final = ("subject", "time", "recordedat")
_DECODER: Final = msgspec.json.Decoder(Wire)
_DATA: Final = msgspec.json.Decoder(dict[str, Any] | None)
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER: Final = msgspec.json.Encoder()
_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError, RecursionError)


def parse_wire(raw: bytes | str) -> Wire:
    """Raises Broken where it is no JSON, no object, or a member has another type than a text (data: an object)."""
    try:
        wire = _DECODER.decode(raw)
    except _JSON_ERRORS:
        raise _explain(raw) from None
    if wire.specversion is not None:
        _check_cloud_event(wire)
    return wire


def array_items(body: bytes) -> Iterator[bytes]:
    """The items of a JSON array, each as its own text."""
    try:
        return map(bytes, _ITEMS.decode(body))
    except _JSON_ERRORS as error:
        raise Broken("not_json", None, f"expected a JSON array of events: {_said(error)}") from None


def binary_to_structured(headers: Mapping[str, str], body: bytes) -> bytes:
    """A CloudEvent in the binary mode of the HTTP protocol binding as a structured one.

    Header values are percent-encoded UTF-8; the body is the data, whatever it is.
    """
    members: dict[str, Any] = {
        name[3:].lower(): unquote(value) for name, value in headers.items() if name[:3].lower() == "ce-"
    }
    members.setdefault("specversion", "")  # said to be missing below, not taken for the own shape
    for reserved in ("data", "data_base64"):
        members.pop(reserved, None)
    if body.strip():
        try:
            members["data"] = msgspec.Raw(_compact(body))
        except _JSON_ERRORS:
            members["data_base64"] = base64.b64encode(body).decode()
    return _ENCODER.encode(members)


def _compact(body: bytes) -> bytes:
    """The same JSON text; raises where it is none."""
    msgspec.json.decode(body)
    return body.strip()


def _check_cloud_event(wire: Wire) -> None:
    if wire.specversion != "1.0":
        broken = Broken("wrong_type", "specversion", f"expected CloudEvents 1.0, got {shown(wire.specversion)}")
        broken.source, broken.id = wire.source, wire.id
        raise broken
    if wire.data_base64 is not None and wire.data is None:
        try:
            wire.data = _DATA.decode(base64.b64decode(wire.data_base64, validate=True))
        except (*_JSON_ERRORS, binascii.Error):
            broken = Broken("not_json", "data", "expected a JSON object as the event's data")
            broken.source, broken.id = wire.source, wire.id
            raise broken from None


def _explain(raw: bytes | str) -> Broken:
    """What is wrong with an event that has not the shape: the slow way, for refused ones only."""
    try:
        found = msgspec.json.decode(raw)
    except msgspec.ValidationError as error:  # the only thing that validates without a type
        return Broken("not_finite", None, f"expected numbers within the range of doubles: {_said(error)}")
    except _JSON_ERRORS as error:
        return Broken("not_json", None, f"expected an event as JSON: {_said(error)}")
    if not isinstance(found, dict):
        return Broken("wrong_type", None, f"expected an event as a JSON object, got {shown(found)}")
    broken = _wrong_member(found)
    source, id_ = found.get("source"), found.get("id")
    broken.source = source if isinstance(source, str) else None
    broken.id = id_ if isinstance(id_, str) else None
    return broken


def _wrong_member(found: dict[str, Any]) -> Broken:
    for name in Wire.__struct_fields__:
        value = found.get(name)
        if name == "data":
            if value is not None and not isinstance(value, dict):
                return Broken("wrong_type", name, f"expected an object of fields, got {shown(value)}")
        elif value is not None and not isinstance(value, str):
            return Broken("wrong_type", name, f"expected a text, got {shown(value)}")
    return Broken("wrong_type", None, "expected an event in one of the two shapes")


def _said(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
