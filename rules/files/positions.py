"""Where the characters of a YAML scalar's value stand in the file: through folding, quotes, escapes and indentation."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

# YAML 1.1 scanners (libyaml) end lines at these; the marks count lines in the same way.
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)*")
_BLANKS: Final = " \t"
_ESCAPE_LENGTH: Final = {"x": 4, "u": 6, "U": 10}


class Lines:
    """The lines of a text: indexes to (line, column), both from 1, and back."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def index(self, line: int, column: int) -> int:
        """Of a line and column counted from 0, as YAML marks count."""
        return min(self._starts[min(line, len(self._starts) - 1)] + column, len(self.text))

    def position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its break; empty beyond the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n\x85\u2028\u2029")


@lru_cache(maxsize=16)  # a long text with many mistakes is asked for each of them
def offsets(source: str, start: int, end: int, style: str | None, value: str) -> Sequence[int]:
    """For every character of `value`, and its end, the index in `source` of what it was read from.

    `start` and `end` delimit the scalar in the source, its properties and quotes included; `style` is PyYAML's.
    """
    found = _PROPERTIES.match(source, start)
    start = found.end() if found is not None else start
    if style in ("|", ">"):
        places = _block(source, start, end, value)
    else:
        quote = style in ("'", '"')
        if value and source[start + quote : end - quote] == value:  # nothing is escaped or folded, as nearly always
            return range(start + quote, end - quote + 1)
        places = _flow(source, start + quote, end - quote, style, value)
    places.extend([places[-1] if places else start] * (len(value) - len(places)))
    places.append(places[-1] + 1 if places else start)
    return places


def _flow(source: str, index: int, end: int, style: str | None, value: str) -> list[int]:
    """Plain and quoted scalars: a run of blanks with a line break in it became one blank, or its further breaks."""
    places: list[int] = []
    while index < end and len(places) < len(value):
        char = source[index]
        if char in _BLANKS or _BREAK.match(char):
            index = _fold(source, index, end, value, places)
        elif style == '"' and char == "\\":
            index = _escape(source, index, end, places)
        elif style == "'" and char == "'":
            places.append(index)
            index += 2
        else:
            places.append(index)
            index += 1
    return places


def _fold(source: str, index: int, end: int, value: str, places: list[int]) -> int:
    after = index
    while after < end and (source[after] in _BLANKS or _BREAK.match(source[after])):
        after += 1
    breaks = len(_BREAK.findall(source, index, after))
    if breaks == 0:
        places.extend(range(index, after))
    else:
        places.extend([index] * max(1, breaks - 1))
    return after


def _escape(source: str, index: int, end: int, places: list[int]) -> int:
    following = source[index + 1] if index + 1 < end else ""
    if _BREAK.match(following):  # an escaped line break joins two lines without a blank
        index += 2
        while index < end and (source[index] in _BLANKS or _BREAK.match(source[index])):
            index += 1
        return index
    places.append(index)
    return index + _ESCAPE_LENGTH.get(following, 2)


def _block(source: str, start: int, end: int, value: str) -> list[int]:
    """Literal and folded scalars: lines without their indentation, broken or joined."""
    header = _BREAK.search(source, start)
    if header is None:
        return []
    indent = _leading(source[header.end() : end]) - _leading(value)
    places: list[int] = []
    index = header.end()
    while index < end and len(places) < len(value):
        found = _BREAK.search(source, index, end)
        line_end, following = (found.start(), found.end()) if found else (end, end)
        content = min(index + indent, line_end)
        length = min(line_end - content, len(value) - len(places))
        places.extend(range(content, content + length))
        at = len(places)
        if at < len(value) and (value[at] == "\n" or (value[at] == " " and not _deeper(source, following, indent))):
            places.append(line_end)
        index = following
    return places


def _deeper(source: str, index: int, indent: int) -> bool:
    return source[index + indent : index + indent + 1] in (" ", "\t")


def _leading(text: str) -> int:
    """The blanks that its first line with content begins with."""
    for line in _BREAK.split(text):
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return 0
