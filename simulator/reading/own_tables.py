"""Histories of Tocsin's own as columns (rule-files.md, Histories). Odd rows, and copies, go through the decoder."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.columns.column import Instants, Mask, Rows
from simulator.history import Gathered
from simulator.reading.codes import Codes, coded
from simulator.reading.data import Said, said_by
from simulator.reading.ended import Ended
from simulator.reading.flat import Flat, Names
from simulator.reading.from_events import flat_of
from simulator.reading.instants import ANY_TIME, of_members
from simulator.reading.keys import RowKeys, numbered
from streams.decoding import Decoded, Decoder
from streams.event import Event, Refusal
from streams.instants import Micros
from streams.model import Kind, Model
from streams.shapes import Broken, Wire
from streams.text import nfc

Hashes = NDArray[np.uint64]

_PLAIN: Final = r"^[\x01-\x7f]+$"  # ASCII is in every normal form
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_HEAD: Final = 2_000  # bytes of a line that are no cells, at most


class Unfit(Exception):
    """Columns of types that only the decoder reads."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OwnChunk:
    """Rows of a history, and how the decoder takes some of them."""

    frame: pl.DataFrame
    numbers: Rows
    decode: Callable[[Rows], Iterator[Decoded | Refusal]]


class OwnColumns:
    """Takes the pieces of a history in the order of the file."""

    def __init__(self, file: str, model: Model, decoder: Decoder, *, skew: Micros, skews: Mapping[str, Micros]) -> None:
        self._model = model
        self._decoder = decoder
        self._skew = skew
        self._skews = skews
        self._types = {kind.name: tuple(kind.reaches) for kind in model.kinds.values()}
        self._gathered = Gathered(file, lambda taken: None)
        self._firsts: dict[tuple[str, str], int] = {}  # what the decoder took -> its first row
        self._left_out: Counter[str] = Counter()

    def take(self, chunk: OwnChunk, copied: Hashes) -> list[Flat]:
        """The events of each kind but for those of odd rows; `copied` is what copied_hashes found in all pieces."""
        frame = chunk.frame
        source, key = _texts(frame["source"]), _texts(frame["key"])
        ids, good = _ids(frame["id"])
        kinds, kind, type_ = self._kinds(frame)
        occurred_at, reached, sure = of_members(frame["occurred_at"], self._model.zone)
        good &= (source.codes >= 0) & (key.codes >= 0) & (kind >= 0) & reached & sure & _is_short(frame, self._decoder)
        recorded_at = occurred_at
        if "recorded_at" in frame.columns:
            known_at, known, sure = of_members(frame["recorded_at"], self._model.zone)
            recorded_at = np.where(known, known_at, occurred_at)
            good &= sure & (occurred_at - recorded_at <= self._allowed(source))
        late = bool((good & (recorded_at != occurred_at)).any())
        if "retracts" in frame.columns:
            good &= frame["retracts"].is_null().to_numpy()
        if len(copied):
            good &= ~np.isin(_hashes(source, ids), copied)
        flats = []
        for place, name in enumerate(kinds):
            rows = np.flatnonzero(good & (kind == place))
            said = self._said(frame, name, rows)
            whole = Flat(
                kind=name,
                keys=key.texts,
                key=key.codes[rows],
                occurred_at=occurred_at[rows],
                recorded_at=recorded_at[rows] if late else None,
                types=self._types[name],
                type=type_[rows],
                data=said.data,
                names=Names(source=source.texts.gather(source.codes[rows]), id=ids.gather(rows)),
                rows=chunk.numbers[rows],
            )
            good[rows[said.bad]] = False
            self._left_out.update(said.left_out)
            flats.append(whole.take(np.flatnonzero(~said.bad)) if said.bad.any() else whole)
        if not good.all():
            self._decode(chunk, np.flatnonzero(~good))
        return flats

    def ended(self) -> Ended:
        odd = self._gathered.history(())
        left_out = Counter(odd.left_out)
        left_out.update(self._left_out)
        own = {kind: [event for event in odd.events if event.kind == kind] for kind in self._model.kinds}
        return Ended(
            refusals=odd.refusals,
            left_out=dict(sorted(left_out.items())),
            copies=odd.copies,
            events=odd.events,
            flats=[self._flat(self._model.kinds[kind], events) for kind, events in own.items() if events],
        )

    def _flat(self, kind: Kind, events: Sequence[Event]) -> Flat:
        return flat_of(kind, events, np.array([self._firsts[event.source, event.id] for event in events], np.int64))

    def _decode(self, chunk: OwnChunk, rows: Rows) -> None:
        numbers = chunk.numbers[rows].tolist()

        def items() -> Iterator[Decoded | Refusal]:
            for number, item in zip(numbers, chunk.decode(rows), strict=True):
                if isinstance(item, Decoded):
                    self._firsts.setdefault((item.event.source, item.event.id), number)
                yield item

        self._gathered.add(items())

    def _allowed(self, source: RowKeys) -> Instants:
        """How far the events of each row's source may be dated ahead."""
        allowed = [self._skews.get(text, self._skew) for text in source.texts.to_list()]
        return np.array([*allowed, self._skew], np.int64)[source.codes]

    def _kinds(self, frame: pl.DataFrame) -> tuple[list[str], Codes, NDArray[np.int16]]:
        """The kinds of the model, and each row's kind and type; -1 where the decoder does not know them."""
        kinds = list(self._model.kinds)
        type_ = coded(_as_text(frame["type"]))
        kind = coded(
            _as_text(frame["kind"]) if "kind" in frame.columns else pl.Series([None] * frame.height, dtype=pl.String)
        )
        pairs = coded(pl.Series(kind.codes.astype(np.int64) * max(1, len(type_.values)) + type_.codes))
        found = []
        for pair in pairs.values.to_list():
            written = kind.values[pair // len(type_.values)], type_.values[pair % len(type_.values)]
            event = self._event(*written)
            found.append(
                (-1, -1) if event is None else (kinds.index(event.kind), self._types[event.kind].index(event.type))
            )
        places = np.array(found, np.int16).reshape(-1, 2)
        return kinds, places[pairs.codes, 0].astype(np.int32), places[pairs.codes, 1]

    def _event(self, kind: str | None, type_: str | None) -> Event | None:
        wire = Wire(source="x", id="x", key="x", kind=kind, type=type_, occurred_at=ANY_TIME)
        try:
            return self._decoder.take(wire, now=None).event
        except Broken:
            return None

    def _said(self, frame: pl.DataFrame, kind: str, rows: Rows) -> Said:
        if "data" not in frame.columns or not len(rows):
            return Said(bad=np.zeros(len(rows), np.bool_))
        data = frame["data"]
        return said_by(data if len(rows) == len(data) else data.gather(rows), self._model, kind, self._decoder)


def identity_hashes(frame: pl.DataFrame) -> Hashes:
    """Equal for events of one source and id."""
    return _hashes(_texts(frame["source"]), _ids(frame["id"])[0])


def copied_hashes(pieces: Sequence[Hashes]) -> Hashes:
    """Those that are there more than once."""
    hashes = np.sort(np.concatenate(pieces))
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def _hashes(source: RowKeys, ids: pl.Series) -> Hashes:
    sources = np.append(source.texts.hash().to_numpy(), np.uint64(0)) * _MIX
    return ids.hash().to_numpy() ^ sources[source.codes]


def _as_text(members: pl.Series) -> pl.Series:
    """Integers give their digits."""
    if members.dtype == pl.Null or members.dtype.is_integer():
        return members.cast(pl.String)
    if members.dtype != pl.String:
        raise Unfit
    return members


def _texts(members: pl.Series) -> RowKeys:
    codes = coded(_as_text(members))
    if codes.values.str.contains(_PLAIN).fill_null(False).all():
        return RowKeys(codes.codes, codes.values)
    return numbered(codes.codes, [text or "" for text in codes.values.to_list()])


def _ids(members: pl.Series) -> tuple[pl.Series, Mask]:
    """The normalised texts, and where there are such."""
    texts = _as_text(members)
    good = texts.str.contains(_PLAIN).fill_null(False).to_numpy().copy()
    rows = np.flatnonzero(~good)
    if len(rows):
        written = [nfc(text or "") for text in texts.gather(rows).to_list()]
        texts = texts.clone().scatter(rows, written)
        good[rows] = [bool(text) and "\0" not in text for text in written]
    return texts, good


def _is_short(frame: pl.DataFrame, decoder: Decoder) -> Mask:
    """Rows that are certainly no longer than the decoder takes: a letter takes six at most."""
    texts = [column for column in frame if column.dtype == pl.String]
    if isinstance(frame.schema.get("data"), pl.Struct):
        texts += [column for column in frame["data"].struct.unnest() if column.dtype == pl.String]
    sizes = np.full(frame.height, _HEAD, np.int64)
    for column in texts:
        sizes += 6 * column.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    return sizes <= decoder.largest
