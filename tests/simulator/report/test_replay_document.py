"""A replay as a report: the figures that can be counted in its files, and what must not be missed."""

import json

import pytest

from rules.judging.judge import Judge
from rules.workspace import Workspace, read_workspace
from service.commands import replay as replay_command
from simulator.history import History
from simulator.replay import replay, results_of
from simulator.report.document import Chart, Document, Facts, Note, Table
from simulator.report.json_form import document_json
from simulator.report.replay_document import replay_document
from streams.encoding import encode_event
from streams.engine import Engine
from streams.event import Event, Refusal
from streams.instants import DAY, HOUR, Instant, parse_instant
from streams.sources.mapping_report import MappingReport
from tests.service.commands import run

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    label: {zh: 订单, en: Order}
    nodes: {placed: {}, paid: {}, shipped: {}}
    closed_by: [shipped]
    fields: {customer: string}
"""
RULES = """
rules:
  - {id: unshipped, name: {zh: 付款后未发货, en: "Paid, not shipped"}, overdue: shipped, after: paid, within: 48h}
  - {id: unpaid, name: {zh: 未付款, en: Unpaid}, overdue: paid, after: placed, within: 24h, severity: minor}
  - {id: sleeping, name: {zh: 未付款, en: Unpaid}, overdue: paid, after: placed, within: 72h}
  - {id: never, overdue: shipped, after: paid, within: 1h, mode: "off"}
"""


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return read_workspace(MODEL, RULES)


def at(text: str, workspace: Workspace) -> Instant:
    return parse_instant(text, workspace.model.zone)


def event(type_: str, key: str, when: Instant, *, later: int = 0) -> Event:
    return Event(
        kind="order",
        key=key,
        type=type_,
        source="test",
        id=f"{key}-{type_}",
        occurred_at=when,
        recorded_at=when + later,
        data={},
    )


def history(*events: Event, refusals: tuple[Refusal, ...] = (), mappings: tuple[MappingReport, ...] = ()) -> History:
    return History(events=events, refusals=refusals, left_out={"colour": 3}, copies=2, mappings=mappings)


def reported(read: History, workspace: Workspace, until: str) -> Document:
    engine = Engine(workspace.model, Judge(workspace.rules, "compiled"))
    results = results_of(replay(engine, read.events, until=at(until, workspace)))
    return replay_document(results, read, workspace, "orders.csv")


def week(workspace: Workspace) -> History:
    """A-1 ships a day late, A-2 never; A-3 is never paid."""
    return history(
        *(event("placed", key, at("2026-03-02T09:00", workspace)) for key in ("A-1", "A-2", "A-3")),
        *(event("paid", key, at("2026-03-02T10:00", workspace), later=HOUR) for key in ("A-1", "A-2")),
        event("shipped", "A-1", at("2026-03-05T10:00", workspace)),
    )


def table(document: Document, name: str) -> Table:
    tables = [part for one in document.sections for part in one.parts if isinstance(part, Table)]
    return next(one for one in tables if one.name == name)


def charts(document: Document) -> dict[str, Chart]:
    return {part.name: part for one in document.sections for part in one.parts if isinstance(part, Chart)}


def cautions(document: Document) -> list[str]:
    notes = [part for one in document.sections for part in one.parts if isinstance(part, Note)]
    return [note.text.en for note in notes if note.warning]


def test_the_first_figures_are_how_many_and_how_long(workspace):
    """Four incidents on three orders, one resolved after a day, three open at the end."""
    document = reported(week(workspace), workspace, "2026-03-07T10:00")
    (facts,) = [part for part in document.sections[0].parts if isinstance(part, Facts)]
    assert [fact.value for fact in facts.facts] == [4, 1, 3, 3, DAY]
    assert document.about is not None
    assert document.about.en.startswith("6 events of 3 entities, until 2026-03-07 10:00 (Asia/Shanghai).")


def test_each_rule_that_runs_has_its_row_in_the_order_of_the_files(workspace):
    """Opened, resolved, open at the end, entities, median and ninth tenth; equal names are told apart by their ids."""
    rows = table(reported(week(workspace), workspace, "2026-03-07T10:00"), "rules").rows
    assert [(row[0].en, row[1], *row[3:]) for row in rows] == [  # type: ignore[union-attr]
        ("Paid, not shipped", "unshipped", 2, 1, 1, 2, DAY, DAY),
        ("Unpaid (unpaid)", "unpaid", 1, 0, 1, 1, None, None),
        ("Unpaid (sleeping)", "sleeping", 1, 0, 1, 1, None, None),
    ]


def test_the_longest_incidents_come_first_and_open_ones_count_until_the_end(workspace):
    """By how much each was late, from the deadline to the end, or to the end of the replay."""
    rows = table(reported(week(workspace), workspace, "2026-03-07T10:00"), "incidents").rows
    assert [(row[0], row[6]) for row in rows] == [
        ("A-3", 4 * DAY + HOUR),
        ("A-2", 3 * DAY),
        ("A-3", 2 * DAY + HOUR),
        ("A-1", DAY),
    ]
    assert rows[0][5] is None
    assert [rows[3][4], rows[3][5]] == [at("2026-03-04T10:00", workspace), at("2026-03-05T10:00", workspace)]


def test_the_charts_add_up_to_all_incidents(workspace):
    """A bar a day in the model's zone, the hours of the week, how many at a time, how long."""
    drawn = charts(reported(week(workspace), workspace, "2026-03-07T10:00"))
    assert {name: sum(point["y"] for point in drawn[name].points) for name in ("opened", "lasted")} == {
        "opened": 4,
        "lasted": 4,
    }
    days = {point["x"] for point in drawn["opened"].points}
    assert days == {at(day, workspace) for day in ("2026-03-03", "2026-03-04", "2026-03-05")}
    heat = {(point["y"].en, point["x"]): point["value"] for point in drawn["week"].points if point["value"]}
    assert heat == {("Tue", 9): 1, ("Wed", 10): 2, ("Thu", 9): 1}
    assert [point["y"] for point in drawn["open"].points] == [1, 3, 4, 3, 3]


