"""Every rule pack, alone and with all others, in both languages: accepted, tested, and shown by its sample events."""

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifiers.summary import summary_problems, unknown_names
from rules.testing.showing import Reader, show_coverage, show_report
from rules.testing.suite import run_tests
from rules.workspace import Workspace, load_workspace
from service.checks.checking import check_workspace
from service.commands import init, replay
from service.packs.catalogue import FILES, PACKS
from service.workspace_template import write_workspace
from streams.instants import parse_instant
from streams.text import Language
from tests.service.commands import run
from tests.service.test_schemas import complaints, data_of

ALL = "all"
NOW = parse_instant("2026-03-01T00:00:00Z", ZoneInfo("UTC"))
HAN = re.compile("[\u3400-\u9fff]")
SETS = [pytest.param(name, language, id=f"{name}-{language}") for name in (*PACKS, ALL) for language in ("zh", "en")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Language], Path]:
    """One workspace for each pack and language."""
    base = tmp_path_factory.mktemp("packs")
    languages: tuple[Language, ...] = ("zh", "en")
    written = {(name, language): base / f"{name}-{language}" for name in (*PACKS, ALL) for language in languages}
    for (name, language), folder in written.items():
        write_workspace(folder, language, list(PACKS) if name == ALL else [name])
    return written


@pytest.fixture(scope="module")
def workspaces(folders) -> dict[tuple[str, Language], Workspace]:
    return {which: load_workspace(folder) for which, folder in folders.items()}


def rules_of(workspace: Workspace, pack: str) -> set[str]:
    return {rule.id for rule in workspace.rules if rule.where.startswith(f"rules/{pack}.yaml:")}


def opened(folder: Path, history: Path) -> dict[str, int]:
    result = run(replay, history, "-w", folder, "--json", "--strict", "--matcher", "compiled")
    assert result.exit_code == 0, result.output
    return {rule: counts["opened"] for rule, counts in json.loads(result.stdout)["rules"].items()}


@pytest.mark.parametrize(("name", "language"), SETS)
def test_a_pack_is_accepted_without_findings(folders, workspaces, name, language):
    """All that `tocsin serve` reads is accepted without an error, a warning or a note: each rule has its runbook."""
    checked = check_workspace(folders[name, language], NOW)
    assert [str(problem) for problem in checked.problems] == []
    assert checked.rules == len(workspaces[name, language].rules) > 0


@pytest.mark.parametrize(("name", "language"), SETS)
def test_the_tests_of_a_pack_pass_and_reach_everything(workspaces, name, language):
    """Written and generated tests pass, each rule has a firing and a silent one, and no branch is left out."""
    workspace = workspaces[name, language]
    report = run_tests(workspace, workspace.rules)
    reader = Reader(language=language, zone=workspace.model.zone)
    assert report.passed(strict=True), show_report(report, reader)
    assert report.percent == 100, show_coverage(report, reader)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_files_of_packs_fit_their_schemas(folders, language):
    """Each file names, in its first line, a schema that is there and that it satisfies."""
    folder = folders[ALL, language]
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
        assert named is not None, path
        schema = (path.parent / named[1]).resolve()
        assert schema.is_file(), path
        assert complaints(schema.stem, data_of(text)) == [], path


@pytest.mark.parametrize(("name", "language"), SETS)
def test_a_workspace_with_packs_speaks_one_language(folders, name, language):
    """No mark of the packs' own files is left, and an English workspace has hardly a Chinese word."""
    paths = [path for path in folders[name, language].rglob("*.*") if path.suffix in (".yaml", ".md", ".jsonl")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    assert not re.search("[«»]", text)
    han = len(HAN.findall(text))
    assert han > 500 if language == "zh" else han < 10


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PACKS)
def test_the_sample_events_open_every_rule_of_their_pack(folders, workspaces, name, language):
    """Replayed in the pack's own workspace nothing is refused, and each rule has something to show."""
    folder = folders[name, language]
    found = opened(folder, folder / "examples" / f"{name}.jsonl")
    assert set(found) == rules_of(workspaces[name, language], name)
    assert [rule for rule, count in found.items() if not count] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_packs_together_are_the_packs(workspaces, language):
    """With all packs there are the rules of each, with the same meaning as alone, and no others."""
    together = {rule.id: rule.version for rule in workspaces[ALL, language].rules}
    apart = {rule.id: rule.version for name in PACKS for rule in workspaces[name, language].rules}
    assert together == apart


