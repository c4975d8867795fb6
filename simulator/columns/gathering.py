"""The members of one rule's groups, gathered part by part, and what the groups come to."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from rules.judging.judge import counting_of
from rules.rule import Count, Rule
from simulator.columns.column import Column, Mask, Rows
from simulator.columns.counting import group_firings
from simulator.columns.found import Firings
from simulator.columns.judging import Members
from simulator.columns.knowledge import Knowledge, Versions
from simulator.columns.parts import AT_ONCE, Part
from simulator.columns.spells import is_late, known_spells
from streams.instants import Instant

_MEMBERS: Final[dict[str, Any]] = {
    "group": pl.String,
    "at": pl.Int64,
    "distinct": pl.String,
    "entity": pl.Int64,
}
_KNOWN: Final = {**_MEMBERS, "known_from": pl.Int64, "known_until": pl.Int64}


class Gathering:
    def __init__(self, rule: Rule, count: Count) -> None:
        self._counting = counting_of(rule, count)
        self._count = count
        self._parts = [pl.DataFrame(schema=_KNOWN)]
        self.entities = 0  # of the parts before

    def take(self, members: Members, part: Part) -> None:
        """One without a value that names its group, or that is counted once, is none."""
        present = np.ones(len(members.at), np.bool_)
        for column in members.per if members.distinct is None else (*members.per, members.distinct):
            present &= column.mask()
        nothing = pl.repeat(None, int(present.sum()), dtype=pl.String, eager=True)
        texts = [_texts(column, present) for column in members.per]
        frame = pl.DataFrame(
            {
                "group": pl.select(pl.concat_str(texts, separator="|")).to_series() if texts else nothing.fill_null(""),
                "at": members.at[present],
                "distinct": nothing if members.distinct is None else _texts(members.distinct, present),
                "entity": members.owner[present],
            },
            schema=_MEMBERS,
        )
        self._parts.append(known_spells(frame, part.versions, self.entities))

    @cached_property
    def keys(self) -> Sequence[str]:
        """Of the groups, when all members are there."""
        return self._groups[1].to_list()

    def firings(self, until: Instant) -> Iterator[tuple[Firings, Versions | None]]:
        """Of all groups, or of each version of what was known of them."""
        members, (group, keys) = self._members, self._groups
        distinct = None if self._count.distinct is None else _coded(members["distinct"])[0]
        at, known_from, known_until = (members[name].to_numpy() for name in ("at", "known_from", "known_until"))
        if not is_late(members):
            ends = np.full(len(keys), until, np.int64)
            yield group_firings(self._counting, group, at, distinct, ends), None
            return
        for piece in Knowledge(len(keys), group, at, known_from, known_until, until).pieces(AT_ONCE):
            some = None if distinct is None else distinct[piece.fact]
            found = group_firings(self._counting, piece.version, at[piece.fact], some, piece.versions.end)
            yield found, piece.versions

    @cached_property
    def _members(self) -> pl.DataFrame:
        return pl.concat(self._parts)

    @cached_property
    def _groups(self) -> tuple[Rows, pl.Series]:
        return _coded(self._members["group"])


def _texts(column: Column, present: Mask) -> pl.Series:
    return pl.Series(column.meanings, dtype=pl.String).gather(column.values[present])


def _coded(texts: pl.Series) -> tuple[Rows, pl.Series]:
    """A number for each text, and what the numbers mean."""
    meanings = texts.unique(maintain_order=True)
    places = pl.DataFrame({"text": meanings, "place": np.arange(len(meanings))})
    codes = texts.to_frame("text").join(places, on="text", how="left", maintain_order="left")
    return codes["place"].to_numpy(), meanings
