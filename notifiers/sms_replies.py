"""Answers that people send to an SMS: 1 acknowledge, 2 escalate, 3 resolve, with the code where several are open."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from twilio.twiml.messaging_response import MessagingResponse

Wish = Literal["acknowledge", "escalate", "resolve"]

_WISHES: Final[Mapping[str, Wish]] = {"1": "acknowledge", "2": "escalate", "3": "resolve"}
_REPLY: Final = re.compile(r"\s*([123])(?:[\s,#]+([\w-]+))?[\s.。]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`wish` None: nothing that we understand; it is shown to people, not guessed at."""

    provider_id: str
    sender: str  # E.164
    text: str
    wish: Wish | None
    code: str | None  # None: whatever is open for this sender, if it is one


def parse_reply(form: Mapping[str, str]) -> Reply | None:
    """The form that Twilio posts for an incoming message. None: it is none."""
    sender, provider_id = form.get("From"), form.get("MessageSid") or form.get("SmsSid")
    if not sender or not provider_id:
        return None
    text = form.get("Body", "")
    found = _REPLY.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return Reply(provider_id=provider_id, sender=sender, text=text, wish=None, code=None)
    return Reply(provider_id=provider_id, sender=sender, text=text, wish=_WISHES[found[1]], code=found[2])


def answer(text: str) -> str:
    """TwiML that sends `text` back; the empty text sends nothing."""
    response = MessagingResponse()
    if text:
        response.message(text)
    return str(response)
