"""Rules have changed: entities are brought to what the new rules say, in batches (semantics.md, section 5)."""

import msgspec

from streams.engine import Engine
from streams.instants import Instant
from streams.learning import Failed, Learned
from streams.ports import Ledger


class Swept(msgspec.Struct, kw_only=True, gc=False):
    """One batch of a sweep: what it found, and how many entities are still to be swept."""

    learned: Learned
    left: int


def sweep(engine: Engine, ledger: Ledger, now: Instant, limit: int, failed: Failed | None = None) -> Swept:
    """Bring up to `limit` stale entities to I(now) of the rules of `engine`.

    Firings that are gone are withdrawn with `rule_changed`; those that open are baseline. An entity that an event
    touches before its turn is swept there and then (streams/learning.py).
    """
    raise NotImplementedError
