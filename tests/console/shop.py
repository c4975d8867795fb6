"""A backend for tests: a real store, engine and desk under a manual clock, without threads and without the service."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from zoneinfo import ZoneInfo

from console.backend import (
    Changed,
    ConsoleSettings,
    Demo,
    DemoCommand,
    DemoMessage,
    DemoStep,
    FilesState,
    Taken,
    Workspace,
)
from console.links import Links
from escalation.commands import Command, Refusal
from escalation.desk import Desk
from escalation.files.workspace_files import load_contacts
from escalation.incident import firing_key
from escalation.outbox import DeliveryResult
from rules.explain import explain
from rules.impact import linked_fields
from rules.judging.judge import Judge
from rules.workspace import read_workspace
from store.database import Store
from store.transaction import Reader
from streams.clock import ManualClock
from streams.decoding import Decoded, Decoder
from streams.engine import Engine
from streams.event import Refusal as EventRefusal
from streams.instants import Instant, format_instant, parse_instant
from streams.learning import learn
from streams.text import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = parse_instant("2026-03-09 12:00", SHANGHAI)

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed:   {label: {zh: 下单, en: Placed}}
      paid:     {label: {zh: 付款, en: Paid}}
      stocked:  {label: {zh: 备货, en: Stocked}, due: {after: paid, within: 24h}}
      shipped:  {label: {zh: 发货, en: Shipped}, due: {after: paid, within: 48h}}
      received: {label: {zh: 签收, en: Received}}
      settled:  {label: {zh: 结算, en: Settled}}
      cancelled: {label: {zh: 取消, en: Cancelled}, off_path: true}
    closed_by: [settled, cancelled]
    fields: {customer: string, customer_phone: string, amount: number, channel: string, sales_rep: string,
             urgent: bool, address: string, promised_at: timestamp, lines: {sku: string, site: string, qty: number}}
    events:
      change_requested: {label: {zh: 变更申请, en: Change requested}}
  stock:
    label: {zh: 库存, en: Stock}
    fields: {sku: string, site: string, on_hand: number, reorder_level: number}
"""

RULES = """
rules:
  - id: paid-not-shipped
    name: {zh: 付款后未发货, en: "Paid, not shipped"}
    overdue: shipped
    after: paid
    within: 48h
    stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}, {at: 24h, severity: critical}]
    owner: sales_rep
  - id: placed-not-paid
    name: {zh: 下单后未付款, en: "Placed, not paid"}
    when: placed.done and not paid.done and amount >= 50000
    for: 24h
    severity: minor
    owner: sales_rep
  - id: changed-after-payment
    name: {zh: 付款后申请变更, en: Change requested after payment}
    when: event.type == "change_requested" and paid.done and not shipped.done
    until: shipped.done
    expires: 3d
    severity: major
    owner: team:warehouse
    runbook: https://wiki.example.com/runbooks/changes
  - id: stock-low
    name: {zh: 库存低于安全线, en: Stock below the safety level}
    on: stock
    when: on_hand < reorder_level
    impact: {order: lines.sku == sku}
    severity: info
    owner: zhang-min
  - id: large-waiting
    name: {zh: 大额订单等待中, en: Large order waiting}
    when: amount > 400000 and not shipped.done
    for: 2h
    severity: minor
    mode: shadow
"""

PEOPLE = """
people:
  li-wei:
    name: 李伟
    language: zh
    contacts: {phone: "+8613800000001", email: li.wei@example.com, dingtalk: manager4220}
    normal: [{via: sms}, {via: mail, after: 10m}]
  zhang-min: {name: 张敏, language: zh, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
  wang-fang: {name: 王芳, language: zh, contacts: {phone: "+8613800000003"}, normal: [{via: sms}]}
  ana: {name: Ana Ruiz, language: en, contacts: {phone: "+34600000000"}, normal: [{via: sms}]}
teams:
  warehouse: {members: [li-wei, zhang-min]}
  management: {members: [wang-fang]}
"""

CHAINS = """
chains:
  shipping:
    steps:
      - notify: [owner]
      - wait: 30m
      - notify: [team:warehouse, channel:ops-chat]
        important: true
      - wait: 15m
      - if: {severity: critical}
        then: [{notify: [team:management], important: true}, {wait: 15m}]
        else: [{webhook: erp-hook}]
      - repeat: 1
    fallback: [team:management]
    ack_expires: 4h
default: shipping
"""

CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: AC1, auth_token: env:TOCSIN_TEST_TWILIO, from: "+15005550006"}
  mail: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
  ops-chat: {kind: dingtalk-robot, url: env:DINGTALK_URL, secret: env:DINGTALK_SECRET}
  erp-hook: {kind: webhook, url: "https://erp.example.com/hook"}
