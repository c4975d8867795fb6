"""What people ask for, and how they are refused."""

from dataclasses import dataclass
from typing import Final

from escalation.incident import Actor
from streams.instants import Instant
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    incident: int
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    incident: int
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    incident: int
    actor: Actor
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    incident: int
    actor: Actor
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """`message_at`: when the message was made whose link or reply this is; None where the console shows the present."""

    incident: int
    actor: Actor
    message_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    incident: int
    actor: Actor


Command = Acknowledge | Unacknowledge | Resolve | HandOver | Escalate | Reopen

REFUSALS: Final = {
    "unknown_incident": Text(zh="没有这个异常", en="there is no such incident"),
    "already_acknowledged": Text(zh="已由 {by} 于 {at} 确认", en="already acknowledged by {by} at {at}"),
    "already_resolved": Text(zh="已由 {by} 于 {at} 解决", en="already resolved by {by} at {at}"),
    "is_over": Text(zh="已于 {at} 恢复正常", en="already over since {at}"),
    "not_acknowledged": Text(zh="尚未确认", en="it is not acknowledged"),
    "not_resolved": Text(zh="尚未解决", en="it is not resolved"),
    "newer_open": Text(zh="已有更新的未解决异常：{by}", en="a newer incident is open: {by}"),
    "unknown_person": Text(zh="没有此人：{by}", en="there is no such person: {by}"),
    "no_chain": Text(zh="没有升级链", en="it has no chain"),
    "old_message": Text(
        zh="这条消息之后，升级链已于 {at} 前进", en="the chain has moved on since this message, at {at}"
    ),
    "run_out": Text(zh="升级链已走完", en="the chain has run out"),
    "between_rounds": Text(zh="下一轮于 {at} 开始", en="the next round begins at {at}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing. `code` is a key of REFUSALS, `by` an id."""

    code: str
    by: str | None = None
    at: Instant | None = None

    def say(self, *, by: str = "", at: str = "") -> Text:
        """The sentence, with the person's name and the time in the words of who reads it."""
        text = REFUSALS[self.code]
        return Text(zh=text.zh.format(by=by, at=at), en=text.en.format(by=by, at=at))
