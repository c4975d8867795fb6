"""Refused events, and what the service itself keeps."""

from store.database import Store
from streams.event import Refusal
from tests.store.making import NOON


def a_refusal(code: str, **changes: str) -> Refusal:
    return Refusal(
        position="batch item 3", field="amount", code=code, reason="expected a number", raw='{"金": 1}', **changes
    )


def test_refused_events_are_listed_the_newest_first(store: Store) -> None:
    """With everything they came with, page by page, by code and by whether they were sent again."""
    with store.begin() as transaction:
        transaction.refuse([a_refusal("wrong_type", source="shop", id="7"), a_refusal("no_key")], NOON)
        transaction.refuse([a_refusal("wrong_type")], NOON + 1)
    with store.read() as reader:
        third, second, first = reader.list_refusals()
        assert (first.refusal, first.received_at, first.resent_at) == (
            a_refusal("wrong_type", source="shop", id="7"),
            NOON,
            None,
        )
        assert reader.list_refusals(limit=1) == [third]
        assert reader.list_refusals(limit=1, before=third.number) == [second]
        assert reader.list_refusals(code="wrong_type") == [third, first]
        assert reader.refusal(second.number) == second
        assert reader.refusal(99) is None
    with store.begin() as transaction:
        transaction.mark_resent([first.number], NOON + 2)
    with store.read() as reader:
        assert [row.number for row in reader.list_refusals(resent=False)] == [third.number, second.number]
        assert [(row.number, row.resent_at) for row in reader.list_refusals(resent=True)] == [(first.number, NOON + 2)]
        assert reader.count_refusals() == {"wrong_type": 1, "no_key": 1}


def test_a_secret_is_made_once(store: Store) -> None:
    """Whoever asks later gets the same one."""
    with store.begin() as transaction:
        assert transaction.secret("links", lambda: b"\x00first") == b"\x00first"
    with store.begin() as transaction:
        assert transaction.secret("links", lambda: b"second") == b"\x00first"
        transaction.set_meta("links", b"third")
    with store.read() as reader:
        assert (reader.meta("links"), reader.meta("none")) == (b"third", None)


def test_knowledge_never_goes_back(store: Store) -> None:
    """The greatest instant stays, each partition by itself."""
    with store.begin() as transaction:
        assert transaction.known_at() is None
        for at in (5, 9, 7):
            transaction.know(at)
        transaction.know(3, partition=1)
        assert (transaction.known_at(), transaction.known_at(1)) == (9, 3)
