"""Joining YAML files as text, so that comments and layout stay: what one adds goes below the key it has in the other.

For the files of this repository only: block mappings of plain keys, whose values stand on the line of the key. A list
of several lines is taken whole: it is the same in both, or it is an error.
"""

import re
from dataclasses import dataclass, field
from typing import Final

_KEY: Final = re.compile(r"( *)([^\s#:][^:]*):(?: |$)")


@dataclass(slots=True, kw_only=True)
class _Branch:
    """A key with what is written above it, on its line and below it."""

    key: str
    above: list[str]  # comments and blank lines
    line: str
    below: list["_Branch"] = field(default_factory=list)

    @property
    def value(self) -> str:
        return self.line.partition("  #")[0].strip()

    @property
    def values(self) -> list[str]:
        return [self.value, *(value for branch in self.below for value in branch.values)]

    def lines(self) -> list[str]:
        return [*self.above, self.line, *(line for branch in self.below for line in branch.lines())]


def join(base: str, addition: str) -> str:
    """`base` with all keys of `addition` that it lacks. Raises ValueError where both give a key another value."""
    branches, rest = _read(base)
    added, _ = _read(addition)
    _join(branches, added)
    return "\n".join([*(line for branch in branches for line in branch.lines()), *rest]) + "\n"


def _read(text: str) -> tuple[list[_Branch], list[str]]:
    """The branches of the outermost keys, and the lines after the last key."""
    found: list[_Branch] = []
    open_: list[tuple[int, list[_Branch]]] = [(0, found)]
    above: list[str] = []
    for line in text.splitlines():
        key = _KEY.match(line)
        if key is None:
            above.append(line)
            continue
        while len(key[1]) < open_[-1][0]:
            open_.pop()
        branch = _Branch(key=key[2], above=above, line=line)
        above = []
        if len(key[1]) > open_[-1][0]:
            open_.append((len(key[1]), open_[-1][1][-1].below))
        open_[-1][1].append(branch)
    return found, above


def _join(branches: list[_Branch], added: list[_Branch]) -> None:
    known = {branch.key: branch for branch in branches}
    for branch in added:
        same = known.get(branch.key)
        if same is None:
            branches.append(branch)
        elif same.value != branch.value:
            raise ValueError(f"{same.line.strip()} and {branch.line.strip()}")
        elif same.values != branch.values:
            _join(same.below, branch.below)
