"""What is wrong in the workspace's files: located, in both languages, collected and reported at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, Literal

from streams.text import Text, nfkc

NO_LABELS: Final[Mapping[str, Text]] = MappingProxyType({})

ProblemSeverity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where something stands in a file. Lines and columns count from 1, columns in characters.

    `width` is how many characters of that line it takes, for underlining; it makes no place another one.
    """

    file: str
    line: int
    column: int
    width: int = field(default=1, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """What `str` makes of a place."""
        file, line, column = text.rsplit(":", 2)
        return cls(file=file, line=int(line), column=int(column))


def spanning(first: Place, last: Place) -> Place:
    """From one character to another; the first alone, where they are on two lines."""
    if (last.file, last.line) != (first.file, first.line) or last.column < first.column:
        return first
    return replace(first, width=last.column - first.column + 1)


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


class Problems:
    """Collects what is wrong while files are read, so that everything is reported at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def error(self, place: Place, code: str, *, zh: str, en: str) -> None:
        self.found.append(Problem(place=place, code=code, message=Text(zh=zh, en=en)))

    def warning(self, place: Place, code: str, *, zh: str, en: str) -> None:
        self.found.append(Problem(place=place, code=code, message=Text(zh=zh, en=en), severity="warning"))

    def note(self, place: Place, code: str, *, zh: str, en: str) -> None:
        self.found.append(Problem(place=place, code=code, message=Text(zh=zh, en=en), severity="note"))

    def extend(self, problems: Iterable[Problem]) -> None:
        self.found.extend(problems)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.found)

    def in_order(self) -> tuple[Problem, ...]:
        """Sorted by place, each once (an alias is read wherever it is used)."""
        return tuple(sorted(dict.fromkeys(self.found), key=lambda problem: (problem.place, problem.code)))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that the author probably meant."""
    cutoff = 0.6 if word.isascii() else 0.5  # of two Chinese characters one is half of the word
    close = get_close_matches(word, tuple(known), n=1, cutoff=cutoff)
    return close[0] if close else None


def called(word: str, known: Iterable[str], labels: Mapping[str, Text]) -> str | None:
    """The known name that people call so, in one language or the other."""
    said = nfkc(word).casefold()
    return next((name for name in known if name in labels and said in _spoken(labels[name])), None)


def _spoken(label: Text) -> tuple[str, str]:
    return nfkc(label.zh).casefold(), nfkc(label.en).casefold()


def guess(word: str, known: Iterable[str], *, listed: int = 12, labels: Mapping[str, Text] = NO_LABELS) -> Text:
    """The end of an "unknown name" message: the nearest name, else all there are if they are few; begins with ";".

    `labels` are what people call the names: who writes a label means its name.
    """
    names = tuple(known)
    meant = called(word, names, labels) or nearest(word, names)
    if meant is not None:
        return Text(zh=f"；是否应为 {meant}？", en=f"; did you mean {meant}?")
    if names and len(names) <= listed:
        return Text(zh=f"；可用：{'、'.join(names)}", en=f"; known: {', '.join(names)}")
    return Text(zh="", en="")
