"""/demo: a phone, a mailbox and a chat that only exist here, and what will happen next."""

import re
from typing import Final

from starlette.responses import Response

from console.backend import DemoMessage
from console.visit import Visit


def show_demo(visit: Visit) -> Response:
    demo = visit.backend.demo
    if demo is None:
        return visit.not_found()
    messages = demo.messages()
    return visit.page(
        "demo.html",
        phones=_by_receiver([one for one in messages if one.kind == "sms"]),
        mails=[one for one in messages if one.kind == "mail"][:8],
        chats=list(reversed([one for one in messages if one.kind == "chat"][:4])),
        steps=demo.steps(),
        commands=demo.commands(),
        pieces=pieces_of,
    )


SHOWN_ON_PHONE: Final = 3
_MARKS: Final = re.compile(r"^#+ .*$|^- |\*\*", re.MULTILINE)
Piece = tuple[str, str | None]  # text, and where it leads


def pieces_of(message: DemoMessage) -> list[Piece]:
    """The text with its links where they stand in it; the others behind it."""
    pieces: list[Piece] = [(_plain(message), None)]
    behind: list[Piece] = []
    for label, href in message.links:
        written = next((one for one in (href, label) if any(one in text for text, to in pieces if to is None)), None)
        if written is None:
            behind.append((label, href))
        else:
            pieces = [part for piece in pieces for part in _split(piece, written, href)]
    return [piece for piece in pieces if piece[0]] + behind


def _plain(message: DemoMessage) -> str:
    """Of the markdown that group robots take, the words."""
    if message.kind != "chat":
        return message.text
    return _MARKS.sub("", message.text).strip() + "\n"


def _split(piece: Piece, written: str, href: str) -> list[Piece]:
    text, leads_to = piece
    if leads_to is not None or written not in text:
        return [piece]
    before, _, after = text.partition(written)
    return [(before, None), (written, href), (after, None)]


def _by_receiver(messages: list[DemoMessage]) -> list[tuple[str, list[DemoMessage]]]:
    """The phone that rang first comes first, and stays there; in each the newest message last."""
    phones: dict[str, list[DemoMessage]] = {}
    for message in reversed(messages):
        phones.setdefault(message.to, []).append(message)
    return [(name, received[-SHOWN_ON_PHONE:]) for name, received in phones.items()]
