"""Decision tables: the severity of the first row that hits, row by row and cell by cell."""

from collections.abc import Callable, Mapping
from typing import Any

Holds = Callable[[str], bool]

# What a cell may say of a column, and the condition that it stands for.
CELLS: dict[str, tuple[tuple[Any, str], ...]] = {
    "amount": ((">= 5", "amount >= 5"), (5, "amount == 5"), ([1, 12], "amount in [1, 12]"), ("< 9", "amount < 9")),
    "channel": (("web", 'channel == "web"'), (["web", "shop"], 'channel in ["web", "shop"]')),
    "urgent": ((True, "urgent"), (False, "not urgent")),
    "tags": (("contains a", 'contains(tags, "a")'),),
    "closed": ((True, "closed"),),
}


def decided(rule: Mapping[str, Any], holds: Holds) -> str:
    """The first row whose condition holds decides alone; what it leaves out is the rule's own."""
    own = str(rule.get("severity", "major"))
    for row in rule.get("decide", ()):
        if hits(row, holds):
            return str(row.get("severity", own))
    return own


def hits(row: Mapping[str, Any], holds: Holds) -> bool:
    written = row.get("if")
    if written is None:
        return True
    return holds(written) if isinstance(written, str) else all(holds(meant(*cell)) for cell in written.items())


def meant(column: str, said: Any) -> str:
    return next(text for cell, text in CELLS[column] if cell == said and type(cell) is type(said))
