"""Which incidents are asked about: those in a file, and those whose order was in some state when they opened."""

import json
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from rules.language.expression import Expression
from simulator.columns.framed import holding
from simulator.frames import INSTANT
from streams.errors import UnreadableSource
from streams.instants import Instant, parse_instant
from streams.text import nfc

_UTC: Final = ZoneInfo("UTC")
OPENINGS: Final[dict[str, Any]] = {"key": pl.String, "opened_at": INSTANT}


def read_openings(path: Path, rule: str | None) -> pl.DataFrame:
    """Keys and instants of a file: incidents as `tocsin replay --incidents` writes them, of `rule` if one is given; or
    keys alone, one a line. Raises UnreadableSource.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSource(f"{path.name}: cannot be read: {error}", f"{path.name}：无法读取：{error}") from None
    rows: list[tuple[str, Instant | None]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.lstrip().startswith("{"):
            rows.append((nfc(line.strip()), None))
            continue
        try:
            found = json.loads(line)
            if rule is None or found.get("rule", rule) == rule:
                opened_at = found.get("opened_at")
                rows.append((nfc(found["key"]), None if opened_at is None else parse_instant(opened_at, _UTC)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UnreadableSource(
                f"{path.name}:{number}: no incident; expected lines of tocsin replay --incidents, or keys, one a line",
                f"{path.name}:{number}：不是异常；应为 tocsin replay --incidents 写出的行，或每行一个主键",
            ) from None
    return pl.DataFrame(rows, schema=OPENINGS, orient="row")


def opened_in(openings: pl.DataFrame, snapshots: pl.DataFrame, condition: Expression) -> pl.DataFrame:
    """Those whose order the condition held for when they opened."""
    names = [name for name in snapshots.columns if name in condition.fields and name not in ("key", "closed")]
    states = snapshots.select("key", "at", "closed", *names).sort("at")
    opened = openings.sort("opened_at")
    met = opened.join_asof(states, left_on="opened_at", right_on="at", by="key", check_sortedness=False)
    return opened.filter(holding(condition, met) & met["at"].is_not_null())
