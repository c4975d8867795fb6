"""What is handed to the loop, one dataclass a kind of item. Each is answered after the commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from escalation.commands import Command
from escalation.outbox import DeliveryResult
from streams.decoding import Decoded
from streams.event import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Decoded events, and refusals to keep, in the order they came. `resent`: the refused ones that these replace."""

    items: Sequence[Decoded | Refusal]
    resent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A person asks for something."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A provider said something about a delivery."""

    result: DeliveryResult


Item = Events | Ask | Reported
