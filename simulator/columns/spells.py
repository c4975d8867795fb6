"""Since when, and until when, what was found of entities was known: tables of facts with these two columns more."""

import numpy as np
import polars as pl

from simulator.columns.found import OPEN
from simulator.columns.knowledge import Versions


def known_spells(facts: pl.DataFrame, versions: Versions | None, before: int) -> pl.DataFrame:
    """`facts` have an `entity` (as it is judged: a version) and an instant `at`; with `known_from` and `known_until`
    (OPEN: for good) their `entity` is the real one, counted on from `before` so that no two parts share one."""
    if versions is None:
        return facts.with_columns(pl.col("entity") + before, known_from=pl.col("at"), known_until=pl.lit(OPEN))
    version = facts["entity"].to_numpy()
    known = facts.with_columns(
        entity=before + versions.owner[version],
        known_from=np.maximum(facts["at"].to_numpy(), versions.start[version]),
        known_until=versions.gone[version],
    )
    return _merged(known, facts.columns)


def is_late(facts: pl.DataFrame) -> bool:
    """Whether some became known after they happened, or were taken back."""
    return bool(facts.select(((pl.col("known_from") > pl.col("at")) | (pl.col("known_until") != OPEN)).any()).item())


def _merged(known: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """What stays from one version to the next is known without a break."""
    same = [*names, "copy"]
    alike = known.with_columns(copy=pl.int_range(pl.len()).over(*names, "known_from"))
    gap = pl.col("known_from") != pl.col("known_until").shift(1).over(same, order_by="known_from")
    spells = alike.with_columns(spell=gap.fill_null(True).cum_sum().over(same, order_by="known_from"))
    merged = spells.group_by(*same, "spell", maintain_order=True).agg(
        pl.col("known_from").min(), pl.col("known_until").max()
    )
    return merged.drop("copy", "spell")
