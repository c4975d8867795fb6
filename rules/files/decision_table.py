"""The key `decide` of a rule: a table whose first row that hits decides severity, owner and chain."""

from collections.abc import Iterator
from typing import Final

from rules.errors import Place
from rules.files import keys
from rules.files.deadline_keys import SEVERITIES
from rules.files.decision_cells import read_cell
from rules.files.decision_check import check_table
from rules.files.document import Items, Leaf, Map, as_map, wrong
from rules.language.expression import Expression, Scope, Type, conjunction, parse
from rules.rule import Decision

_DECIDES: Final = ("severity", "owner", "chain")


def read_decisions(entry: Map, scope: Scope, condition: Expression | None) -> tuple[Decision, ...]:
    """The rows of a rule whose condition is this. Rows with errors are left out, and then nothing is checked."""
    if "decide" not in entry:
        return ()
    items = entry.list("decide")
    if items is None:
        return ()
    if not items.nodes:
        wrong(items, zh="至少一行", en="at least one row", code="empty_table")
    _check_beside(entry, items)
    rows = [_row(one, scope) for node in items if (one := as_map(node)) is not None]
    found = tuple(row for row in rows if row is not None)
    if found and len(found) == len(items.nodes):
        check_table(found, condition, entry.key_place("decide"), entry.problems)
    return found


def _check_beside(entry: Map, items: Items) -> None:
    """With what a table does not go together."""
    if "count" in entry:
        entry.problems.error(
            entry.key_place("decide"),
            "not_for_counts",
            zh="计数规则的事件属于一组实体，不能用 decide 按单个实体决定",
            en="an incident of a count belongs to a group of entities, so decide cannot decide it by one of them",
        )
    other = next((key for key in ("stages", "before") if key in entry), None)
    place = next(_severities(items), None)
    if other is not None and place is not None:
        entry.problems.error(
            place,
            "two_severities",
            zh=f"级别已由 {other} 决定；有 {other} 时 decide 只能决定 owner 和 chain",
            en=f"{other} decides the severity already; beside it decide gives owners and chains only",
        )


def _severities(items: Items) -> Iterator[Place]:
    for node in items:
        if isinstance(node, Map) and "severity" in node:
            yield node.key_place("severity")


def _row(row: Map, scope: Scope) -> Decision | None:
    already = len(row.problems.found)
    row.only(*keys.DECISION)
    condition = _condition(row, scope) if "if" in row else None
    severity = row.one_of("severity", SEVERITIES)
    owner, chain = row.string("owner"), row.string("chain")
    if not any(key in row for key in _DECIDES):
        row.problems.error(
            row.place,
            "decides_nothing",
            zh="此行不决定任何内容；请写 severity、owner 或 chain",
            en="the row decides nothing: give it a severity, an owner or a chain",
        )
    if any(problem.severity == "error" for problem in row.problems.found[already:]):
        return None
    return Decision(
        condition=condition,
        severity=None if severity is None else SEVERITIES[severity],
        owner=owner,
        chain=chain,
        where=str(row.place),
    )


def _condition(row: Map, scope: Scope) -> Expression | None:
    """Of all cells, or the condition that stands in their place; None, with a problem, where it cannot be read."""
    node = row.entries["if"].node
    if isinstance(node, Leaf) and not node.empty:
        expression, problems = parse(node.raw, scope, Type.BOOL, node.locate)
        row.problems.extend(problems)
        return expression
    if isinstance(node, Map) and node.entries:
        cells = [read_cell(cell.key, cell.node, scope) for cell in node.entries.values()]
        found = [cell for cell in cells if cell is not None]
        return conjunction(*found) if len(found) == len(cells) else None
    if isinstance(node, Items):
        wrong(node, zh="字段: 值，或一个条件", en="FIELD: VALUE, or a condition")
        return None
    row.problems.error(
        row.key_place("if"),
        "empty_if",
        zh="if 为空；请写字段和值，“其余情况”的行则不写 if",
        en="the if is empty: write fields and values, or leave if out in the row for everything else",
    )
    return None
