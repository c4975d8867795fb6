"""What the fake providers received, for the demo's phone, mailbox and chat, and for tests."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from streams.instants import Instant

Medium = Literal["sms", "mail", "chat", "webhook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as the person sees it; `raw` is what came over the wire."""

    number: int  # counts up from 1 over all providers that share the inbox
    medium: Medium
    to: str  # phone, e-mail address; empty for a chat and a webhook
    sender: str
    at: Instant
    text: str
    title: str | None = None
    links: tuple[tuple[str, str], ...] = ()  # what is written, where it leads
    mentions: tuple[str, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)


Listener = Callable[[Received], None]


class Inbox:
    """A list that several threads may add to and read."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._listeners: list[Listener] = []

    def add(
        self,
        medium: Medium,
        *,
        to: str,
        sender: str,
        at: Instant,
        text: str,
        title: str | None = None,
        links: tuple[tuple[str, str], ...] = (),
        mentions: tuple[str, ...] = (),
        raw: Mapping[str, object] | None = None,
    ) -> Received:
        with self._changed:
            received = Received(
                number=len(self._received) + 1,
                medium=medium,
                to=to,
                sender=sender,
                at=at,
                text=text,
                title=title,
                links=links,
                mentions=mentions,
                raw=raw or {},
            )
            self._received.append(received)
            listeners = list(self._listeners)
            self._changed.notify_all()
        for listener in listeners:
            listener(received)
        return received

    def received(self, medium: Medium | None = None) -> list[Received]:
        with self._changed:
            return [one for one in self._received if medium is None or one.medium == medium]

    def wait_for(self, count: int, medium: Medium | None = None, timeout: float = 5.0) -> list[Received]:
        """What is there once there are `count`, or after `timeout` seconds, whichever comes first."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._of(medium)) >= count, timeout)
            return self._of(medium)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """`listener` is called from the provider's thread for each message; returns what ends that."""
        with self._changed:
            self._listeners.append(listener)

        def stop() -> None:
            with self._changed:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop

    def _of(self, medium: Medium | None) -> list[Received]:
        return [one for one in self._received if medium is None or one.medium == medium]
