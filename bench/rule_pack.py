"""A pack of many varied rules, as files of a workspace, and mistakes that authors make, planted at known places.

Each rule is written from one of `BODIES`, which between them use every construct of the rule language; `#` stands for
the rule's number. In `MISTAKES` the brackets 【】 stand around what is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODEL: Final = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed: {label: {zh: 下单, en: Placed}}
      paid: {label: {zh: 付款, en: Paid}}
      stocked: {label: {zh: 备货, en: Stocked}}
      shipped: {label: {zh: 发货, en: Shipped}, types: [order.dispatched], due: {after: paid, within: 2d workdays}}
      received: {label: {zh: 收货, en: Received}}
      cancelled: {label: {zh: 取消, en: Cancelled}, off_path: true}
    closed_by: [received, cancelled]
    fields:
      {amount: number, channel: string, 渠道: string, 金额: number, promised_at: timestamp, urgent: bool, tags: list,
       sku: string, sales_rep: string, supplier: string, lines: {sku: string, qty: number}}
    events: {change_requested: {}, shipment_cancelled: {resets: [shipped]}}
  stock: {fields: {sku: string, on_hand: number, reorder_level: number}}
totals:
  stock.demand: {of: order, each: lines, sum: qty, key: sku, where: not shipped.done and not closed}
"""
CALENDARS: Final = """
calendars:
  workdays: {hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, holidays: CN, cut_off: "16:00"}
  nights: {zone: Europe/Berlin, hours: {mon-sun: ["00:00-06:00", "22:00-24:00"]}}
"""
LEAD_TIMES: Final = """
lead_times: [{from: paid, to: shipped, quantiles: {0.5: 20h, 0.9: 2d}}]
"""

BODIES: Final = (
    """
    overdue: shipped
    after: paid
    within: 2d 3h workdays
    stages:
      - {at: -4h workdays, severity: minor}
      - {at: 0h, severity: major}
      - {at: 1d workdays, severity: critical}
    where: channel in ["web", "b2b"] and amount > #
    keep_open_for: 30m
    labels: {department: logistics, number: "#"}
    """,
    """
    name: {zh: 付款后未发货 #, en: "Paid, not shipped, #"}
    overdue: shipped
    where: 渠道 == "电商" and 金额 > #
    before: 4h
    impact: {stock: sku == sku}
    """,
    """
    when: urgent and not contains(tags, "vip #") and shipped.at - paid.at > hours(#)
    for: 36h
    severity: critical
    clear: not urgent or closed
    summary: {zh: "订单 {{ key }} 已付款", en: "Order {{ key }} over {{ fields.amount }}"}
    """,
    """
    when: event.type == "change_requested" and before.amount < # and changed(amount)
    until: closed
    expires: 3d
    """,
    """
    when: event.type == "shipment_cancelled" and amount >= #
    count: {at_least: 3, within: 7d, per: supplier, distinct: key}
    keep_open_for: 2h
    """,
    """
    by: promised_at - hours(24) - minutes(#)
    where: not startswith(channel, "test") and (amount * 1.1 > # or urgent)
    stages: [{at: -1d nights, severity: minor}, {at: 0h, severity: critical}]
    """,
    """
    on: stock
    when: on_hand + # < demand or min(on_hand, reorder_level) <= 0
    mode: shadow
    on_change: fresh
    """,
    """
    when: paid.done and not shipped.done and paid.at < start_of_day(promised_at) and abs(amount - #) > 1
    for: 12h workdays
    decide:
      - {if: {channel: [web, app], amount: ">= 1000"}, severity: critical, owner: team:ops}
      - {if: {channel: web}, severity: major}
      - {severity: minor}
    """,
    """
    when: paid.done and not shipped.done and amount != #
    by: paid.at + lead("paid", "shipped", 0.9)
    tests:
      - name: {zh: 触发, en: fires}
        timeline:
          - {at: 2026-03-02 09:00, event: placed, data: {amount: 1}}
          - {at: 2026-03-02 10:00, event: paid}
          - {at: +5d, expect: open}
    """,
    """
    sentence: not shipped within 48h after paid
    where: 10 < amount <= 10000# and supplier is not None
    """,
    """
    sentence: 付款 后 48小时 内 未 发货
    where: 渠道 not in ["测试", "内部 #"]
    """,
)

