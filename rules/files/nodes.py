"""What YAML files are made of: nodes that know their place and report what is wrong with them.

A reading method that finds something else than it wants reports it to the collector of its file and returns None, so
that one pass over a file finds everything that is wrong in it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.errors import Place, Problems, guess, spanning
from rules.files.positions import Lines, offsets
from rules.files.spoken import SPOKEN
from streams.secret import Secret, read_secret
from streams.text import Text

# Plain scalars mean what the core schema of YAML 1.2 says: no dates, no clock times, no yes and no on.
_NULLS: Final = ("", "~", "null", "Null", "NULL")
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_MOST_DIGITS: Final = 300  # more is beyond any double, and Python refuses to write some thousands
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

Data = str | int | float | bool | None | Sequence["Data"] | Mapping[str, "Data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file being read."""

    file: str
    lines: Lines
    problems: Problems

    def place(self, index: int) -> Place:
        line, column = self.lines.position(index)
        return Place(file=self.file, line=line, column=column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A scalar: `raw` is its text; what it means depends on what is wanted, or on the core schema (`data`)."""

    source: Source
    place: Place
    raw: str
    style: str | None  # None: plain; ' " | > as written
    start: int
    end: int

    @property
    def empty(self) -> bool:
        """Nothing was written, or null."""
        return self.style is None and self.raw in _NULLS

    def locate(self, offset: int) -> Place:
        """The place in the file of a character of `raw`."""
        places = offsets(self.source.lines.text, self.start, self.end, self.style, self.raw)
        return self.source.place(places[max(0, min(offset, len(places) - 1))])

    def rest(self, offset: int) -> Place:
        """The place of a character of `raw` and all that follows it."""
        return spanning(self.locate(offset), self.locate(len(self.raw.rstrip()) - 1))

    def data(self) -> str | int | float | bool | None:
        """By the core schema: null, true, false, numbers (an int where written as one), else text."""
        if self.style is not None:
            return self.raw
        if self.raw in _NULLS:
            return None
        if self.raw in _BOOLEANS:
            return _BOOLEANS[self.raw]
        if _INTEGER.fullmatch(self.raw) and len(self.raw) <= _MOST_DIGITS:
            return int(self.raw, 0) if self.raw[:2] in ("0o", "0x") else int(self.raw)
        return float(self.raw) if _FLOAT.fullmatch(self.raw) else self.raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A sequence."""

    source: Source
    place: Place
    nodes: tuple["Node", ...]

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key of a map and what it leads to."""

    key: Leaf
    node: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A mapping with text keys. Every reading method takes `required`: then an absent key is an error too."""

    source: Source
    place: Place
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    @property
    def problems(self) -> Problems:
        return self.source.problems

    def items(self) -> Iterator[tuple[str, "Node"]]:
        return ((key, entry.node) for key, entry in self.entries.items())

    def place_of(self, key: str) -> Place:
        """Of the key's value; of the map where the key is absent."""
        entry = self.entries.get(key)
        return self.place if entry is None else entry.node.place

    def key_place(self, key: str) -> Place:
        """Of the key itself; of the map where it is absent."""
        entry = self.entries.get(key)
        return self.place if entry is None else entry.key.place

    def only(self, *known: str) -> None:
        """Report every key that is not one of these, with the nearest of them."""
        for key, entry in self.entries.items():
            if key not in known:
                end = guess(key, known, labels=SPOKEN)
                self.problems.error(
                    entry.key.place, "unknown_key", zh=f"未知的键 {key}{end.zh}", en=f"unknown key {key}{end.en}"
                )

    def get(self, key: str, *, required: bool = False) -> "Node | None":
        """The key's node; an empty value counts as a slip and is reported."""
        entry = self.entries.get(key)
        if entry is None:
            if required:
                self.problems.error(self.place, "missing_key", zh=f"缺少键 {key}", en=f"the key {key} is missing")
            return None
        if isinstance(entry.node, Leaf) and entry.node.empty:
            self.problems.error(entry.key.place, "empty_value", zh=f"键 {key} 没有值", en=f"the key {key} has no value")
            return None
        return entry.node

    def leaf(self, key: str, *, required: bool = False) -> Leaf | None:
        """A scalar with its positions: for expressions, durations and other little languages."""
        node = self.get(key, required=required)
        return None if node is None else as_leaf(node)

    def string(self, key: str, *, required: bool = False) -> str | None:
        leaf = self.leaf(key, required=required)
        return None if leaf is None else leaf.raw

    def text(self, key: str, *, required: bool = False) -> Text | None:
        node = self.get(key, required=required)
        return None if node is None else as_text(node)

    def boolean(self, key: str, *, required: bool = False) -> bool | None:
        node = self.get(key, required=required)
        return None if node is None else as_boolean(node)

    def integer(self, key: str, *, required: bool = False) -> int | None:
        node = self.get(key, required=required)
        return None if node is None else as_integer(node)

    def one_of(self, key: str, words: Collection[str], *, required: bool = False) -> str | None:
        node = self.get(key, required=required)
        return None if node is None else as_one_of(node, words)

    def strings(self, key: str, *, required: bool = False) -> tuple[Leaf, ...] | None:
        """A list of scalars, or one scalar for a list of one."""
        node = self.get(key, required=required)
        return None if node is None else as_leaves(node)

    def list(self, key: str, *, required: bool = False) -> Items | None:
        node = self.get(key, required=required)
        return None if node is None else as_items(node)

    def map(self, key: str, *, required: bool = False) -> "Map | None":
        """A map; here an empty value is an empty map (`nodes: {placed: , paid: }`)."""
        entry = self.entries.get(key)
        if entry is None:
            self.get(key, required=required)
            return None
        return as_map(entry.node)

    def maps(self, key: str, *, required: bool = False) -> Iterator[tuple[Leaf, "Map"]]:
        """The entries of a map of maps: `kinds: {order: {...}}`; the name comes with its place."""
        outer = self.map(key, required=required)
        for entry in () if outer is None else outer.entries.values():
            inner = as_map(entry.node)
            if inner is not None:
                yield entry.key, inner

    def secret(self, key: str, folder: Path, *, required: bool = False) -> Secret | None:
        """`env:NAME` or `file:PATH` from `folder` on; a value written into the file is refused without being shown."""
        leaf = self.leaf(key, required=required)
        secret = None if leaf is None else read_secret(leaf.raw, folder, str(leaf.place))
        if leaf is not None and secret is None:
            self.problems.error(
                leaf.place,
                "secret_in_file",
                zh=f"{key} 是机密，请写成 env:变量名 或 file:路径，不要写在文件里",
                en=f"{key} is a secret: write env:NAME or file:PATH, never the value itself",
            )
        return secret


Node = Leaf | Items | Map


def wrong(node: Node, *, zh: str, en: str, code: str = "wrong_value") -> None:
    """Report that a node is not what is wanted: "expected ..., found ..."."""
    match node:
        case Leaf(raw=raw):
            shown = raw if len(raw) <= 40 else raw[:40] + "..."
            found = Text(zh=f"“{shown}”", en=f'"{shown}"')
        case Items():
            found = Text(zh="列表", en="a list")
        case Map():
            found = Text(zh="映射", en="a map")
    node.source.problems.error(node.place, code, zh=f"应为{zh}，实为{found.zh}", en=f"expected {en}, found {found.en}")


def as_leaf(node: Node) -> Leaf | None:
    if isinstance(node, Leaf):
        return node
    wrong(node, zh="文本", en="a text")
    return None


def as_text(node: Node) -> Text | None:
    """A string for both languages, or `{zh: ..., en: ...}`; one of the two alone stands for both."""
    if isinstance(node, Leaf):
        return Text.plain(node.raw)
    if isinstance(node, Items):
        wrong(node, zh="文本或 {zh: ..., en: ...}", en="a text or {zh: ..., en: ...}")
        return None
    texts: dict[str, str] = {}
    last: str | None = None
    for key, entry in node.entries.items():
        if key in ("zh", "en"):
            text = node.string(key)
            last = None if text is None else key
            if text is not None:
                texts[key] = text
        elif last is not None and isinstance(entry.node, Leaf) and entry.node.empty:
            # {zh: ..., en: Paid, not shipped}: to YAML what follows the comma is a key without a value
            texts[last] += f", {entry.key.raw}"
        else:
            node.only("zh", "en")
            return None
    zh, en = texts.get("zh"), texts.get("en")
    if zh is None and en is None:
        if not node.entries:
            wrong(node, zh="文本或 {zh: ..., en: ...}", en="a text or {zh: ..., en: ...}")
        return None
    return Text(zh=zh if zh is not None else en or "", en=en if en is not None else zh or "")


def as_boolean(node: Node) -> bool | None:
    value = node.data() if isinstance(node, Leaf) else None
    if isinstance(value, bool):
        return value
    wrong(node, zh="不带引号的 true 或 false", en="true or false, without quotes")
    return None


def as_integer(node: Node) -> int | None:
    value = node.data() if isinstance(node, Leaf) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    wrong(node, zh="整数", en="a whole number")
    return None


def as_one_of(node: Node, words: Collection[str]) -> str | None:
    if isinstance(node, Leaf):
        if node.raw in words:
            return node.raw
        end = guess(node.raw, words, labels=SPOKEN)
        node.source.problems.error(
            node.place, "unknown_word", zh=f"未知的值 {node.raw}{end.zh}", en=f"unknown value {node.raw}{end.en}"
        )
        return None
    wrong(node, zh="、".join(words) + " 之一", en="one of " + ", ".join(words))
    return None


def as_items(node: Node) -> Items | None:
    if isinstance(node, Items):
        return node
    wrong(node, zh="列表", en="a list")
    return None


def as_leaves(node: Node) -> tuple[Leaf, ...] | None:
    if isinstance(node, Leaf):
        return (node,)
    items = as_items(node)
    if items is None:
        return None
    return tuple(leaf for leaf in map(as_leaf, items) if leaf is not None)


def as_map(node: Node) -> Map | None:
    if isinstance(node, Map):
        return node
    if isinstance(node, Leaf) and node.empty:
        return Map(source=node.source, place=node.place)
    wrong(node, zh="映射（键: 值）", en="a map (key: value)")
    return None


def as_data(node: Node) -> Data:
    """A node as plain data by the core schema, such as the data of an event in a test."""
    match node:
        case Leaf():
            return node.data()
        case Items():
            return tuple(as_data(item) for item in node)
        case Map():
            return {key: as_data(item) for key, item in node.items()}
