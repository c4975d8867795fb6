"""The cells of a mapping file: `Column`, `"@last"`, or `{column: ..., as: ..., values: ..., match: ..., only: ...}`."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast, get_args

from rules.files.document import Items, Leaf, Map, Node, as_leaf, as_leaves, wrong
from rules.files.shapes import Keys
from simulator.mapping_keys import CELL, SETTING
from streams.errors import BadValue
from streams.model import Field, FieldType
from streams.sources.mapping import (
    As,
    Cell,
    Column,
    Constant,
    Joined,
    NodeTime,
    Origin,
    Setting,
    Take,
    TimeFormat,
    joined_column,
    key_template,
)
from streams.text import nfc
from streams.values import number

_WORDS: Final = ("date", "end_of_day", "unix_s", "unix_ms")
_NODE_TIMES: Final = {"@first": NodeTime(last=False), "@last": NodeTime(last=True)}
_PROBE: Final = datetime(2001, 2, 3, 4, 5, 6, 789)

Scalar = str | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReader:
    """Reads cells of a wide or a long mapping; what is wrong goes to the file's problems."""

    wide: bool
    tables: Collection[str] = ()  # names of joined tables

    def setting(self, node: Node, wanted: Field) -> Setting | None:
        """A field or a promise, which may say `at: last`."""
        cell = self.cell(node, wanted, known=SETTING)
        at = node.one_of("at", ("first", "last")) if isinstance(node, Map) else None
        if at is not None and not self.wide and isinstance(node, Map):
            node.problems.error(
                node.key_place("at"), "wrong_format", zh="at 只用于 format: wide", en="at goes with format: wide"
            )
        return None if cell is None else Setting(cell=cell, at_last=at == "last")

    def type_cell(self, node: Node) -> Cell | None:
        """The type of a long table's events, which may be a template "{A}+{B}"."""
        if isinstance(node, Leaf):
            template = key_template(node.raw)
            if template.parts != (Column(name=nfc(node.raw.strip())),):
                return Cell(origin=template)
        return self.cell(node, Field(name="type", type=FieldType.STRING))

    def cell(self, node: Node, wanted: Field, *, known: Keys = CELL) -> Cell | None:
        match node:
            case Leaf(raw=raw):
                if node.empty or not raw.strip():
                    wrong(node, zh="列名", en="the name of a column")
                    return None
                origin = self._origin(node)
                return None if origin is None else self._checked(node, Cell(origin=origin), wanted)
            case Map():
                return self._map(node, wanted, known)
            case _:
                wrong(node, zh="列名或 {column: ...}", en="the name of a column, or {column: ...}")
                return None

    def _map(self, node: Map, wanted: Field, known: Keys) -> Cell | None:
        node.only(*known)
        constant = node.leaf("value")
        column = None if constant is not None else node.leaf("column", required=True)
        if constant is not None and "column" in node:
            wrong(constant, zh="column 或 value 之一", en="either column or value")
        origin: Origin | None = None
        if constant is not None:
            origin = Constant(text=constant.raw)
        elif column is not None:
            origin = self._taking(node, self._origin(column), wanted)
        match_ = node.leaf("match")
        as_ = node.get("as")
        cell = Cell(
            origin=origin or Constant(text=""),
            as_=None if as_ is None else self._as(as_, wanted),
            values=self._values(node, wanted),
            match=None if match_ is None else self.pattern(match_),
            only=self._only(node),
        )
        return None if origin is None else self._checked(node, cell, wanted)

    def _origin(self, leaf: Leaf) -> Origin | None:
        if leaf.raw not in _NODE_TIMES:
            name = nfc(leaf.raw.strip())
            return joined_column(name, self.tables) or Column(name=name)
        if not self.wide:
            leaf.source.problems.error(
                leaf.place,
                "wrong_format",
                zh=f"{leaf.raw} 只用于 format: wide",
                en=f"{leaf.raw} goes with format: wide",
            )
            return None
        return _NODE_TIMES[leaf.raw]

    def _taking(self, node: Map, origin: Origin | None, wanted: Field) -> Origin | None:
        """The origin with its `take`."""
        written = node.leaf("take")
        take = node.one_of("take", get_args(Take))
        if written is None or take is None:
            return origin
        if not isinstance(origin, Joined):
            tables = ", ".join(self.tables)
            wrong(
                written,
                zh=f"没有 take：它只用于 tables 中的 表.列（{tables or '此映射没有 tables'}）",
                en=f"no `take`: it goes with TABLE.COLUMN of `tables` ({tables or 'this mapping has none'})",
            )
            return origin
        if take in ("sum", "count") and wanted.type is not FieldType.NUMBER:
            wrong(
                written,
                zh=f"first、last、min 或 max（{wanted.name} 不是数字）",
                en=f"first, last, min or max: {wanted.name} is no number",
            )
        return replace(origin, take=cast(Take, take))

    def _checked(self, node: Node, cell: Cell, wanted: Field) -> Cell:
        if isinstance(cell.origin, NodeTime) and wanted.type is not FieldType.TIMESTAMP:
            wrong(node, zh=f"列名（{wanted.name} 不是时间）", en=f"a column ({wanted.name} is no timestamp)")
        if isinstance(cell.origin, NodeTime) and isinstance(cell.as_, TimeFormat):
            wrong(node, zh="没有格式：@first 和 @last 已是时刻", en="no format: @first and @last are instants already")
        return cell

    def _as(self, node: Node, wanted: Field) -> As | None:
        """A word, a strptime format, or both: `["%d/%m/%Y", end_of_day]`."""
        if wanted.type is not FieldType.TIMESTAMP:
            wrong(node, zh=f"没有 as（{wanted.name} 不是时间）", en=f"no `as`: {wanted.name} is no timestamp")
            return None
        match node:
            case Leaf(raw="date" | "end_of_day" | "unix_s" | "unix_ms" as word):
                return word
            case Leaf(raw=format_) if _is_format(format_):
                return TimeFormat(format=format_)
            case Items(nodes=(Leaf(raw=format_), Leaf(raw="date" | "end_of_day" as word))) if _is_format(format_):
                return TimeFormat(format=format_, day=word)
        words = ", ".join(_WORDS)
        wrong(
            node,
            zh=f'{words}、strptime 格式如 %d/%m/%Y，或 ["%d/%m/%Y", end_of_day]',
            en=f'{words}, a strptime format such as %d/%m/%Y, or ["%d/%m/%Y", end_of_day]',
        )
        return None

    def _values(self, node: Map, wanted: Field) -> dict[str, Scalar] | None:
        table = node.map("values")
        if table is None:
            return None
        values: dict[str, Scalar] = {}
        for entry in table.entries.values():
            leaf = as_leaf(entry.node)
            if leaf is not None and _fits(leaf, wanted):
                values[nfc(entry.key.raw.strip())] = _scalar(leaf, wanted)
        return values

    def _only(self, node: Map) -> dict[str, frozenset[str]]:
        only: dict[str, frozenset[str]] = {}
        table = node.map("only")
        for column, texts in () if table is None else table.items():
            leaves = as_leaves(texts) or ()
            for leaf in leaves:
                if leaf.empty:
                    wrong(leaf, zh='带引号的文本，"" 为空单元格', en='a text in quotes; "" is the empty cell')
            only[nfc(column.strip())] = frozenset(nfc(leaf.raw.strip()) for leaf in leaves)
        return only

    @staticmethod
    def pattern(leaf: Leaf) -> re.Pattern[str] | None:
        try:
            return re.compile(nfc(leaf.raw))
        except (re.error, RecursionError, OverflowError) as error:
            wrong(leaf, zh=f"正则表达式（{error}）", en=f"a regular expression ({error})")
            return None