MISTAKES: Final = (
    ("unknown_name", "when: 【amout】 > 10"),
    ("unknown_name", "when: 渠道 == '电商' and 【金客】 > 10"),
    ("wrong_type", "when: 【amount】 > '10'"),
    ("wrong_type", "when: urgent and 【promised_at】 > 5"),
    ("now", "when: 【now】 > promised_at"),
    ("node_alone", "when: 【shipped】"),
    ("unknown_name", "when: urgent and 【shipped.don】"),
    ("syntax", "when: amount 【=】 10"),
    ("syntax", "when: urgent 【&&】 amount > 10"),
    ("syntax", "when: 金额 【＞】 10"),
    ("no_condition", "when: paid.done and 【amount】"),
    ("never_missing", "when: 【closed】 is None"),
    ("compared_with_none", "when: channel == 【None】"),
    ("not_literal", "when: channel in 【channel】"),
    ("empty_list", "when: channel in 【[]】"),
    ("records", "when: 【lines.qty】 > 3"),
    ("unknown_name", "when: urgent == 【true】"),
    ("unknown_function", "when: 【upper】(channel) == 'WEB'"),
    ("unknown_key", "【severty】: minor\nwhen: urgent"),
    ("unknown_word", "when: urgent\nseverity: 【majr】"),
    ("unknown_node", "overdue: 【shiped】"),
    ("goes_with", "overdue: shipped\n【within】: 2d"),
    ("two_deadlines", "when: urgent\nfor: 2h\n【by】: promised_at"),
    ("duration", "when: urgent\nfor: 【2 days】"),
    ("duration", "when: urgent\nfor: 2d 【workday】"),
    ("duration", "when: urgent\nkeep_open_for: 2h 【workdays】"),
    ("no_deadline", "when: urgent\n【stages】: [{at: 0h, severity: minor}]"),
    ("missing_key", "overdue: shipped\nstages: [【{】at: 0h}]"),
    ("not_for_pulses", "when: changed(amount)\n【clear】: closed"),
    ("only_for_pulses", "when: urgent\n【expires】: 3d"),
    ("pulse_not_here", "when: urgent\nclear: 【event.amount】 > 3"),
    ("clear_or_keep", "when: urgent\nclear: closed\n【keep_open_for】: 3d"),
    ("unknown_kind", "on: 【ordr】\nwhen: urgent"),
    ("goes_with", "overdue: shipped\n【after】: paid"),
    ("empty_value", "【when】:\noverdue: shipped"),
    ("duplicate_key", "when: urgent\n【when】: not urgent"),
    ("missing_key", "when: changed(amount)\ncount: 【{】at_least: 3}"),
    ("unknown_field", "when: changed(amount)\ncount: {at_least: 3, within: 7d, per: 【suplier】}"),
    ("template", 'when: urgent\nsummary: 【"{{ key "】'),
    ("before_severity", "overdue: shipped\n【before】: 4h\nseverity: minor"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A mistake, and where the check has to point."""

    code: str
    file: str
    line: int
    column: int
    width: int


def rule_files(rules: int, *, planted: bool = False, files: int = 10) -> tuple[dict[str, str], list[Planted]]:
    """Texts by the names of files in rules/, and the mistakes in them, spread over all of them."""
    texts = {f"pack-{number:02}.yaml": ["rules:"] for number in range(files)}
    names = list(texts)
    every = max(1, rules // len(MISTAKES))
    found: list[Planted] = []
    for number in range(rules):
        name = names[number * files // rules]
        place = number // every
        if planted and number % every == 0 and place < len(MISTAKES):
            code, body = MISTAKES[place]
            lines = list(_entry(number, body))
            found.append(_find(lines, code, f"rules/{name}", len(texts[name])))
            texts[name] += [line.replace("【", "").replace("】", "") for line in lines]
        else:
            texts[name] += _entry(number, BODIES[number % len(BODIES)])
    return {name: "\n".join(lines) + "\n" for name, lines in texts.items()}, found


def write_workspace(folder: Path, files: dict[str, str]) -> None:
    (folder / "rules").mkdir(parents=True)
    for name, text in {"model.yaml": MODEL, "calendars.yaml": CALENDARS, "lead_times.yaml": LEAD_TIMES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in files.items():
        (folder / "rules" / name).write_text(text, encoding="utf-8")


def _entry(number: int, body: str) -> Iterator[str]:
    yield f"  - id: rule-{number}"
    lines = [line for line in body.splitlines() if line.strip()]
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    for line in lines:
        yield "    " + line[indent:].replace("#", str(number))


def _find(lines: list[str], code: str, file: str, above: int) -> Planted:
    for number, line in enumerate(lines, 1):
        start, end = line.find("【"), line.find("】")
        if start >= 0:
            return Planted(code=code, file=file, line=above + number, column=start + 1, width=end - start - 1)
    raise ValueError(f"nothing is marked in {lines}")
