"""The service's own event log as a history."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.history import read_history
from simulator.reading.histories import read_columns
from store.database import Store
from streams.errors import UnreadableSource
from streams.instants import HOUR
from tests.store.making import NOON, an_event
from tests.streams.models import model

MODEL = model("UTC")
TAKEN = (
    an_event("1", type="placed", data={"amount": 5.0}),
    an_event("2", type="paid", at=NOON + HOUR, recorded_at=NOON + 3 * HOUR, data={}),
    an_event("3", type="updated", retracts="2", at=NOON + 4 * HOUR, data={}),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A store that a service has open."""
    path = tmp_path / "tocsin.db"
    store = Store(f"sqlite:///{path}")
    with store.begin() as transaction:
        transaction.ledger.append(TAKEN)
    yield path
    store.close()


def test_what_the_service_has_taken_is_a_history(database: Path) -> None:
    """All events with their times of recording, retracted ones too, while the service has the file open."""
    history = read_history(database, MODEL)
    assert history.events == TAKEN
    assert not history.refusals and not history.never_late


def test_it_is_read_in_columns_too(database: Path) -> None:
    """Without the retracted one by what was true, with it by what was known."""
    assert [len(read_columns(database, MODEL, keep_retracted=kept).events("order")) for kept in (False, True)] == [2, 3]


def test_nothing_is_written(database: Path) -> None:
    """The database and what lies beside it stay as they are."""
    before = {path.name: path.read_bytes() for path in database.parent.iterdir() if not path.name.endswith("-shm")}
    read_history(database, MODEL)
    assert before == {
        path.name: path.read_bytes() for path in database.parent.iterdir() if not path.name.endswith("-shm")
    }


def test_events_are_read_by_the_model_of_today(database: Path) -> None:
    """A field that is declared no more is left out; events of a kind that is gone are refused by name."""
    order = replace(MODEL.kinds["order"], fields={})
    history = read_history(database, replace(MODEL, kinds={"order": order}))
    assert [dict(event.data) for event in history.events] == [{}, {}, {}]
    gone = read_history(database, replace(MODEL, kinds={"stock": MODEL.kinds["stock"]}))
    assert not gone.events
    assert [refusal.code for refusal in gone.refusals] == ["unknown_kind"] * 3


def test_another_database_is_refused_in_words(tmp_path: Path) -> None:
    """A database that is none of ours is not taken for an empty history."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE things (name)")
    connection.close()
    with pytest.raises(UnreadableSource, match="no database of this version"):
        read_history(path, MODEL)
