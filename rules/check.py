"""What is wrong or doubtful about a workspace's rules, and how it is shown: `tocsin rules check`."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from rules.errors import InvalidWorkspace, Problem, Problems
from rules.files.positions import Lines
from rules.lints.horizon import lint_holidays
from rules.lints.rule_lints import lint_rules
from rules.testing.suite import check_tests
from rules.workspace import Workspace, load_workspace
from streams.instants import Instant
from streams.text import Language

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {"error": "错误", "warning": "警告", "note": "提示"},
    "en": {"error": "error", "warning": "warning", "note": "note"},
}
_WIDEST: Final = 240  # characters of a line that is shown whole
_BESIDE: Final = 60
_CUT: Final = "..."


def check(folder: Path, now: Instant | None = None) -> tuple[Problem, ...]:
    """Errors and warnings about model, calendars and rules; `now` lets it say which holidays are not known in time."""
    try:
        workspace = load_workspace(folder)
    except InvalidWorkspace as refused:
        return refused.problems
    problems = Problems()
    problems.extend(workspace.warnings)
    problems.extend(doubts(workspace, now))
    return problems.in_order()


def doubts(workspace: Workspace, now: Instant | None = None) -> tuple[Problem, ...]:
    """What is doubtful in a workspace that is valid (rules/lints/catalogue.py), and what is wrong in its tests."""
    problems = Problems()
    lint_rules(workspace, problems)
    lint_holidays(workspace, now, problems)
    problems.extend(check_tests(workspace))
    return problems.in_order()


def render(problems: Iterable[Problem], language: Language, folder: Path) -> str:
    """Each with its place, what is wrong, the line it stands in and a caret; then how many there are."""
    listed = tuple(problems)
    files: dict[str, Lines] = {}
    parts = ["\n".join(_lines(problem, language, folder, files)) for problem in listed]
    counts = Counter(problem.severity for problem in listed)
    errors, warnings, notes = counts["error"], counts["warning"], counts["note"]
    if language == "zh":
        parts.append(f"{errors} 个错误，{warnings} 个警告" + (f"，{notes} 个提示" if notes else ""))
    else:
        found = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
        parts.append(found + (f", {notes} note{'s' * (notes != 1)}" if notes else ""))
    return "\n".join(parts)


def _lines(problem: Problem, language: Language, folder: Path, files: dict[str, Lines]) -> Iterator[str]:
    place, word = problem.place, _WORDS[language][problem.severity]
    yield f"{place}: {word}: {problem.message.say(language)} [{problem.code}]"
    if place.file not in files:
        files[place.file] = Lines(_text(folder / place.file))
    line = files[place.file].line(place.line)
    if line.strip():
        before, marked, after = _around(line, place.column - 1, place.width)
        cells = sum(len(_blank(char)) for char in marked)
        yield f"    {before}{marked}{after}"
        yield f"    {''.join(_blank(char) for char in before)}^{'~' * (cells - 1)}"


def _around(line: str, start: int, width: int) -> tuple[str, str, str]:
    """What stands before, at and after a place; of a very long line, such as JSON without breaks, a part."""
    before, marked, after = line[:start], line[start : start + width], line[start + width :]
    if len(line) <= _WIDEST:
        return before, marked, after
    if len(before) > _BESIDE:
        before = _CUT + before[-_BESIDE:]
    if len(marked) > _BESIDE:
        marked, after = marked[:_BESIDE], marked[_BESIDE:] + after
    return before, marked, after if len(after) <= _BESIDE else after[:_BESIDE] + _CUT


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _blank(char: str) -> str:
    """As wide as the character is on a terminal."""
    if char == "\t":
        return "\t"
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
