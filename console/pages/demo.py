"""/demo: a phone, a mailbox and a chat that only exist here, and what will happen next."""

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
        mails=[one for one in messages if one.kind == "mail"][:20],
        chats=list(reversed([one for one in messages if one.kind == "chat"][:20])),
        steps=demo.steps(),
        pieces=pieces_of,
    )


Piece = tuple[str, str | None]  # text, and where it leads


def pieces_of(message: DemoMessage) -> list[Piece]:
    """The text with its links where they stand in it; the others behind it."""
    pieces: list[Piece] = [(message.text, None)]
    behind: list[Piece] = []
    for label, href in message.links:
        written = next((one for one in (href, label) if any(one in text for text, to in pieces if to is None)), None)
        if written is None:
            behind.append((label, href))
        else:
            pieces = [part for piece in pieces for part in _split(piece, written, href)]
    return [piece for piece in pieces if piece[0]] + behind


def _split(piece: Piece, written: str, href: str) -> list[Piece]:
    text, leads_to = piece
    if leads_to is not None or written not in text:
        return [piece]
    before, _, after = text.partition(written)
    return [(before, None), (written, href), (after, None)]


def _by_receiver(messages: list[DemoMessage]) -> list[tuple[str, list[DemoMessage]]]:
    """The phone with the newest message first; in each the newest message last."""
    phones: dict[str, list[DemoMessage]] = {}
    for message in messages:
        phones.setdefault(message.to, []).append(message)
    return [(name, list(reversed(received[:8]))) for name, received in phones.items()]
