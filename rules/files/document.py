"""Reading the workspace's YAML: YAML 1.2 with every position kept and every problem collected, never raised."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import yaml

from rules.errors import Place, Problems
from rules.files.nodes import (
    Data,
    Entry,
    Items,
    Leaf,
    Map,
    Node,
    Source,
    as_boolean,
    as_data,
    as_integer,
    as_items,
    as_leaf,
    as_leaves,
    as_map,
    as_one_of,
    as_text,
    wrong,
)
from rules.files.positions import Lines
from rules.files.yaml_errors import explain

__all__ = [
    "Data",
    "Entry",
    "Items",
    "Leaf",
    "Map",
    "Node",
    "Source",
    "as_boolean",
    "as_data",
    "as_integer",
    "as_items",
    "as_leaf",
    "as_leaves",
    "as_map",
    "as_one_of",
    "as_text",
    "read_file",
    "read_text",
    "wrong",
]

# Only its events are used: what a plain scalar means is decided in rules.files.nodes, by the core schema of YAML 1.2.
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MOST_DEPTH: Final = 100


def read_text(text: str, file: str, problems: Problems) -> Map | None:
    """The map that a YAML text is; `file` is how places name it. An empty text is an empty map."""
    source = Source(file=file, lines=Lines(text), problems=problems)
    try:
        root = _Builder(source, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        place, told = explain(error, source.lines, file)
        problems.error(place, "not_yaml", zh=f"不是有效的 YAML：{told.zh}", en=f"not valid YAML: {told.en}")
        return None
    except (yaml.YAMLError, UnicodeEncodeError) as error:  # characters that YAML does not allow
        said = str(getattr(error, "reason", "the text cannot be read"))
        problems.error(source.place(0), "not_yaml", zh=f"不是有效的 YAML：{said}", en=f"not valid YAML: {said}")
        return None
    return None if root is None else as_map(root)


def read_file(path: Path, file: str, problems: Problems) -> Map | None:
    """The map that a YAML file holds; None, with a problem, where it cannot be read."""
    start = Place(file=file, line=1, column=1)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.error(
            start,
            "not_utf8",
            zh="文件不是 UTF-8 编码；请用编辑器另存为 UTF-8",
            en="the file is not UTF-8: save it as UTF-8",
        )
        return None
    except OSError as error:
        said = error.strerror or type(error).__name__
        problems.error(start, "no_file", zh=f"无法读取文件：{said}", en=f"the file cannot be read: {said}")
        return None
    return read_text(text, file, problems)


class _Refused(yaml.MarkedYAMLError):
    """What YAML has and these files do not."""

    def __init__(self, problem: str, event: yaml.Event) -> None:
        super().__init__(problem=problem, problem_mark=cast(yaml.Mark, event.start_mark))


class _Builder:
    """Parser events to nodes: an aliased node is built once, a node within itself is refused, and so is great depth."""

    def __init__(self, source: Source, events: Iterator[yaml.Event]) -> None:
        self._source = source
        self._events = events
        self._anchors: dict[str, Node | None] = {}  # None: not finished yet

    def document(self) -> Node | None:
        """The one document of the stream; a stream without one is an empty map."""
        next(self._events)  # the start of the stream
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            return Map(source=self._source, place=self._source.place(0))
        root = self._node(next(self._events), 0)
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise _Refused("expected a single document", following)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        if depth > _MOST_DEPTH:
            raise _Refused("nested too deeply", event)
        anchor: str | None = cast(yaml.NodeEvent, event).anchor
        if anchor is not None:
            self._anchors[anchor] = None
        node = self._built(event, depth)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _aliased(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            raise _Refused(f"found undefined alias {event.anchor}", event)
        node = self._anchors[event.anchor]
        if node is None:
            raise _Refused("an alias leads back to itself", event)
        return node

    def _built(self, event: yaml.Event, depth: int) -> Node:
        tag: str | None = cast(yaml.ScalarEvent, event).tag
        if tag is not None:
            raise _Refused(f"tags such as {tag} are not used here", event)
        if isinstance(event, yaml.ScalarEvent):
            return self._leaf(event)
        place = self._place(event)
        if isinstance(event, yaml.MappingStartEvent):
            return Map(source=self._source, place=place, entries=self._entries(depth))
        nodes: list[Node] = []
        while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
            nodes.append(self._node(item, depth + 1))
        return Items(source=self._source, place=place, nodes=tuple(nodes))

    def _leaf(self, event: yaml.ScalarEvent) -> Leaf:
        start, end = cast(yaml.Mark, event.start_mark), cast(yaml.Mark, event.end_mark)
        return Leaf(
            source=self._source,
            place=self._place(event),
            raw=event.value,
            style=event.style or None,
            start=start.index,
            end=end.index,
        )

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Leaf):
                self._source.problems.error(
                    key.place,
                    "key",
                    zh="键必须是文本；含 {{ }} 的文本要加引号",
                    en="a key must be a text; a text with {{ }} goes in quotes",
                )
            elif key.raw in entries:
                first = entries[key.raw].key.place.line
                self._source.problems.error(
                    key.place,
                    "duplicate_key",
                    zh=f"键 {key.raw} 重复，第 {first} 行已有",
                    en=f"duplicate key {key.raw}, already on line {first}",
                )
            else:
                entries[key.raw] = Entry(key=key, node=value)
        return entries

    def _place(self, event: yaml.Event) -> Place:
        mark = cast(yaml.Mark, event.start_mark)
        width = 1
        if isinstance(event, yaml.ScalarEvent):
            end = cast(yaml.Mark, event.end_mark)
            width = max(1, end.column - mark.column) if end.line == mark.line else 1
        return Place(file=self._source.file, line=mark.line + 1, column=mark.column + 1, width=width)
