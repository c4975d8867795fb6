"""The default sentences in English."""

import re
from typing import Final

from notifiers.facts import (
    Counted,
    Facts,
    Holds,
    HoldsBy,
    HoldsFor,
    Limit,
    NodeFacts,
    OverdueAfter,
    OverduePromise,
    Pulsed,
)
from notifiers.timing import Timing, limit_text, open_for, reached_late, subject_of, why_over

# A node's label is a past participle ("Paid") or the name of a station ("Goods issue"); the first can be conjugated.
_REGULAR: Final = re.compile(r"[a-z]+ed")
_IRREGULAR: Final = frozenset(
    {"bought", "built", "done", "given", "held", "left", "made", "paid", "put", "sent", "sold", "taken"}
)
_WITHOUT_PASSIVE: Final = frozenset({"arrived", "departed", "expired", "finished", "landed", "left", "started"})
_ACTIVE: Final = _WITHOUT_PASSIVE | {"shipped"}  # "has shipped", as everybody says


def open_en(facts: Facts, times: Timing) -> str:
    subject = subject_of(facts, "en")
    named = f"{subject}: {facts.rule_name.en}"
    match facts.cause:
        case OverdueAfter(node=node, after=after, within=within) if facts.node(after).at is not None:
            return f"{subject} {_overdue_after(facts.node(after), facts.node(node), within, times)}"
        case OverdueAfter(node=node) | OverduePromise(node=node):
            return f"{subject} {_overdue(facts.node(node), times)}"
        case HoldsFor(limit=limit):
            return f"{named}, for {times.lasted} (limit {limit_text(limit, 'en')})"
        case HoldsBy():
            return f"{named}{_by(times)}"
        case Pulsed(count=count):
            return f"{named} ({times.opened}{f', {count} times' if count > 1 else ''})"
        case Counted(at_least=at_least, within=within):
            return f"{named}: {at_least} or more within {limit_text(within, 'en')}"
        case Holds():
            return f"{named}, for {times.held}" if times.held else named


def resolved_en(facts: Facts) -> str:
    subject = subject_of(facts, "en")
    reached = reached_late(facts, "en")
    if reached is not None:
        node, late = reached
        return f"{subject} {_done(node)}, {f'{late} late' if late else 'in time'}"
    why = why_over(facts, "en")
    return f"{subject}: {facts.rule_name.en}, resolved after {open_for(facts, 'en')}{f' ({why})' if why else ''}"


def _overdue_after(after: NodeFacts, node: NodeFacts, within: Limit, times: Timing) -> str:
    limit = f"due within {limit_text(within, 'en')}"
    if within.calendar is not None and times.due is not None:
        limit += f", by {times.due}"
    start = f"{_past(after)} {times.lasted} ago and {_not(node)}"
    return f"{start} yet ({limit}, {times.left} left)" if times.left is not None else f"{start} ({limit})"


def _overdue(node: NodeFacts, times: Timing) -> str:
    if times.due is None:
        return _not(node)
    if times.left is not None:
        return f"{_not(node)} yet (due {times.due}, {times.left} left)"
    return f"{_not(node)} (due {times.due}{f', {times.late} ago' if times.late else ''})"


def _by(times: Timing) -> str:
    if times.due is None:
        return ""
    if times.left is not None:
        return f", {times.left} before the deadline ({times.due})"
    return f", {f'{times.late} past' if times.late else 'at'} the deadline ({times.due})"


def _participle(label: str) -> str | None:
    word = label.strip().lower()
    return word if _REGULAR.fullmatch(word) or word in _IRREGULAR else None


def _past(node: NodeFacts) -> str:
    word = _participle(node.label.en)
    if word is None:
        return f"passed {node.label.en}"
    return word if word in _WITHOUT_PASSIVE else f"was {word}"


def _perfect(node: NodeFacts, not_: str) -> str:
    word = _participle(node.label.en)
    if word is None:
        return f"has{not_} reached {node.label.en}"
    return f"has{not_} {word}" if word in _ACTIVE else f"has{not_} been {word}"


def _done(node: NodeFacts) -> str:
    return _perfect(node, "")


def _not(node: NodeFacts) -> str:
    return _perfect(node, " not")
