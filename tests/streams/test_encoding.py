"""Events as text: decoding gives them back, and copies are compared by what they say."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.decoding import Decoded, Decoder
from streams.encoding import encode_event, first_received, same_content
from streams.event import Event
from streams.instants import FIRST, LAST
from streams.text import nfc
from tests.streams.models import model

DECODER = Decoder(model())
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map(nfc)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INSTANTS = st.integers(FIRST, LAST)
RECORDS = st.fixed_dictionaries({}, optional={"sku": TEXTS, "qty": NUMBERS, "wanted_at": INSTANTS})
DATA = st.fixed_dictionaries(
    {},
    optional={
        "amount": NUMBERS | st.none(),
        "channel": TEXTS | st.none(),
        "urgent": st.booleans(),
        "promised_at": INSTANTS,
        "tags": st.lists(TEXTS, max_size=3).map(tuple),
        "lines": st.lists(RECORDS, max_size=3).map(tuple),
        "shipped.due": INSTANTS | st.none(),
    },
)
EVENT = Event(
    source="erp", id="7", kind="order", key="A-1", type="placed", occurred_at=0, recorded_at=0, data={"amount": 5.0}
)


@given(
    st.builds(
        Event,
        source=TEXTS,
        id=TEXTS,
        kind=st.just("order"),
        key=TEXTS,
        type=st.sampled_from(["placed", "order.dispatched"]),
        occurred_at=INSTANTS,
        recorded_at=st.just(LAST),
        data=DATA,
        retracts=st.none() | TEXTS,
    )
)
def test_round_trip(event: Event):
    """An encoded event decodes to itself, to the microsecond and the bit."""
    decoded = DECODER.decode(encode_event(event), now=None, position="here")
    assert isinstance(decoded, Decoded), decoded
    assert decoded.event == event


def test_canonical_text():
    """The members stand in the order of the page, instants have six decimals, whole numbers no fraction."""
    assert encode_event(EVENT) == (
        b'{"source":"erp","id":"7","kind":"order","key":"A-1","type":"placed",'
        b'"occurred_at":"1970-01-01T00:00:00.000000Z","recorded_at":"1970-01-01T00:00:00.000000Z","data":{"amount":5}}'
    )


def test_copies():
    """Copies say the same whenever they were recorded; any other difference makes them differ."""
    assert same_content(EVENT, replace(EVENT, recorded_at=9))
    for other in (
        replace(EVENT, key="A-2"),
        replace(EVENT, type="paid"),
        replace(EVENT, kind="stock"),
        replace(EVENT, occurred_at=1),
        replace(EVENT, retracts="6"),
        replace(EVENT, data={"amount": 6.0}),
        replace(EVENT, data={}),
    ):
        assert not same_content(EVENT, other)


def test_first_received():
    """The least recorded_at counts, then the first by its JSON text."""
    early, small = replace(EVENT, recorded_at=-1), replace(EVENT, data={"amount": 10.0})
    assert sorted([EVENT, small, early], key=first_received) == [early, small, EVENT]
