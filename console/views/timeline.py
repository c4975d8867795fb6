"""What happened to an incident, in order: its events, its changes, what people did, and what became of messages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from console.views.chain import duration_said
from console.views.naming import Names
from escalation.incident import AuditRow
from escalation.outbox import Delivery, DeliveryState, Purpose
from notifiers.words import REASONS
from store.queries import ReceivedEvent
from streams.firing import Reason, Severity
from streams.instants import MINUTE, SECOND, Instant, Micros
from streams.model import Kind
from streams.text import Text

Group = Literal["event", "change", "person", "step", "message"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`late`: how long after it was true an event became known, where that is worth saying."""

    at: Instant
    group: Group
    title: str
    detail: str = ""
    who: str = ""
    late: Micros | None = None
    is_trouble: bool = False
    lines: tuple[str, ...] = ()  # what became of the messages of that instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """One attempt to tell one person or group."""

    whom: str
    channel: str
    state: str
    state_text: str
    at: Instant
    purpose: str
    address: str | None
    reason: str | None
    error: str | None
    is_important: bool
    maybe_twice: bool
    is_unconfirmed: bool
    held_until: Instant | None
    next_at: Instant | None


_WORTH_SAYING: Final = MINUTE

# (zh, en); blanks: before, after, detail.
_CHANGES: Final[Mapping[str, tuple[Group, Text]]] = {
    "opened": ("change", Text(zh="发现异常，{severity}", en="Opened as {severity}")),
    "resolved": ("change", Text(zh="已解决", en="Resolved")),
    "reopened": ("change", Text(zh="重新打开", en="Reopened")),
    "severity": ("change", Text(zh="级别由{from_}变为{to}", en="Severity went from {from_} to {to}")),
    "pulsed": ("change", Text(zh="再次发生，共 {after} 次", en="Happened again, {after} times by now")),
    "firing": ("change", Text(zh="再次触发", en="Fired again")),
    "amended": ("change", Text(zh="迟到的数据改变了起止时间", en="Late data moved its times")),
    "withdrawn": ("change", Text(zh="迟到的数据表明并未发生", en="Late data shows that it never was")),
    "rule_changed": ("change", Text(zh="规则有变化，已按新规则重新计算", en="Its rule has changed: judged anew")),
    "acknowledged": ("person", Text(zh="确认", en="Acknowledged")),
    "unacknowledged": ("person", Text(zh="撤销确认", en="Acknowledgement undone")),
    "ack_expired": ("change", Text(zh="{person_before} 的确认已过期", en="{person_before}'s acknowledgement expired")),
    "handed_over": ("person", Text(zh="转交给 {person_after}", en="Handed over to {person_after}")),
    "escalated": ("person", Text(zh="立即升级", en="Escalated at once")),
    "restarted": ("change", Text(zh="级别升高，升级链重新开始", en="Severity has risen, the chain began anew")),
    "run_out": ("change", Text(zh="升级链已走完，无人确认", en="The chain has run out and nobody has taken it")),
    "round": ("step", Text(zh="第 {after} 轮开始", en="Round {after} began")),
    "no_chain": ("step", Text(zh="没有升级链，不通知任何人", en="No chain, nobody is told")),
    "webhook": ("message", Text(zh="调用 {after}", en="Called {after}")),
    "told": ("message", Text(zh="通知 {whom_after}", en="Telling {whom_after}")),
    "not_sent": ("message", Text(zh="未发送：{detail}", en="Not sent: {detail}")),
    "held": ("message", Text(zh="暂缓：{detail}", en="Held: {detail}")),
    "released": ("message", Text(zh="解除暂缓：{detail}", en="Released: {detail}")),
    "accepted": ("message", Text(zh="{detail}，已交给服务商", en="{detail}: accepted by the provider")),
    "delivered": ("message", Text(zh="{detail}，已送达", en="{detail}: delivered")),
    "failed": ("message", Text(zh="{detail}，失败", en="{detail}: failed")),
    "failed_temporary": ("message", Text(zh="{detail}，暂时失败", en="{detail}: failed for now")),
    "sent_again": ("message", Text(zh="{detail}，再次发送", en="{detail}: sent once more")),
}
_STEPS: Final[Mapping[str, Text]] = {
    "notify": Text(zh="通知{detail}", en="tell {detail}"),
    "wait": Text(zh="等待 {detail}", en="wait {detail}"),
    "webhook": Text(zh="调用 {detail}", en="call {detail}"),
}
_NOBODY_TOLD: Final = {
    "shadow": Text(zh="影子规则", en="shadow rule"),
    "found late": Text(zh="由迟到数据发现", en="found by late data"),
    "baseline": Text(zh="首次通知", en="the first notification"),
}
_RECEIPTS: Final = frozenset({"accepted", "delivered", "failed", "failed_temporary", "sent_again", "not_sent"})
_SETS_GOING: Final = frozenset({"step", "told", "webhook"})
_SAME_TELLING: Final = 2 * MINUTE
_TROUBLE: Final = frozenset({"run_out", "failed", "withdrawn", "ack_expired"})
_VIA: Final = re.compile(r"(?P<who>\S+) via (?P<channel>[^\s:]+)(?P<rest>.*)", re.DOTALL)


