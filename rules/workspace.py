"""A workspace folder to values: model.yaml, calendars.yaml and rules/*.yaml, checked as a whole.

An invalid workspace is refused whole, with everything that is wrong in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.errors import InvalidWorkspace, Place, Problem, Problems
from rules.files.calendar_file import read_calendars
from rules.files.definition import definition_of
from rules.files.document import Items, Map, read_file, read_text
from rules.files.model_file import model_zone, read_model
from rules.files.rule_file import RuleSet, Surroundings, read_rules
from rules.rule import Decision, Rule
from rules.worktime.calendars import Calendar
from streams.garbage import no_collection
from streams.model import Model

MODEL_FILE: Final = "model.yaml"
CALENDAR_FILE: Final = "calendars.yaml"
LEAD_TIME_FILE: Final = "lead_times.yaml"
RULE_FOLDER: Final = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    model: Model
    rules: tuple[Rule, ...]  # in the order of the files' names, then as written
    calendars: Mapping[str, Calendar]
    warnings: tuple[Problem, ...] = ()
    written: Mapping[str, Map] = field(default_factory=dict)  # the entry of each rule, by its id
    core: Mapping[str, Map] = field(default_factory=dict)  # the same with core keys in place of sentences
    tests: Mapping[str, Items] = field(default_factory=dict)  # by rule id, as written
    definitions: Mapping[str, str] = field(default_factory=dict)  # by rule id: to be read again with a later model
    folder: Path | None = None  # None: read from texts

    def place_of(self, rule: Rule, *keys: str) -> Place:
        """Of the first of these keys that the rule has in its file; else of its id."""
        entry = self.written.get(rule.id)
        if entry is None:
            return Place.parse(rule.where)
        return entry.place_of(next((key for key in keys if key in entry), "id"))

    def row_place(self, rule: Rule, row: Decision, key: str) -> Place:
        """Of a key in a row of the rule's decision table."""
        entry = self.written.get(rule.id)
        rows = None if entry is None else entry.entries["decide"].node
        found = next((one for one in rows if str(one.place) == row.where), None) if isinstance(rows, Items) else None
        return found.place_of(key) if isinstance(found, Map) else Place.parse(row.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """As much of a workspace as is right: its model, its calendars, and the rules that are without errors."""

    workspace: Workspace | None  # None: without a model and calendars rules mean nothing
    problems: tuple[Problem, ...]


def load_workspace(folder: Path) -> Workspace:
    """Read a workspace folder. Raises InvalidWorkspace with every problem of these files, sorted by place."""
    return _whole(readable(folder))


def readable(folder: Path, *, lead_times: str | None = None) -> Readable:
    """What of a folder can be read, for whoever tells an author everything at once: never for running it.

    `lead_times` stands in place of the text of lead_times.yaml: what would be, if that were the file.
    """
    problems = Problems()
    with no_collection():
        model = _required(folder / MODEL_FILE, MODEL_FILE, problems)
        calendars = _document(folder / CALENDAR_FILE, CALENDAR_FILE, problems)
        lead_root = (
            _document(folder / LEAD_TIME_FILE, LEAD_TIME_FILE, problems)
            if lead_times is None
            else read_text(lead_times, LEAD_TIME_FILE, problems)
        )
        rules = [read_file(path, f"{RULE_FOLDER}/{path.name}", problems) for path in _rule_files(folder, problems)]
        return _readable(model, calendars, lead_root, rules, problems, folder)


def read_workspace(
    model: str, rules: Mapping[str, str] | str = "", calendars: str = "", lead_times: str = ""
) -> Workspace:
    """The same from texts, rules by their files' names. Raises InvalidWorkspace."""
    problems = Problems()
    files = {"rules.yaml": rules} if isinstance(rules, str) else rules
    documents = [read_text(text, f"{RULE_FOLDER}/{name}", problems) for name, text in files.items() if text]
    found = _readable(
        read_text(model, MODEL_FILE, problems),
        read_text(calendars, CALENDAR_FILE, problems),
        read_text(lead_times, LEAD_TIME_FILE, problems) if lead_times else None,
        documents,
        problems,
        None,
    )
    return _whole(found)


def _whole(found: Readable) -> Workspace:
    if found.workspace is None or any(problem.severity == "error" for problem in found.problems):
        raise InvalidWorkspace(found.problems)
    return found.workspace


def _readable(
    model_root: Map | None,
    calendar_root: Map | None,
    lead_root: Map | None,
    rule_roots: list[Map | None],
    problems: Problems,
    folder: Path | None,
) -> Readable:
    if model_root is None:
        return Readable(workspace=None, problems=problems.in_order())
    zone = model_zone(model_root)
    calendars = {} if calendar_root is None else read_calendars(calendar_root, zone)
    model = read_model(model_root, zone, calendars, lead_root)
    around = Surroundings(model=model, calendars=calendars)
    found = RuleSet()
    for root in rule_roots:
        if root is not None:
            read_rules(root, around, found)
    listed = problems.in_order()
    if any(one.severity == "error" and one.place.file in (MODEL_FILE, CALENDAR_FILE) for one in listed):
        return Readable(workspace=None, problems=listed)
    workspace = Workspace(
        model=around.model,
        rules=tuple(found.rules.values()),
        calendars=calendars,
        warnings=tuple(problem for problem in listed if problem.severity != "error"),
        written=found.written,
        core=found.core,
        tests=found.tests,
        definitions={id_: definition_of(entry) for id_, entry in found.core.items()},
        folder=folder,
    )
    return Readable(workspace=workspace, problems=listed)


def _required(path: Path, name: str, problems: Problems) -> Map | None:
    document = _document(path, name, problems)
    if document is None and not path.exists():
        _report_absent(name, problems)
    return document


def _document(path: Path, name: str, problems: Problems) -> Map | None:
    return read_file(path, name, problems) if path.exists() else None


def _rule_files(folder: Path, problems: Problems) -> list[Path]:
    inside = folder / RULE_FOLDER
    if not inside.is_dir():
        _report_absent(f"{RULE_FOLDER}/", problems)
        return []
    for path in sorted(inside.glob("*.yml")):
        name = f"{RULE_FOLDER}/{path.name}"
        problems.warning(
            Place(file=name, line=1, column=1),
            "not_read",
            zh="只读取 .yaml 文件；请改名",
            en="only files ending in .yaml are read; rename it",
        )
    return sorted(path for path in inside.glob("*.yaml") if path.is_file())


def _report_absent(name: str, problems: Problems) -> None:
    problems.error(
        Place(file=name, line=1, column=1),
        "no_file",
        zh=f"工作区缺少 {name}；tocsin init 可创建一个完整的工作区",
        en=f"the workspace has no {name}; tocsin init makes a complete one",
    )
