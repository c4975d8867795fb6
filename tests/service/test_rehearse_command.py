"""`tocsin rehearse` on small and real histories, from outside."""

import json
from pathlib import Path
from typing import Any

import pytest

from escalation.commands import Acknowledge
from escalation.desk import Desk
from escalation.incident import Actor
from escalation.outbox import DeliveryResult
from service.changing.loaded import load
from service.commands import rehearse
from simulator.escalation.recorded import ENOUGH
from store.database import Store
from streams.firing import Change, Firing, Severity, Stage, Transition
from streams.instants import DAY, MINUTE
from streams.text import Language
from tests.conftest import shared_data
from tests.escalation.timeline_words import at
from tests.service.commands import run

FILES = {
    "tocsin.yaml": "",
    "model.yaml": """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    closed_by: [shipped]
    fields: {rep: string}
""",
    "rules/orders.yaml": "rules: [{id: late, overdue: shipped, within: 2h, after: placed, owner: rep}]\n",
    "people.yaml": """
people:
  li: {name: 李伟, contacts: {phone: "+8613800000001"}, normal: [{via: sms}]}
  zhang: {name: 张敏, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
""",
    "chains.yaml": """
chains:
  main: {steps: [{notify: [owner]}, {wait: 30m}, {notify: [zhang]}, {wait: 30m}]}
default: main
""",
    "channels.yaml": """
channels:
  sms: {kind: twilio-sms, account_sid: env:SID, auth_token: env:TOKEN, from: "+15005550006"}
""",
}
# Both are placed in the evening and shipped the next morning.
HISTORY = """
{"type": "placed", "kind": "order", "key": "A-1", "occurred_at": "2026-03-02T20:30:00+08:00", "data": {"rep": "李伟"}}
{"type": "placed", "kind": "order", "key": "A-2", "occurred_at": "2026-03-02T19:00:00+08:00", "data": {"rep": "张敏"}}
{"type": "shipped", "kind": "order", "key": "A-1", "occurred_at": "2026-03-03T09:00:00+08:00"}
{"type": "shipped", "kind": "order", "key": "A-2", "occurred_at": "2026-03-03T08:00:00+08:00"}
"""
NORTHWIND_RULE = "rules: [{id: late, overdue: shipped, owner: employee}]\n"
NORTHWIND_MODEL = """
zone: UTC
kinds:
  order:
    nodes: {placed: {}, shipped: {}}
    closed_by: [shipped]
    fields: {employee: string}
"""
NORTHWIND_MAP = """
kind: order
format: wide
source: northwind
key: order_id
nodes: {placed: order_date, shipped: {column: shipped_date, as: date}}
due: {shipped: {column: required_date, as: date}}
fields: {employee: employee_id}
"""


