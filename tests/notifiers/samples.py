"""One incident and its message, as the tests of this folder vary them."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from notifiers.compose import Envelope, compose
from notifiers.facts import Facts, Limit, NodeFacts, OverdueAfter
from notifiers.message import Message, Purpose
from streams.firing import Severity
from streams.instants import HOUR, Instant, parse_instant
from streams.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAID = parse_instant("2026-03-02T09:00:00", SHANGHAI)
NOW = PAID + 52 * HOUR
DUE = PAID + 48 * HOUR

FACTS = Facts(
    rule="paid-not-shipped",
    rule_name=Text(zh="付款后未发货", en="Paid, not shipped"),
    kind="order",
    kind_label=Text(zh="订单", en="Order"),
    key="A-1042",
    severity=Severity.CRITICAL,
    opened_at=DUE,
    cause=OverdueAfter(node="shipped", after="paid", within=Limit(time=48 * HOUR)),
    deadline=DUE,
    nodes=(
        NodeFacts(name="paid", label=Text(zh="付款", en="Paid"), at=PAID),
        NodeFacts(name="shipped", label=Text(zh="发货", en="Shipped"), due=DUE),
    ),
    values={"amount": 12345.5, "channel": "web", "promised_at": DUE, "urgent": True, "tags": ("a", "b")},
)

ENVELOPE = Envelope(
    delivery_id="1042-3-0",
    incident_id=1042,
    purpose=Purpose.ESCALATION,
    important=True,
    language="zh",
    zone=SHANGHAI,
    address="+8613800000001",
    acknowledge_url="https://tocsin.example.com/a/a.sy.li-wei.3.tb9z40.Qk1n7yJ4mX0aV2c8pL5wZQ",
    incident_url="https://tocsin.example.com/incidents/1042",
    reply_code="1042",
)


def facts(**changes: Any) -> Facts:
    return replace(FACTS, **changes)


def message(now: Instant = NOW, of: Facts = FACTS, **changes: Any) -> Message:
    return compose(of, replace(ENVELOPE, **changes), now)
