"""What is wrong or doubtful about a workspace's rules, and how it is shown: `tocsin rules check`."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from rules.errors import InvalidWorkspace, Place, Problem, Problems
from rules.files.calendar_file import known_until
from rules.files.positions import Lines
from rules.workspace import CALENDAR_FILE, Workspace, load_workspace
from streams.instants import Instant, to_datetime
from streams.text import Language

_AHEAD: Final = timedelta(days=60)  # the next year's holidays are wanted so long before it begins
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {"error": "错误", "warning": "警告"},
    "en": {"error": "error", "warning": "warning"},
}


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
    """Warnings about a valid workspace."""
    problems = Problems()
    for rule in workspace.rules:
        if rule.mode == "live" and rule.owner is None and rule.chain is None:
            problems.warning(
                _place(rule.where),
                "no_owner",
                zh=f"规则 {rule.id} 没有 owner，也没有 chain",
                en=f"the rule {rule.id} has neither an owner nor a chain",
            )
    for calendar, last in known_until(workspace.calendars):
        if now is not None and (to_datetime(now) + _AHEAD).year > last:
            country = calendar.holidays.country
            problems.warning(
                Place(file=CALENDAR_FILE, line=1, column=1),
                "holidays_unknown",
                zh=f"日历 {calendar.name}：{country} 的节假日只知道到 {last} 年，"
                "之后按普通日计算；请升级或用 days 补充",
                en=f"calendar {calendar.name}: the holidays of {country} are known until {last} only, later days count "
                "as ordinary ones; upgrade, or add them under days",
            )
    return problems.in_order()


def render(problems: Iterable[Problem], language: Language, folder: Path) -> str:
    """Each with its place, what is wrong, the line it stands in and a caret; then how many there are."""
    listed = tuple(problems)
    files: dict[str, Lines] = {}
    parts = ["\n".join(_lines(problem, language, folder, files)) for problem in listed]
    errors = sum(problem.severity == "error" for problem in listed)
    warnings = len(listed) - errors
    if language == "zh":
        parts.append(f"{errors} 个错误，{warnings} 个警告")
    else:
        parts.append(f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}")
    return "\n".join(parts)


def _lines(problem: Problem, language: Language, folder: Path, files: dict[str, Lines]) -> Iterator[str]:
    yield f"{problem.place}: {_WORDS[language][problem.severity]}: {problem.message.say(language)}"
    if problem.place.file not in files:
        files[problem.place.file] = Lines(_text(folder / problem.place.file))
    line = files[problem.place.file].line(problem.place.line)
    if line.strip():
        before = line[: problem.place.column - 1]
        yield f"    {line}"
        yield f"    {''.join(_blank(char) for char in before)}^"


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


def _place(text: str) -> Place:
    file, line, column = text.rsplit(":", 2)
    return Place(file=file, line=int(line), column=int(column))
