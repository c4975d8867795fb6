"""Lead times learned: quantiles of the time between nodes, over all and by segments, those still under way counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.lead_learning.survival import Curve, kaplan_meier
from simulator.lead_learning.ways import ways_between
from streams.instants import SECOND, Instant, Micros
from streams.lead_times import SegmentKey
from streams.model import Kind, Model

Pair = tuple[str, str, str]  # kind, from, to

DEFAULT_SHARES: Final = tuple(Fraction(text) for text in ("0.5", "0.8", "0.9", "0.95"))
DEFAULT_LEAST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """`span`: so long at most takes this share; None: too few have arrived to say. `low` to `high` holds the true one
    in 95 of 100 cases; an end that is None is open.
    """

    share: Fraction
    span: Micros | None  # whole seconds
    low: Micros | None
    high: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What quantiles were learned from."""

    orders: int  # that began the way
    arrived: int
    quantiles: tuple[Quantile, ...]

    @property
    def known(self) -> tuple[Quantile, ...]:
        return tuple(one for one in self.quantiles if one.span is not None)

    @property
    def unknown(self) -> tuple[Quantile, ...]:
        return tuple(one for one in self.quantiles if one.span is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedWay:
    """One way between nodes.

    Two sorts of segments are left out, so that the figures over all count for them: those with too few arrived orders
    (`few`), and those of which so many are open that a quantile is missing (`incomplete`).
    """

    pair: Pair
    overall: Sample
    open: int
    closed: int
    passed: int
    negative: int
    reset: int
    by: tuple[str, ...] = ()
    segments: Mapping[SegmentKey, Sample]
    few: int = 0
    incomplete: tuple[SegmentKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """`ways` have enough orders and at least one quantile; `left_out` have not."""

    until: Instant
    least: int
    ways: tuple[LearnedWay, ...]
    left_out: tuple[LearnedWay, ...]


def learn_lead_times(
    model: Model,
    snapshots: Mapping[str, pl.DataFrame],
    pairs: Sequence[Pair],
    until: Instant,
    *,
    by: Sequence[str] = (),
    least: int = DEFAULT_LEAST,
    shares: Sequence[Fraction] = DEFAULT_SHARES,
) -> Learning:
    """`snapshots` by kind, up to `until`; `least` arrived orders make a way or a segment."""
    found = [
        _learn(model.kinds[pair[0]], pair, snapshots[pair[0]], until, by, least, tuple(sorted(shares)))
        for pair in pairs
    ]
    enough = [way.overall.arrived >= max(1, least) and len(way.overall.known) > 0 for way in found]
    return Learning(
        until=until,
        least=least,
        ways=tuple(way for way, is_enough in zip(found, enough, strict=True) if is_enough),
        left_out=tuple(way for way, is_enough in zip(found, enough, strict=True) if not is_enough),
    )


def usual_pairs(kind: Kind, snapshots: pl.DataFrame) -> tuple[Pair, ...]:
    """Neighbours on the path, and every node with each later one that was promised."""
    path = [node.name for node in kind.nodes.values() if not node.off_path]
    promised = {name for name in path if snapshots[f"{name}.due"].null_count() < len(snapshots)}
    neighbours = set(pairwise(path))
    return tuple(
        (kind.name, start, end) for start, end in combinations(path, 2) if (start, end) in neighbours or end in promised
    )


def _learn(
    kind: Kind,
    pair: Pair,
    snapshots: pl.DataFrame,
    until: Instant,
    by: Sequence[str],
    least: int,
    shares: tuple[Fraction, ...],
) -> LearnedWay:
    fields = tuple(sorted(by)) if all(name in kind.fields for name in by) else ()
    ways = ways_between(kind, pair[1], pair[2], snapshots, until, beside=fields)
    overall = _sample(ways.spans, ways.done, shares)
    segments: dict[SegmentKey, Sample] = {}
    few, incomplete = 0, []
    for values, part in sorted(_parts(ways.rows, fields), key=_by_text):
        own = _sample(_spans(part), (part["how"] == "done").to_numpy(), shares)
        if own.arrived < max(1, least):
            few += 1
        elif len(own.known) < len(overall.known):
            incomplete.append(values)
        else:
            segments[values] = own
    return LearnedWay(
        pair=pair,
        overall=overall,
        open=ways.count("open"),
        closed=ways.count("closed"),
        passed=ways.count("passed"),
        negative=ways.negative,
        reset=ways.reset,
        by=fields,
        segments=segments,
        few=few,
        incomplete=tuple(incomplete),
    )


def _parts(rows: pl.DataFrame, fields: tuple[str, ...]) -> list[tuple[SegmentKey, pl.DataFrame]]:
    """The orders with each combination of values; those that lack one belong to none."""
    if not fields:
        return []
    whole = rows.drop_nulls(list(fields))
    return list(whole.partition_by(fields, as_dict=True).items())


def _by_text(part: tuple[SegmentKey, pl.DataFrame]) -> list[str]:
    return [str(value) for value in part[0]]


def _spans(rows: pl.DataFrame) -> NDArray[np.int64]:
    return (rows["ended_at"] - rows["started_at"]).dt.total_microseconds().to_numpy()


def _sample(spans: NDArray[np.int64], done: NDArray[np.bool_], shares: tuple[Fraction, ...]) -> Sample:
    curve = kaplan_meier(spans, done)
    return Sample(
        orders=len(spans),
        arrived=int(done.sum()),
        quantiles=tuple(_quantile(curve, share) for share in shares),
    )


def _quantile(curve: Curve, share: Fraction) -> Quantile:
    span = curve.quantile(float(share))
    low, high = (None, None) if span is None else curve.interval(float(share))
    return Quantile(share=share, span=_whole(span), low=_whole(low), high=_whole(high))


def _whole(span: Micros | None) -> Micros | None:
    """To whole seconds, which is all that the file holds; up, so that the share is still done within it."""
    return None if span is None else -(-span // SECOND) * SECOND
