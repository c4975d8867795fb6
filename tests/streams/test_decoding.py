"""Events in: both shapes, what is left out, and what is refused with which words."""

import json
from typing import Any

import msgspec
import pytest

from streams.decoding import LARGEST_EVENT, Decoded, Decoder, decode_event
from streams.event import Event, Refusal
from streams.instants import HOUR, MINUTE, parse_instant
from streams.model import Kind, Model
from streams.text import Text
from tests.streams.models import model

MODEL = model()
DECODER = Decoder(MODEL)
OWN: dict[str, Any] = {
    "source": "erp",
    "id": "7",
    "kind": "order",
    "key": "A-1",
    "type": "placed",
    "occurred_at": "2026-03-02T01:00:00Z",
    "data": {"channel": "web", "shipped.due": "2026-03-04T01:00:00Z"},
}
CLOUD: dict[str, Any] = {
    "specversion": "1.0",
    "source": "/erp",
    "id": "7",
    "type": "order.placed.v1",
    "subject": "A-1",
    "time": "2026-03-02T01:00:00Z",
    "data": {"channel": "web"},
}
AT = parse_instant("2026-03-02T01:00:00Z", MODEL.zone)


def decode(event: object, *, now: int | None = None, decoder: Decoder = DECODER) -> Decoded | Refusal:
    raw = event if isinstance(event, bytes | str) else json.dumps(event)
    return decoder.decode(raw, now=now, position="here")


def taken(event: object, **options: Any) -> Event:
    decoded = decode(event, **options)
    assert isinstance(decoded, Decoded), decoded
    return decoded.event


def refused(event: object, **options: Any) -> Refusal:
    refusal = decode(event, **options)
    assert isinstance(refusal, Refusal), refusal
    return refusal


def own(**changes: Any) -> dict[str, Any]:
    return {**OWN, **changes}


def with_data(**data: Any) -> dict[str, Any]:
    return own(data=data)


def test_own_shape():
    """Tocsin's own shape gives the event as it stands, its promise an instant."""
    assert taken(OWN) == Event(
        source="erp",
        id="7",
        kind="order",
        key="A-1",
        type="placed",
        occurred_at=AT,
        recorded_at=AT,
        data={"channel": "web", "shipped.due": AT + 48 * HOUR},
    )


def test_cloud_event():
    """A structured CloudEvent: the subject is the key, time is occurred_at, the extensions are ours."""
    event = taken({**CLOUD, "recordedat": "2026-03-02T02:00:00Z", "retracts": "5", "comexample": "ignored"})
    assert (event.source, event.id, event.kind, event.key, event.type) == ("/erp", "7", "order", "A-1", "placed")
    assert (event.occurred_at, event.recorded_at, event.retracts) == (AT, AT + HOUR, "5")


def test_cloud_event_in_binary_mode():
    """Headers are the attributes (percent-encoded, in any case), the body is the data."""
    headers = {
        "Content-Type": "application/json",
        "CE-SpecVersion": "1.0",
        "ce-source": "erp",
        "ce-id": "7",
        "ce-type": "order.placed",
        "ce-subject": "%E8%AE%A2%E5%8D%95-1",
        "ce-time": "2026-03-02T01:00:00Z",
    }
    decoded = DECODER.binary(headers, b' {"channel": "web"} ', now=None, position="here")
    assert isinstance(decoded, Decoded)
    assert (decoded.event.key, decoded.event.data) == ("订单-1", {"channel": "web"})
    empty = DECODER.binary(headers, b"", now=None, position="here")
    assert isinstance(empty, Decoded)
    assert empty.event.data == {}


def test_binary_mode_without_attributes_is_refused():
    """Without ce-specversion it is no CloudEvent, and not the own shape either."""
    refusal = DECODER.binary({"ce-id": "7"}, b"{}", now=None, position="here")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field, refusal.id) == ("wrong_type", "specversion", "7")


def test_binary_mode_with_a_body_that_is_no_json():
    """What cannot be read is kept in the structured form, so that it can be sent again."""
    headers = {f"ce-{name}": str(value) for name, value in CLOUD.items() if name != "data"}
    refusal = DECODER.binary(headers, b"<xml/>", now=None, position="here")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field, refusal.source, refusal.id) == ("not_json", "data", "/erp", "7")
    assert refused(refusal.raw).code == "not_json"


def test_data_as_base64():
    """A CloudEvent may carry its JSON data as base64."""
    event = {name: value for name, value in CLOUD.items() if name != "data"}
    assert taken({**event, "data_base64": "eyJjaGFubmVsIjogIndlYiJ9"}).data == {"channel": "web"}


