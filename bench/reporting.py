"""How every benchmark prints: a table for people, and as its last line the same as JSON (docs: Results)."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. `case` names what varies, `peer` what it is compared with."""

    bench: str
    case: str
    figure: float
    unit: str
    peer: str | None = None
    peer_figure: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if not self.peer_figure else round(self.figure / self.peer_figure, 3)


def report(figures: list[Figure]) -> None:
    width = max(len(figure.case) for figure in figures)
    for figure in figures:
        peer = "" if figure.peer is None else f"   {figure.ratio} x {figure.peer} ({figure.peer_figure:,.0f})"
        print(f"{figure.bench:10} {figure.case:{width}} {figure.figure:>14,.0f} {figure.unit}{peer}")
    print(json.dumps([asdict(figure) | {"ratio": figure.ratio} for figure in figures]))
