"""What the documentation shows is true: its examples are read as files, its commands are commands.

Blocks say what they are behind their language: `yaml rules`, `yaml totals` (added to model.yaml), `yaml lead_times`,
`yaml kpi`, `yaml people`, `yaml chains`, `yaml channels`, `yaml mapping`, `json event`. The workspace of a page is
that of `tocsin init`, with the page's own files in it.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner

from rules.errors import Problems
from rules.files.document import read_text
from rules.testing.showing import Reader, show_result
from rules.testing.suite import run_tests
from rules.workspace import load_workspace
from service.checks.checking import check_workspace
from service.cli import build
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from simulator.mapping_file import read_mapping
from store.database import Store
from streams.decoding import Decoded, decode_event
from streams.instants import parse_instant

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("??/*.md"))]
OTHERS = [ROOT / "CHANGELOG.md", ROOT / "docs" / "code.md"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*/*.md")), ROOT / "docs" / "README.md"]
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\(rules/\S+\)")  # the page's blocks are files of names that it does not show
LINK = re.compile(r"\]\(([^)#:]+)\)")
SENTENCES = re.compile(r"^\| (?:template|句式) \|.*\n\| ---.*\n((?:\|.*\n)+)", re.MULTILINE)
NOW = parse_instant("2026-03-01T00:00:00Z", ZoneInfo("UTC"))
FILES = {
    "lead_times": "lead_times.yaml",
    "kpi": "kpi.yaml",
    "people": "people.yaml",
    "chains": "chains.yaml",
    "channels": "channels.yaml",
}
NOT_RUN = ("init", "demo", "serve", "rules shadow")  # they make folders, go on for ever, or ask what a service found
LATER = re.compile(r"^## (?:Later|以后提供)$.*", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"\btocsin ((?:rules )?[a-z][a-z-]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    page: Path
    info: str
    text: str

    @property
    def kind(self) -> str:
        return self.info.partition(" ")[2]


def blocks_of(page: Path) -> list[Block]:
    return [Block(page=page, info=info.strip(), text=text) for info, text in BLOCK.findall(page.read_text("utf-8"))]


def language_of(page: Path) -> str:
    return "zh" if page.parent.name == "zh" else "en"


def pages_with(*kinds: str) -> list[object]:
    found = [page for page in PAGES if any(block.kind in kinds for block in blocks_of(page))]
    assert found
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in found]


def workspace_of(page: Path, folder: Path) -> Path:
    """The workspace of `tocsin init` with the files that the page shows in place of its own."""
    write_workspace(folder, "zh" if language_of(page) == "zh" else "en")
    shown = [block.text for block in blocks_of(page) if block.kind == "rules"]
    if shown:
        for path in (folder / "rules").glob("*.yaml"):
            path.unlink()
    for number, text in enumerate(shown):
        (folder / "rules" / f"shown-{number}.yaml").write_text(text, encoding="utf-8")
    for block in blocks_of(page):
        if block.kind == "totals":
            model = folder / "model.yaml"
            model.write_text(f"{model.read_text('utf-8')}\n{block.text}", encoding="utf-8")
        if block.kind in FILES:
            (folder / FILES[block.kind]).write_text(block.text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("page", pages_with("rules", *FILES))
def test_the_files_that_a_page_shows_are_accepted(page, tmp_path):
    """Rules, people, chains and channels of a page, put together, are a workspace without errors or warnings."""
    checked = check_workspace(workspace_of(page, tmp_path / "shop"), NOW)
    assert [str(problem) for problem in checked.problems if problem.severity != "note"] == []
    assert checked.rules > 0


@pytest.mark.parametrize("page", pages_with("difference"))
def test_the_tests_that_a_page_shows_pass_and_their_differences_are_as_shown(page, tmp_path):
    """The tests in its rules pass; with another expectation they print what the page prints."""
    folder = workspace_of(page, tmp_path / "shop")
    workspace = load_workspace(folder)
    assert run_tests(workspace, workspace.rules).passed(strict=False)
    (shown,) = [block.text for block in blocks_of(page) if block.kind == "difference"]
    for path in (folder / "rules").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("expect: open minor", "expect: open major"), encoding="utf-8")
    report = run_tests(load_workspace(folder), workspace.rules, boundaries=False)
    reader = Reader(language="zh" if language_of(page) == "zh" else "en", zone=workspace.model.zone)
    printed = [show_result(result, reader) for result in report.results if not result.passed]
    assert [PLACE.sub("", text) for text in printed] == [PLACE.sub("", shown.rstrip("\n"))]


@pytest.mark.parametrize("page", pages_with("mapping"))
def test_the_mappings_that_a_page_shows_are_accepted(page, tmp_path):
    """Each mapping is read without a problem against the model of `tocsin init`."""
    model = load_workspace(workspace_of(page, tmp_path / "shop")).model
    for block in blocks_of(page):
        if block.kind == "mapping":
            problems = Problems()
            root = read_text(block.text, page.name, problems)
            assert root is not None
            assert read_mapping(root, model) is not None, problems.found


@pytest.mark.parametrize("page", pages_with("event"))
def test_the_events_that_a_page_shows_are_taken(page, tmp_path):
    """Each event is decoded against the model of `tocsin init`, with nothing left out."""
    model = load_workspace(workspace_of(page, tmp_path / "shop")).model
    for block in blocks_of(page):
        if block.kind == "event":
            taken = decode_event(block.text, model, now=None, position="page")
            assert isinstance(taken, Decoded), taken
            assert taken.left_out == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentences_in_the_table_of_templates_are_rules(language, tmp_path):
    """Each is understood with the model of `tocsin init`, and the table has all five templates."""
    page = (ROOT / "docs" / language / "authoring-rules.md").read_text("utf-8")
    table = SENTENCES.search(page)
    assert table is not None
    rows = table[1].strip().splitlines()
    sentences = [sentence for row in rows for sentence in re.findall(r"`([^`]+)`", row)]
    assert len(rows) == 5 and len(sentences) > 10
    folder = workspace_of(ROOT / "docs" / language / "backtesting.md", tmp_path / "shop")
    rules = "".join(f"  - {{id: s{number}, sentence: {each!r}}}\n" for number, each in enumerate(sentences))
    (folder / "rules" / "sentences.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")
    assert len(load_workspace(folder).rules) >= len(sentences)


def commands_of(page: Path) -> Iterator[list[str]]:
    """The arguments of every `tocsin ...` line in the page's shell blocks."""
    for block in blocks_of(page):
        if block.info == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words and words[0] == "tocsin":
                    yield words[1:]


