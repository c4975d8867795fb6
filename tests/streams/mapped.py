"""Tables written by tests, read through a mapping written as in a file."""

import gzip
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from rules.errors import Problems
from rules.files.document import read_text
from simulator.mapping_file import read_mapping
from streams.event import Event, Refusal
from streams.instants import parse_instant, to_datetime
from streams.model import Model
from streams.sources.mapped_table import MappedTable
from streams.sources.mapping import TableMapping
from streams.sources.mapping_report import MappingReport
from tests.streams.models import model

MODEL = model()


def mapping(text: str, of: Model = MODEL, folder: Path = Path()) -> TableMapping:
    """The mapping of a text that has no errors; its joined files are in `folder`."""
    problems = Problems()
    root = read_text(text, "map.yaml", problems)
    found = None if root is None else read_mapping(root, of, folder)
    assert found is not None, problems.found
    assert problems.found == []
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    events: list[Event]
    refusals: list[Refusal]
    report: MappingReport

    def facts(self) -> list[tuple[str, str, str]]:
        """Key, type and occurred_at in the model's zone, in the order of the events."""
        return [(event.key, event.type, local(event.occurred_at)) for event in self.events]

    def listed(self) -> list[tuple[str, str, str]]:
        """Position, code and text of what was listed."""
        return [(refusal.position, refusal.code, refusal.raw) for refusal in self.refusals]


def local(instant: int) -> str:
    """As written in the model's zone: the day alone where it is its first instant."""
    return (to_datetime(instant) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")


def at(text: str) -> int:
    return parse_instant(text, MODEL.zone)


def read(path: Path, text: str) -> Read:
    table = MappedTable(path, mapping(text, folder=path.parent), MODEL)
    found = list(table.events())
    return Read(
        events=[item for item in found if isinstance(item, Event)],
        refusals=[item for item in found if isinstance(item, Refusal)],
        report=table.report,
    )


def read_csv(folder: Path, rows: str, text: str, *, name: str = "t.csv", encoding: str = "utf-8") -> Read:
    """`rows` with blanks around its cells stripped line by line, as tests write them indented."""
    lines = "\n".join(line.strip() for line in rows.strip().splitlines())
    data = lines.encode(encoding)
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read(path, text)


def read_frame(folder: Path, columns: dict[str, Any] | pl.DataFrame, text: str, *, name: str = "t.parquet") -> Read:
    path = folder / name
    pl.DataFrame(columns).write_parquet(path)
    return read(path, text)
