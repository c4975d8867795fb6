"""What is proposed for XES and OCEL logs."""

import sqlite3
from contextlib import closing
from pathlib import Path

from simulator.mapping_proposal.proposal import NoProposal
from simulator.mapping_proposal.tables import Wanted, propose_mapping
from streams.sources.mapping import Long, key_template
from tests.simulator.mapping_proposal.proposed import MODEL, proposed
from tests.streams.test_ocel_logs import TABLES
from tests.streams.test_xes_logs import LOG


def test_a_xes_log(tmp_path: Path):
    """The case is the key; of activities with several steps the completed one counts."""
    (tmp_path / "t.xes").write_text(LOG)
    found = proposed(tmp_path / "t.xes")
    assert isinstance(found.mapping.rows, Long)
    assert found.mapping.key == key_template("case:concept:name")
    assert found.mapping.rows.types == {"Create+complete": "placed", "Pay+complete": "paid", "*": "ignore"}
    assert found.understood.nodes == {"placed": 1, "paid": 1}
    assert set(found.mapping.fields) == {"amount", "channel", "urgent"}
    assert "only complete counts" in found.doubts()


def test_a_xes_log_without_steps(tmp_path: Path):
    """The activity alone is the type."""
    (tmp_path / "t.xes").write_text(LOG.replace('"start"', '"complete"'))
    found = proposed(tmp_path / "t.xes")
    assert isinstance(found.mapping.rows, Long)
    assert found.mapping.rows.types == {"Create": "placed", "Pay": "paid"}


def test_an_ocel_log(tmp_path: Path):
    """The type of objects that is called like a kind; its changes need no word."""
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as database:
        database.executescript(TABLES)
    found = proposed(tmp_path / "t.sqlite")
    assert (found.mapping.object_type, found.mapping.kind) == ("Order", "order")
    assert isinstance(found.mapping.rows, Long)
    assert found.mapping.rows.types == {"Pay": "paid", "Place Order": "placed"}
    assert found.understood.nodes == {"placed": 2, "paid": 2}
    assert proposed(tmp_path / "t.sqlite", object_type="Item").understood.keys == 1


def test_a_log_without_events(tmp_path: Path):
    """Nothing can be proposed."""
    (tmp_path / "t.xes").write_text("<log/>")
    assert isinstance(propose_mapping(tmp_path / "t.xes", MODEL, Wanted(), day=""), NoProposal)
