"""Reads chains.yaml. What depends on the kind of entity (fields and conditions) is checked by the caller."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from zoneinfo import ZoneInfo

from escalation.chain import (
    CallWebhook,
    Chain,
    ChannelTarget,
    FieldTarget,
    If,
    LocalTime,
    Notify,
    OnWorse,
    Owner,
    PersonTarget,
    Repeat,
    Resolved,
    Step,
    Target,
    TeamTarget,
    Wait,
)
from escalation.files import keys
from escalation.files.reading import (
    CHANNEL,
    PERSON,
    TEAM,
    Declared,
    not_yet,
    read_duration,
    read_hours,
    read_plain_duration,
    read_severity,
    read_zone,
    refer,
)
from rules.errors import guess
from rules.files.document import Items, Leaf, Map, Node, as_leaf, as_map, wrong
from rules.worktime.calendars import Calendar
from streams.text import nfkc

InnerStep = Notify | Wait | CallWebhook | If

_LATER: Final = ("create_task", "approval")
_RESOLVED: Final = ("tell", "silent")
_ON_WORSE: Final = ("restart", "notify")
_PREFIXES: Final = ("team:", "channel:", "field:")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEntity:
    """What a chain says about the entity: to be checked against every kind that the chain is used for."""

    chain: str
    conditions: list[Leaf] = field(default_factory=list)
    fields: list[tuple[Leaf, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReader:
    """Reads one chain. The names are those declared; `zone` is that of an `if` that names none."""

    people: Collection[str]
    teams: Collection[str]
    channels: Mapping[str, str]  # id -> kind
    calendars: Mapping[str, Calendar]
    zone: ZoneInfo
    of_entity: OfEntity

    def read(self, one: Declared, body: Map) -> Chain:
        body.only(*keys.CHAIN)
        steps = body.list("steps", required=True)
        reopen_within = body.leaf("reopen_within")
        return Chain(
            id=one.name,
            steps=() if steps is None else tuple(self._steps(steps)),
            fallback=self._targets(body, "fallback") if "fallback" in body else (),
            resolved=cast(Resolved, body.one_of("resolved", _RESOLVED) or "tell"),
            ack_expires=self._duration(body.leaf("ack_expires")),
            reopen_within=None if reopen_within is None else read_plain_duration(reopen_within),
            on_worse=_on_worse(body),
        )

    def _steps(self, items: Items) -> Iterator[Step]:
        if not items.nodes:
            wrong(items, zh="至少一个步骤", en="at least one step")
        last = len(items.nodes) - 1
        for number, node in enumerate(items):
            step = as_map(node)
            if step is None:
                continue
            if "repeat" in step:
                repeat = _repeat(step, is_last=number == last, is_first=number == 0)
                if repeat is not None:
                    yield repeat
            else:
                yield from self._step(step)

    def _inner(self, step: Map, key: str, *, required: bool) -> Iterator[InnerStep]:
        items = step.list(key, required=required)
        if items is not None and not items.nodes:
            wrong(items, zh="至少一个步骤", en="at least one step")
        for node in items or ():
            inner = as_map(node)
            if inner is None:
                continue
            if "repeat" in inner:
                _misplaced(inner)
            else:
                yield from self._step(inner)

    def _step(self, step: Map) -> Iterator[InnerStep]:
        """The step, or nothing where it is wrong."""
        kind = _kind(step)
        if kind is None:
            return
        step.only(*keys.STEPS[kind])
        match kind:
            case "notify":
                important = step.boolean("important") or False
                targets = self._targets(step, "notify")
                if targets:
                    yield Notify(targets=targets, important=important)
            case "wait":
                duration = self._duration(step.leaf("wait", required=True))
                if duration is not None:
                    yield Wait(duration=duration)
            case "webhook":
                channel = self._webhook(step.leaf("webhook", required=True))
                if channel is not None:
                    yield CallWebhook(channel=channel)
            case "if":
                yield self._if(step)

    def _if(self, step: Map) -> If:
        condition = step.map("if", required=True)
        severity, time, where = None, None, None
        if condition is not None:
            condition.only(*keys.IF)
            if not condition.entries:
                wrong(condition, zh="severity、time 或 where", en="severity, time or where")
            severity = read_severity(condition, "severity")
            time = self._time(condition)
            where = condition.leaf("where")
        if where is not None:
            self.of_entity.conditions.append(where)
        return If(
            severity=severity,
            time=time,
            where=None if where is None else where.raw,
            then=tuple(self._inner(step, "then", required=True)),
            otherwise=tuple(self._inner(step, "else", required=False)),
        )

    def _time(self, condition: Map) -> LocalTime | None:
        time = condition.map("time") if "time" in condition else None
        if time is None:
            return None
        time.only(*keys.TIME)
        hours, zone = read_hours(time, "hours"), read_zone(time, "zone") or self.zone
        return None if hours is None else LocalTime(hours=hours, zone=zone.key)

    def _duration(self, leaf: Leaf | None) -> str | None:
        """The text of a duration that may name a calendar."""
        if leaf is None or read_duration(leaf, self.calendars) is None:
            return None
        return leaf.raw

    def _webhook(self, leaf: Leaf | None) -> str | None:
        name = None if leaf is None else refer(leaf, self.channels, CHANNEL)
        if leaf is not None and name is not None and self.channels[name] not in ("webhook", ""):
            wrong(leaf, zh="类型为 webhook 的通道", en="a channel of kind webhook")
            return None
        return name

    def _targets(self, parent: Map, key: str) -> tuple[Target, ...]:
        items = parent.list(key, required=True)
        if items is not None and not items.nodes:
            wrong(items, zh="至少一个通知对象", en="at least one target")
        return tuple(target for node in items or () if (target := self._target(node)) is not None)

    def _target(self, node: Node) -> Target | None:
        leaf = as_leaf(node)
        if leaf is None:
            return None
        if leaf.raw == "owner":
            return Owner()
        prefix, colon, name = leaf.raw.partition(":")
        if not colon:
            person = refer(leaf, self.people, PERSON)
            return None if person is None else PersonTarget(person)
        match prefix:
            case "team":
                team = refer(leaf, self.teams, TEAM, text=name)
                return None if team is None else TeamTarget(team)
            case "channel":
                return self._group(leaf, name)
            case "field":
                self.of_entity.fields.append((leaf, nfkc(name)))
                return FieldTarget(nfkc(name))
            case "oncall":
                not_yet(leaf.source.problems, leaf.place, leaf.raw)
                return None
        end = guess(f"{prefix}:", _PREFIXES)
        leaf.source.problems.error(
            leaf.place,
            "unknown_target",
            zh=f"未知的通知对象 {leaf.raw}{end.zh}",
            en=f"unknown target {leaf.raw}{end.en}",
        )
        return None

    def _group(self, leaf: Leaf, name: str) -> ChannelTarget | None:
        """A channel can be told itself where one message of it is for a group: no phone or mailbox stands behind it."""
        channel = refer(leaf, self.channels, CHANNEL, text=name)
        if channel is not None and self.channels[channel] in ("twilio-sms", "smtp"):
            wrong(
                leaf,
                zh="群聊通道；短信和邮件通道要通过人员使用",
                en="the channel of a group chat; a channel for text messages or mail is used through people",
            )
            return None
        return None if channel is None else ChannelTarget(channel)


def _kind(step: Map) -> str | None:
    for key in step:
        if key in _LATER:
            not_yet(step.problems, step.key_place(key), key)
            return None
    kinds = [key for key in step if key in keys.STEPS]
    if len(kinds) == 1:
        return kinds[0]
    listed = ", ".join(keys.STEPS)
    if kinds:
        second = step.key_place(kinds[1])
        step.problems.error(
            second,
            "two_steps",
            zh=f"一个步骤只能做一件事：{kinds[0]} 和 {kinds[1]} 要写成两个步骤",
            en=f"a step does one thing: write {kinds[0]} and {kinds[1]} as two steps",
        )
    elif step.entries:
        first = next(iter(step))
        end = guess(first, keys.STEPS)
        step.problems.error(
            step.key_place(first),
            "unknown_step",
            zh=f"未知的步骤 {first}{end.zh}",
            en=f"unknown step {first}{end.en}",
        )
    else:
        wrong(step, zh=f"一个步骤（{listed}）", en=f"a step ({listed})")
    return None


def _repeat(step: Map, *, is_last: bool, is_first: bool) -> Repeat | None:
    step.only(*keys.STEPS["repeat"])
    if not is_last or is_first:
        _misplaced(step)
        return None
    times = step.integer("repeat", required=True)
    if times is not None and times < 1:
        wrong(step.entries["repeat"].node, zh="1 或更大的整数", en="a whole number from 1")
        return None
    return None if times is None else Repeat(times=times)


def _misplaced(step: Map) -> None:
    step.problems.error(
        step.key_place("repeat"),
        "misplaced_repeat",
        zh="repeat 只能是升级链的最后一步，且前面要有步骤",
        en="repeat can only be the last step of a chain, after other steps",
    )


def _on_worse(body: Map) -> dict[str, OnWorse]:
    on_worse = body.map("on_worse")
    if on_worse is None:
        return {}
    on_worse.only(*keys.ON_WORSE)
    found = {key: on_worse.one_of(key, _ON_WORSE) for key in keys.ON_WORSE if key in on_worse}
    return {key: cast(OnWorse, word) for key, word in found.items() if word is not None}
