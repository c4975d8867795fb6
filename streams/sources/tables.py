"""Which reader a table has, by the name of its file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams.errors import UnreadableSource
from streams.sources.csv_table import CsvTable
from streams.sources.excel_table import WORKBOOKS, ExcelTable
from streams.sources.mapping import CsvOptions
from streams.sources.ocel_log import OcelLog
from streams.sources.ocel_reading import LOGS
from streams.sources.parquet_table import ParquetTable
from streams.sources.table import Table, table_suffix
from streams.sources.xes_log import XesLog

DELIMITERS: Final[Mapping[str, str]] = {".csv": ",", ".txt": ",", ".tsv": "\t"}


def open_table(path: Path, options: CsvOptions, *, sheet: str | None = None, object_type: str | None = None) -> Table:
    """Raises UnreadableSource."""
    suffix = table_suffix(path)
    try:
        if suffix in DELIMITERS:
            return CsvTable(path, options, options.delimiter or DELIMITERS[suffix])
        if suffix == ".parquet":
            return ParquetTable(path)
        if suffix in WORKBOOKS:
            return ExcelTable(path, sheet, options.decimal)
        if suffix == ".xes":
            return XesLog(path)
        if suffix in LOGS:
            return OcelLog(path, object_type)
    except OSError as error:
        said = error.strerror or error
        raise UnreadableSource(f"{path.name}: cannot be read: {said}", f"{path.name}：无法读取：{said}") from None
    raise UnreadableSource(
        f"{path.name}: no kind of table that is read; expected .csv, .tsv, .xlsx, .parquet, .xes, each also .gz, "
        "or an OCEL 2.0 log as .sqlite or .json",
        f"{path.name}：不支持这种表格；应为 .csv、.tsv、.xlsx、.parquet、.xes（也可加 .gz），"
        "或 OCEL 2.0 日志 .sqlite、.json",
    )
