"""Chains as chains.yaml declares them: whom to tell, in which order, and how long to wait.

A chain is copied into the state of its incident when that opens, so all of it is plain data that msgspec encodes and
decodes (`encode_chain`, `decode_chain`). What needs the workspace to have a meaning (a duration that may name a
calendar, a condition on the entity) stays the text of the file; escalation/directory.py gives it its meaning of today,
as it does for the names of people and channels.

These are msgspec structs, where other values are dataclasses, because msgspec tags the variants of a union of structs.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from escalation.hours import Hours
from streams.firing import Severity
from streams.instants import Micros

DurationText = str  # such as "30m cn-workdays"; checked when the file is read
ExpressionText = str  # a condition on the entity; checked when the file is read
Resolved = Literal["tell", "silent"]
OnWorse = Literal["restart", "notify"]


class Owner(msgspec.Struct, frozen=True, tag="owner"):
    """Who the incident was handed over to, else the rule's owner."""

    def __str__(self) -> str:
        return "owner"


class PersonTarget(msgspec.Struct, frozen=True, tag="person"):
    id: str

    def __str__(self) -> str:
        return self.id


class TeamTarget(msgspec.Struct, frozen=True, tag="team"):
    """All members."""

    id: str

    def __str__(self) -> str:
        return f"team:{self.id}"


class ChannelTarget(msgspec.Struct, frozen=True, tag="channel"):
    """A group chat."""

    id: str

    def __str__(self) -> str:
        return f"channel:{self.id}"


class FieldTarget(msgspec.Struct, frozen=True, tag="field"):
    """Who a field of the entity names."""

    name: str

    def __str__(self) -> str:
        return f"field:{self.name}"


Target = Owner | PersonTarget | TeamTarget | ChannelTarget | FieldTarget


class Notify(msgspec.Struct, frozen=True, kw_only=True, tag="notify"):
    targets: tuple[Target, ...]
    important: bool = False


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag="wait"):
    duration: DurationText


class CallWebhook(msgspec.Struct, frozen=True, kw_only=True, tag="webhook"):
    channel: str


class LocalTime(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in a time zone."""

    hours: Hours
    zone: str


class If(msgspec.Struct, frozen=True, kw_only=True, tag="if"):
    """Holds where all of the given parts hold; at least one is given."""

    severity: Severity | None = None  # at least
    time: LocalTime | None = None
    where: ExpressionText | None = None
    then: tuple["Notify | Wait | CallWebhook | If", ...]
    otherwise: tuple["Notify | Wait | CallWebhook | If", ...] = ()


class Repeat(msgspec.Struct, frozen=True, kw_only=True, tag="repeat"):
    """Everything before it, so many times more. Only as the last step of a chain."""

    times: int


Step = Notify | Wait | CallWebhook | If | Repeat


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    steps: tuple[Step, ...]
    fallback: tuple[Target, ...] = ()
    resolved: Resolved = "tell"
    ack_expires: DurationText | None = None  # None: never
    reopen_within: Micros | None = None  # None: never
    on_worse: Mapping[str, OnWorse] = {}  # by the severity's word, or "else"; see `worse`

    def worse(self, severity: Severity) -> OnWorse:
        """What is done when the incident has risen to `severity`."""
        return self.on_worse.get(severity.word) or self.on_worse.get("else", "notify")


def encode_chain(chain: Chain) -> bytes:
    """JSON text for a database column; a state that contains chains can be encoded as a whole as well."""
    return msgspec.json.encode(chain)


def decode_chain(encoded: bytes | str) -> Chain:
    """The chain that `encode_chain` encoded. Raises msgspec.ValidationError where it is none."""
    return msgspec.json.decode(encoded, type=Chain)
