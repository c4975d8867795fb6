"""The tables that the documentation shows, read through the mapping that it shows for them."""

from pathlib import Path

import pytest

from rules.errors import Problems
from rules.workspace import load_workspace
from simulator.history import read_history
from simulator.mapping_file import read_mapping_file
from streams.instants import parse_instant
from tests.docs.test_examples import blocks_of, pages_with, workspace_of


@pytest.mark.parametrize("page", pages_with("mapping files"))
def test_joined_files(page: Path, tmp_path: Path):
    """Every row is read; the joined ones are the order's lines, its amount, its promise and its payment."""
    folder = workspace_of(page, tmp_path / "shop")
    model = folder / "model.yaml"
    kind, fields, rest = model.read_text("utf-8").partition("    fields:\n")  # the order's come first
    model.write_text(f"{kind}{fields}      lines: {{sku: string, qty: number}}\n{rest}", encoding="utf-8")
    for block in blocks_of(page):
        if block.info.startswith("csv "):
            (folder / block.kind).write_text(block.text, encoding="utf-8")
        elif block.kind == "mapping files":
            (folder / "m.yaml").write_text(block.text, encoding="utf-8")
    problems = Problems()
    workspace = load_workspace(folder)
    mapping = read_mapping_file(folder / "m.yaml", workspace.model, problems)
    assert problems.found == [] and mapping is not None
    found = read_history(folder, workspace.model, mapping)
    assert found.refusals == ()
    assert [(event.key, event.type) for event in found.events] == [
        ("A-1", "placed"), ("A-1", "paid"), ("A-1", "shipped"), ("A-2", "placed"),
    ]  # fmt: skip
    assert found.events[0].data == {
        "amount": 29.5,
        "shipped.due": parse_instant("2026-03-07", workspace.model.zone),
        "lines": ({"sku": "sku-1", "qty": 3.0}, {"sku": "sku-2", "qty": 1.0}),
    }