@pytest.mark.parametrize(
    ("kind", "type_", "meant"),
    [
        ("order", "placed", ("order", "placed")),
        ("order", "order.placed", ("order", "placed")),
        ("order", "order.placed.v12", ("order", "placed")),
        ("order", "placed.v1", ("order", "placed")),
        ("order", "order.dispatched", ("order", "order.dispatched")),
        ("order", "order.dispatched.v2", ("order", "order.dispatched")),
        ("order", "updated", ("order", "updated")),
        (None, "placed", ("order", "placed")),
        (None, "stock.counted.v1", ("stock", "counted")),
        (None, "order.dispatched", ("order", "order.dispatched")),
        ("stock", "counted", ("stock", "counted")),
        ("ｏrder", "ｐlaced", ("order", "placed")),
    ],
)
def test_how_a_type_is_resolved(kind: str | None, type_: str, meant: tuple[str, str]):
    """The whole type wins, then without version, then without its kind; no kind means the prefix, else order."""
    event = taken(own(kind=kind, type=type_, data=None))
    assert (event.kind, event.type) == meant


def test_the_only_kind_of_a_model():
    """Without a kind, and without `order` in the model, its only kind is meant."""
    ticket = Kind(name="ticket", label=Text.plain("t"))
    decoder = Decoder(Model(zone=MODEL.zone, kinds={"ticket": ticket}))
    assert taken(own(kind=None, type="updated", data={}), decoder=decoder).kind == "ticket"


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        (own(kind="parcel"), "unknown_kind", "kind"),
        (own(type="teleported"), "unknown_type", "type"),
        (own(kind="stock", type="order.placed"), "unknown_type", "type"),
        (own(type=None), "missing_field", "type"),
        (own(source=None), "missing_field", "source"),
        (own(source=""), "missing_field", "source"),
        (own(id=None), "missing_field", "id"),
        (own(key=""), "missing_field", "key"),
        (own(occurred_at=None), "missing_field", "occurred_at"),
        ({**CLOUD, "subject": None}, "missing_field", "subject"),
        ({**CLOUD, "time": None}, "missing_field", "time"),
        ({**CLOUD, "specversion": "0.3"}, "wrong_type", "specversion"),
        (own(key=12), "wrong_type", "key"),
        (own(key="A\0"), "wrong_type", "key"),
        (own(data=[1]), "wrong_type", "data"),
        (own(retracts=""), "missing_field", "retracts"),
        (own(occurred_at=1772413200), "wrong_type", "occurred_at"),
        (own(occurred_at="yesterday"), "no_instant", "occurred_at"),
        (own(occurred_at="2026-02-30"), "no_instant", "occurred_at"),
        (own(recorded_at="2026-13-01"), "no_instant", "recorded_at"),
        ([OWN], "wrong_type", None),
        ("7", "wrong_type", None),
        ('{"source": "erp"', "not_json", None),
        (b'{"source": "\xff"}', "not_json", None),
        ('{"a": "\ud800"}', "not_json", None),
        (b"[" * 100_000, "not_json", None),
        (b'{"data": {"amount": NaN}}', "not_json", None),
        (json.dumps(OWN).replace('"web"', "1e999"), "not_finite", None),
        (with_data(amount="12"), "wrong_type", "amount"),
        (with_data(amount=True), "wrong_type", "amount"),
        (with_data(amount=2**53 + 1), "integer_too_large", "amount"),
        (with_data(amount=-(10**30)), "integer_too_large", "amount"),
        (with_data(channel=3), "wrong_type", "channel"),
        (with_data(channel="a\0"), "wrong_type", "channel"),
        (with_data(urgent=1), "wrong_type", "urgent"),
        (with_data(promised_at=1772413200), "wrong_type", "promised_at"),
        (with_data(promised_at="soon"), "no_instant", "promised_at"),
        (with_data(tags="a"), "wrong_type", "tags"),
        (with_data(tags=["a", None]), "wrong_type", "tags"),
        (with_data(lines={"sku": "a"}), "wrong_type", "lines"),
        (with_data(lines=["a"]), "wrong_type", "lines"),
        (with_data(lines=[{"sku": "a"}, {"qty": "2"}]), "wrong_type", "lines.qty"),
        (own(data={"paid.due": "soon"}), "no_instant", "paid.due"),
    ],
)
def test_what_is_refused(event: object, code: str, field: str | None):
    """Every refusal says where, which field and why, and keeps what came."""
    refusal = refused(event)
    assert (refusal.code, refusal.field, refusal.position) == (code, field, "here")
    assert "expected" in refusal.reason
    assert refusal.raw
    if field is not None:
        assert refusal.reason.startswith(f"{field}: ")


def test_a_refusal_names_its_event():
    """Where source and id could be read, the refusal has them."""
    for event in (with_data(amount="x"), own(key=5)):
        refusal = refused(event)
        assert (refusal.source, refusal.id) == ("erp", "7")


def test_too_long():
    """An event beyond the limit is refused without being read; what is kept of it is cut."""
    refusal = refused(with_data(channel="x" * LARGEST_EVENT))
    assert refusal.code == "too_large"
    assert len(refusal.raw) == LARGEST_EVENT


