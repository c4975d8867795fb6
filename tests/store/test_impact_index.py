"""The index by which incidents find the open entities that they touch."""

from pathlib import Path

from store.database import Store
from tests.store.making import an_entity

LINES = ({"sku": "S-1", "qty": 2.0}, {"sku": "S-2", "qty": 1.0})


def test_open_entities_are_found_by_their_values(store: Store) -> None:
    """By a plain field, by a column of its records, by its key; each once, and only while it is open."""
    with store.begin() as transaction:
        ledger = transaction.ledger
        assert ledger.index_impacts({"order": ("channel", "key", "lines.sku", "amount", "urgent")})
        ledger.save(
            [an_entity("A-1", channel="web", lines=LINES, amount=3.0, urgent=True), an_entity("A-2", lines=LINES[:1])]
        )
        assert ledger.linked("order", "channel", ["web"]) == {"A-1"}
        assert ledger.linked("order", "key", ["A-2", "A-9"]) == {"A-2"}
        assert ledger.linked("order", "lines.sku", ["S-1", "S-2"]) == {"A-1", "A-2"}
        assert ledger.linked("order", "amount", [3.0]) == ledger.linked("order", "urgent", [True]) == {"A-1"}
        assert ledger.linked("stock", "channel", ["web"]) == ledger.linked("order", "lines.sku", []) == set()
    with store.begin() as transaction:
        transaction.ledger.save([an_entity("A-1", channel="store", lines=LINES[1:]), an_entity("A-2", closed=True)])
    with store.read() as reader:
        assert reader.linked("order", "channel", ["web", "store"]) == {"A-1"}
        assert reader.linked("order", "channel", ["web"]) == reader.linked("order", "lines.sku", ["S-1"]) == set()
    with store.begin() as transaction:
        transaction.ledger.save([an_entity("A-1", begun_at=None)])
        assert transaction.ledger.linked("order", "channel", ["store"]) == set()


def test_the_index_is_made_anew_for_other_fields(store: Store) -> None:
    """Entities that were there before are in it, those closed are not; the same fields again do nothing."""
    with store.begin() as transaction:
        transaction.ledger.save(
            [an_entity(f"A-{number:04}", lines=LINES, channel="web", closed=number % 2 == 1) for number in range(4_500)]
        )
    with store.begin() as transaction:
        assert transaction.ledger.index_impacts({"order": ("lines.sku",)})
        assert len(transaction.ledger.linked("order", "lines.sku", ["S-1"])) == 2_250
    with store.begin() as transaction:
        assert not transaction.ledger.index_impacts({"order": ("lines.sku",)})
        assert transaction.ledger.index_impacts({"order": ("channel",)})
        assert not transaction.ledger.linked("order", "lines.sku", ["S-1"])
        assert len(transaction.ledger.linked("order", "channel", ["web"])) == 2_250
        assert transaction.ledger.index_impacts({})
        assert not transaction.ledger.linked("order", "channel", ["web"])


def test_a_later_process_goes_on_with_the_same_fields(tmp_path: Path) -> None:
    """Which fields are indexed is kept beside the index."""
    url = f"sqlite:///{tmp_path}/tocsin.db"
    for key in ("A-1", "A-2"):
        opened = Store(url)
        with opened.begin() as transaction:
            transaction.ledger.index_impacts({"order": ("channel",)})
        with opened.begin() as transaction:
            transaction.ledger.save([an_entity(key, channel="web")])
        with opened.read() as reader:
            assert key in reader.linked("order", "channel", ["web"])
        opened.close()
