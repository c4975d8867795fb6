"""The members of one rule's groups, gathered part by part, and what the groups come to."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from rules.judging.judge import counting_of
from rules.rule import Count, Rule
from simulator.columns.column import Column, Mask, Rows
from simulator.columns.counting import group_firings
from simulator.columns.found import Firings
from simulator.columns.judging import Members
from simulator.columns.knowledge import Versions, versions_of
from simulator.columns.parts import Part
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
        self._entities = 0

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
        self._parts.append(known_spells(frame, part.versions, self._entities))
        self._entities += len(part.keys)

    def firings(self, until: Instant) -> tuple[Firings, Sequence[str], Versions | None]:
        """Of all groups, or of each version of what was known of them."""
        members = pl.concat(self._parts)
        group, keys = _coded(members["group"])
        distinct = None if self._count.distinct is None else _coded(members["distinct"])[0]
        at, known_from, known_until = (members[name].to_numpy() for name in ("at", "known_from", "known_until"))
        ends = np.full(len(keys), until, np.int64)
        versions: Versions | None = None
        if is_late(members):
            versions, group, row = versions_of(len(keys), group, at, known_from, known_until, until)
            at, distinct, ends = at[row], None if distinct is None else distinct[row], versions.end
        return group_firings(self._counting, group, at, distinct, ends), keys.to_list(), versions


def _texts(column: Column, present: Mask) -> pl.Series:
    return pl.Series(column.meanings, dtype=pl.String).gather(column.values[present])


def _coded(texts: pl.Series) -> tuple[Rows, pl.Series]:
    """A number for each text, and what the numbers mean."""
    meanings = texts.unique(maintain_order=True)
    places = pl.DataFrame({"text": meanings, "place": np.arange(len(meanings))})
    codes = texts.to_frame("text").join(places, on="text", how="left", maintain_order="left")
    return codes["place"].to_numpy(), meanings
