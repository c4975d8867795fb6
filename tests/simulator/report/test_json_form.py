"""The same as data: raw numbers with their units, under stable keys."""

import json

from simulator.report.json_form import document_json
from streams.instants import DAY
from tests.simulator.report.documents import LINES, MONDAY, ORDERS, chart, document


def test_tables_have_raw_numbers_and_say_their_units():
    """Durations in microseconds, instants as in result files, and no number that JSON cannot say."""
    data = json.loads(json.dumps(document_json(document()), allow_nan=False))
    table = data["sections"]["summary"]["tables"]["orders"]
    assert [(column["kind"], column["unit"]) for column in table["columns"]] == [
        ("text", None),
        ("duration", "microseconds"),
        ("instant", "RFC 3339"),
        ("share", "of 1"),
    ]
    assert table["rows"][0][1:] == [180_000_000_000, "2026-03-01T16:00:00.000000Z", 0.5]
    assert table["rows"][2][3] is None
    assert table["rows"][0][0] == ORDERS.rows[0][0]


def test_facts_notes_and_what_the_report_is_about():
    """Both languages everywhere."""
    data = document_json(document())
    assert data["title"] == {"zh": "report（中文）", "en": "report"}
    assert data["zone"] == "Asia/Shanghai"
    section = data["sections"]["summary"]
    assert section["facts"][0]["value"] == 58
    assert section["notes"] == [
        {"text": {"zh": "nothing can be late（中文）", "en": "nothing can be late"}, "warning": True}
    ]


def test_charts_have_all_their_points():
    """Also those that are too many to draw."""
    points = [{"x": MONDAY + place * DAY, "y": place} for place in range(5_000)]
    lines = document_json(document(LINES))["sections"]["summary"]["charts"]["a-line"]
    assert lines["references"][0]["at"] == 172_800_000_000
    assert lines["points"][0]["series"] == {"zh": "recall（中文）", "en": "recall"}
    (only,) = document_json(document(chart("line", points)))["sections"]["summary"]["charts"].values()
    assert len(only["points"]) == 5_000 and only["points"][0]["x"] == "2026-03-01T16:00:00.000000Z"
