"""Sheets of Excel workbooks as tables, read by calamine."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from streams.errors import UnreadableSource
from streams.sources.table import BadRow, Row, check_size, read_whole
from streams.text import nfc

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xls"})

_MOST_DIGITS: Final = 10**15  # Excel keeps 15 digits of a number


class ExcelTable:
    """The first row that is not empty has the columns' names; further empty rows are no rows."""

    floats: frozenset[str] = frozenset()  # every number of Excel is one: whole ones give their digits

    def __init__(self, path: Path, sheet: str | None, decimal: str) -> None:
        self.file = path.name
        self.decimal = decimal  # of numbers that are stored as text
        try:
            book = _open(path)
            self.sheets = tuple(nfc(name) for name in book.sheet_names)
            self._rows = _filled(book.get_sheet_by_index(self._place(book, sheet)))
        except (CalamineError, zipfile.BadZipFile, NotImplementedError) as error:  # the last of zips from the future
            raise UnreadableSource(
                f"{self.file}: no Excel workbook that can be read: {error}", f"{self.file}：无法读取 Excel：{error}"
            ) from None
        header = next(self._rows, None)
        if header is None:
            raise UnreadableSource(
                f"{self.file}: the sheet is empty; expected a row with the columns' names",
                f"{self.file} 的工作表为空；第一行应为列名",
            )
        self.columns = tuple(nfc(str("" if name is None else name).strip()) for name in header)

    def _place(self, book: CalamineWorkbook, name: str | None) -> int:
        if name is None:
            return _first(book)
        if name not in self.sheets:
            raise UnreadableSource(
                f"{self.file}: there is no sheet {name}; the sheets are {', '.join(self.sheets)}",
                f"{self.file}：没有工作表 {name}；现有：{'、'.join(self.sheets)}",
            )
        return self.sheets.index(name)

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        places = [self.columns.index(name) for name in columns]
        for cells in self._rows:
            yield [cells[place] for place in places]


def _open(path: Path) -> CalamineWorkbook:
    data = read_whole(path)
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            check_size(path.name, sum(part.file_size for part in packed.infolist()))
    return CalamineWorkbook.from_filelike(io.BytesIO(data))


def _first(book: CalamineWorkbook) -> int:
    """The first sheet that people see when they open the workbook."""
    sheets = enumerate(book.sheets_metadata)
    seen = (
        place
        for place, sheet in sheets
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    )
    return next(seen, 0)


def _filled(sheet: CalamineSheet) -> Iterator[list[Any]]:
    for row in sheet.iter_rows():
        cells = [_cell(found) for found in row]
        if any(cell is not None for cell in cells):
            yield cells


def _cell(found: Any) -> Any:
    """None for an empty cell (and for one that holds an error, such as #N/A: calamine says nothing of it)."""
    match found:
        case str():
            return found if found.strip() else None
        case bool():
            return found
        case float() if found.is_integer() and abs(found) < _MOST_DIGITS:
            return int(found)
        case time() | timedelta():
            return str(found)
        case _:
            return found
