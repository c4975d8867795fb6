"""How long chains take on 100,000 incidents.

    python -m bench.rehearsal [--incidents 10000 100000]

An incident lasts four hours; its chain tells a person by text message and ten minutes later by mail, then a team. Time
is that of this process on the processor.
"""

import argparse
import tempfile
import time
from pathlib import Path

import polars as pl

from bench.reporting import Figure, report
from escalation.files.workspace_files import load_contacts
from rules.workspace import load_workspace
from simulator.escalation.acknowledging import Acknowledging, Fixed, Habit, LogNormal
from simulator.escalation.rehearsal import Directory, rehearse
from simulator.frames import INCIDENTS
from streams.instants import HOUR, MINUTE

_FILES = {
    "model.yaml": "zone: Asia/Shanghai\nkinds: {order: {nodes: {placed: {}, shipped: {}}, closed_by: [shipped]}}\n",
    "rules/orders.yaml": "rules: [{id: late, on: order, when: placed.done, for: 48h, owner: li}]\n",
    "people.yaml": """
people:
  li:
    name: 李伟
    contacts: {phone: "+8613800000001", email: li@example.com}
    normal: [{via: sms}, {via: email, after: 10m}]
    quiet: {hours: "23:00-06:00", except: critical}
  wang: {name: 王芳, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
  zhang: {name: 张敏, contacts: {phone: "+8613800000003"}, normal: [{via: sms}]}
teams: {desk: {members: [wang, zhang]}}
""",
    "chains.yaml": """
chains:
  main:
    steps: [{notify: [owner]}, {wait: 30m}, {notify: [team:desk], important: true}, {wait: 30m}]
    fallback: [zhang]
default: main
""",
    "channels.yaml": """
channels:
  sms: {kind: twilio-sms, account_sid: A, auth_token: env:TOKEN, from: "+15005550006"}
  email: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
""",
}


_HABITS = {
    "answered after five minutes": Habit(delay=Fixed(after=5 * MINUTE)),
    "answered late, three in ten never": Habit(delay=LogNormal(median=15 * MINUTE, sigma=0.8), never=0.3),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, nargs="*", default=[10_000, 100_000])
    arguments = parser.parse_args()
    directory = _directory()
    figures = []
    for count in arguments.incidents:
        incidents = _incidents(count)
        for case, habit in _HABITS.items():
            started = time.process_time()
            until = count * 3 * MINUTE + 12 * HOUR
            rehearsal = rehearse(incidents, directory, Acknowledging(habit=habit), until=until)
            spent = round(1000 * (time.process_time() - started))
            messages = f"{count:,} incidents, {rehearsal.messages.height:,} messages, {case}"
            figures.append(Figure(bench="rehearsal", case=messages, figure=spent, unit="ms"))
    report(figures)


def _directory() -> Directory:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in _FILES.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        workspace = load_workspace(Path(folder))
        contacts = load_contacts(Path(folder), workspace)
    return Directory(contacts=contacts, rules={rule.id: rule for rule in workspace.rules})


def _incidents(count: int) -> pl.DataFrame:
    opened = pl.int_range(0, count, dtype=pl.Int64, eager=True) * (3 * MINUTE)
    columns = {
        "rule": "late",
        "version": "1",
        "kind": "order",
        "severity": 2,
        "reason": "condition",
        "found_late": False,
        "pulses": 0,
    }
    frame = pl.DataFrame({"opened_at": opened}).with_columns(**{name: pl.lit(value) for name, value in columns.items()})
    frame = frame.with_columns(
        key=pl.format("A-{}", pl.col("opened_at")),
        detected_at=pl.col("opened_at"),
        resolved_at=pl.col("opened_at") + 4 * HOUR,
        closed_at=pl.col("opened_at") + 4 * HOUR,
        stages=pl.concat_list(pl.struct(severity=pl.col("severity").cast(pl.Int8), at=pl.col("opened_at"))),
    )
    return frame.select(*INCIDENTS).cast(pl.Schema(INCIDENTS))


if __name__ == "__main__":
    main()
