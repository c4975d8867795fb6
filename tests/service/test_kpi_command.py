"""`tocsin kpi`: where its incidents come from, and what it says of what it cannot do."""

import json
from pathlib import Path
from typing import Any

import pytest

from escalation.incident import Actor, AuditRow, Incident, State
from service.checks.checking import check_workspace
from service.commands import kpi
from store.database import Store
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import MINUTE
from tests.service.commands import run
from tests.simulator.small_history import CALENDARS, MODEL, at

HISTORY = [
    ("A", "placed", "2026-03-02T01:00:00Z", {"supplier": "S1", "received.due": "2026-03-05T01:00:00Z"}),
    ("A", "received", "2026-03-04T01:00:00Z", {}),
    ("B", "placed", "2026-03-02T01:00:00Z", {"supplier": "S2", "received.due": "2026-03-05T01:00:00Z"}),
    ("B", "received", "2026-03-06T01:00:00Z", {}),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "calendars.yaml").write_text(CALENDARS, encoding="utf-8")
    (tmp_path / "rules" / "r.yaml").write_text("rules: [{id: late, overdue: received}]", encoding="utf-8")
    lines = [
        {"source": "erp", "id": f"{n}", "kind": "order", "key": key, "type": type_, "occurred_at": when, "data": data}
        for n, (key, type_, when, data) in enumerate(HISTORY)
    ]
    (tmp_path / "h.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def told(shop: Path, *options: Any, code: int = 0) -> dict[str, Any]:
    result = run(kpi, shop / "h.jsonl", "-w", shop, "--json", *options)
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout)["kpis"][0])


def said(shop: Path, *options: Any) -> str:
    """What it says where it cannot run."""
    result = run(kpi, shop / "h.jsonl", "-w", shop, *options)
    assert result.exit_code == 2, result.output
    return result.stderr


def keep_incident(path: Path) -> None:
    """Order B was late; Li took it after twenty minutes."""
    opened = at("03-05 09:00")
    firing = Firing(
        rule="late",
        version="v",
        kind="order",
        key="B",
        number=1,
        opened_at=opened,
        detected_at=opened,
        stages=(Stage(Severity.MAJOR, opened),),
        resolved_at=opened + 60 * MINUTE,
        reason=Reason.CONDITION,
    )
    incident = Incident(
        id=1,
        mode="live",
        firings=(firing,),
        state=State.RESOLVED,
        highest=Severity.MAJOR,
        resolved_at=firing.resolved_at,
    )
    row = AuditRow(
        incident=1, at=opened + 20 * MINUTE, actor=Actor(kind="person", id="li"), what=State.ACKNOWLEDGED.value
    )
    store = Store(f"sqlite:///{path}")
    with store.begin() as transaction:
        transaction.work.insert_incidents([incident])
        transaction.work.add_audit([row])
    store.close()


def test_incidents_of_a_replay_and_of_the_service(shop):
    """Without --database nobody acknowledged; with it, that of tocsin.yaml or the one named."""
    assert told(shop)["exceptions"]["acknowledging"] is None
    assert told(shop)["exceptions"]["entities"] == {"count": 1, "of": 2, "share": 0.5}
    keep_incident(shop / "tocsin.db")
    for options in (["--database"], ["--database", f"sqlite:///{shop}/tocsin.db"], ["--database", shop / "tocsin.db"]):
        found = told(shop, *options)["exceptions"]
        assert found["acknowledging"]["mean_seconds"] == 20 * 60
        assert (found["resolved_itself"]["count"], found["resolved_by_person"]["count"]) == (1, 0)


def test_no_rules_no_exceptions(shop):
    """A workspace without rules has the other KPIs."""
    (shop / "rules" / "r.yaml").unlink()
    assert told(shop)["exceptions"] is None


def test_what_kpi_yaml_says_counts_and_is_shown(shop):
    """Declared parameters, and the figures that follow from them."""
    (shop / "kpi.yaml").write_text("kpi: {order: {grace: 1d, where: supplier == 'S2'}}", encoding="utf-8")
    found = told(shop)
    assert (found["delivered"], found["not_meant"]) == (1, 1)
    assert found["fulfilment"]["order"]["on_time"] == {"count": 1, "of": 1, "share": 1.0}
    assert found["parameters"]["grace"] == "1d"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--by", "suplier"], "did you mean supplier?"),
        (["--from", "soon"], "--from"),
        (["--database"], "the service has not run yet"),
        (["--report", "nowhere/k.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(shop, options, expected):
    """Exit code 2 and what was expected."""
    assert expected in said(shop, *options)


def test_a_wrong_kpi_file_ends_it_and_the_check_finds_it(shop):
    """The same message at the same place, from both."""
    (shop / "kpi.yaml").write_text("kpi: {order: {node: recieved}}", encoding="utf-8")
    assert "kpi.yaml:1:21" in said(shop)
    (problem,) = [one for one in check_workspace(shop, 0).problems if one.place.file == "kpi.yaml"]
    assert (problem.code, problem.place.column) == ("unknown_node", 21)


def test_refused_events_are_told(shop):
    """One event that cannot be read: it is named, and with --strict the exit code is 1."""
    with (shop / "h.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"source": "erp", "id": "x", "kind": "order", "key": "C", "type": "plaiced"}')
    result = run(kpi, shop / "h.jsonl", "-w", shop, "--strict")
    assert result.exit_code == 1 and "1 refused" in result.stderr and "plaiced" in result.stderr
    assert told(shop)["entities"] == 2
