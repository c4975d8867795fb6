"""A foreign table, read through its mapping."""

from collections.abc import Iterator
from pathlib import Path

from streams.decoding import DEFAULT_SKEW
from streams.errors import UnreadableSource
from streams.event import Event, Refusal
from streams.instants import Micros
from streams.model import Model
from streams.sources.mapping import Long, TableMapping, Wide
from streams.sources.mapping_joined import joined_files
from streams.sources.mapping_long import LongRows
from streams.sources.mapping_report import MappingReport
from streams.sources.mapping_wide import WideRows
from streams.sources.table import BadRow, Table, require_columns
from streams.sources.tables import open_table


class MappedTable:
    """Opening it raises UnreadableSource where the file or a column is not there, or a key is a float."""

    def __init__(self, path: Path, mapping: TableMapping, model: Model, *, skew: Micros = DEFAULT_SKEW) -> None:
        self._table: Table = open_table(path, mapping.csv, sheet=mapping.sheet, object_type=mapping.object_type)
        self._columns = mapping.columns()
        require_columns(self._table, self._columns)
        floats = [name for name in mapping.key_columns() if name in self._table.floats]
        if floats:
            raise UnreadableSource(
                f"{path.name}: the key cannot be made of {', '.join(floats)}, a column of floats: "
                "1.0 and 1 would be two keys; store it as an integer or as text",
                f"{path.name}：浮点列 {', '.join(floats)} 不能作为键：1.0 和 1 会成为两个键；请存为整数或文本",
            )
        file, decimal, joined = self._table.file, self._table.decimal, joined_files(mapping)
        self._rows: WideRows | LongRows
        match mapping.rows:
            case Wide() as wide:
                self._rows = WideRows(mapping, wide, model, file=file, decimal=decimal, joined=joined)
            case Long() as long:
                self._rows = LongRows(mapping, long, model, file=file, decimal=decimal, skew=skew, joined=joined)

    @property
    def source(self) -> str:
        return self._rows.source

    @property
    def report(self) -> MappingReport:
        """Complete when all events have been read."""
        return self._rows.report

    def events(self) -> Iterator[Event | Refusal]:
        """Raises UnreadableSource where the file breaks off or is not in its encoding."""
        yield from self._rows.load_joined()
        for number, row in enumerate(self._table.rows(self._columns), start=1):
            self.report.rows += 1
            if isinstance(row, BadRow):
                yield self._rows.row_refusal(number, "wrong_row", row.reason, row.raw)
            else:
                yield from self._rows.take(number, row)
        yield from self._rows.finish()