def _is_format(format_: str) -> bool:
    if "%" not in format_:
        return False
    try:
        datetime.strptime(_PROBE.strftime(format_).replace("%z", ""), format_.replace("%z", ""))
    except (ValueError, re.error):
        return False
    return True


def _scalar(leaf: Leaf, wanted: Field) -> Scalar:
    if leaf.empty:
        return None
    if wanted.type in (FieldType.NUMBER, FieldType.BOOL):
        return leaf.data()
    return leaf.raw


def _fits(leaf: Leaf, wanted: Field) -> bool:
    """Whether a value of `values` is one of the field's type; an empty one is no value."""
    if leaf.empty:
        return True
    data = leaf.data()
    match wanted.type:
        case FieldType.NUMBER:
            try:
                number(data)
            except BadValue:
                wrong(leaf, zh=f"数字（{wanted.name}）", en=f"a number for {wanted.name}")
                return False
            return True
        case FieldType.BOOL:
            if not isinstance(data, bool):
                wrong(leaf, zh=f"true 或 false（{wanted.name}）", en=f"true or false for {wanted.name}")
                return False
            return True
        case FieldType.LIST | FieldType.RECORDS:
            wrong(leaf, zh=f"没有 values（{wanted.name} 是列表）", en=f"no `values`: {wanted.name} is a list")
            return False
        case _:
            return True
