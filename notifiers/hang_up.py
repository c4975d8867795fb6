"""The end of a conversation that takes too long as a whole: a socket's own timeout bounds its silence only, and a
provider that sends one byte a second would keep a sender, and the stop of the service, waiting for ever."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class HangUp:
    """Within the block the watched socket is shut down `seconds` after its beginning: whoever reads from it goes on."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def watch(self, found: socket.socket | None) -> None:
        """The socket of now; one that is wrapped in TLS later is another."""
        with self._lock:
            self._socket = found
            over = self._over
        if over:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._over = True
            found = self._socket
        if found is not None:
            with contextlib.suppress(OSError):
                # Of the plain socket: SSLSocket's own takes the TLS away beneath the reader.
                socket.socket.shutdown(found, socket.SHUT_RDWR)
