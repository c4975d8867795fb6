"""The event: an immutable fact about one entity, as it is kept, folded and replayed."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from streams.instants import Instant
from streams.model import Value


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A checked event. `(source, id)` is unique: the idempotency key, as in CloudEvents.

    `data` holds declared fields, by their type in the model, and promises "NODE.due"; None removes the field.
    """

    source: str
    id: str
    kind: str
    key: str
    type: str
    occurred_at: Instant
    recorded_at: Instant
    data: Mapping[str, Value | None]
    retracts: str | None = None

    @property
    def order(self) -> tuple[Instant, Instant, str, str]:
        """Events of an entity are folded in this order."""
        return (self.occurred_at, self.recorded_at, self.source, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An event that was not taken: what came, where it stood, which field, why, and what was expected."""

    position: str  # "FILE:LINE", "FILE row 7 column ShippedDate", "batch item 3"
    field: str | None
    code: str  # stable word: unknown_kind, unknown_type, wrong_type, integer_too_large, no_instant, ahead_of_time,
    # missing_field, not_json, too_large, copy_differs, duplicate_key, unlisted_value, no_key, ...
    reason: str  # one sentence with what was expected
    raw: str  # the text as received, so that it can be sent again
    source: str | None = None
    id: str | None = None
