"""Mapping files (mappings.md): YAML to the values of streams/sources/mapping.py, every error located and collected."""

import codecs
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rules.errors import Problems, guess
from rules.files.document import Leaf, Map, Node, as_leaf, as_leaves, as_map, read_file, wrong
from rules.files.zones import read_zone
from simulator import mapping_keys
from simulator.mapping_cell import CellReader
from simulator.mapping_tables import column_or_template, read_tables, table_names
from streams.decoding import known_type
from streams.model import Field, FieldType, Kind, Model
from streams.sources.mapping import (
    ANY,
    IGNORE,
    Cell,
    Constant,
    CsvOptions,
    Key,
    KeySplit,
    Long,
    Mappings,
    NodeTime,
    Setting,
    TableMapping,
    Wide,
    key_template,
)
from streams.text import nfc, nfkc

_UPDATED: Final = "updated"


def read_mapping_file(path: Path, model: Model, problems: Problems) -> TableMapping | Mappings | None:
    """What a file holds, one mapping or `maps`; None, with problems, where it cannot be used."""
    root = read_file(path, path.name, problems)
    return None if root is None else read_mappings(root, model, path.parent)


def read_mappings(root: Map, model: Model, folder: Path = Path()) -> TableMapping | Mappings | None:
    """`folder` is that of the file, which the files of its `tables` are relative to."""
    if "maps" not in root:
        return read_mapping(root, model, folder)
    _nothing_beside_maps(root)
    found = [_one_of_maps(node, model) for node in _maps(root)]
    maps = tuple(one for one in found if one is not None)
    return Mappings(maps=maps) if len(maps) == len(found) > 0 and not root.problems.has_errors else None


def _nothing_beside_maps(root: Map) -> None:
    root.only(*mapping_keys.FILE)
    for name in root.entries:
        if name != "maps" and name in mapping_keys.FILE:
            root.problems.error(
                root.key_place(name),
                "beside_maps",
                zh=f"有 maps 时，{name} 属于其中每个映射",
                en=f"beside `maps` there is nothing else: {name} belongs into each of them",
            )


def _maps(root: Map) -> Iterator[Map]:
    listed = root.list("maps", required=True)
    if listed is not None and not listed.nodes:
        wrong(listed, zh="至少一个映射", en="at least one mapping")
    for node in () if listed is None else listed.nodes:
        one = as_map(node)
        if one is not None:
            yield one


def _one_of_maps(root: Map, model: Model) -> TableMapping | None:
    root.get("file", required=True)
    return read_mapping(root, model)


def read_mapping(root: Map, model: Model, folder: Path = Path()) -> TableMapping | None:
    before = _errors(root)
    format_ = root.one_of("format", tuple(mapping_keys.OF_FORMAT), required=True)
    _check_keys(root, format_)
    kind = _kind(root, model)
    key = _key(root)
    if kind is None or format_ is None:
        return None
    cells = CellReader(wide=format_ == "wide", tables=table_names(root))
    rows = _wide(root, kind, cells) if format_ == "wide" else _long(root, kind, cells)
    zone = root.leaf("zone")
    recorded_at = root.get("recorded_at")
    mapping = TableMapping(
        kind=kind.name,
        key=key or key_template(""),
        rows=rows,
        source=root.string("source"),
        zone=None if zone is None else read_zone(zone),
        due=_settings(root, "due", cells, _promises(kind)),
        fields=_settings(root, "fields", cells, kind.fields),
        recorded_at=None if recorded_at is None else cells.cell(recorded_at, _instant("recorded_at")),
        missing=frozenset(_missing(root)),
        csv=_csv(root),
        file=root.string("file"),
        sheet=root.string("sheet"),
        object_type=root.string("object_type") if format_ == "long" else None,
        tables=read_tables(root, kind),
        folder=folder,
    )
    _each_once(root, mapping)
    return mapping if _errors(root) == before else None


def _errors(root: Map) -> int:
    return sum(problem.severity == "error" for problem in root.problems.found)


def _each_once(root: Map, mapping: TableMapping) -> None:
    """A list of records is filled by a joined table or by a column, not by both."""
    for name, table in mapping.tables.items():
        if table.fields and nfkc(name) in mapping.fields:
            root.problems.error(
                root.key_place("tables"),
                "duplicate_key",
                zh=f"{name} 既在 tables 又在 fields 中",
                en=f"{name} is filled by `tables` and by `fields`: keep one",
            )


def _check_keys(root: Map, format_: str | None) -> None:
    other = {"wide": "long", "long": "wide"}.get(format_ or "")
    for name in mapping_keys.OF_FORMAT[other] if other else ():
        if name in root:
            root.problems.error(
                root.key_place(name),
                "wrong_format",
                zh=f"{name} 只用于 format: {other}",
                en=f"{name} goes with format: {other}",
            )
    root.only(*mapping_keys.MAPPING)


def _kind(root: Map, model: Model) -> Kind | None:
    leaf = root.leaf("kind", required=True)
    if leaf is None:
        return None
    kind = model.kinds.get(nfkc(leaf.raw))
    if kind is None:
        _unknown(leaf, "种类", "kind", model.kinds)
    return kind


def _key(root: Map) -> Key | None:
    node = root.get("key", required=True)
    if isinstance(node, Leaf):
        return column_or_template(node)
    if isinstance(node, Map):
        node.only(*mapping_keys.KEY)
        column = node.string("column", required=True)
        split = node.leaf("split", required=True)
        pattern = None if split is None else CellReader.pattern(split)
        if column is None or pattern is None:
            return None
        name = key_template("{" + column + "}").parts[0]
        return None if isinstance(name, str) else KeySplit(column=name, pattern=pattern)
    if node is not None:
        wrong(node, zh="列名、模板或 {column, split}", en="a column, a template or {column, split}")
    return None


