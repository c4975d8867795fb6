"""A real `tocsin serve` in its own process, with fake providers, for tests that drive the whole service over HTTP."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from service.demo.fake_dingtalk import SECRET
from service.demo.providers import Providers

API_KEY = "key-of-the-tests-0123456789"
PASSWORD = "password-of-the-tests"
_START_WITHIN = 60.0

MODEL = """
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}}
    closed_by: [shipped]
    fields: {customer: string}
"""
RULES = """
rules:
  - {id: paid-not-shipped, name: Paid and not shipped, overdue: shipped, after: paid, within: 1s, owner: li-wei}
"""
CHAINS = """
chains:
  shipping:
    steps:
      - notify: [owner, "channel:chat"]
      - wait: 3s
      - notify: [wang-fang]
      - wait: 1h
default: shipping
"""
PEOPLE = """
people:
  li-wei:
    name: Li Wei
    contacts: {phone: "+8613800000001", email: li.wei@example.com}
    normal: [{via: sms}, {via: mail}]
  wang-fang:
    name: Wang Fang
    contacts: {phone: "+8613800000003"}
    normal: [{via: sms}]
"""
CHANNELS = """
channels:
  sms: {{kind: twilio-sms, account_sid: {sid}, auth_token: "env:TWILIO_TOKEN", from: "+15005550006", base_url: "{twilio}", timeout: 2s}}
  mail: {{kind: smtp, host: 127.0.0.1, security: none, from: tocsin@example.com, base_url: "{mail}", timeout: 2s}}
  chat: {{kind: dingtalk-robot, url: "env:ROBOT_URL", secret: "env:ROBOT_SECRET", timeout: 2s}}
  hook: {{kind: webhook, url: "{webhook}", timeout: 2s}}
"""  # noqa: E501


class HeldPort:
    """A port for a process that is told its number: until it listens, and between restarts, nobody else gets it.

    Tests run side by side, so that a port which is only looked up may be another's a moment later. A bound socket that
    does not listen keeps it; Linux lets a listener that reuses addresses onto it, other systems do not.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = int(self._socket.getsockname()[1])
        if sys.platform != "linux":
            self.close()

    def close(self) -> None:
        self._socket.close()


class RunningService:
    """`start()` after `stop()` or `kill()` goes on with the same database."""

    def __init__(self, folder: Path, providers: Providers, **files: str) -> None:
        self.folder = folder
        self._providers = providers
        self._held = HeldPort()
        self.port = self._held.number
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.url, headers={"X-API-Key": API_KEY}, timeout=10)
        self._write(files)

    def _write(self, files: dict[str, str]) -> None:
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "rules.yaml").write_text(files.get("rules", RULES), encoding="utf-8")
        channels = CHANNELS.format(
            sid=self._providers.twilio.account_sid,
            twilio=self._providers.twilio.url,
            mail=self._providers.mailbox.url,
            webhook=self._providers.webhook.url,
        )
        settings = (
            f"listen: 127.0.0.1:{self.port}\nlanguage: en\n"
            "api_keys: {tests: 'env:API_KEY'}\nconsole: {password: 'env:CONSOLE_PASSWORD'}\n"
        )
        texts = {
            "model": files.get("model", MODEL),
            "chains": files.get("chains", CHAINS),
            "people": files.get("people", PEOPLE),
            "channels": channels,
            "tocsin": settings,
        }
        for name, text in texts.items():
            (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def start(self, *options: str, wait: bool = True) -> None:
        environment = os.environ | {
            "API_KEY": API_KEY,
            "CONSOLE_PASSWORD": PASSWORD,
            "TWILIO_TOKEN": self._providers.twilio.auth_token,
            "ROBOT_URL": self._providers.dingtalk.robot_url,
            "ROBOT_SECRET": SECRET,
        }
        log = (self.folder / "service.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from service.cli import main; main()", "serve", "-w", str(self.folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
        log.close()
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        ends = time.monotonic() + _START_WITHIN
        while time.monotonic() < ends:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the service ended:\n{self.log}")
            with contextlib.suppress(httpx.TransportError):
                if self.client.get("/readyz").is_success:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the service did not start:\n{self.log}")

    def kill(self) -> None:
        """As `kill -9`: no handler runs, nothing is flushed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def close(self) -> None:
        self.kill()
        self.client.close()
        self._held.close()

    @property
    def log(self) -> str:
        path = self.folder / "service.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def post_events(self, *events: dict[str, Any]) -> httpx.Response:
        return self.client.post("/api/events", json=list(events))


def event(key: str, type_: str, occurred_at: str, **data: Any) -> dict[str, Any]:
    return {
        "source": "shop",
        "id": f"{key}-{type_}",
        "kind": "order",
        "key": key,
        "type": type_,
        "occurred_at": occurred_at,
        "data": data,
    }


@contextlib.contextmanager
def running(folder: Path, **files: str) -> Iterator[tuple[RunningService, Providers]]:
    with Providers() as providers:
        service = RunningService(folder, providers, **files)
        try:
            service.start()
            yield service, providers
        finally:
            service.close()
