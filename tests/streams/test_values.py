"""The fast way of reading instants is the slow one, and no bytes whatever raise."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decoding import Decoder
from streams.errors import BadValue
from streams.instants import FIRST, LAST, parse_instant
from streams.values import read_instant
from tests.streams.models import model

DECODER = Decoder(model())
NEW_YORK = ZoneInfo("America/New_York")
LIKE_INSTANTS = st.from_regex(
    r"[0-9]{4}-(W?[0-9]{2})-[0-9]{2}[T ][0-2][0-9]:[0-9]{2}:[0-9]{2}([.,][0-9]{1,8})?"
    r"(Z|z|[+-][01][0-9](:?[0-9]{2}){0,2})?",
    fullmatch=True,
)


def slow(text: str) -> int | None:
    try:
        return parse_instant(text, NEW_YORK)
    except (ValueError, OverflowError):
        return None


@given(LIKE_INSTANTS | st.datetimes(timezones=st.none() | st.timezones()).map(lambda moment: moment.isoformat()))
def test_fast_instants_are_the_slow_ones(text: str):
    """Whatever looks like an instant is read alike, or by neither."""
    try:
        fast: int | None = read_instant(text, NEW_YORK)
    except BadValue:
        fast = None
    assert fast == slow(text)


MEMBERS = st.sampled_from(
    ["source", "id", "kind", "key", "type", "occurred_at", "recorded_at", "data", "retracts", "specversion", "amount"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["order", "placed", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS | st.text(), inner, max_size=6),
    max_leaves=12,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_is_sent_raises(raw: bytes):
    """Whatever comes in is decoded or refused."""
    assert list(DECODER.batch(raw, now=0)) is not None
    assert DECODER.decode(raw, now=None, position="here") is not None


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31"])
def test_no_instant_is_outside_the_years(zone: str, text: str):
    """The first local times east of Greenwich, and the last ones west of it, are no instants."""
    try:
        instant = read_instant(text, ZoneInfo(zone))
    except BadValue as error:
        assert error.code == "no_instant"
    else:
        assert FIRST <= instant <= LAST
