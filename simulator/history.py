"""Histories in: a file of events or a mapped foreign table, as accepted events, each once, and what was refused."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from simulator.event_log import is_sqlite, read_event_log
from streams.decoding import DEFAULT_SKEW, Decoded, Decoder
from streams.encoding import encode_event, first_received, same_content
from streams.errors import UnreadableSource
from streams.event import Event, Refusal
from streams.instants import Micros
from streams.model import Model
from streams.sources.files import read_events
from streams.sources.mapped_table import MappedTable
from streams.sources.mapping import Mappings, TableMapping
from streams.sources.mapping_report import MappingReport

Progress = Callable[[int], None]  # called with the number of events taken since the last call

_STEP: Final = 5_000


class Reading(Protocol):
    """What there is to say of a history that was read, whether as events or in columns."""

    @property
    def refusals(self) -> Sequence[Refusal]: ...
    @property
    def left_out(self) -> Mapping[str, int]: ...
    @property
    def copies(self) -> int: ...
    @property
    def mappings(self) -> Sequence[MappingReport]: ...
    @property
    def never_late(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`events` are accepted and in the order of the file, each (source, id) once."""

    events: tuple[Event, ...]
    refusals: tuple[Refusal, ...]
    left_out: Mapping[str, int]  # undeclared fields -> events that had them
    copies: int  # further copies of an event that said the same
    mappings: tuple[MappingReport, ...] = ()  # of mapped tables

    @property
    def never_late(self) -> bool:
        """Every event was known when it happened, as where recorded_at is absent: nothing can be late."""
        return all(event.recorded_at == event.occurred_at for event in self.events)


def read_history(
    path: Path,
    model: Model,
    mapping: TableMapping | Mappings | None = None,
    *,
    skew: Micros = DEFAULT_SKEW,
    skews: Mapping[str, Micros] | None = None,
    progress: Progress = lambda taken: None,
) -> History:
    """Of a file, or of a folder whose files the mapping names.

    Raises UnreadableSource where a file, a column or an encoding is not what it has to be.
    """
    gathered = Gathered(path.name, progress)
    if mapping is None:
        if path.is_dir():
            raise UnreadableSource(
                f"{path} is a folder; a history is one file, or a folder with a mapping that names its files",
                f"{path} 是文件夹；历史应为一个文件，或文件夹加上写明其中文件的映射",
            )
        if is_sqlite(path):
            gathered.add(read_event_log(path, model))
            return gathered.history(())
        decoder = Decoder(model, skew=skew, skews=skews)
        gathered.add(read_events(path, decoder))
        return gathered.history(())
    reports: list[MappingReport] = []
    for file, one in mapped_files(path, mapping):
        source = file.name if one.source is None else one.source
        table = MappedTable(file, one, model, skew=(skews or {}).get(source, skew))
        gathered.add(_decoded(table.events()))
        reports.append(table.report)
    return gathered.history(tuple(reports))


def mapped_files(path: Path, mapping: TableMapping | Mappings) -> Iterator[tuple[Path, TableMapping]]:
    """Each file that is read, with its mapping. Raises UnreadableSource where path is no folder and has to be one.

    With `maps` all files are relative to the folder; with a single mapping those of `tables` to the mapping.
    """
    if isinstance(mapping, TableMapping):
        yield _file_of(path, mapping), mapping
        return
    if not path.is_dir():
        raise UnreadableSource(
            f"{path} is no folder; this mapping has `maps`, which need the folder of their files",
            f"{path} 不是文件夹；此映射含 maps，需要给出其文件所在的文件夹",
        )
    for one in mapping.maps:
        yield path / (one.file or ""), replace(one, folder=path)


def _file_of(path: Path, mapping: TableMapping) -> Path:
    """A file that is named on the command line is the one that is meant, whatever the mapping says."""
    if not path.is_dir():
        return path
    if mapping.file is None:
        raise UnreadableSource(
            f"{path} is a folder; name the file in it, here or as `file` in the mapping",
            f"{path} 是文件夹；请在此或在映射的 file 中写明其中的文件",
        )
    return path / mapping.file


def deduplicate(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each (source, id) once: of copies the first received."""
    gathered = Gathered("", lambda taken: None)
    gathered.add(Decoded(event) for event in events)
    return gathered.history(()).events


class Gathered:
    """Accepted events by source and id, in the order in which they came first, and what else came."""

    def __init__(self, file: str, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self._events: dict[tuple[str, str], Event] = {}
        self._copies: dict[tuple[str, str], list[Event]] = {}
        self._refusals: list[Refusal] = []
        self._left_out: Counter[str] = Counter()

    def add(self, items: Iterable[Decoded | Refusal]) -> None:
        taken = 0
        for item in items:
            if isinstance(item, Refusal):
                self._refusals.append(item)
                continue
            event = item.event
            identity = (event.source, event.id)
            if self._events.setdefault(identity, event) is not event:
                self._copies.setdefault(identity, []).append(event)
            if item.left_out:
                self._left_out.update(item.left_out)
            taken += 1
            if taken == _STEP:
                self._progress(taken)
                taken = 0
        self._progress(taken)

    def history(self, reports: tuple[MappingReport, ...]) -> History:
        agreeing = self._settle_copies()
        return History(
            events=tuple(self._events.values()),
            refusals=tuple(self._refusals),
            left_out=dict(sorted(self._left_out.items())),
            copies=agreeing,
            mappings=reports,
        )

    def _settle_copies(self) -> int:
        """The first received counts; one with other content is refused. Returns how many said the same."""
        agreeing = 0
        for identity, further in self._copies.items():
            first, *others = sorted((self._events[identity], *further), key=first_received)
            self._events[identity] = first
            for other in others:
                if same_content(first, other):
                    agreeing += 1
                else:
                    self._refusals.append(self._differing(other))
        return agreeing

    def _differing(self, event: Event) -> Refusal:
        return Refusal(
            position=self._file,
            field="id",
            code="copy_differs",
            reason=f"id: expected each id of a source once; another event {event.id} was received first and differs",
            raw=encode_event(event).decode(),
            source=event.source,
            id=event.id,
        )


def _decoded(items: Iterator[Event | Refusal]) -> Iterator[Decoded | Refusal]:
    return (Decoded(item) if isinstance(item, Event) else item for item in items)