"""


class ShownDemo:
    """A demo that shows what it is given."""

    def __init__(
        self,
        messages: Sequence[DemoMessage] = (),
        steps: Sequence[DemoStep] = (),
        commands: Sequence[DemoCommand] = (),
    ) -> None:
        self._messages, self._steps, self._commands = messages, steps, commands

    def messages(self, limit: int = 50) -> Sequence[DemoMessage]:
        return self._messages[:limit]

    def steps(self) -> Sequence[DemoStep]:
        return self._steps

    def commands(self) -> Sequence[DemoCommand]:
        return self._commands


OPENED: "list[Shop]" = []  # to be closed by who runs the tests


class Shop:
    """console.backend.Backend."""

    def __init__(
        self,
        folder: Path,
        *,
        start: Instant = NOON,
        language: Language = "en",
        password: str | None = None,
        demo: Demo | None = None,
        url: str = "http://testserver",
        rules: str = RULES,
        calendars: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("people", PEOPLE), ("chains", CHAINS), ("channels", CHANNELS)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        files = read_workspace(MODEL, rules, calendars)
        contacts = load_contacts(folder, files, language=language)
        self.workspace = Workspace(model=files.model, rules={rule.id: rule for rule in files.rules}, contacts=contacts)
        self.settings = ConsoleSettings(
            language=language,
            zone=SHANGHAI,
            url=url,
            demo=demo is not None,
            demo_person="li-wei" if demo is not None else None,
            password_needed=password is not None,
            session_key=b"a key for tests only",
        )
        self.files = FilesState(since=start)
        self.reloads = 0
        self.links = Links(["a secret for tests only"])
        self.decoder = Decoder(files.model)
        self.demo = demo
        self.clock = ManualClock(start)
        self.store = Store(f"sqlite:///{folder / 'shop.db'}", synchronous="NORMAL")
        OPENED.append(self)
        with self.store.begin() as transaction:
            transaction.ledger.index_impacts(linked_fields(files.rules))
        self.refuses: Exception | None = None  # raised by submit
        self.reported: list[DeliveryResult] = []
        self._password = password
        self._engine = Engine(files.model, Judge(files.rules, "compiled"))
        self._listeners: list[Callable[[Changed], None]] = []
        self._numbers = 0

    # What the console asks

    def now(self) -> Instant:
        return self.clock.now()

    def read(self) -> AbstractContextManager[Reader]:
        return self.store.read()

    def submit(self, items: Sequence[Decoded | EventRefusal]) -> Taken:
        if self.refuses is not None:
            raise self.refuses
        before = self._tick(items)
        copies = {id(event) for event in before.conflicting}
        answers = [
            item if isinstance(item, EventRefusal) else _conflict(item) if id(item.event) in copies else None
            for item in items
        ]
        return Taken(answers=answers, duplicates=before.duplicates)

    def resend(self, number: int) -> EventRefusal | None:
        with self.read() as reader:
            row = reader.refusal(number)
        if row is None:
            raise LookupError(number)
        decoded = self.decoder.decode(row.refusal.raw, now=self.now(), position=row.refusal.position)
        if isinstance(decoded, EventRefusal):
            return decoded
        self._tick([decoded])
        with self.store.begin() as transaction:
            transaction.mark_resent([number], self.now())
        return None

    def run(self, command: Command) -> Refusal | None:
        return self.run_all((command,))[0]

    def run_all(self, commands: Sequence[Command]) -> Sequence[Refusal | None]:
        return self._tick((), commands=commands).refusals

    def reload(self) -> None:
        self.reloads += 1

    def report(self, result: DeliveryResult) -> None:
        self.reported.append(result)
        self._tick((), results=[result])

    def api_key_owner(self, key: str) -> str | None:
        return "erp" if key == "let-me-in" else None

    def password_fits(self, password: str) -> bool:
        return self._password is None or password == self._password

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What tests do

    def event(self, type_: str, key: str, *, kind: str = "order", at: Instant | None = None, **data: object) -> None:
        """Something that happened, known at once; `at` in the past makes it late."""
        self._tick([self.decoded(type_, key, kind=kind, at=at, **data)])

    def decoded(
        self, type_: str, key: str, *, kind: str = "order", at: Instant | None = None, **data: object
    ) -> Decoded:
        """An event as it is handed in."""
        self._numbers += 1
        raw = {
            "source": "erp",
            "id": str(self._numbers),
            "kind": kind,
            "key": key,
            "type": type_,
            "occurred_at": format_instant(self.now() if at is None else at),
            "data": {name.replace("__", "."): value for name, value in data.items()},
        }
        decoded = self.decoder.decode(json.dumps(raw), now=self.now(), position="test")
        assert isinstance(decoded, Decoded), decoded
        return decoded

    def pass_time(self, duration: int, step: int = 60_000_000) -> None:
        """Let time pass in steps, sending whatever is due: every message is delivered, but for those to `mute`."""
        end = self.now() + duration
        while self.now() < end:
            self.clock.move_to(min(end, self.now() + step))
            self._tick(())

    def _tick(
        self,
        items: Sequence[Decoded | EventRefusal],
        commands: Sequence[Command] = (),
        results: Sequence[DeliveryResult] = (),
    ) -> "_Ticked":
        now = self.now()
        with self.store.begin() as transaction:
            learned = learn(
                self._engine, transaction.ledger, [one.event for one in items if isinstance(one, Decoded)], now
            )
            desk = Desk(transaction.work, self.workspace.contacts, self.workspace.rules)
            outcome = desk.tick(learned.transitions, commands, results, now)
            for transition in learned.transitions:
                rule = self.workspace.rules[transition.firing.rule]
                record = explain(rule, self.workspace.model.kinds[transition.firing.kind], transition)
                if record is not None:
                    key = firing_key(transition.firing)
                    transaction.explain([(key, transition.change.value, transition.at, record)])
            transaction.refuse([one for one in items if isinstance(one, EventRefusal)], now)
            outgoing = desk.claim(now, 500)
            sent = [
                DeliveryResult(delivery=one.head.id, outcome="accepted", provider_id=f"SM{one.head.id}")
                for one in outgoing
            ]
            sent += [
                DeliveryResult(delivery=one.head.id, status="delivered")
                for one in outgoing
                if one.head.channel == "sms"
            ]
            told = desk.tick((), (), sent, now) if sent else None
        touched = {*outcome.touched, *(() if told is None else told.touched)}
        for listener in list(self._listeners) if touched else ():
            listener(Changed(incidents=frozenset(touched)))
        refusals = [answer.refusal for answer in outcome.answers]
        return _Ticked(learned.conflicting, learned.duplicates, refusals)


class _Ticked:
    def __init__(self, conflicting: Sequence[object], duplicates: int, refusals: Sequence[Refusal | None]) -> None:
        self.conflicting, self.duplicates, self.refusals = conflicting, duplicates, refusals


def _conflict(item: Decoded) -> EventRefusal:
    return EventRefusal(
        position="test", field="id", code="copy_differs", reason="another content", raw="", source=item.event.source
    )


CUSTOMERS: Mapping[str, str] = {
    "A-1042": "上海晨光文具股份有限公司",
    "A-1043": "Barcelona Coffee Roasters",
    "A-1051": "杭州云杉贸易",
    "A-1058": "宁波海纳进出口",
    "A-1060": "苏州工业园区恒力机电设备有限公司",
    "A-1066": "Northwind Traders",
    "A-1071": "成都锦程物流",
    "A-1079": "广州美林家居",
    "A-1083": "Blauer See Delikatessen",
    "A-1090": "深圳前海跨境电商",
}


def three_days(shop: Shop) -> None:
    """A few orders over three days, of which some go wrong in every way that the pages have to show."""
    minute, hour = 60_000_000, 3_600_000_000
    for place, (key, customer) in enumerate(CUSTOMERS.items()):
        lines = [{"sku": "P-100", "site": "SH", "qty": 3 + place}, {"sku": "P-220", "site": "SH", "qty": 1}]
        shop.event(
            "placed",
            key,
            customer=customer,
            customer_phone="+86 21 5555 0199",
            amount=1280.5 * (place + 1) ** 3,
            channel="web",
            sales_rep="李伟" if place % 3 else "zhang-min",
            address="上海市浦东新区世纪大道 100 号",
            lines=lines,
        )
        shop.pass_time(40 * minute, 10 * minute)
        if place != 8:
            shop.event("paid", key)
        shop.pass_time((5 + 3 * place) * minute, 10 * minute)
    shop.event("updated", "P-220@SH", kind="stock", sku="P-220", site="SH", on_hand=4, reorder_level=20)
    shop.pass_time(20 * hour, 30 * minute)
    for key in ("A-1051", "A-1058"):
        shop.event("stocked", key)
        shop.event("shipped", key)
    shop.event("stocked", "A-1042")
    shop.event("change_requested", "A-1071", address="成都市高新区天府大道 8 号")
    shop.pass_time(24 * hour, 10 * minute)
    shop.event("shipped", "A-1043", at=shop.now() - 90 * minute)
    shop.pass_time(2 * hour + 20 * minute, 10 * minute)
    shop.pass_time(20 * hour, 30 * minute)
    shop.event("change_requested", "A-1090", address="深圳市南山区科技园")
    shop.pass_time(12 * minute, minute)
