"""The part `tables` of a mapping file: other files whose rows are joined by a key."""

from rules.errors import guess
from rules.files.document import Leaf, Map, Node, as_map, wrong
from simulator import mapping_keys
from simulator.mapping_cell import CellReader
from streams.model import Field, FieldType, Kind
from streams.sources.mapping import Cell, Column, JoinedTable, KeyTemplate, key_template
from streams.text import nfc, nfkc


def read_tables(root: Map, kind: Kind) -> dict[str, JoinedTable]:
    found: dict[str, JoinedTable] = {}
    tables = root.map("tables")
    for entry in () if tables is None else tables.entries.values():
        name = nfc(entry.key.raw.strip())
        node = as_map(entry.node)
        table = None if node is None else _table(node, name, kind)
        if table is not None:
            found[name] = table
    return found


def table_names(root: Map) -> tuple[str, ...]:
    """Before anything else is read: TABLE.COLUMN is a column of a table only where there is such a table."""
    entry = root.entries.get("tables")
    return tuple(nfc(name.strip()) for name in entry.node.entries) if entry and isinstance(entry.node, Map) else ()


def _table(node: Map, name: str, kind: Kind) -> JoinedTable | None:
    node.only(*mapping_keys.TABLE)
    file = node.string("file", required=True)
    key = column_or_template(node.get("key", required=True))
    by = column_or_template(node.get("by"))
    fields = _fields(node, kind.fields.get(nfkc(name)))
    if file is None or key is None:
        return None
    return JoinedTable(file=file, key=key, by=by, fields=fields, sheet=node.string("sheet"))


def column_or_template(node: Node | None) -> KeyTemplate | None:
    if node is None:
        return None
    template = key_template(node.raw) if isinstance(node, Leaf) and not node.empty else None
    if template is None or not any(isinstance(part, Column) for part in template.parts) or _derived(template):
        wrong(node, zh="列名，或如 {列}-{列} 的模板", en="a column or a template such as {A}-{B}")
        return None
    return template


def _derived(template: KeyTemplate) -> bool:
    return template.parts[0] in (Column(name="@first"), Column(name="@last"))


def _fields(node: Map, records: Field | None) -> dict[str, Cell]:
    """The columns of the model's records; where the model has no such field, they are of no use, and that is said."""
    fields = node.map("fields")
    if fields is None:
        return {}
    if records is None or records.type is not FieldType.RECORDS:
        node.problems.warning(
            node.key_place("fields"),
            "unused_fields",
            zh="模型没有同名的记录列表字段，这些 fields 不起作用",
            en="the model has no list-of-records field of this table's name, so that these fields say nothing",
        )
        return {}
    cells = CellReader(wide=False)
    found: dict[str, Cell] = {}
    for entry in fields.entries.values():
        column = nfkc(entry.key.raw)
        if column not in records.columns:
            end = guess(column, records.columns)
            node.problems.error(
                entry.key.place,
                "unknown_name",
                zh=f"{records.name} 没有列 {column}{end.zh}",
                en=f"{records.name} has no column {column}{end.en}",
            )
            continue
        cell = cells.cell(entry.node, Field(name=column, type=records.columns[column]))
        if cell is not None:
            found[column] = cell
    return found
