"""Transactions: all or nothing, one writer, readers beside it, and what a killed process leaves."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from store.database import Store
from streams.event import Event
from tests.store.making import NOON, a_delivery, an_audit_row, an_entity, an_event, an_incident

CHILD = """
import sys
from store.database import Store
from tests.store.making import an_entity, an_event, an_incident

store = Store(sys.argv[1])
number = 0
while True:
    number += 1
    with store.begin() as transaction:
        transaction.ledger.append([an_event(str(number)), an_event(f"{number}b", key=f"B-{number}")])
        transaction.ledger.save([an_entity("A-1", count=number)])
        if number == int(sys.argv[2]):
            transaction.work.insert_incidents([an_incident(transaction.work.new_incident_id())])
            print("within", number, flush=True)
            sys.stdin.read()
    print("committed", number, flush=True)
"""


def events_of(store: Store, key: str = "A-1") -> list[Event]:
    with store.begin() as transaction:
        return transaction.ledger.log_of(("order", key))


def test_what_raises_leaves_nothing(store: Store) -> None:
    """Not an event, not an entity, not an incident; the next transaction begins as if it had never been."""
    with pytest.raises(ZeroDivisionError), store.begin() as transaction:
        transaction.ledger.append([an_event("1")])
        transaction.ledger.save([an_entity("A-1")])
        transaction.work.insert_incidents([an_incident(1)])
        transaction.work.insert_deliveries([a_delivery(1)])
        transaction.work.add_audit([an_audit_row(1, "opened")])
        transaction.refuse([], NOON)
        transaction.know(NOON)
        raise ZeroDivisionError
    with store.begin() as transaction:
        assert transaction.known_at() is None
        assert transaction.ledger.load([("order", "A-1")]) == {}
        assert transaction.work.incidents([1]) == []
        assert len(transaction.ledger.append([an_event("1")]).new) == 1


@pytest.mark.parametrize("last", [1, 7])
def test_a_killed_process_leaves_what_it_committed(tmp_path: Path, last: int) -> None:
    """Killed in the middle of a transaction: everything before it is there, nothing of it is."""
    url = f"sqlite:///{tmp_path}/tocsin.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(last)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        said = [child.stdout.readline().split() for _ in range(last)]
        child.kill()
    assert said == [*[["committed", str(number)] for number in range(1, last)], ["within", str(last)]]
    store = Store(url)
    assert len(events_of(store)) == last - 1
    assert events_of(store, f"B-{last}") == []
    with store.begin() as transaction:
        values = transaction.work.entity_values([("order", "A-1")])
        assert values.get(("order", "A-1"), {}).get("count", 0) == last - 1
        assert transaction.work.incidents([1]) == []
    store.close()


def test_readers_do_not_wait_and_see_one_moment(store: Store) -> None:
    """A reader works while a writer is in its transaction, sees only what was committed, and goes on seeing that."""
    with store.begin() as transaction:
        transaction.ledger.append([an_event("1")])
        transaction.ledger.save([an_entity("A-1", count=1)])

    def seen() -> tuple[int, object]:
        detail = reader.entity_detail("order", "A-1")
        assert detail is not None
        return len(detail.events), detail.entity.values["count"]

    with store.begin() as transaction, store.read() as reader:
        transaction.ledger.append([an_event("2")])
        transaction.ledger.save([an_entity("A-1", count=2)])
        assert seen() == (1, 1)
    with store.read() as reader:
        assert seen() == (2, 2)
        with store.begin() as transaction:
            transaction.ledger.append([an_event("3")])
        assert seen() == (2, 2)


def test_many_readers_beside_a_busy_writer(store: Store) -> None:
    """Each look is consistent: the entity always says how many events it has."""
    failures: list[object] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            with store.read() as reader:
                detail = reader.entity_detail("order", "A-1")
                if detail is not None and detail.entity.values["count"] != len(detail.events):
                    failures.append(detail)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 60):
        with store.begin() as transaction:
            transaction.ledger.append([an_event(str(number))])
            transaction.ledger.save([an_entity("A-1", count=number)])
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_writers_of_many_threads_take_turns(store: Store) -> None:
    """None fails and none loses what another one wrote."""

    def write(name: int) -> None:
        for _ in range(10):
            with store.begin() as transaction:
                count = int(transaction.meta("count") or b"0")
                transaction.set_meta("count", str(count + 1).encode())

    threads = [threading.Thread(target=write, args=(name,)) for name in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reader:
        assert reader.meta("count") == b"50"


def test_a_transaction_owns_the_database_from_its_first_question(store: Store, tmp_path: Path) -> None:
    """Another process cannot write between what was read and what is written because of it."""
    other = sqlite3.connect(tmp_path / "tocsin.db", timeout=0, isolation_level=None)
    with store.begin() as transaction:
        assert transaction.meta("count") is None
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_reader_cannot_write(store: Store) -> None:
    """Even where its code would."""
    with store.read() as reader, pytest.raises(OperationalError, match="readonly"):
        reader._connection.exec_driver_sql("DELETE FROM events")


def test_writes_are_on_the_disk_when_they_are_committed(tmp_path: Path) -> None:
    """WAL with full synchronisation, where nothing else is said; foreign keys checked."""
    store = Store(f"sqlite:///{tmp_path}/tocsin.db")
    with store.begin() as transaction:
        pragma = {
            name: transaction._connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    store.close()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_database_in_memory_reads_what_it_wrote() -> None:
    """Its readers take turns with the writer."""
    store = Store("sqlite://")
    with store.begin() as transaction:
        transaction.ledger.append([an_event("1")])
        transaction.ledger.save([an_entity("A-1")])
    with store.read() as reader:
        assert reader.entity_detail("order", "A-1") is not None
    store.close()