def test_the_order_in_which_packs_are_named_does_not_matter(tmp_path):
    """The same packs give the same files, whatever the order, and naming one twice changes nothing."""
    for folder, names in (("one", "stock,delay"), ("other", "delay, stock,delay")):
        assert run(init, tmp_path / folder, "--packs", names, "--language", "en").exit_code == 0
    for path in (tmp_path / "one").rglob("*.yaml"):
        assert path.read_text() == (tmp_path / "other" / path.relative_to(tmp_path / "one")).read_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_runbook_heading_is_a_rule(folders, workspaces, language):
    """Each rule points to a heading of its pack's runbook, and each heading has its rule."""
    for name in PACKS:
        folder = folders[name, language]
        workspace = workspaces[name, language]
        headings = re.findall(r"^## (\S+)$", (folder / f"docs/runbooks/{name}.md").read_text("utf-8"), re.MULTILINE)
        assert set(headings) == rules_of(workspace, name)
        assert {rule.runbook for rule in workspace.rules} == {f"docs/runbooks/{name}.md#{id_}" for id_ in headings}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_rules_say_of_themselves_names_what_there_is(workspaces, language):
    """The summaries of rules can be read, and name fields, totals and nodes of their kind."""
    workspace = workspaces[ALL, language]
    model = workspace.model
    said = {rule.id: (rule.summary, model.kinds[rule.on]) for rule in workspace.rules if rule.summary is not None}
    assert said
    for summary, kind in said.values():
        assert summary_problems(summary) == {}
        totals = {total.name for total in model.totals if total.kind == kind.name}
        assert unknown_names(summary.say(language), {*kind.fields, *totals}, kind.nodes) == []


def test_every_folder_of_files_is_a_pack():
    """The catalogue and the files name the same packs."""
    assert {path.name for path in FILES.iterdir()} == set(PACKS)


def test_only_the_sample_rules_come_without_packs(tmp_path):
    """`tocsin init` without `--packs` writes no file of a pack."""
    write_workspace(tmp_path / "shop", "en")
    assert sorted(path.name for path in (tmp_path / "shop" / "rules").iterdir()) == ["orders.yaml", "stock.yaml"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_packs_can_be_listed(language):
    """`--list-packs` needs no folder, and says of each pack what it finds and what it needs."""
    result = run(init, "--list-packs", language=language)
    assert result.exit_code == 0
    for pack in PACKS.values():
        assert f"{pack.name}: {pack.title.say(language)}\n" in result.stdout
        assert pack.finds.say(language) in result.stdout
        assert pack.needs.say(language) in result.stdout


def test_an_unknown_pack_is_refused_with_the_nearest_name(tmp_path):
    """Nothing is written, and the message names what was probably meant."""
    result = run(init, tmp_path / "shop", "--packs", "delay,stok")
    assert result.exit_code == 2
    assert "stok" in result.stderr and "did you mean stock?" in result.stderr
    assert not (tmp_path / "shop").exists()


def test_what_to_do_next_names_files_that_are_there(tmp_path):
    """The commands of the last lines use the sample events of the first pack that was chosen."""
    result = run(init, tmp_path / "shop", "--packs", "returns,logistics")
    named = re.findall(r"examples/[\w.-]+", result.stdout)
    assert set(named) == {"examples/returns.jsonl"}
    assert (tmp_path / "shop" / named[0]).is_file()
