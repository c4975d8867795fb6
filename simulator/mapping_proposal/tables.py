"""The whole way from a file to a proposed mapping."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.mapping_proposal.csv_options import guess_csv
from simulator.mapping_proposal.finishing import columns_used, zone_doubt
from simulator.mapping_proposal.joins import with_joined
from simulator.mapping_proposal.logs import best_object_type, propose_ocel, propose_xes
from simulator.mapping_proposal.profiles import Sample, read_sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal
from simulator.mapping_proposal.proposing import propose
from streams.model import Model
from streams.sources.excel_table import ExcelTable
from streams.sources.mapping import CsvOptions
from streams.sources.ocel_reading import LOGS, read_log
from streams.sources.table import table_suffix
from streams.sources.tables import DELIMITERS, open_table
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody has said of the table; None: to be found, or the default."""

    kind: str | None = None
    sheet: str | None = None
    object_type: str | None = None
    zone: str | None = None
    join: tuple[Path, ...] = ()  # other files whose rows belong to its rows


def propose_mapping(
    path: Path, model: Model, wanted: Wanted, *, day: str, folder: Path | None = None
) -> Proposal | NoProposal:
    """`day` is the file's own, for rows that say nothing of when; `folder` that of the mapping, else the table's.

    Raises UnreadableSource.
    """
    kind, sheet, object_type = wanted.kind, wanted.sheet, wanted.object_type
    suffix = table_suffix(path)
    csv = guess_csv(path) if suffix in DELIMITERS else CsvOptions()
    if suffix in LOGS and object_type is None:
        object_type = best_object_type(read_log(path, None).types, model, kind)
    table = open_table(path, csv, sheet=sheet, object_type=object_type)
    sample = read_sample(table)
    found: Proposal | NoProposal
    if suffix == ".xes":
        found = propose_xes(sample, model, kind=kind)
    elif object_type is not None:
        found = propose_ocel(sample, model, object_type, kind=kind)
    else:
        found = propose(sample, model, kind=kind, day=day)
    if isinstance(found, NoProposal):
        return found
    for other in wanted.join:
        file = os.path.relpath(other, path.parent if folder is None else folder)
        found = with_joined(found, model.kinds[found.kind], sample, _joined_sample(other, csv), file)
    if found.format == "wide":
        found = replace(found, doubts=(*found.doubts, *_never_reached(found, sample)))
    about_zone = zone_doubt(found, sample, model.zone) if wanted.zone is None else ()
    about_sheets = _sheets_doubt(table.sheets) if isinstance(table, ExcelTable) and sheet is None else ()
    return replace(
        found,
        sheet=sheet,
        zone=wanted.zone,
        csv=replace(csv, decimal=found.csv.decimal),
        doubts=(*found.doubts, *about_zone, *about_sheets),
    )


def _joined_sample(path: Path, csv: CsvOptions) -> Sample:
    """The mapping's `csv` holds for joined files too."""
    return read_sample(open_table(path, csv))


def _never_reached(proposal: Proposal, sample: Sample) -> Iterator[Text]:
    """Nodes that are promised, though no column says when they are reached: every promise would be missed."""
    used = columns_used(proposal)
    free = ", ".join(one.name for one in sample.columns if one.times is not None and one.name not in used)
    for node, cell in proposal.due.items():
        if node not in proposal.nodes:
            yield Text(
                zh=f"{cell.column} 承诺了 {node}，但没有列说明何时到达：所有承诺都会算作未到。"
                + (f"如果是 {free} 之一，请加到 nodes 下" if free else "请删去这个承诺，或补上数据"),
                en=f"{cell.column} promises {node}, and no column says when it was reached: all would be missed. "
                + (f"If it is one of {free}, add it under nodes" if free else "Take the promise out, or add the data"),
            )


def _sheets_doubt(sheets: tuple[str, ...]) -> tuple[Text, ...]:
    if len(sheets) < 2:
        return ()
    names = ", ".join(sheets)
    return (
        Text(
            zh=f"工作簿有多个工作表（{names}）：只读第一个；要读别的，请用 --sheet",
            en=f"the workbook has several sheets ({names}): the first is read; for another use --sheet",
        ),
    )
