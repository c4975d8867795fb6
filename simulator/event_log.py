"""The service's own event log as a history: its database file, read beside the running service."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from store.database import look_at
from store.errors import StoreError
from streams.decoding import Decoded
from streams.encoding import encode_event
from streams.errors import UnreadableSource
from streams.event import Refusal
from streams.fitting import Fitting
from streams.model import Model

_SQLITE: Final = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html


def is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def read_event_log(path: Path, model: Model) -> Iterator[Decoded | Refusal]:
    """What the service has taken, as the model of today reads it; events of a kind that it lacks are refused.

    Raises UnreadableSource.
    """
    fittings = {name: Fitting(kind) for name, kind in model.kinds.items()}
    try:
        with look_at(path) as reader:
            for event in reader.event_log():
                fitting = fittings.get(event.kind)
                if fitting is not None:
                    yield Decoded(fitting.fit(event))
                    continue
                kinds = ", ".join(fittings)
                yield Refusal(
                    position=f"{path.name} event {event.source}/{event.id}",
                    field="kind",
                    code="unknown_kind",
                    reason=f"kind: expected one of the model's kinds ({kinds}), got {event.kind!r}",
                    raw=encode_event(event).decode(),
                    source=event.source,
                    id=event.id,
                )
    except StoreError as error:
        raise UnreadableSource(f"{path.name}: {error.say('en')}", f"{path.name}：{error.say('zh')}") from None
