"""What is handed to the loop, one dataclass a kind of item. Each is answered after the commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from escalation.commands import Command
from escalation.outbox import DeliveryResult
from notifiers.message import Notifier
from service.changing.loaded import Loaded
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """The files have changed: whatever is handed in from now on is judged by these, and told through these."""

    loaded: Loaded
    notifiers: Mapping[str, Notifier]  # by channel; those of unchanged channels are the ones that are in use


Item = Events | Ask | Reported | Swap
