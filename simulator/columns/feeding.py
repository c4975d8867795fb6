"""What entities give to the totals of others, gathered part by part for those who have them."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from simulator.columns.owning import Deltas
from simulator.columns.parts import Part
from simulator.columns.spells import known_spells
from simulator.columns.steps import Steps
from simulator.columns.totalling import contributions
from streams.model import Total

_SCHEMA: Final[dict[str, Any]] = {
    "owner": pl.String,  # its key
    "name": pl.Int64,  # place of the total
    "at": pl.Int64,
    "units": pl.Int64,
    "entity": pl.Int64,  # that gives
    "known_from": pl.Int64,
    "known_until": pl.Int64,
}


class Feeds:
    """The changes of some totals, all of them of one kind."""

    def __init__(self, totals: Sequence[Total]) -> None:
        self.totals = totals
        self._parts = [pl.DataFrame(schema=_SCHEMA)]
        self.givers = 0  # of the parts before

    def take(self, part: Part, steps: Steps) -> None:
        """What the entities of a part give."""
        for place, total in enumerate(self.totals):
            if total.of == part.events.kind:
                found = contributions(total, steps).with_columns(name=pl.lit(place, pl.Int64))
                self._parts.append(
                    known_spells(found, part.versions, self.givers).select(*_SCHEMA).cast(pl.Schema(_SCHEMA))
                )

    def deltas(self, keys: Sequence[str]) -> Deltas:
        """Those of the entities with these keys."""
        owners = pl.DataFrame({"owner": pl.Series(keys, dtype=pl.String), "place": np.arange(len(keys))})
        found = pl.concat(self._parts).join(owners, on="owner", how="inner")
        return Deltas(
            names=tuple(total.name for total in self.totals),
            name=found["name"].to_numpy(),
            entity=found["place"].to_numpy(),
            at=found["at"].to_numpy(),
            units=found["units"].to_numpy(),
            known_from=found["known_from"].to_numpy(),
            known_until=found["known_until"].to_numpy(),
        )