def entries_of(audit: Sequence[AuditRow], events: Sequence[ReceivedEvent], kind: Kind, names: Names) -> list[Entry]:
    """The newest first. What the chain did at one instant, and what became of its messages, is one entry."""
    entries = [_of_event(one, kind, names) for one in events if not one.retracted]
    entries += _together(audit, names)
    order = sorted(enumerate(entries), key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    return [entry for _, entry in order]


@dataclass(slots=True)
class _Telling:
    """What the chain or a change set going at one instant, and the last word on each of its messages."""

    at: Instant
    steps: list[AuditRow] = field(default_factory=list)
    told: list[AuditRow] = field(default_factory=list)
    messages: dict[str, AuditRow] = field(default_factory=dict)


def _together(audit: Sequence[AuditRow], names: Names) -> list[Entry]:
    found: list[Entry | _Telling] = []
    telling: _Telling | None = None
    for row in audit:
        if row.what in _SETS_GOING:
            if telling is None or telling.at != row.at:
                telling = _Telling(at=row.at)
                found.append(telling)
            (telling.steps if row.what == "step" else telling.told).append(row)
        elif row.what in _RECEIPTS:
            if telling is None or row.at - telling.at > _SAME_TELLING:
                telling = _Telling(at=row.at)
                found.append(telling)
            whom = (row.detail or "").partition(":")[0]
            telling.messages.pop(whom, None)
            telling.messages[whom] = row
        else:
            entry = _of_audit(row, names)
            found += [] if entry is None else [entry]
    return [_of_telling(one, names) if isinstance(one, _Telling) else one for one in found]


def _of_telling(telling: _Telling, names: Names) -> Entry:
    zh = names.viewer.language == "zh"
    said = [entry.title for row in telling.steps if (entry := _of_audit(row, names)) is not None]
    if not telling.steps:
        said = [entry.title for row in telling.told if row.what == "webhook" and (entry := _of_audit(row, names))]
        whom = names.viewer.t("and").join(_whom(row.after, names) for row in telling.told if row.what == "told")
        if whom and all((row.detail or "").startswith(Purpose.DIGEST) for row in telling.told if row.what == "told"):
            said += [f"在汇总中通知{whom}" if zh else f"announced in a digest to {whom}"]
        elif whom:
            said += [f"通知{whom}" if zh else f"tell {whom}"]
    outcomes = [(row, entry) for row in telling.messages.values() if (entry := _of_audit(row, names)) is not None]
    lines = []
    for row, entry in outcomes:
        at = f"{names.viewer.clock(row.at)} " if row.at - telling.at >= SECOND else ""
        why = (f"（{entry.detail}）" if zh else f" ({entry.detail})") if entry.detail else ""
        lines.append(f"{at}{entry.title}{why}")
    joined = ("，" if zh else ", ").join(said) or lines.pop(0)
    return Entry(
        at=telling.at,
        group="step" if telling.steps else "message",
        title=f"{joined[:1].upper()}{joined[1:]}",
        lines=tuple(lines),
        is_trouble=any(entry.is_trouble for _, entry in outcomes),
    )


def _of_event(received: ReceivedEvent, kind: Kind, names: Names) -> Entry:
    event = received.event
    late = received.lateness
    return Entry(
        at=event.occurred_at,
        group="event",
        title=event_label(event.type, kind, names),
        detail=event.source,
        late=late if late >= _WORTH_SAYING else None,
    )


def event_label(type_: str, kind: Kind, names: Names) -> str:
    """What the model calls an event type, or the node that it reaches."""
    if type_ in kind.events:
        return names.viewer.text(kind.events[type_].label)
    for node in kind.nodes.values():
        if type_ == node.name or type_ in node.types:
            return names.viewer.text(node.label)
    if type_ == "updated":
        return "数据更新" if names.viewer.language == "zh" else "Updated"
    return type_


def _of_audit(row: AuditRow, names: Names) -> Entry | None:
    language = names.viewer.language
    if row.what == "step":
        found = _STEPS.get(row.after or "")
        if found is None:
            return None
        text = found.say(language).format(detail=_step_detail(row, names))
        return Entry(at=row.at, group="step", title=text)
    group, words = _CHANGES.get(row.what, ("change", Text.plain(row.what.replace("_", " "))))
    title = words.say(language).format(
        severity=_severity(row.detail, names),
        from_=_severity(row.before, names),
        to=_severity(row.after, names),
        person_before=names.person(row.before),
        person_after=names.person(row.after),
        whom_after=_whom(row.after, names),
        after=row.after or "",
        detail=_who_via(row.detail, names),
    )
    reason = "" if row.reason is None else names.viewer.not_sent(row.reason.value)
    detail = reason
    if row.what == "resolved" and row.detail:
        detail = _resolution(row.detail, row, names)
    who = names.actor(row.actor) if row.actor.kind == "person" else ""
    if who and row.actor.channel:
        who = (
            f"{who}（{names.channel(row.actor.channel)}）"
            if language == "zh"
            else (f"{who} ({names.channel(row.actor.channel)})")
        )
    return Entry(
        at=row.at,
        group="person" if row.actor.kind == "person" else group,
        title=title,
        detail=detail,
        who=who,
        is_trouble=row.what in _TROUBLE,
    )


def _resolution(detail: str, row: AuditRow, names: Names) -> str:
    """Why it ended: the firing's reason, or what the person wrote."""
    if row.actor.kind == "person" or detail not in Reason._value2member_map_:
        return detail
    return REASONS[Reason(detail)].say(names.viewer.language)


def _severity(word: str | None, names: Names) -> str:
    if word is None or word.upper() not in Severity.__members__:
        return word or ""
    said = names.viewer.severity(Severity[word.upper()])
    return said if names.viewer.language == "zh" else said.lower()


def _whom(after: str | None, names: Names) -> str:
    if after is not None and after.startswith("channel:"):
        return names.channel(after.removeprefix("channel:"))
    return names.person(after)


def _step_detail(row: AuditRow, names: Names) -> str:
    """The targets of a notify with people by their names, the length of a wait, the channel of a webhook."""
    text = row.detail or ""
    if row.after == "wait":
        return duration_said(text, names)
    return names.viewer.t("and").join(_target(target, names) for target in text.split(", "))


def _target(target: str, names: Names) -> str:
    zh = names.viewer.language == "zh"
    kind, colon, name = target.partition(":")
    match kind:
        case "owner":
            return "负责人" if zh else "the owner"
        case "team" if colon:
            return f"团队 {name}" if zh else f"team {name}"
        case "channel" if colon:
            return names.viewer.t("group_chat", channel=name)
        case _:
            return names.person(target)


def _who_via(detail: str | None, names: Names) -> str:
    """Who and by what channel; of a target that led to somebody, only who it is: the step names the target."""
    found = _VIA.fullmatch(detail or "")
    if found is None:
        who = (detail or "").rpartition(": ")[2]
        return _NOBODY_TOLD[who].say(names.viewer.language) if who in _NOBODY_TOLD else names.person(who) if who else ""
    who = found["who"]
    channel = names.channel(found["channel"])
    return f"{channel if who == 'channel' else f'{names.person(who)} · {channel}'}{found['rest']}"


def told_of(deliveries: Sequence[Delivery], names: Names) -> list[ToldView]:
    """The newest first; what was never to be sent comes last."""
    views = [_told(one, names) for one in deliveries]
    return sorted(views, key=lambda view: (view.state != "cancelled", view.at), reverse=True)


def _told(one: Delivery, names: Names) -> ToldView:
    held = one.held_until is not None
    channel = names.workspace.contacts.channels.get(one.channel)
    confirms = channel is not None and channel.kind == "twilio-sms"
    state = "held" if held else one.state.value
    return ToldView(
        whom=names.channel(one.channel) if one.person is None else names.person(one.person),
        channel=names.channel(one.channel),
        state=state,
        state_text=names.viewer.delivery_state(state),
        at=one.accepted_at or one.changed_at,
        purpose=names.viewer.purpose(one.purpose.value),
        address=one.address,
        reason=None if one.reason is None else names.viewer.not_sent(one.reason.value),
        error=one.error,
        is_important=one.important,
        maybe_twice=one.maybe_duplicate,
        is_unconfirmed=confirms and one.state is DeliveryState.ACCEPTED,
        held_until=one.held_until,
        next_at=one.next_at if one.state is DeliveryState.FAILED_TEMPORARY else None,
    )
