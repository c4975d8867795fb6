"""Owners and chains that decision tables name: checked where they stand, as the rule's own are."""

from pathlib import Path

import pytest

from escalation.files.workspace_files import load_contacts
from rules.errors import InvalidWorkspace, Problem
from rules.workspace import read_workspace
from tests.escalation.workspaces import CHANNELS, PEOPLE

MODEL = """
kinds:
  order: {fields: {amount: number, sales_rep: string}}
  stock: {fields: {keeper: string}}
"""
CHAINS = """
chains:
  owned: {steps: [{notify: [owner]}, {wait: 30m}]}
  manned: {steps: [{notify: [team:warehouse]}, {wait: 30m}]}
  rep: {steps: [{notify: ["field:sales_rep"]}, {wait: 30m}]}
"""
NO_PHONE = """
people:
  li-wei: {name: 李伟, normal: [{via: sms}]}
  ann: {name: Ann, contacts: {phone: "+8613800000001"}, normal: [{via: sms}]}
teams: {warehouse: {members: [ann]}}
"""


def found(
    folder: Path, *rows: str, own: str = "chain: manned", default: str = "", people: str = PEOPLE
) -> list[Problem]:
    """What is said of a rule whose rows stand from line 6 on, by the files of contacts alone."""
    rules = f"rules:\n  - id: r\n    where: key != 'x'\n    {own}\n    decide:\n" + "".join(
        f"      - {row}\n" for row in rows
    )
    for name, text in (("people", people), ("chains", CHAINS + default), ("channels", CHANNELS)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    try:
        problems = load_contacts(folder, read_workspace(MODEL, rules)).warnings
    except InvalidWorkspace as refused:
        problems = refused.problems
    return [problem for problem in problems if problem.place.file.startswith("rules/")]


def test_names_of_rows_are_declared_names(tmp_path: Path) -> None:
    """A field, a team, a person; a chain of the files. Others are errors at their own place, with the nearest name."""
    assert found(tmp_path, "{if: {amount: 5}, owner: sales_rep, chain: rep}", "{owner: team:warehouse}") == []
    owner, chain = found(tmp_path, "{if: {amount: 5}, owner: sale_rep}", "{owner: li-wei, chain: maned}")
    assert (owner.code, owner.place.line, owner.place.column) == ("unknown_owner", 6, 34)
    assert "did you mean sales_rep?" in owner.message.en
    assert (chain.code, chain.place.line, chain.place.column) == ("unknown_chain", 7, 32)
    assert "did you mean manned?" in chain.message.en


def test_the_chains_of_rows_make_sense_for_the_kind_of_the_rule(tmp_path: Path) -> None:
    """A chain that only a row names is one of the rule's chains: fields that it uses are fields of that kind."""
    (tmp_path / "chains.yaml").write_text(CHAINS, encoding="utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "channels.yaml").write_text(CHANNELS, encoding="utf-8")
    rule = "rules: [{id: r, on: stock, where: keeper != 'x', chain: manned, decide: [{owner: li-wei, chain: %s}]}]"
    assert load_contacts(tmp_path, read_workspace(MODEL, rule % "manned")).warnings == ()
    with pytest.raises(InvalidWorkspace) as refused:
        load_contacts(tmp_path, read_workspace(MODEL, rule % "rep"))
    assert [problem.code for problem in refused.value.problems] == ["unknown_field"]


def test_a_rule_without_a_chain_is_fine_where_every_row_names_one(tmp_path: Path) -> None:
    """And a row for everything else leaves none over."""
    rows = ["{if: {amount: 5}, chain: rep}", "{chain: manned}"]
    assert found(tmp_path, *rows, own="owner: li-wei") == []
    (told,) = found(tmp_path, rows[0], own="owner: li-wei")
    assert told.code == "no_chain"
    assert found(tmp_path, rows[0], own="owner: li-wei", default="default: manned\n") == []


def test_every_row_s_chain_reaches_somebody_by_that_row_s_owner(tmp_path: Path) -> None:
    """A chain that tells the owner alone needs one who can be told, whoever else the table names."""
    rows = ["{if: {amount: 5}, owner: ann, chain: owned}", "{if: {amount: 6}, chain: owned}", "{owner: ann}"]
    (told,) = found(tmp_path, *rows, own="owner: li-wei", default="default: owned\n", people=NO_PHONE)
    assert (told.code, told.place.line) == ("chain_reaches_nobody", 7)
