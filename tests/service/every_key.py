"""One text for each kind of file of a workspace, in which every kind of map stands at least once."""

from typing import Final

EVERY_KEY: Final = {
    "model": """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes:
      placed: {label: Placed}
      paid: {types: [order.paid]}
      shipped: {due: {after: paid, within: 2d work}}
      cancelled: {off_path: true}
    closed_by: [cancelled]
    fields:
      amount: number
      channel: string
      sales_rep: {type: string, label: Sales}
      lines: {sku: string, qty: number}
    events: {recalled: {label: Recalled, resets: [shipped]}}
  stock: {fields: {sku: string, on_hand: number}}
totals:
  stock.demand: {of: order, each: lines, sum: qty, key: sku, where: not shipped.done}
""",
    "calendars": """
calendars:
  work: {zone: UTC, hours: {mon-fri: ["09:00-12:00"]}, holidays: CN, days: {2026-10-09: off}, cut_off: "16:00"}
""",
    "lead_times": """
learned: {at: 2026-03-01T00:00:00Z, from: orders.parquet}
lead_times:
  - on: order
    from: paid
    to: shipped
    orders: 200
    quantiles: {0.5: 18h, 0.9: 41h}
    segments: [{where: {channel: web}, orders: 100, quantiles: {0.5: 30h, 0.9: 52h}}]
""",
    "rules": """
rules:
  - id: late
    name: {zh: 迟, en: Late}
    overdue: shipped
    after: paid
    within: 2d work
    stages: [{at: -4h work, severity: minor}, {at: 0h, severity: major}]
    owner: sales_rep
    runbook: https://example.com
    impact: {order: channel == channel}
    labels: {department: logistics}
    tests:
      - name: fires
        timeline:
          - {at: 2026-03-02 09:00, event: placed, data: {channel: web}}
          - {at: +1h, expect: open}
  - id: often
    when: event.type == "recalled"
    count: {at_least: 3, within: 7d, per: channel, distinct: key}
    owner: sales_rep
    runbook: https://example.com
  - id: pulse
    when: changed(amount)
    expires: 1d
    owner: li
    runbook: https://example.com
    tests: [{name: closes, timeline: [{at: 2026-03-02 09:00, event: placed}, {at: +1h, close: person}]}]
  - id: table
    when: amount > 10
    decide: [{if: {channel: web}, severity: minor}, {severity: major, owner: li, chain: main}]
    owner: li
    runbook: https://example.com
""",
    "people": """
people:
  li:
    name: Li
    language: zh
    zone: UTC
    contacts: {phone: "+8613800000001", email: li@example.com}
    normal: [{via: mail}, {via: sms, after: 5m}]
    quiet: {hours: "22:00-07:00", except: critical}
    absent: [{from: 2026-10-01, until: 2026-10-08, deputy: wang}]
  wang: {name: Wang, contacts: {email: wang@example.com}, important: [{via: mail}]}
teams: {ops: {members: [li, wang]}}
""",
    "chains": """
chains:
  main:
    steps:
      - {notify: [owner, "team:ops"], important: true}
      - {wait: 15m}
      - if: {severity: major, time: {hours: "09:00-18:00", zone: UTC}}
        then: [{notify: [li]}]
        else: [{webhook: hook}]
      - {repeat: 2}
    fallback: [wang]
    on_worse: {critical: restart, else: notify}
default: main
""",
    "channels": """
channels:
  sms: {kind: twilio-sms, account_sid: AC1, auth_token: "file:secret", from: "+15005550006"}
  mail: {kind: smtp, host: localhost, from: a@example.com}
  robot: {kind: dingtalk-robot, url: "file:secret"}
  hook: {kind: webhook, url: https://example.com, timeout: 5s}
""",
    "settings": """
language: zh
api_keys: {erp: "file:secret"}
console: {password: "file:secret"}
sources: {erp: {skew: 10m}}
retention: 400d
""",
    "mapping": """
kind: order
format: wide
key: {column: Id, split: "-"}
nodes: {placed: Placed, paid: {column: Paid, as: date, only: {Site: [a]}}}
fields: {channel: {column: Channel, values: {W: web}, at: last}, amount: Amount}
due: {shipped: {column: Due, as: date}}
csv: {delimiter: ";"}
missing: ["NULL"]
tables:
  lines: {file: lines.xlsx, sheet: Lines, key: Order, by: Id, fields: {sku: {column: Sku, match: "[0-9]+"}, qty: Qty}}
""",
    "kpi": """
kpi:
  order: {where: amount > 0, node: shipped, compare: day, grace: 1d work, pairs: [placed:paid], calendar: work}
""",
}
