"""The in-memory twin of every channel: keeps what it is given, answers what it is told to."""

import threading
from collections import deque
from collections.abc import Iterable

from notifiers.message import Accepted, Finding, Message, NotSent, Outcome, Unknown
from streams.instants import Instant


class MemoryNotifier:
    """Accepts everything, but for the scripted outcomes, which are used up one a message.

    `Unknown` in the script means the message arrived and the answer did not: `ask` finds it, as it would at Twilio.
    """

    def __init__(self, script: Iterable[Outcome] = (), findings: Iterable[Finding] = ()) -> None:
        self._lock = threading.Lock()
        self._script = deque(script)
        self._findings = deque(findings)
        self.attempts: list[Message] = []
        self.sent: list[Message] = []
        self.closed = False

    def script(self, *outcomes: Outcome) -> None:
        with self._lock:
            self._script.extend(outcomes)

    def send(self, message: Message) -> Outcome:
        with self._lock:
            self.attempts.append(message)
            scripted = self._script.popleft() if self._script else None
            outcome = scripted or Accepted(provider_id=f"memory-{len(self.attempts)}")
            if isinstance(outcome, Accepted | Unknown):
                self.sent.append(message)
            return outcome

    def ask(self, message: Message, sent_at: Instant) -> Finding:
        with self._lock:
            if self._findings:
                return self._findings.popleft()
            for place, sent in enumerate(self.sent, start=1):
                if sent.delivery_id == message.delivery_id:
                    return Accepted(provider_id=f"memory-{place}")
            return NotSent()

    def close(self) -> None:
        self.closed = True
