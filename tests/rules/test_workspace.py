"""A workspace is read as a whole, or refused with everything that is wrong in it."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rules.errors import InvalidWorkspace
from rules.rule import OverdueAfter, OverduePromise
from rules.workspace import load_workspace, read_workspace
from streams.model import FieldType
from streams.text import Text
from tests.rules.calendar_texts import at
from tests.rules.workspace_texts import CALENDARS, MODEL, load, refused

CASES = Path(__file__).parents[2] / "../shared/data/semantics/cases.json"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_model_is_what_the_file_says():
    """Kinds, nodes in their order, fields, event types, lead times, totals."""
    model = load("").model
    assert model.zone == ZoneInfo("Asia/Shanghai")
    order = model.kinds["order"]
    assert order.label == Text(zh="订单", en="Order")
    assert [(node.name, node.place) for node in order.nodes.values()] == [
        ("placed", 0),
        ("paid", 1),
        ("shipped", 2),
        ("settled", 3),
        ("cancelled", 4),
    ]
    assert order.nodes["paid"].label == Text.plain("paid")
    assert order.nodes["cancelled"].off_path
    assert order.closed_by == ("settled", "cancelled")
    assert order.reaches["order.dispatched"] == order.reaches["shipped"] == ("shipped",)
    assert order.events["shipment_cancelled"].resets == ("shipped",)
    assert order.fields["lines"].columns == {
        "sku": FieldType.STRING,
        "site": FieldType.STRING,
        "qty": FieldType.NUMBER,
    }
    lead = order.nodes["shipped"].lead
    assert lead is not None and lead.after == "paid"
    assert lead.within.after(at("2026-03-05 10:00")) == at("2026-03-09 10:00")
    (total,) = model.totals
    assert (total.kind, total.name, total.of, total.each, total.sum) == ("stock", "demand", "order", "lines", "qty")
    assert total.key == "{sku}@{site}"
    assert total.where is not None
    assert total.where.holds({"closed": False}) and not total.where.holds({"closed": False, "shipped.at": 1})


def test_calendars_without_a_zone_have_the_models():
    """The zone is read before the calendars, the calendars before the lead times."""
    calendars = load("").calendars
    assert calendars["cn-workdays"].zone == ZoneInfo("Asia/Shanghai")
    assert calendars["other"].zone == ZoneInfo("UTC")


def test_a_folder_is_read_in_the_order_of_its_files(tmp_path: Path):
    """rules/*.yaml are sorted by name; other files are left alone."""
    folder = write(
        tmp_path,
        model_yaml=MODEL,
        calendars_yaml=CALENDARS,
        rules__b_yaml="rules: [{id: two, when: urgent}]",
        rules__a_yaml="rules: [{id: one, overdue: shipped}, {id: three, when: amount > 1}]",
        people_yaml="nonsense: [",
    )
    workspace = load_workspace(folder)
    assert [rule.id for rule in workspace.rules] == ["one", "three", "two"]
    assert [rule.where for rule in workspace.rules] == ["rules/a.yaml:1:9", "rules/a.yaml:1:38", "rules/b.yaml:1:9"]
    assert workspace.folder == folder and not workspace.warnings


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"rules__a_yaml": ""}, ["model.yaml"]),
        ({"model_yaml": MODEL, "calendars_yaml": CALENDARS}, ["rules/"]),
        ({}, ["model.yaml", "rules/"]),
    ],
)
def test_what_is_absent_is_named(tmp_path: Path, files: dict[str, str], missing: list[str]):
    """Without model.yaml or rules/ the error says which is expected."""
    with pytest.raises(InvalidWorkspace) as caught:
        load_workspace(write(tmp_path, **files))
    assert [problem.place.file for problem in caught.value.problems] == missing
    assert all(name in problem.message.en for name, problem in zip(missing, caught.value.problems, strict=True))


def test_a_yml_file_is_not_passed_over_in_silence(tmp_path: Path):
    """A rule file with the other ending is not read, and said so."""
    folder = write(tmp_path, model_yaml=MODEL, calendars_yaml=CALENDARS, rules__a_yaml="")
    (folder / "rules" / "b.yml").write_text("rules: []")
    (warning,) = load_workspace(folder).warnings
    assert (warning.severity, warning.place.file) == ("warning", "rules/b.yml")


def test_all_problems_of_all_files_are_reported_at_once_in_order():
    """One slip in each of four places: four problems, sorted by file, line and column."""
    found = refused(
        "rules:\n  - id: a\n    when: amout > 1\n  - id: b\n    wen: urgent\n    when: urgent\n    mode: life\n",
        model=MODEL.replace("off_path", "of_path"),
        calendars=CALENDARS.replace("cut_off", "cutoff"),
    )
    assert [(problem.place.file, problem.place.line, problem.code) for problem in found] == [
        ("calendars.yaml", 3, "unknown_key"),
        ("model.yaml", 11, "unknown_key"),
        ("rules/rules.yaml", 3, "unknown_name"),
        ("rules/rules.yaml", 5, "unknown_key"),
        ("rules/rules.yaml", 7, "unknown_word"),
    ]
    assert found[2].place.column == 11
    assert "amount" in found[2].message.en and "off_path" in found[1].message.en and "live" in found[4].message.en


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("amount: number", "amount: nubmer", "unknown_type"),
        ("amount: number", "now: number", "reserved_name"),
        ("amount: number", "class: number", "reserved_name"),
        ("amount: number", "days: number", "reserved_name"),
        ("amount: number", "2nd: number", "not_a_name"),
        ("amount: number", "shipped: number", "name_taken"),
        ("qty: number}", "qty: list}", "unknown_type"),
        ("paid:", "updated:", "reserved_name"),
        ("paid:", "event:", "reserved_name"),
        ("order.dispatched", "updated", "reserved_name"),
        ("after: paid", "after: payed", "unknown_node"),
        ("after: paid", "after: shipped", "wrong_value"),
        ("within: 2d cn-workdays", "within: 2d cn-workday", "duration"),
        ("within: 2d cn-workdays", "within: 2", "duration"),
        ("resets: [shipped]", "resets: [shiped]", "unknown_node"),
        ("zone: Asia/Shanghai", "zone: Asia/Beijing", "unknown_zone"),
        ("off_path: true", "off_path: yes", "wrong_value"),
        ("stock.demand", "stok.demand", "unknown_kind"),
        ("stock.demand", "stock.on_hand", "name_taken"),
        ("of: order", "of: orders", "unknown_kind"),
        ("each: lines", "each: line", "unknown_field"),
        ("sum: qty", "sum: sku", "unknown_field"),
        ("sum: qty", "sum: qty, count: true", "sum_or_count"),
        ("{sku}@{site}", "{sku}@{qty}", "unknown_field"),
        ("{sku}@{site}", "{sku", "template"),
        ("not shipped.done and not closed", "demand > 1", "unknown_name"),
        ("not shipped.done and not closed", "changed(amount)", "pulse_not_here"),
    ],
)
def test_what_is_no_model_is_refused(old: str, new: str, code: str):
    """Each slip in the model has its own error, in model.yaml, and both languages say something."""
    assert MODEL.count(old) == 1
    found = [problem for problem in refused("", model=MODEL.replace(old, new)) if problem.place.file == "model.yaml"]
    assert code in [problem.code for problem in found]
    assert all(problem.message.zh and problem.message.en for problem in found)


def test_names_are_compared_in_nfkc():
    """A full-width name is the name it looks like; declared twice it is an error."""
    model = MODEL.replace("amount: number", "ａｍｏｕｎｔ: number")
    assert "amount" in load("rules: [{id: r, when: amount > 1}]", model=model).model.kinds["order"].fields
    twice = MODEL.replace("amount: number", "ａｍｏｕｎｔ: number, amount: number")
    assert [problem.code for problem in refused("", model=twice)] == ["name_taken"]


def test_model_and_rules_may_be_json():
    """YAML 1.2 contains JSON."""
    model = {"kinds": {"order": {"nodes": {"paid": {}, "shipped": {}}, "fields": {"金额": "number"}}}}
    rules = {"rules": [{"id": "r", "where": "金额 > 1", "overdue": "shipped"}]}
    (found,) = read_workspace(json.dumps(model), json.dumps(rules)).rules
    assert found.deadline == OverduePromise(node="shipped")


@pytest.mark.skipif(not CASES.exists(), reason="../shared/data/semantics is not here")
def test_the_rules_of_the_hand_computed_cases_are_read():
    """Every case's rule loads."""
    document = json.loads(CASES.read_text(encoding="utf-8"))
    model, calendars = (json.dumps(document[key], ensure_ascii=False) for key in ("model", "calendars"))
    assert len(document["cases"]) == 151
    for case in document["cases"]:
        rules = json.dumps({"rules": [{"id": "r", **case["rule"]}]}, ensure_ascii=False)
        (found,) = read_workspace(model, rules, calendars).rules
        if {"overdue", "after"} <= case["rule"].keys():
            assert isinstance(found.deadline, OverdueAfter)


def test_a_closing_node_that_is_not_there_closes_nothing_and_is_a_warning() -> None:
    """An unknown node under closed_by is left out and warned of, with the nearest node."""
    workspace = read_workspace("kinds: {order: {nodes: {placed: {}, cancelled: {}}, closed_by: [canceled, cancelled]}}")
    assert workspace.model.kinds["order"].closed_by == ("cancelled",)
    assert [problem.code for problem in workspace.warnings] == ["unknown_node"]
