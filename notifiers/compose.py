"""From the facts of an incident and the address of a delivery to the message that a notifier sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.facts import Facts, NodeFacts
from notifiers.localise import moment_text, one_line, zone_text
from notifiers.message import Mention, Message, Purpose
from notifiers.sentence import sentence
from notifiers.timing import subject_of
from notifiers.words import LABELS, lead
from streams.instants import Instant, format_instant
from streams.text import Language

_LONGEST_LINE: Final = 200
_MOST_NODES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Which delivery it is, to whom, and what the receiver can do with it. The fields mean what Message says."""

    delivery_id: str
    incident_id: int
    purpose: Purpose
    important: bool
    language: Language
    zone: ZoneInfo
    address: str = ""
    mentions: tuple[Mention, ...] = ()
    acknowledge_url: str | None = None
    incident_url: str | None = None
    reply_code: str | None = None
    status_url: str | None = None
    notes: tuple[str, ...] = ()  # said before the facts: what happens next, who handed it over


def compose(facts: Facts, envelope: Envelope, now: Instant) -> Message:
    """The message as it reads at `now`. What is resolved is not to be acknowledged, so its message has no such link."""
    language, zone = envelope.language, envelope.zone
    over = envelope.purpose is Purpose.RESOLVED
    said = sentence(facts, language, zone, now)
    occasion = lead(envelope.purpose, facts.severity, language)
    colon = "：" if language == "zh" else ": "
    return Message(
        delivery_id=envelope.delivery_id,
        incident_id=envelope.incident_id,
        short_id=envelope.delivery_id,
        purpose=envelope.purpose,
        important=envelope.important,
        severity=facts.severity,
        language=language,
        zone=zone,
        title=f"{occasion}{colon}{subject_of(facts, language)}",
        sentence=said,
        lines=(*(one_line(note, _LONGEST_LINE) for note in envelope.notes), *_lines(facts, language, zone, now)),
        address=envelope.address,
        mentions=envelope.mentions,
        acknowledge_url=None if over else envelope.acknowledge_url,
        incident_url=envelope.incident_url,
        reply_code=None if over else envelope.reply_code,
        status_url=envelope.status_url,
        payload=payload_of(facts, envelope.incident_id),
    )


def _lines(facts: Facts, language: Language, zone: ZoneInfo, now: Instant) -> list[str]:
    def line(label: str, text: str) -> str:
        return _line(label, text, language)

    found = []
    if facts.deadline is not None:
        found.append(line("deadline", moment_text(facts.deadline, language, zone, now)))
    found.append(line("opened", moment_text(facts.opened_at, language, zone, now)))
    if facts.resolved_at is not None:
        found.append(line("resolved", moment_text(facts.resolved_at, language, zone, now)))
    known = [node for node in facts.nodes if node.at is not None or node.due is not None]
    found += [_node_line(node, language, zone, now) for node in known[-_MOST_NODES:]]
    found.append(line("rule", facts.rule_name.say(language)))
    if facts.runbook is not None:
        found.append(line("runbook", facts.runbook))
    found.append(times_line(language, zone, now))
    return found


def times_line(language: Language, zone: ZoneInfo, now: Instant) -> str:
    """In which time zone the times of a message are."""
    return _line("times", f"{zone.key} ({zone_text(now, zone)})", language)


def _line(label: str, text: str, language: Language) -> str:
    name = LABELS[label].say(language)
    return one_line(f"{name}：{text}" if language == "zh" else f"{name}: {text}", _LONGEST_LINE)


def _node_line(node: NodeFacts, language: Language, zone: ZoneInfo, now: Instant) -> str:
    at = None if node.at is None else moment_text(node.at, language, zone, now)
    due = None if node.due is None else moment_text(node.due, language, zone, now)
    label = node.label.say(language)
    if language == "zh":
        planned = f"应于 {due}" if due else ""
        text = f"{label}：{at or '未到'}{f'（{planned}）' if planned else ''}"
    else:
        text = f"{label}: {at or 'not reached'}{f' (due {due})' if due else ''}"
    return one_line(text, _LONGEST_LINE)


def payload_of(facts: Facts, incident_id: int) -> Mapping[str, object]:
    """The incident for machines: JSON values only, instants as RFC 3339."""

    def moment(instant: Instant | None) -> str | None:
        return None if instant is None else format_instant(instant)

    return {
        "id": incident_id,
        "rule": facts.rule,
        "kind": facts.kind,
        "key": facts.key,
        "severity": facts.severity.word,
        "state": "resolved" if facts.resolved_at is not None else "open",
        "opened_at": moment(facts.opened_at),
        "deadline": moment(facts.deadline),
        "resolved_at": moment(facts.resolved_at),
        "reason": None if facts.reason is None else facts.reason.value,
        "nodes": {node.name: {"at": moment(node.at), "due": moment(node.due)} for node in facts.nodes},
        "fields": {name: _plain(value) for name, value in facts.values.items()},
    }


def _plain(value: object) -> object:
    match value:
        case bool() | str():
            return value
        case int():  # of the types of fields only a timestamp is an int
            return format_instant(value)
        case tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value
