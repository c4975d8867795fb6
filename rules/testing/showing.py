"""What tests came to, as people read it: only what differs, as a timeline with the expected beside the found."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from rules.testing.comparing import Result, Row
from rules.testing.coverage import percent
from rules.testing.moments import shown_instant, written_value
from rules.testing.reading import DEFAULT_KEY
from rules.testing.suite import Report, RuleReport
from rules.testing.timeline import Case, Happened
from streams.event import Event
from streams.text import Language, Text

_WIDEST_EVENT = 44  # columns; a longer one pushes nothing, as nothing stands behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads it: the language, and the zone that instants are shown in (the model's)."""

    language: Language
    zone: ZoneInfo

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en


def show_report(report: Report, reader: Reader, *, everything: bool = False) -> str:
    """Failed tests as timelines (`everything`: the others by name), why boundaries are missing, and the totals."""
    parts: list[str] = []
    for rule in report.rules:
        if everything:
            parts.append(rule.rule.id)
        for result in rule.results:
            if not result.passed:
                parts.append(show_result(result, reader))
            elif everything:
                parts.append(f"  ✓ {_name(result.case, reader)}")
        if everything and rule.no_boundaries is not None:
            parts.append("  " + reader.say("没有边界用例：", "no boundary cases: ") + _said(rule.no_boundaries, reader))
    parts.append(_totals(report, reader))
    return "\n".join(parts)


def show_result(result: Result, reader: Reader) -> str:
    """One test as a timeline: events in the first column, then what was expected, then what was found."""
    case = result.case
    lines = [f"✗ {case.rule}: {_name(case, reader)} ({case.place})"]
    head = ("", "", "", reader.say("期望", "expected"), reader.say("实际", "found"))
    table = [head, *_table(result, reader)]
    when = max(_width(line[1]) for line in table)
    what = max(min(_width(line[2]), _WIDEST_EVENT) for line in table)
    expected = max(_width(line[3]) for line in table)
    for mark, at, event, wanted, found in table:
        cells = f"  {mark or ' '} {_pad(at, when)}  {_pad(event, what)}  {_pad(wanted, expected)}  {found}"
        lines.append(cells.rstrip())
    return "\n".join(lines)


def show_coverage(report: Report, reader: Reader) -> str:
    """What no written test reached: the rule with the least first; then how much of everything was reached."""
    parts = [reader.say("覆盖（只计手写的测试）：", "coverage (written tests only):")]
    for rule in sorted(report.rules, key=lambda one: percent(one.branches)):
        parts.append(f"  {percent(rule.branches):5.1f}%  {rule.rule.id}")
        parts += [f"          {_said(branch.what, reader)}" for branch in rule.branches if not branch.reached]
    branches = [branch for rule in report.rules for branch in rule.branches]
    reached = sum(branch.reached for branch in branches)
    parts.append(
        reader.say(
            f"  {percent(branches):5.1f}%  合计：{len(branches)} 处到达 {reached} 处",
            f"  {percent(branches):5.1f}%  in all: {reached} of {len(branches)} reached",
        )
    )
    return "\n".join(parts)


def _table(result: Result, reader: Reader) -> Iterator[tuple[str, str, str, str, str]]:
    case = result.case
    keys = {event.key for event in case.events} | {row.key for row in result.rows}
    kinds = {event.kind for event in case.events}
    entries: list[tuple[int, int, tuple[str, str, str, str]]] = []
    for event in case.events:
        text = _event(event, reader, key=len(keys) > 1 or event.key != DEFAULT_KEY, kind=len(kinds) > 1)
        entries.append((event.occurred_at, 0, ("", text, "", "")))
    for closing in case.closings:
        entries.append((closing.at, 1, ("", reader.say("人工解决 ", "resolved by a person ") + closing.key, "", "")))
    for row in result.rows:
        entries.append((row.at, 2, _row(row, reader, key=len(keys) > 1)))
    entries.sort(key=lambda entry: entry[:2])
    for at, group in groupby(entries, key=lambda entry: entry[0]):
        when = shown_instant(at, reader.zone, reader.language)
        for _, _, (mark, text, wanted, found) in group:
            yield mark, when, text, wanted, found


def _row(row: Row, reader: Reader, *, key: bool) -> tuple[str, str, str, str]:
    nothing = reader.say("（无）", "(nothing)")
    wanted = nothing if row.expected is None else str(row.expected)
    found = nothing if row.happened is None else _happened(row.happened, reader)
    if row.expected is not None and row.expected.known is not None:
        wanted += _known(row.expected.known, reader)
    return ("" if row.right else "✗", row.key if key else "", wanted, found)


def _happened(happened: Happened, reader: Reader) -> str:
    return str(happened) + ("" if happened.known == happened.at else _known(happened.known, reader))


def _event(event: Event, reader: Reader, *, key: bool, kind: bool) -> str:
    parts = [event.type]
    if kind:
        parts.insert(0, event.kind)
    if key:
        parts.append(event.key)
    if event.data:
        fields = (f"{name}: {written_value(value, reader.zone)}" for name, value in event.data.items())
        parts.append(f"{{{', '.join(fields)}}}")
    late = "" if event.recorded_at == event.occurred_at else _known(event.recorded_at, reader)
    return " ".join(parts) + late


def _known(at: int, reader: Reader) -> str:
    when = shown_instant(at, reader.zone, reader.language)
    return reader.say(f"（{when} 获知）", f" (known {when})")


def _name(case: Case, reader: Reader) -> str:
    name = _said(case.name, reader)
    return name if not case.generated else reader.say(f"边界：{name}", f"boundary: {name}")


def _totals(report: Report, reader: Reader) -> str:
    results = report.results
    generated = [result for result in results if result.case.generated]
    written = [result for result in results if not result.case.generated]
    text = reader.say(
        f"{len(report.rules)} 条规则：{len(written)} 个测试，{_failed(written)} 个失败；"
        f"{len(generated)} 个边界用例，{_failed(generated)} 个失败",
        f"{_count(report.rules, 'rule')}: {_count(written, 'test')}, {_failed(written)} failed; "
        f"{_count(generated, 'boundary case')}, {_failed(generated)} failed",
    )
    without = [rule for rule in report.rules if rule.no_boundaries is not None]
    if without:
        text += reader.say(
            f"；{len(without)} 条规则没有边界用例（-v 说明原因）",
            f"; {_count(without, 'rule')} without boundary cases (-v says why)",
        )
    return text


def _failed(results: Sequence[Result]) -> int:
    return sum(not result.passed for result in results)


def _count(things: Sequence[Result] | Sequence[RuleReport], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _said(text: Text, reader: Reader) -> str:
    return text.say(reader.language)


def _width(text: str) -> int:
    """In columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
