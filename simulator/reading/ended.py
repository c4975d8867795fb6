"""What every way of reading a file gives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from simulator.columns.events import EventColumns
from simulator.reading.flat import Flat
from streams.event import Event, Refusal
from streams.sources.mapping_report import MappingReport


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ended:
    """What is known when all has been read: as in History, and events that stand out of order."""

    refusals: tuple[Refusal, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    copies: int = 0
    mappings: tuple[MappingReport, ...] = ()
    events: Sequence[Event] = ()  # that were taken one by one, with all retractions
    flats: Sequence[Flat] = ()  # of those events
    seen: Callable[[EventColumns], None] = lambda columns: None  # is to be told all columns, once


class Reading(Protocol):
    @property
    def most(self) -> int:
        """How many events there may be, about."""

    def flats(self) -> Iterator[Flat]:
        """The events of each piece of the file, by kind."""

    def ended(self) -> Ended: ...
