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
    )


def _by_receiver(messages: list[DemoMessage]) -> list[tuple[str, list[DemoMessage]]]:
    """The phone with the newest message first; in each the newest message last."""
    phones: dict[str, list[DemoMessage]] = {}
    for message in messages:
        phones.setdefault(message.to, []).append(message)
    return [(name, list(reversed(received[:8]))) for name, received in phones.items()]
