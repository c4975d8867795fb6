"""A digest: one message about several incidents that had begun before anybody watched for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from notifiers.compose import Envelope, compose, payload_of, times_line
from notifiers.facts import Facts
from notifiers.localise import number_text, one_line
from notifiers.message import Listed, Message
from notifiers.sentence import sentence
from notifiers.timing import subject_of
from streams.instants import Instant
from streams.text import Language

_NAMED: Final = 3
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the incidents, and where its page is."""

    incident_id: int
    facts: Facts
    url: str


def compose_digest(parts: Sequence[Part], envelope: Envelope, now: Instant) -> Message:
    """The message as it reads at `now`. `parts` has the worst first, whose severity is the message's."""
    language, zone = envelope.language, envelope.zone
    return replace(
        compose(parts[0].facts, envelope, now),
        title=_title(len(parts), language),
        sentence=_sentence(parts, language),
        lines=(times_line(language, zone, now),),
        incident_url=None,
        reply_code=None,
        listed=tuple(
            Listed(
                incident_id=part.incident_id,
                severity=part.facts.severity,
                sentence=sentence(part.facts, language, zone, now),
                url=part.url,
                payload=payload_of(part.facts, part.incident_id),
            )
            for part in parts
        ),
    )


def rest_text(count: int, language: Language) -> str:
    """What stands below a list that leaves some out; empty where it is whole."""
    if count <= 0:
        return ""
    number = number_text(count, language)
    return f"另有 {number} 个，见链接" if language == "zh" else f"and {number} more behind the link"


def _title(count: int, language: Language) -> str:
    number = number_text(count, language)
    if language == "zh":
        return f"{number} 个此前已发生的异常"
    return f"{number} incident{'' if count == 1 else 's'} that began earlier"


def _sentence(parts: Sequence[Part], language: Language) -> str:
    names = [_name(part.facts, language) for part in parts[:_NAMED]]
    title = _title(len(parts), language)
    worst = len(parts) > _NAMED
    if language == "zh":
        return f"{title}{'，最严重的是' if worst else '：'}{'、'.join(names)}"
    return f"{title}{', the worst: ' if worst else ': '}{', '.join(names)}"


def _name(facts: Facts, language: Language) -> str:
    """订单 A-1042（付款后未发货）, Order A-1042 (Paid, not shipped)."""
    rule = one_line(facts.rule_name.say(language), _LONGEST_NAME)
    subject = subject_of(facts, language)
    return f"{subject}（{rule}）" if language == "zh" else f"{subject} ({rule})"
