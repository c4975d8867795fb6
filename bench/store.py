"""Events per second that the store takes: one transaction a batch, in a database file of its own.

    python -m bench.store [--events 100000] [--folder DIR]

A batch is what the service writes: events inserted with dedupe, their entities read, decoded, encoded and upserted
with their due time. Six events an order, sorted by time, so that most entities of a batch are different ones. The peer
is the figure of the design notes (snapshots and two timers an event upserted).

`sqlite3 alone` is the least that this machine needs at this moment for the same rows: the same tables and statements
through Python's sqlite3 module, from tuples made beforehand, nothing counted, decoded or encoded.
"""

import argparse
import gc
import sqlite3
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Final

from bench.reporting import Figure, report
from store.database import Store, Synchronous
from store.ledger import SqlLedger
from streams.entity import Progress, new_entity
from streams.event import Event
from streams.instants import HOUR, MINUTE, SECOND, Instant

_PEER: Final = {100: 25_500, 1_000: 55_000}
_TYPES: Final = ("placed", "paid", "stocked", "shipped", "received", "settled")
_START: Final[Instant] = 1_767_225_600 * SECOND


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--folder", help="where the database is made (default: the system's temporary folder)")
    arguments = parser.parse_args()
    events = _events(arguments.events)
    gc.freeze()  # the service does not hold a hundred thousand events, and its collector does not walk over them
    figures: list[Figure] = []
    ways: tuple[Synchronous, ...] = ("FULL", "NORMAL")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for size in (100, 1_000):
            for synchronous in ways:
                rate = _rate(events, size, Path(folder) / f"{size}-{synchronous}.db", synchronous)
                figures.append(
                    Figure(
                        bench="store",
                        case=f"sqlite, {size} events a batch, synchronous {synchronous}",
                        figure=round(rate),
                        unit="events/s",
                        peer="design notes",
                        peer_figure=_PEER[size],
                    )
                )
            bare = _bare_rate(events, size, Path(folder) / f"{size}-bare.db")
            figures.append(
                Figure(
                    bench="store",
                    case=f"sqlite3 alone, {size} events a batch",
                    figure=round(bare),
                    unit="events/s",
                    peer="design notes",
                    peer_figure=_PEER[size],
                )
            )
    report(figures)


def _events(count: int) -> list[Event]:
    """Orders begin every 5 minutes and take a step every 7 hours."""
    orders = -(-count // len(_TYPES))
    found = [
        Event(
            source="shop",
            id=f"{order}-{step}",
            kind="order",
            key=f"A-{order}",
            type=type_,
            occurred_at=(at := _START + order * 5 * MINUTE + step * 7 * HOUR),
            recorded_at=at,
            data={"channel": "b2b", "region": "r3", "amount": 199.5} if step == 0 else {},
        )
        for order in range(orders)
        for step, type_ in enumerate(_TYPES)
    ]
    return sorted(found, key=lambda event: event.order)[:count]


def _rate(events: list[Event], size: int, path: Path, synchronous: Synchronous) -> float:
    store = Store(f"sqlite:///{path}", synchronous=synchronous)
    left = iter(events)
    taken = 0
    started = time.perf_counter()
    while batch := list(islice(left, size)):
        with store.begin() as transaction:
            taken += _take(transaction.ledger, batch)
    seconds = time.perf_counter() - started
    store.close()
    if taken != len(events):
        raise SystemExit(f"{taken} of {len(events)} events were taken: no speed to report")
    return len(events) / seconds


def _take(ledger: SqlLedger, batch: list[Event]) -> int:
    new = ledger.append(batch).new
    entities = ledger.load({(event.kind, event.key) for event in new})
    for event in new:
        identity = (event.kind, event.key)
        entity = entities.get(identity)
        if entity is None:
            entity = entities[identity] = new_entity(*identity)
            entity.begun_at = event.occurred_at
            entity.values = {"key": event.key, "closed": False}
            entity.progress = {f"rule-{number}": Progress("0123456789abcdef") for number in range(4)}
        entity.values = entity.values | dict(event.data) | {f"{event.type}.at": event.occurred_at}
        entity.step_at = event.occurred_at
        entity.due_at = event.occurred_at + 12 * HOUR
    ledger.save(entities.values())
    return len(new)


def _bare_rate(events: list[Event], size: int, path: Path) -> float:
    Store(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    columns = "source, id, kind, key, type, occurred_at, recorded_at, data"
    rows = [
        (event.source, event.id, event.kind, event.key, event.type, event.occurred_at, event.recorded_at, "{}")
        for event in events
    ]
    state = bytes(250)
    started = time.perf_counter()
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        keys = list({row[3] for row in batch})
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO events ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, id) DO NOTHING", batch
        )
        places = ", ".join("?" * len(keys))
        connection.execute(f"SELECT state FROM entities WHERE kind = 'order' AND key IN ({places})", keys).fetchall()
        connection.executemany(
            'INSERT INTO entities (kind, key, state, "values", due_at, begun_at, changed_at)'
            " VALUES ('order', ?, ?, '{}', ?, 0, 0) ON CONFLICT (kind, key) DO UPDATE"
            " SET state = excluded.state, due_at = excluded.due_at",
            [(key, state, batch[0][5]) for key in keys],
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return len(rows) / seconds


if __name__ == "__main__":
    main()