def _wide(root: Map, kind: Kind, cells: CellReader) -> Wide:
    nodes: dict[str, Cell] = {}
    for name, node in _named(root, "nodes", kind.nodes, required=True):
        cell = cells.cell(node, _instant(name))
        if cell is not None:
            nodes[name] = cell
    written = root.entries.get("nodes")
    no_entries = written is not None and isinstance(written.node, Map) and not written.node.entries
    if written is not None and (no_entries or _all_derived(nodes)):
        wrong(written.node, zh="至少一个节点有自己的列", en="at least one node with a column of its own")
    return Wide(nodes=nodes)


def _all_derived(nodes: Mapping[str, Cell]) -> bool:
    return bool(nodes) and all(isinstance(cell.origin, NodeTime) for cell in nodes.values())


def _long(root: Map, kind: Kind, cells: CellReader) -> Long:
    type_node = root.get("type", required=True)
    occurred_node = root.get("occurred_at", required=True)
    nothing = Cell(origin=Constant(text=""))
    type_ = None if type_node is None else cells.type_cell(type_node)
    occurred_at = None if occurred_node is None else cells.cell(occurred_node, _instant("occurred_at"))
    types = _types(root, kind)
    if type_ is not None and type_node is not None and isinstance(type_.origin, Constant):
        text = nfkc(type_.origin.text)
        if text not in types and known_type(kind, text) is None:
            leaf = type_node.leaf("value") if isinstance(type_node, Map) else None
            if leaf is not None:
                _unknown(leaf, "事件类型", "event type", kind.reaches)
    return Long(type=type_ or nothing, occurred_at=occurred_at or nothing, types=types)


def _types(root: Map, kind: Kind) -> dict[str, str]:
    types: dict[str, str] = {}
    table = root.map("types")
    for entry in () if table is None else table.entries.values():
        leaf = as_leaf(entry.node)
        text = nfkc(entry.key.raw.strip())
        if leaf is None:
            continue
        if text in types:
            root.problems.error(
                entry.key.place, "duplicate_key", zh=f"类型 {text} 重复", en=f"the type {text} is there twice"
            )
        if text == ANY and leaf.raw not in (IGNORE, _UPDATED):
            wrong(leaf, zh="ignore 或 updated", en="ignore or updated")
            continue
        known = leaf.raw if leaf.raw == IGNORE else known_type(kind, nfkc(leaf.raw))
        if known is None:
            _unknown(leaf, "事件类型", "event type", (*kind.reaches, IGNORE))
        else:
            types[text] = known
    return types


def _settings(root: Map, key: str, cells: CellReader, known: Mapping[str, Field]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for name, node in _named(root, key, known):
        setting = cells.setting(node, known[name])
        if setting is not None:
            found[name] = setting
    return found


def _named(root: Map, key: str, known: Mapping[str, object], *, required: bool = False) -> Iterator[tuple[str, Node]]:
    """The entries of a map whose keys are names of the model."""
    table = root.map(key, required=required)
    seen: set[str] = set()
    for entry in () if table is None else table.entries.values():
        name = nfkc(entry.key.raw)
        if name not in known:
            _unknown(entry.key, "名称", "name", known)
        elif name in seen:
            root.problems.error(entry.key.place, "duplicate_key", zh=f"{name} 重复", en=f"{name} is there twice")
        else:
            seen.add(name)
            yield name, entry.node


def _promises(kind: Kind) -> dict[str, Field]:
    return {name: _instant(f"{name}.due") for name in kind.nodes}


def _missing(root: Map) -> Iterator[str]:
    node = root.get("missing")
    for leaf in () if node is None else as_leaves(node) or ():
        if leaf.empty:
            wrong(leaf, zh='带引号的文本，如 "NULL"', en='a text in quotes, such as "NULL"', code="unquoted_null")
        else:
            yield nfc(leaf.raw.strip())


def _csv(root: Map) -> CsvOptions:
    options = root.map("csv")
    if options is None:
        return CsvOptions()
    options.only(*mapping_keys.CSV)
    delimiter, encoding = options.leaf("delimiter"), options.leaf("encoding")
    decimal = options.one_of("decimal", (".", ","))
    if delimiter is not None and (len(delimiter.raw) != 1 or delimiter.raw in '"\r\n\0'):
        wrong(delimiter, zh='一个字符，如 ";" 或 "\\t"', en='one character, such as ";" or "\\t"')
        delimiter = None
    if encoding is not None and not _is_text_encoding(encoding.raw):
        wrong(encoding, zh="编码名，如 utf-8 或 gb18030", en="an encoding such as utf-8 or gb18030")
        encoding = None
    return CsvOptions(
        delimiter=None if delimiter is None else delimiter.raw,
        encoding="utf-8" if encoding is None else encoding.raw,
        decimal=decimal or ".",
    )


def _is_text_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError, UnicodeError):
        return False
    return True


def _instant(name: str) -> Field:
    return Field(name=name, type=FieldType.TIMESTAMP)


def _unknown(leaf: Leaf, zh: str, en: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    end = guess(leaf.raw, known)
    leaf.source.problems.error(
        leaf.place, "unknown_name", zh=f"未知的{zh} {leaf.raw}{end.zh}", en=f"unknown {en} {leaf.raw}{end.en}"
    )