def write(folder: Path, **changes: str) -> Path:
    for name, text in (FILES | {name.replace("__", "/") + ".yaml": text for name, text in changes.items()}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write(tmp_path / "shop")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "orders.jsonl"
    lines = [
        json.dumps(json.loads(line) | {"source": "shop", "id": str(number)})
        for number, line in enumerate(HISTORY.strip().splitlines())
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def told(*arguments: Any, language: Language = "en") -> list[dict[str, Any]]:
    result = run(rehearse, *arguments, "--json", language=language)
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_owners_of_the_orders_are_told_and_answer(workspace: Path, history: Path) -> None:
    """A-2 at 21:00 to Zhang, A-1 at 22:30 to Li, at night; each hears once more that it is over."""
    (found,) = told(history, "-w", workspace)
    assert (found["incidents"], found["acknowledged"], found["messages"], found["night"]) == (2, 2, 4, 1)
    assert found["worst_night"] == {"day": "2026-03-02", "person": "li", "messages": 1}
    assert found["answered_seconds"]["p50"] == 900


def test_whoever_sleeps_lets_the_next_one_be_woken(workspace: Path, history: Path) -> None:
    """Li answers in the morning, so Zhang is told at 23:00, and at 23:30 Li once more: the chain has run out."""
    (found,) = told(history, "-w", workspace, "--ack", "15m,awake")
    assert found["night"] == 3 and found["notify_steps"] == {"1": 1, "2": 1}


def test_a_changed_chain_beside_it(workspace: Path, history: Path, tmp_path: Path) -> None:
    """The same incidents; the other chain tells Zhang of both."""
    other = write(
        tmp_path / "other", chains="chains: {main: {steps: [{notify: [zhang]}, {wait: 1h}]}}\ndefault: main\n"
    )
    now, changed = told(history, "-w", workspace, "--against", other)
    assert [one["person"] for one in now["people"]] == ["li", "zhang"]
    assert [(one["person"], one["messages"]) for one in changed["people"]] == [("zhang", 4)]
    assert now["incidents"] == changed["incidents"] == 2


@pytest.mark.parametrize(("language", "word"), [("en", "Worst night"), ("zh", "最糟的一夜")])
def test_the_summary_speaks_both_languages(workspace: Path, history: Path, language: Language, word: str) -> None:
    """With who was worst off, and what is not rehearsed yet."""
    result = run(rehearse, history, "-w", workspace, language=language)
    assert result.exit_code == 0
    assert word in result.stdout and "李伟 (li)" in result.stdout and "schedules.yaml" in result.stdout


def test_shadow_rules_tell_nobody_unless_wanted(workspace: Path, history: Path) -> None:
    """That they do not is said."""
    write(workspace, rules__orders=FILES["rules/orders.yaml"].replace("owner: rep", "owner: rep, mode: shadow"))
    assert "--as-live" in run(rehearse, history, "-w", workspace).stdout
    assert told(history, "-w", workspace)[0]["without_chain"] == 2
    assert told(history, "-w", workspace, "--as-live")[0]["told"] == 2


def test_a_report_is_written(workspace: Path, history: Path, tmp_path: Path) -> None:
    """Its sections, as data here; test_figures.py has its charts."""
    result = run(rehearse, history, "-w", workspace, "--report", tmp_path / "chains.json")
    assert result.exit_code == 0
    report = json.loads((tmp_path / "chains.json").read_text(encoding="utf-8"))
    assert {"summary", "people", "nights", "answers", "unanswered", "hours", "chains"} <= set(_names(report))


def _names(report: Any) -> list[str]:
    sections = report["sections"]
    return list(sections) if isinstance(sections, dict) else [one["name"] for one in sections]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--ack", "soon"), "--ack 'soon': expected a duration"),
        (("--ack", "zhong=5m"), "did you mean zhang?"),
        (("--failing", "smss=5%"), "did you mean sms?"),
        (("--night", "late"), "--night 'late': expected hours"),
        (("--until", "late"), "--until"),
        (("--ack", "store"), "the service has not run yet"),
    ],
)
def test_what_is_wrong_ends_it(workspace: Path, history: Path, arguments: tuple[str, ...], said: str) -> None:
    """With exit code 2, before anything is replayed."""
    result = run(rehearse, history, "-w", workspace, *arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_schedules_are_refused_by_name(workspace: Path, history: Path) -> None:
    """Like everywhere else, until they can be read."""
    (workspace / "schedules.yaml").write_text("schedules: {rota: {zone: UTC}}\n", encoding="utf-8")
    result = run(rehearse, history, "-w", workspace)
    assert result.exit_code == 2 and "schedules" in result.stderr


def test_answers_on_record_are_sampled(workspace: Path, history: Path) -> None:
    """Li has always answered after 40 minutes: Zhang, told meanwhile, has no record and is judged by everybody's."""
    loaded = load(workspace)
    store = Store(f"sqlite:///{workspace / 'tocsin.db'}")
    try:
        for number in range(ENOUGH):
            opened = at("10:00") + number * DAY
            key = f"B-{number}"
            one = Firing(
                rule="late",
                version="1",
                kind="order",
                key=key,
                number=1,
                opened_at=opened,
                detected_at=opened,
                stages=(Stage(Severity.MAJOR, opened),),
            )
            _turn(store, loaded, opened, [Transition(change=Change.OPENED, at=opened, firing=one)], ())
            taken = Acknowledge(incident=number + 1, actor=Actor(kind="person", id="zhang"))
            _turn(store, loaded, opened + 40 * MINUTE, (), [taken])
    finally:
        store.close()
    (found,) = told(history, "-w", workspace, "--ack", "store")
    assert found["answered_seconds"]["p50"] is not None
    assert "on record" in run(rehearse, history, "-w", workspace, "--ack", "store").stdout


def _turn(store: Store, loaded: Any, now: int, news: Any, commands: Any) -> None:
    rules = {rule.id: rule for rule in loaded.files.rules}
    with store.begin() as transaction:
        desk = Desk(transaction.work, loaded.contacts, rules)
        while (due := transaction.work.next_due()) is not None and due < now:
            desk.turn((), (), due, _accept)
        desk.turn(news, commands, now, _accept)
        transaction.know(now)


def _accept(outgoing: Any) -> DeliveryResult:
    return DeliveryResult(delivery=outgoing.head.id, outcome="accepted")


def test_northwind(tmp_path: Path) -> None:
    """58 incidents, each told: three orders' salesmen are in the files, of the others the manager hears."""
    people = """
people:
  janet: {name: "3", zone: America/Los_Angeles, contacts: {phone: "+12025550103"}, normal: [{via: sms}]}
  boss: {name: Boss, contacts: {phone: "+12025550101"}, normal: [{via: sms}]}
"""
    chains = (
        "chains: {main: {steps: [{notify: [owner]}, {wait: 1h}, {notify: [boss]}], fallback: [boss]}}\ndefault: main\n"
    )
    folder = write(
        tmp_path / "northwind", model=NORTHWIND_MODEL, rules__orders=NORTHWIND_RULE, people=people, chains=chains
    )
    mapping = folder / "orders.map.yaml"
    mapping.write_text(NORTHWIND_MAP, encoding="utf-8")
    table = shared_data("northwind", "orders.csv")
    (found,) = told(table, "-w", folder, "--map", mapping, "--until", "1998-07-01", "--ack", "30m")
    assert (found["incidents"], found["told"], found["acknowledged"]) == (58, 58, 58)
    by_person = {one["person"]: one for one in found["people"]}
    assert by_person["janet"]["acknowledged"] + by_person["boss"]["acknowledged"] == 58
    assert by_person["janet"]["night"] == 0  # the first instant of a day in UTC is the afternoon before in Los Angeles
