"""The KPIs of two real histories, through the real command: what comes out is what can be counted in their files."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from service.commands import kpi
from tests.conftest import shared_data
from tests.service.commands import run
from tests.simulator.kpi.adventureworks import write_adventureworks
from tests.simulator.test_northwind import MODEL, ORDERS_MAP, count


def kpis(folder: Path, table: Path, *options: Any) -> dict[str, Any]:
    result = run(kpi, table, "-w", folder, "--map", folder / "orders.map.yaml", "--json", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    (found,) = json.loads(result.stdout)["kpis"]
    return dict(found)


@pytest.fixture
def northwind(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "rules" / "orders.yaml").write_text("rules: [{id: late, overdue: shipped}]", encoding="utf-8")
    (tmp_path / "orders.map.yaml").write_text(ORDERS_MAP, encoding="utf-8")
    return tmp_path


def test_adventureworks(tmp_path):
    """OTIF 3,334 of 3,689 complete purchase orders, perfect 2,935; by line 7,415 of 8,169 perfect; with no kpi.yaml."""
    found = kpis(tmp_path, write_adventureworks(tmp_path))
    assert (found["entities"], found["delivered"], found["cancelled"], found["open"]) == (4_012, 3_689, 86, 237)
    figures = {
        level: {name: (share["count"], share["of"]) for name, share in of.items()}
        for level, of in found["fulfilment"].items()
    }
    assert figures["order"] == {
        "on_time": (3_689, 3_689),
        "in_full": (3_334, 3_689),
        "condition": (3_290, 3_689),
        "otif": (3_334, 3_689),
        "perfect": (2_935, 3_689),
    }
    assert figures["line"]["in_full"] == (8_169 - 355, 8_169)
    assert figures["line"]["condition"] == (8_169 - 399, 8_169)
    assert figures["line"]["perfect"] == (7_415, 8_169)
    assert found["parameters"]["node"] == "received"
    assert found["defaults"]["compare"] == "every promise lies at midnight"


def test_adventureworks_by_vendor(tmp_path):
    """--by counts each vendor's orders as one counts them in the two files."""
    table = write_adventureworks(tmp_path)
    with table.open(newline="", encoding="utf-8") as file:
        vendors = {row["purchase_order_id"]: row["vendor_id"] for row in csv.DictReader(file) if row["status"] == "4"}
    short: dict[str, set[str]] = defaultdict(set)
    with shared_data("adventureworks", "purchase_order_lines.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            order = row["purchase_order_id"]
            if order in vendors and float(row["received_qty"]) < float(row["order_qty"]):
                short[vendors[order]].add(order)
    orders: dict[str, int] = defaultdict(int)
    for vendor in vendors.values():
        orders[vendor] += 1
    segments = kpis(tmp_path, table, "--by", "vendor")["by"]["segments"]
    assert {one["value"]: (one["otif"]["count"], one["otif"]["of"]) for one in segments} == {
        vendor: (of - len(short[vendor]), of) for vendor, of in orders.items()
    }


def test_northwind(northwind):
    """37 of 809 shipped orders are late, 21 were never shipped, of which those past their day count in the second
    figure.
    """
    table = shared_data("northwind", "orders.csv")
    counted = count(table)
    found = kpis(northwind, table, "--until", "1998-07-01")
    assert (found["delivered"], found["open"]) == (809, 21)
    for one in found["on_time"]:
        assert (one["late"], one["delivered"], one["open_overdue"]) == (37, 809, 21)
        assert one["on_time_incl_open_overdue"] == {"count": 772, "of": 830, "share": 772 / 830}
    assert found["exceptions"]["entities"]["count"] == len(counted.late) + len(counted.unshipped)
    assert found["exceptions"]["acknowledging"] is None


def test_northwind_while_orders_are_open(northwind):
    """On a day in between, only those promised before that day are overdue."""
    table = shared_data("northwind", "orders.csv")
    overdue = {key for key, required in count(table).unshipped if required < "1998-05-30"}
    found = kpis(northwind, table, "--until", "1998-05-30")
    assert {one["open_overdue"] for one in found["on_time"]} == {len(overdue)}
    assert 0 < len(overdue) < 21


@pytest.mark.parametrize("language", ["zh", "en"])
def test_text_and_report_in_both_languages(northwind, tmp_path, language):
    """The figures stand in the text and in the HTML file."""
    table, page = shared_data("northwind", "orders.csv"), tmp_path / "kpi.html"
    options = ["-w", northwind, "--map", northwind / "orders.map.yaml", "--until", "1998-07-01", "--report", page]
    result = run(kpi, table, *options, language=language)
    assert result.exit_code == 0, result.output
    assert ("准时" if language == "zh" else "On time") in result.stdout
    assert "95.4%" in result.stdout and "772" in result.stdout
    text = page.read_text(encoding="utf-8")
    assert "95.4%" in text and "准时" in text
