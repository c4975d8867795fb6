"""Server-sent events: what has changed, told to whoever is signed in."""

import asyncio
import json
from typing import Any

from console import live
from console.app import create_app
from console.session import Sessions
from console.visit import House
from escalation.commands import Acknowledge
from escalation.incident import Actor
from tests.console.shop import Shop

ANA = Actor(kind="person", id="ana", channel="console")


def test_strangers_hear_nothing(stranger: Any) -> None:
    """No session, no stream."""
    assert stranger.get("/changes").status_code == 401


def test_a_change_is_told_once_after_it_was_kept(shop: Shop) -> None:
    """The stream begins with the server's time, then says which incidents changed; closing it ends the subscription."""

    async def listen() -> list[tuple[str, dict[str, Any]]]:
        house: House = create_app(shop).state.house
        stream = live._stream(house)
        told = [_read(await anext(stream))]
        await asyncio.to_thread(shop.run, Acknowledge(incident=1, actor=ANA))
        told.append(_read(await asyncio.wait_for(anext(stream), 5)))
        await stream.aclose()  # type: ignore[attr-defined]
        return told

    hello, changed = asyncio.run(listen())
    assert hello == ("hello", {"now": shop.now() // 1000})
    assert changed[0] == "changed" and changed[1]["ids"] == [1]
    assert shop._listeners == []


def test_a_quiet_stream_beats(shop: Shop, monkeypatch: Any) -> None:
    """So that proxies and phones keep it open, and clocks stay right."""
    monkeypatch.setattr(live, "BEAT", 0.01)

    async def listen() -> str:
        stream = live._stream(create_app(shop).state.house)
        await anext(stream)
        return _read(await anext(stream))[0]

    assert asyncio.run(listen()) == "beat"


def test_sessions_are_signed_for_one_console() -> None:
    """Another key's cookie is nobody's; one second after its time it is over."""
    sessions, now = Sessions(b"one key"), 1_000_000_000_000
    cookie = sessions.begin("ana", now)
    assert sessions.person(cookie, now) == "ana"
    assert Sessions(b"another key").person(cookie, now) is None
    assert sessions.person("nonsense", now) is None


def _read(chunk: bytes) -> tuple[str, dict[str, Any]]:
    lines = dict(line.split(": ", 1) for line in chunk.decode().split("\n") if ": " in line)
    return lines["event"], json.loads(lines["data"])