COMMANDS = [pytest.param(page, words, id=f"{page.parent.name}/{page.name}: {' '.join(words)}") for page in PAGES for words in commands_of(page)]  # fmt: skip # noqa: E501


@cache
def tocsin() -> click.Group:
    return build()


def command_named(words: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that these words begin with, and what follows it."""
    command: click.Command = tocsin()
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        found = command.commands.get(rest.pop(0))
        assert found is not None, words
        command = found
    return command, rest


def leaves(command: click.Command) -> Iterator[click.Command]:
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from leaves(each)
    else:
        yield command


def options_of(command: click.Command) -> set[str]:
    parameters = command.get_params(click.Context(command))
    return {name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """For each language the workspaces of the pages: `shop`, another version of it, and what a service has on record.

    `packs` has all packs and a small history that fits them; in `empty` nothing is.
    """
    made = {}
    for language in ("en", "zh"):
        folder = made[language] = tmp_path_factory.mktemp(language)
        for name in ("shop", "shop-next"):
            write_workspace(folder / name, language)
        write_workspace(folder / "packs", language, tuple(PACKS))
        (folder / "empty").mkdir()
        Store(f"sqlite:///{folder / 'shop' / 'tocsin.db'}").close()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder / "packs")
            Path("small.yaml").write_text("{orders: 100, kinds: [order, stock, supply]}", encoding="utf-8")
            ran("generate", "--scenario", "small.yaml", "--output", "history.parquet")
    return made


def ran(*words: str) -> None:
    result = CliRunner().invoke(build(), words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("page", "words"), COMMANDS)
def test_every_command_that_is_shown_runs(page, words, folders, monkeypatch):
    """Each command, option and argument is known, and what needs no running service really runs in a new workspace.

    Reports are written as data: what draws them is tested by itself. Histories are made with fewer orders.
    """
    command, rest = command_named(words)
    _, left, _ = command.make_parser(click.Context(command)).parse_args(list(rest))
    assert left == []
    line = " ".join(words)
    if not line.startswith(NOT_RUN) and "/srv/" not in line:
        place = "empty" if words[0] == "generate" else "packs" if "history.parquet" in words else "shop"
        monkeypatch.chdir(folders[language_of(page)] / place)
        ran(*(word.replace(".html", ".json").replace("5000", "100") for word in words))


@pytest.mark.parametrize("page", [*GUIDES, *OTHERS], ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_that_a_page_names_exist(page):
    """Also within sentences: `tocsin COMMAND` is one, and `--option` is one of it, or of some command."""
    text = LATER.sub("", page.read_text("utf-8"))
    for name in NAMED.findall(text):
        command_named(name.split())
    known = set().union(*(options_of(command) for command in leaves(tocsin())), ("--version",))
    for span in SPAN.findall(text):
        named = NAMED.match(span)
        options = known if named is None else options_of(command_named(named[1].split())[0])
        assert set(OPTION.findall(span)) <= options, span


def test_reports_are_to_be_had_wherever_the_guide_says_so():
    """All that read a history, but for `map`, have `--report`, `--charts` and `--json`."""
    reading = [each for each in tocsin().commands.values() if {"--map", "--until"} <= options_of(each)]
    assert len(reading) > 7
    for command in reading:
        assert {"--report", "--charts", "--json"} <= options_of(command), command.name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_is_told_of(language):
    """No command that a page does not name."""
    texts = [LATER.sub("", page.read_text("utf-8")) for page in (ROOT / "docs" / language).glob("*.md")]
    named = {command_named(name.split())[0].name for text in texts for name in NAMED.findall(text)}
    assert {command.name for command in leaves(tocsin())} - {"demo"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    """Every relative link is to a file or folder that is there."""
    for link in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


def test_every_page_is_there_in_both_languages():
    """What can be read in English can be read in Chinese, with the same headings and as many examples."""
    english, chinese = ({path.name: path for path in (ROOT / "docs" / one).glob("*.md")} for one in ("en", "zh"))
    assert set(english) == set(chinese)
    for name, path in english.items():
        assert [block.info for block in blocks_of(path)] and len(blocks_of(path)) == len(blocks_of(chinese[name])), name
        headings = [re.findall(r"^#+", page.read_text("utf-8"), re.MULTILINE) for page in (path, chinese[name])]
        assert len(headings[0]) == len(headings[1]), name
