"""Entries of files back to YAML that can be pasted: scalars as they were written, comments left out."""

from collections.abc import Iterable
from typing import Final

import yaml

from rules.files.document import Items, Leaf, Map, Node

_WIDTH: Final = 100  # what is longer does not stand on one line
_NEVER: Final = 1_000_000  # no text is broken


def to_yaml(key: str, entries: Iterable[Map]) -> str:
    """`KEY:` and below it a list of entries."""
    listed = _sequence([_block(entry) for entry in entries], flow=False)
    root = _mapping([(_plain(key), listed)], flow=False)
    return str(yaml.serialize(root, Dumper=_Dumper, allow_unicode=True, width=_NEVER))


class _Dumper(yaml.dumper.BaseDumper):
    """Writes scalars as their nodes say, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _block(node: Node) -> yaml.Node:
    match node:
        case Leaf():
            return _leaf(node)
        case Items(nodes=nodes):
            short = _length(node) <= _WIDTH and all(isinstance(one, Leaf) for one in nodes)
            return _flow(node) if short else _sequence([_below(one) for one in nodes], flow=False)
        case Map():
            return _mapping([(_plain(key), _below(one)) for key, one in node.items()], flow=False)


def _below(node: Node) -> yaml.Node:
    """What stands below a key or in a list: a map on one line, if it is short."""
    return _flow(node) if isinstance(node, Map) and _length(node) <= _WIDTH else _block(node)


def _flow(node: Node) -> yaml.Node:
    match node:
        case Leaf():
            return _leaf(node)
        case Items(nodes=nodes):
            return _sequence([_flow(one) for one in nodes], flow=True)
        case Map():
            return _mapping([(_plain(key), _flow(one)) for key, one in node.items()], flow=True)


def _length(node: Node) -> int:
    match node:
        case Leaf(raw=raw):
            return len(raw) + 2
        case Items(nodes=nodes):
            return sum(map(_length, nodes)) + 2
        case Map():
            return sum(len(key) + 2 + _length(one) for key, one in node.items()) + 2


def _leaf(leaf: Leaf) -> yaml.Node:
    return _plain("null") if leaf.empty else _plain(leaf.raw, style=leaf.style)


def _plain(text: str, *, style: str | None = None) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


def _sequence(nodes: list[yaml.Node], *, flow: bool) -> yaml.Node:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=flow)


def _mapping(entries: list[tuple[yaml.Node, yaml.Node]], *, flow: bool) -> yaml.Node:
    return yaml.MappingNode("tag:yaml.org,2002:map", entries, flow_style=flow)