def test_orders_with_several_incidents_stand_out(workspace):
    """The order with the most first."""
    rows = table(reported(week(workspace), workspace, "2026-03-07T10:00"), "top-entities").rows
    assert [(row[0], row[2], row[3]) for row in rows] == [("A-3", 2, 2), ("A-2", 1, 1), ("A-1", 1, 1)]


def test_what_must_be_doubted_is_said_first(workspace):
    """Refusals, fields that were known too early, and data that was never late are warnings; oddities have rows."""
    refusal = Refusal(position="orders.csv row 7", field="paid_at", code="no_instant", reason="no instant", raw="")
    mapping = MappingReport(file="orders.csv", rows=9, known_from_start=("customer",))
    mapping.backwards[("shipped", "paid")] = 2
    placed = event("placed", "A-1", at("2026-03-02", workspace))
    document = reported(history(placed, refusals=(refusal,), mappings=(mapping,)), workspace, "2026-03-02")
    said = cautions(document)
    assert len(said) == 3
    assert "nothing can be late" in said[0]
    assert said[1].startswith("1 refused")
    assert "customer" in said[2]
    odd = {(row[0].en, row[1], row[2]) for row in table(document, "odd").rows}  # type: ignore[union-attr]
    assert odd == {
        ("undeclared field colour", "", 3),
        ("events that came again", "", 2),
        ("shipped before paid", "orders.csv", 2),
    }
    assert table(document, "refused").rows == [("orders.csv row 7", "paid_at", "no instant")]


def test_late_data_is_not_called_never_late(workspace):
    """Where something was known an hour after it happened, there is no such warning."""
    assert cautions(reported(week(workspace), workspace, "2026-03-07T10:00")) == []


def test_an_empty_history_is_a_report_too(workspace):
    """No events, no incidents, and no chart that would be empty."""
    nothing = results_of(replay(Engine(workspace.model, Judge(workspace.rules, "compiled")), ()))
    empty = replay_document(nothing, history(), workspace, "none.csv")
    assert charts(empty) == {}
    assert json.dumps(document_json(empty))


def test_the_command_writes_page_data_and_charts(workspace, tmp_path):
    """`--report FILE.html`, `--report FILE.json` and `--charts DIR`; a place that cannot be written ends it at once."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    lines = [encode_event(one).decode() for one in week(workspace).events]
    (tmp_path / "week.jsonl").write_text("\n".join(lines), encoding="utf-8")
    given = [tmp_path / "week.jsonl", "-w", tmp_path]
    result = run(replay_command, *given, "--report", tmp_path / "r.html", "--charts", tmp_path / "c")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Replay of week.jsonl" in (tmp_path / "r.html").read_text(encoding="utf-8")
    names = {"opened", "open", "week", "lasted"}
    written = {path.name for path in (tmp_path / "c").iterdir()}
    assert written == {f"{name}.{end}" for name in names for end in ("svg", "png")}
    assert run(replay_command, *given, "--report", tmp_path / "r.json", "--json").exit_code == 0
    data = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data["sections"]["rules"]["tables"]["rules"]["rows"][0][3] == 2
    refused = run(replay_command, *given, "--report", tmp_path / "nowhere" / "r.html")
    assert refused.exit_code == 2 and "cannot be written" in refused.stderr
