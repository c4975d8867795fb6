"""What is wrong in the workspace's files: located, in both languages, collected and reported at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from streams.text import Text

ProblemSeverity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where something stands in a file. Lines and columns count from 1, columns in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `code` is a stable word, `message` one or two sentences: what is wrong and what to do."""

    place: Place
    code: str
    message: Text
    severity: ProblemSeverity = "error"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.message.en}"


class RulesError(Exception):
    """Base of everything this package raises."""


class InvalidWorkspace(RulesError):
    """A workspace is refused whole; `problems` holds every finding, errors and warnings."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
