"""The states of entities."""

from store.database import Store
from tests.store.making import NOON, an_entity


def test_an_entity_comes_back_as_it_was_saved(store: Store) -> None:
    """Also after it was saved again; what was never saved is absent."""
    with store.begin() as transaction:
        transaction.ledger.save([an_entity("A-1", amount=1.0), an_entity("A-2", tags=("x", "y"))])
        transaction.ledger.save([an_entity("A-1", amount=2.0)])
    with store.begin() as transaction:
        assert transaction.ledger.load([("order", "A-1"), ("order", "A-2"), ("order", "A-3"), ("stock", "A-1")]) == {
            ("order", "A-1"): an_entity("A-1", amount=2.0),
            ("order", "A-2"): an_entity("A-2", tags=("x", "y")),
        }


def test_the_due_ones_come_by_their_time(store: Store) -> None:
    """Those at or before now, the earliest first, as many as asked for; saving without a due time ends it."""
    with store.begin() as transaction:
        ledger = transaction.ledger
        ledger.save([an_entity("A", due_at=30), an_entity("B", due_at=10), an_entity("C", due_at=20), an_entity("D")])
        assert ledger.due(30, 9) == [("order", "B"), ("order", "C"), ("order", "A")]
        assert ledger.due(29, 9) == [("order", "B"), ("order", "C")]
        assert ledger.due(30, 1) == [("order", "B")]
        assert ledger.next_due() == 10
        ledger.save([an_entity("B"), an_entity("C", due_at=40)])
        assert ledger.due(30, 9) == [("order", "A")]
        ledger.save([an_entity("A"), an_entity("C")])
        assert ledger.next_due() is None


def test_snapshots_are_those_of_entities_that_have_begun(store: Store) -> None:
    """Lists are tuples again; an entity whose every event was retracted has none."""
    with store.begin() as transaction:
        transaction.ledger.save([an_entity("A-1", tags=("x",), amount=3.0), an_entity("A-2", begun_at=None)])
        assert transaction.work.entity_values([("order", "A-1"), ("order", "A-2"), ("order", "A-3")]) == {
            ("order", "A-1"): {"key": "A-1", "closed": False, "tags": ("x",), "amount": 3.0}
        }


def test_entities_are_found_by_what_they_hold(store: Store) -> None:
    """Text in the key or in a value, wildcards taken literally; page after page."""
    with store.begin() as transaction:
        transaction.ledger.save(
            [an_entity("A-1", customer="远山贸易"), an_entity("A-2"), an_entity("a_3"), an_entity("X", begun_at=None)]
        )
    with store.read() as reader:
        assert [line.key for line in reader.find_entities("远山")] == ["A-1"]
        assert [line.key for line in reader.find_entities("_")] == ["a_3"]
        assert [line.key for line in reader.find_entities("a-", limit=1)] == ["A-1"]
        assert [line.key for line in reader.find_entities("a-", after=("order", "A-1"))] == ["A-2"]
        assert [line.key for line in reader.find_entities(kind="stock")] == []
        assert reader.find_entities("A-1")[0].begun_at == NOON


def test_stale_entities_are_found_and_settled_kind_by_kind(store: Store) -> None:
    """Those of kinds that feed others first; settled ones, and idle ones, are not found."""
    with store.begin() as transaction:
        ledger = transaction.ledger
        for kind, keys in (("order", "AB"), ("stock", "CD")):
            entities = [an_entity(key) for key in keys]
            for entity in entities:
                entity.kind = kind
            ledger.save(entities)
        assert ledger.kinds() == ["order", "stock"]
        assert (ledger.stale(0, 9, ()), ledger.stale_left(0)) == ([], 0)
        assert ledger.stale(1, 3, ("stock",)) == [("stock", "C"), ("stock", "D"), ("order", "A")]
        assert (ledger.settle(1, ["stock"], 1), ledger.stale_left(1)) == (1, 3)
        assert (ledger.settle(1, ["stock", "lost"], 9), ledger.stale(1, 9, ())) == (1, [("order", "A"), ("order", "B")])
        assert ledger.load([("stock", "C")])["stock", "C"].generation == 1
