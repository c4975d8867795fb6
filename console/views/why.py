"""Why an incident opened and why it ended: truth trees with values and where deadlines came from, as kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from console.viewer import Viewer
from console.views.derivation import step_texts
from console.views.naming import Names
from escalation.incident import AuditRow, Incident, State
from notifiers.facts import Limit
from notifiers.timing import limit_text
from notifiers.words import REASONS
from rules.worktime.durations import DurationError, parse_duration
from store.firings import Explanation
from streams.firing import Reason, Severity
from streams.instants import Instant, Micros, parse_instant
from streams.model import Kind
from streams.text import Language

_UTC = ZoneInfo("UTC")
_OPENING = ("opened", "reopened", "amended")
_OF_CONDITION = (Reason.CONDITION, Reason.WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueView:
    name: str
    value: str
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthView:
    text: str
    holds: bool
    how: str
    parts: tuple["TruthView", ...]
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    """`how` as a sentence; `start` what it counts from, where there is something; `steps` in working time."""

    text: str
    at: Instant | None
    start: Instant | None = None
    steps: tuple[str, ...] = ()
    values: tuple[ValueView, ...] = ()
    warnings: tuple[str, ...] = ()  # what had to be taken as ordinary days


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedView:
    """Which row of the decision table counts since `at`, and why it hit; `truth` is None where it takes all others."""

    text: str
    at: Instant
    truth: TruthView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    rule: str
    version: str
    at: Instant | None
    truth: TruthView | None
    deadline: DeadlineView | None
    decided: DecidedView | None
    event: str | None
    count: "CountView | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    kind: str
    key: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CountView:
    """Of a group: what it needs as a sentence, and the members in its window, the newest first."""

    text: str
    members: tuple[MemberView, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView:
    """`reason` as a sentence. `truth`: the condition that fails, or the `clear` or `until` that holds by now."""

    reason: str
    at: Instant | None
    who: str = ""
    truth: TruthView | None = None
    deadline: DeadlineView | None = None


def why_of(explanations: Sequence[Explanation], kind: Kind, names: Names) -> WhyView | None:
    """The last record of an opening; None where none was kept."""
    found = [one for one in explanations if one.change in _OPENING]
    if not found:
        return None
    record = found[-1].record
    event = record.get("event")
    return WhyView(
        rule=str(record.get("rule", "")),
        version=str(record.get("version", "")),
        at=found[-1].at,
        truth=truth_view(record.get("truth"), names.viewer),
        deadline=deadline_view(record.get("deadline"), kind, names),
        decided=_decided(explanations, names),
        event=None if not isinstance(event, Mapping) else f"{event.get('type')} ({event.get('source')})",
        count=count_view(record.get("count"), names.viewer),
    )


def end_of(
    incident: Incident, explanations: Sequence[Explanation], audit: Sequence[AuditRow], kind: Kind, names: Names
) -> EndView | None:
    """None while it goes on."""
    firing, language = incident.firing, names.viewer.language
    if incident.state is not State.RESOLVED:
        return None
    if incident.resolved_by is not None:
        said = [row.detail or "" for row in audit if row.what == "resolved" and row.actor.kind == "person"]
        return EndView(reason="".join(said[-1:]), at=incident.resolved_at, who=names.person(incident.resolved_by))
    reason = "" if firing.reason is None else REASONS[firing.reason].say(language)
    found = [one.record["ended"] for one in explanations if isinstance(one.record.get("ended"), Mapping)]
    record = found[-1] if found else {}
    truth = record.get("truth") if firing.reason in _OF_CONDITION else record.get("ending")
    deadline = deadline_view(record.get("deadline"), kind, names) if firing.reason is Reason.DEADLINE_MOVED else None
    return EndView(
        reason=f"{reason[:1].upper()}{reason[1:]}",
        at=incident.resolved_at,
        truth=truth_view(truth, names.viewer),
        deadline=deadline,
    )


def _decided(explanations: Sequence[Explanation], names: Names) -> DecidedView | None:
    """By the last record that knows: an opening or a change of severity."""
    found = [one for one in explanations if isinstance(one.record.get("decided"), Mapping)]
    if not found:
        return None
    decided = found[-1].record["decided"]
    viewer, row = names.viewer, decided.get("row")
    zh, severity, owner = viewer.language == "zh", decided.get("severity"), decided.get("owner")
    given = [
        (viewer.t("col_severity"), "" if severity is None else viewer.severity(Severity[severity.upper()]).lower()),
        (viewer.t("col_owner"), "" if owner is None else names.person(owner)),
        (viewer.t("chain"), decided.get("chain") or ""),
    ]
    gives = ("，" if zh else ", ").join(f"{label.lower()} {value}" for label, value in given if value)
    if row is None:
        text = "没有一行命中，用规则自身的设置" if zh else "no row hits: the rule's own"
    else:
        text = f"第 {row} 行：{gives}" if zh else f"row {row}: {gives}"
    return DecidedView(text=text, at=found[-1].at, truth=truth_view(decided.get("truth"), viewer))


def count_view(record: Any, viewer: Viewer) -> CountView | None:
    if not isinstance(record, Mapping):
        return None
    distinct = record.get("distinct")
    counted = viewer.t("count_distinct", field=distinct) if distinct else ""
    values = {"found": record.get("found"), "at_least": record.get("at_least"), "span": viewer.span(record["within"])}
    members = [
        MemberView(kind=str(one["kind"]), key=str(one["key"]), at=parse_instant(one["at"], _UTC))
        for one in reversed(record.get("members", ()))
    ]
    return CountView(
        text=viewer.t("count_text", **values) + counted,
        members=tuple(members),
        left_out=int(record.get("left_out", 0)),
    )


def truth_view(node: Any, viewer: Viewer) -> TruthView | None:
    if not isinstance(node, Mapping):
        return None
    parts = [truth_view(part, viewer) for part in node.get("parts", ())]
    return TruthView(
        text=str(node.get("text", "")),
        holds=bool(node.get("holds")),
        how=str(node.get("how", "leaf")),
        parts=tuple(part for part in parts if part is not None),
        values=_values(node, viewer),
    )


def _values(record: Mapping[str, Any], viewer: Viewer) -> tuple[ValueView, ...]:
    return tuple(_value(one, viewer) for one in record.get("operands", ()) if isinstance(one, Mapping))


def _value(operand: Mapping[str, Any], viewer: Viewer) -> ValueView:
    value, type_ = operand.get("value"), operand.get("type")
    name = str(operand.get("text", ""))
    if value is None:
        return ValueView(name=name, value=viewer.t("missing"), is_missing=True)
    return ValueView(name=name, value=_shown(value, type_, viewer), is_missing=False)


def _shown(value: Any, type_: Any, viewer: Viewer) -> str:
    zh = viewer.language == "zh"
    if isinstance(value, bool):
        return ("是" if zh else "yes") if value else ("否" if zh else "no")
    if type_ == "timestamp" and isinstance(value, str):
        return viewer.moment(parse_instant(value, _UTC))
    if type_ == "duration" and isinstance(value, int | float):
        return viewer.span(Micros(value))
    if isinstance(value, int | float):
        return viewer.number(value)
    if isinstance(value, list):
        return ("、" if zh else ", ").join(str(item) for item in value)
    return f"“{value}”"


def deadline_view(record: Any, kind: Kind, names: Names) -> DeadlineView | None:
    if not isinstance(record, Mapping):
        return None
    at, start = _read(record.get("at")), _read(record.get("from"))
    subject, duration = _label(record.get("subject"), kind, names), _duration(record.get("duration"), names)
    after = _label(record.get("after"), kind, names)
    zh = names.viewer.language == "zh"
    match record.get("how"):
        case "for":
            text = f"条件持续 {duration}" if zh else f"the condition has held for {duration}"
        case "by":
            text = subject
        case "overdue":
            text = f"{after} 之后 {duration}" if zh else f"{duration} after {after}"
        case "promise" if after:
            text = f"按 {after} 之后的备货周期推算" if zh else f"the model's lead time after {after}"
        case _:
            text = f"{subject} 的承诺时间" if zh else f"as promised for {subject}"
    return DeadlineView(
        text=text,
        at=at,
        start=start,
        steps=step_texts(record.get("steps", ()), names.viewer),
        values=_values(record, names.viewer),
        warnings=tuple(_unknown(one, names.viewer.language) for one in record.get("unknown_holidays", ())),
    )


def _unknown(one: Mapping[str, Any], language: Language) -> str:
    calendar, country, year = one.get("calendar"), one.get("country"), one.get("year")
    if language == "zh":
        return (
            f"日历 {calendar} 不知道 {year} 年的节假日（{country}），期限按普通日计算，可能有误："
            "请核对，并升级节假日数据"
        )
    return (
        f"The calendar {calendar} does not know the holidays of {year} ({country}): the deadline counts those days as "
        "ordinary ones and may be wrong. Check it, and upgrade the holiday data"
    )


def _label(name: Any, kind: Kind, names: Names) -> str:
    """A node's label; other text (an expression) as it is."""
    node = kind.nodes.get(name) if isinstance(name, str) else None
    return (str(name) if name else "") if node is None else names.viewer.text(node.label)


def _duration(text: Any, names: Names) -> str:
    if not isinstance(text, str):
        return ""
    try:
        found = parse_duration(text, names.workspace.contacts.calendars)
    except DurationError:
        return text
    calendar = None if found.calendar is None else found.calendar.name
    return limit_text(Limit(time=found.span, days=found.days, calendar=calendar), names.viewer.language)


def _read(text: Any) -> Instant | None:
    return parse_instant(text, _UTC) if isinstance(text, str) else None
