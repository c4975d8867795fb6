"""Which parameters of a rule are swept, over which values, and the rule under each of them."""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from rules.errors import Place, Problems
from rules.rule import Rule
from rules.workspace import Workspace
from rules.worktime.durations import Duration, DurationError, parse_duration
from simulator.backtest.versions import changed_rule
from streams.text import nfkc

MOST: Final = 2_000  # settings of one sweep
_EXPRESSIONS: Final = ("where", "when", "until", "clear", "by")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """`path` as `tocsin backtest --with` has it (within, count.at_least, stages.0.at), or KEY.FIELD for the number that
    a field is compared with in a condition (where.amount)."""

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value for each parameter, and the rule that they make."""

    values: tuple[str, ...]
    rule: Rule


def settings_of(rule: Rule, parameters: Sequence[Parameter], workspace: Workspace, problems: Problems) -> list[Setting]:
    """Of all combinations. What cannot be set is reported, once."""
    found = []
    for values in product(*(parameter.values for parameter in parameters)):
        changes = []
        for parameter, value in zip(parameters, values, strict=True):
            change = _change(rule, parameter.path, value, workspace, problems)
            if change is None:
                return []
            changes.append(change)
        changed = changed_rule(rule, "; ".join(changes), workspace, problems)
        if changed is None or problems.has_errors:
            return []
        found.append(Setting(values=values, rule=changed))
    return found


def read_range(text: str, path: str, problems: Problems) -> tuple[str, ...]:
    """A:B:STEP, of durations (24h:96h:4h) or of numbers (1000:5000:500); B belongs to it."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 3 and all(map(_NUMBER.fullmatch, parts)):
        first, last, step = map(float, parts)
        if step > 0 and 0 <= (last - first) / step <= MOST:
            count = int((last - first) / step + 1e-9) + 1
            return tuple(f"{first + place * step:.12g}" for place in range(count))
    elif len(parts) == 3:
        try:
            spans = [parse_duration(part, {}).span for part in parts]
        except DurationError:
            spans = [0, 0, 0]
        if spans[2] > 0 and 0 <= (spans[1] - spans[0]) / spans[2] <= MOST:
            return tuple(str(Duration(span=span)) for span in range(spans[0], spans[1] + 1, spans[2]))
    problems.error(
        Place(file=path, line=1, column=1),
        "no_range",
        zh=f"“{text}”不是范围；应为 起:止:步长（止不小于起），如 24h:96h:4h 或 1000:5000:500，至多 {MOST:,} 个值",
        en=f'"{text}" is no range; expected FROM:TO:STEP with FROM at most TO, such as 24h:96h:4h or 1000:5000:500, '
        f"at most {MOST:,} values",
    )
    return ()


def _change(rule: Rule, path: str, value: str, workspace: Workspace, problems: Problems) -> str | None:
    """As changed_rule takes it."""
    key, _, field = path.partition(".")
    definition = json.loads(workspace.definitions[rule.id])
    if not field or key not in _EXPRESSIONS or key not in definition:
        return f"{path}={value}"
    text = with_number(str(definition[key]), nfkc(field), value)
    if text is None:
        problems.error(
            Place(file=path, line=1, column=1),
            "no_such_number",
            zh=f"{key} 中没有（或不止一处）把 {field} 与数字比较：{definition[key]}",
            en=f"{key} does not compare {field} with a number, or more than once: {definition[key]}",
        )
        return None
    return f"{key}={text}"


def with_number(expression: str, field: str, value: str) -> str | None:
    """The expression with another number in the one place where `field` is compared with one; None: there is no such
    place, or several."""
    found = []
    for node in ast.walk(ast.parse(f"({expression})", mode="eval")):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(nfkc(ast.unparse(side)) == field for side in sides):
                found += [side for side in sides if _is_number(side)]
    if len(found) != 1:
        return None
    lines = f"({expression})".encode().splitlines(keepends=True)
    before = sum(map(len, lines[: found[0].lineno - 1]))
    last = sum(map(len, lines[: (found[0].end_lineno or found[0].lineno) - 1]))
    whole = b"".join(lines)
    start, stop = before + found[0].col_offset, last + (found[0].end_col_offset or 0)
    return (whole[:start] + value.encode() + whole[stop:]).decode()[1:-1]


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(inner, ast.Constant) and type(inner.value) in (int, float)