def test_values_are_normalised():
    """Numbers are doubles, text is NFC, names NFKC, lists tuples, records have their declared columns."""
    event = taken(
        with_data(
            **{
                "amount": 2**53,
                "ｃhannel": "Cafe\u0301",
                "cafe\u0301": "x",
                "urgent": False,
                "promised_at": "2026-03-02 09:00:00.1234567",
                "tags": ["e\u0301"],
                "lines": [{"sku": "a", "qty": 2, "wanted_at": "2026-03-03", "colour": "red"}, {"sku": None}],
                "金额": 1.5,
                "paid.due": None,
            }
        )
    )
    assert event.data == {
        "amount": float(2**53),
        "channel": "Café",
        "café": "x",
        "urgent": False,
        "promised_at": AT + 123456,
        "tags": ("é",),
        "lines": ({"sku": "a", "qty": 2.0, "wanted_at": AT + 15 * HOUR}, {}),
        "金额": 1.5,
        "paid.due": None,
    }
    assert isinstance(event.data["amount"], float)
    assert taken(own(key="e\u0301", id="e\u0301")).key == "é"


def test_undeclared_fields_are_left_out_and_named():
    """What the model does not declare is left out, whatever it holds; columns of records too."""
    decoded = decode(with_data(colour=2**80, **{"shipped.at": "x"}, amount=1, lines=[{"colour": 1}], channel=None))
    assert isinstance(decoded, Decoded)
    assert decoded.event.data == {"amount": 1.0, "lines": ({},), "channel": None}
    assert decoded.left_out == ("colour", "lines.colour", "shipped.at")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02T01:00:00Z", AT),
        ("2026-03-02T01:00:00z", AT),
        ("2026-03-02T01:00:00.9999999Z", AT + 999_999),
        ("2026-03-02 09:00:00+08:00", AT),
        ("2026-03-02T09:00+0800", AT),
        ("2026-03-02T09:00:00", AT),
        ("2026-03-02 09:00", AT),
        ("2026-03-02", AT - 9 * HOUR),
    ],
)
def test_instants(text: str, meant: int):
    """ISO 8601 with T or a blank, an offset or the model's zone, finer parts cut, a date alone its first instant."""
    assert taken(own(occurred_at=text)).occurred_at == meant


@pytest.mark.parametrize(
    "text", ["2026-W10-1T09:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02T09:00:00+08:00:30", "20260302", "２026-03-02"]
)
def test_no_instants(text: str):
    """Other forms of ISO 8601 are no instants, on every Python."""
    assert refused(own(occurred_at=text)).code == "no_instant"


def test_live_intake_stamps():
    """Live, recorded_at is now, whatever the event says; in a history it is read and defaults to occurred_at."""
    event = own(recorded_at="2026-03-05T00:00:00Z")
    assert taken(event, now=AT + 5).recorded_at == AT + 5
    assert taken(event).recorded_at == parse_instant("2026-03-05T00:00:00Z", MODEL.zone)


def test_allowed_skew():
    """Dated exactly the allowed skew ahead is taken, a microsecond more is refused; sources have their own."""
    assert taken(OWN, now=AT - 10 * MINUTE)
    assert refused(OWN, now=AT - 10 * MINUTE - 1).code == "ahead_of_time"
    assert refused(own(recorded_at="2026-03-02T00:00:00Z")).field == "occurred_at"
    assert taken(OWN, now=AT - HOUR, decoder=Decoder(MODEL, skews={"erp": HOUR}))
    assert refused(OWN, now=AT - HOUR, decoder=Decoder(MODEL, skews={"shop": HOUR})).code == "ahead_of_time"
    assert isinstance(decode_event(json.dumps(OWN), MODEL, now=AT - HOUR, position="x", skew=HOUR), Decoded)


def positions(body: bytes) -> list[tuple[str, str | None]]:
    found = DECODER.batch(body, now=None)
    return [(item.event.id, None) if isinstance(item, Decoded) else (item.position, item.code) for item in found]


def test_batch_as_array():
    """Of an array the good ones are taken, the others named by their place."""
    body = json.dumps([OWN, {**CLOUD, "id": "8"}, 5, own(id="9", type="x")]).encode()
    assert positions(body) == [
        ("7", None),
        ("8", None),
        ("batch item 3", "wrong_type"),
        ("batch item 4", "unknown_type"),
    ]


def test_batch_as_json_lines():
    """Of JSON lines a broken line refuses itself alone; blank lines and a byte-order mark are nothing."""
    body = b"\xef\xbb\xbf" + b"\r\n".join(
        [json.dumps(OWN).encode(), b"", b"{broken", json.dumps(own(id="8")).encode(), b""]
    )
    assert positions(body) == [("7", None), ("batch line 3", "not_json"), ("8", None)]


def test_batch_as_one_event():
    """One event may span lines."""
    assert positions(json.dumps(OWN, indent=2).encode()) == [("7", None)]
    assert positions(b"  ") == [("batch", "not_json")]


def test_batch_that_is_no_array():
    """A broken array is refused as one: nobody can say where its events end."""
    assert positions(b'[{"source": "erp"}, {]') == [("batch", "not_json")]
    assert positions(b"[]") == []


def test_raw_can_be_sent_again():
    """What a refusal keeps decodes to the same refusal, and to the event once the model knows more."""
    found = list(DECODER.batch(json.dumps([own(type="new")]).encode(), now=None))
    assert isinstance(found[0], Refusal)
    assert refused(found[0].raw).code == "unknown_type"
    assert msgspec.json.decode(found[0].raw) == own(type="new")
