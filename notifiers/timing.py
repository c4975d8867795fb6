"""The times of an incident in words, as both languages' sentences use them."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.facts import Facts, Limit, NodeFacts, OverdueAfter, OverduePromise
from notifiers.localise import duration_text, moment_text, number_text, one_line
from notifiers.words import REASONS
from streams.firing import Reason
from streams.instants import HOUR, SECOND, Instant
from streams.text import Language

LONGEST_SUBJECT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """None where it does not apply: `held` and `late` in the first second, `left` once the deadline has come."""

    lasted: str
    held: str | None  # the same, where it is worth saying
    opened: str
    due: str | None
    late: str | None
    left: str | None


def timing_of(facts: Facts, language: Language, zone: ZoneInfo, now: Instant) -> Timing:
    deadline = facts.deadline
    lasted = duration_text(max(0, now - facts.since), language)
    return Timing(
        lasted=lasted,
        held=lasted if now - facts.since >= SECOND else None,
        opened=moment_text(facts.opened_at, language, zone, now),
        due=None if deadline is None else moment_text(deadline, language, zone, now),
        late=None if deadline is None or now - deadline < SECOND else duration_text(now - deadline, language),
        left=None if deadline is None or now >= deadline else duration_text(deadline - now, language),
    )


def subject_of(facts: Facts, language: Language) -> str:
    """The entity: 订单 A-1042, Order A-1042; or the group."""
    if facts.subject is not None:
        return one_line(facts.subject.say(language), LONGEST_SUBJECT)
    return one_line(f"{facts.kind_label.say(language)} {facts.key}", LONGEST_SUBJECT)


def limit_text(limit: Limit, language: Language) -> str:
    """A duration of a rule: 48 h, 2 working days, 1 working day 4 working hours."""
    if limit.calendar is None:
        return duration_text(limit.time, language)
    parts = []
    if limit.days:
        parts.append(_counted(limit.days, "个工作日", "working day", language))
    if limit.time and limit.time % HOUR == 0:
        parts.append(_counted(limit.time // HOUR, "个工作小时", "working hour", language))
    elif limit.time or not limit.days:
        length = duration_text(limit.time, language)
        parts.append(f"{length}工作时间" if language == "zh" else f"{length} of working time")
    return " ".join(parts)


def _counted(count: int, zh: str, en: str, language: Language) -> str:
    words = zh if language == "zh" else en if count == 1 else f"{en}s"
    return f"{number_text(count, language)} {words}"


def reached_late(facts: Facts, language: Language) -> tuple[NodeFacts, str | None] | None:
    """Of an overdue node that has been reached after all: the node, and by how much late; else None."""
    if not isinstance(facts.cause, OverdueAfter | OverduePromise):
        return None
    node = facts.node(facts.cause.node)
    if node.at is None or facts.deadline is None or facts.reason is not Reason.CONDITION:
        return None
    return node, duration_text(node.at - facts.deadline, language) if node.at > facts.deadline else None


def open_for(facts: Facts, language: Language) -> str:
    return duration_text(max(0, (facts.resolved_at or facts.opened_at) - facts.opened_at), language)


def why_over(facts: Facts, language: Language) -> str | None:
    if facts.resolved_by is not None:
        name = one_line(facts.resolved_by, 40)
        return f"由{name}解决" if language == "zh" else f"by {name}"
    return None if facts.reason is None else REASONS[facts.reason].say(language)
