"""`tocsin rules explain`: why a rule fired for an order, why not, and when it would."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from console.backend import Workspace as InForce
from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from rules.account import account, kinds_needed
from rules.check import render
from rules.errors import InvalidWorkspace
from rules.impact import Touching, touching, values_of
from rules.judging.judge import Judge
from rules.rule import Rule
from rules.workspace import Workspace
from service.account_text import account_text
from service.commands.inputs import load_history, load_inputs, load_mapping, rule_named
from service.commands.options import json_option, workspace_option
from service.config import Settings
from service.speech import Say, fail, progress, run_language
from store.database import Store
from store.errors import StoreError
from streams.clock import WallClock
from streams.engine import Engine
from streams.entity import Identity
from streams.event import Event
from streams.instants import Instant, parse_instant
from streams.model import Value, Values


def command(say: Say) -> click.Command:
    @click.command(
        name="explain",
        short_help=say("规则为何触发、为何没有、何时会触发", "why a rule fired, why not, when it would"),
        help=say(
            "说明一条规则对一张订单：为何触发、为何没有触发、何时会触发。给出条件的每一部分及其取值、期限的推算步骤、"
            "迟到的数据和历次触发。事件取自服务的数据库（只读），或 --history 指定的历史文件。\n\n"
            "示例：tocsin rules explain paid-not-shipped --order A-1001 -w shop",
            "Say of one rule and one order why it fired, why not, and when it would: each part of the condition with "
            "its values, how the deadline was counted, what came late, and the firings so far. The events come from "
            "the service's database (read only), or from the file that --history names.\n\n"
            "Example: tocsin rules explain paid-not-shipped --order A-1001 -w shop",
        ),
    )
    @click.argument("rule_id", metavar=say("规则", "RULE"))
    @click.option(
        "--order", "key", metavar="KEY", required=True, help=say("订单（实体）的键", "the key of the order (or entity)")
    )
    @click.option("--kind", help=say("实体类型；默认取规则的", "the kind of entity; the rule's by default"))
    @click.option(
        "--at", help=say("按这一时刻所知来说明；默认现在", "explain as it was known at this instant; now by default")
    )
    @click.option(
        "--history",
        type=click.Path(exists=True, path_type=Path),
        help=say("事件取自此历史文件", "take the events from this history"),
    )
    @click.option(
        "--map",
        "mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("--history 为外部表格时的映射文件", "the mapping file where --history is a foreign table"),
    )
    @workspace_option(say)
    @json_option(say)
    def run(
        rule_id: str,
        key: str,
        kind: str | None,
        at: str | None,
        history: Path | None,
        mapping: Path | None,
        folder: Path,
        as_json: bool,
    ) -> None:
        workspace, settings = load_inputs(folder)
        contacts = _contacts(folder, workspace, settings)
        rule = _rule(workspace, rule_id, kind, say)
        instant = _instant(at, workspace, say)
        source = _Source(workspace=workspace, settings=settings, folder=folder, rule=rule, key=key, say=say)
        known = source.stored(instant) if history is None else source.recorded(history, mapping, instant)
        with progress(say("推算", "explaining"), len({event.recorded_at for event in known.events})) as step:
            found = account(workspace.model, rule, key, known.events, known.at, step)
        if found is None:
            raise fail(say(f"到那时没有关于 {rule.on} {key} 的事件", f"nothing was known of {rule.on} {key} by then"))
        if as_json:
            click.echo(json.dumps(found | {"impact": [_impact(one) for one in known.touched]}, ensure_ascii=False))
        else:
            rules = {one.id: one for one in workspace.rules}
            in_force = InForce(model=workspace.model, rules=rules, contacts=contacts)
            click.echo(account_text(found, rule, in_force, known.touched, run_language(), known.at))

    return run


def _contacts(folder: Path, workspace: Workspace, settings: Settings) -> Contacts:
    try:
        return load_contacts(folder, workspace, language=settings.language)
    except InvalidWorkspace as refused:
        raise fail(render(refused.problems, run_language(), folder)) from None


def _rule(workspace: Workspace, rule_id: str, kind: str | None, say: Say) -> Rule:
    rule = rule_named(workspace, rule_id, say)
    if kind is not None and kind != rule.on:
        raise fail(
            say(f"规则 {rule_id} 针对 {rule.on}，而非 {kind}", f"the rule {rule_id} is about {rule.on}, not {kind}")
        )
    return rule


def _instant(text: str | None, workspace: Workspace, say: Say) -> Instant | None:
    try:
        return None if text is None else parse_instant(text, workspace.model.zone)
    except ValueError as error:
        raise fail(say(f"--at 不是时刻：{text}（应如 2026-03-02T09:00:00Z）", f"--at: {error}")) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The events of a source, the instant to explain as of, and what the entity touches then."""

    events: Sequence[Event]
    at: Instant
    touched: Sequence[Touching]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where the events are taken from."""

    workspace: Workspace
    settings: Settings
    folder: Path
    rule: Rule
    key: str
    say: Say

    @property
    def _identity(self) -> Identity:
        return (self.rule.on, self.key)

    def stored(self, at: Instant | None) -> _Known:
        """Of the service's own store. What is touched is told of now only."""
        url = self.settings.database_url(self.folder)
        path = url.removeprefix("sqlite:///")
        if path != url and not Path(path).exists():
            raise fail(
                self.say(
                    f"没有数据库 {path}；可用 --history 指定历史文件",
                    f"there is no database {path}; --history names a file",
                )
            )
        try:
            store = Store(url)
        except StoreError as error:
            raise fail(str(error)) from None
        try:
            with store.read() as reader:
                needed = kinds_needed(self.workspace.model, self.rule)
                events = reader.events_as_received(needed, [self._identity])
                values = reader.entity_values([self._identity]).get(self._identity, {})
                touched = self._touched(values, reader) if at is None else ()
        finally:
            store.close()
        return _Known(events=events, at=WallClock().now() if at is None else at, touched=touched)

    def recorded(self, path: Path, mapping: Path | None, at: Instant | None) -> _Known:
        """Of a history: as known at its end, unless an instant is named."""
        table = None if mapping is None else load_mapping(mapping, self.workspace)
        history = load_history(path, self.workspace, table, self.settings, self.say)
        if at is None:
            at = max((max(event.occurred_at, event.recorded_at) for event in history.events), default=0)
        needed = kinds_needed(self.workspace.model, self.rule)
        events = [one for one in history.events if one.kind in needed or (one.kind, one.key) == self._identity]
        held = _Held(self.workspace, [one for one in history.events if one.recorded_at <= at], at)
        values = held.values_of(self._identity) if self.rule.impacts else {}
        return _Known(events=events, at=at, touched=self._touched(values, held))

    def _touched(self, values: Values, lookup: Any) -> list[Touching]:
        rules, model = self.workspace.rules, self.workspace.model
        return touching(self.rule, rules, model, self._identity, values, lookup) if self.rule.impacts else []


class _Held:
    """The entities of a history, found as the store finds them."""

    def __init__(self, workspace: Workspace, events: Iterable[Event], at: Instant) -> None:
        self._engine = Engine(workspace.model, Judge([], "compiled"))
        self._at = at
        retracted: set[tuple[str, str | None]] = set()
        self._logs: dict[Identity, list[Event]] = {}
        for event in events:
            retracted.add((event.source, event.retracts))
            self._logs.setdefault((event.kind, event.key), []).append(event)
        self._retracted = retracted
        self._values: dict[Identity, Values] = {}

    def values_of(self, identity: Identity) -> Values:
        if identity not in self._values:
            log = [
                event
                for event in self._logs.get(identity, ())
                if event.retracts is not None or (event.source, event.id) not in self._retracted
            ]
            self._values[identity] = self._engine.fold(*identity, log, self._at).entity.values
        return self._values[identity]

    def linked(self, kind: str, field: str, values: Collection[Value]) -> set[str]:
        wanted = set(values)
        found = ((key, self.values_of((of, key))) for of, key in self._logs if of == kind)
        return {
            key
            for key, seen in found
            if seen and not seen.get("closed") and wanted & set([key] if field == "key" else values_of(seen, field))
        }

    def entity_values(self, entities: Collection[Identity]) -> Mapping[Identity, Values]:
        return {identity: self.values_of(identity) for identity in entities}


def _impact(one: Touching) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "count": len(one.entities),
        "value": one.value,
        "value_field": one.value_field,
        "entities": [{"key": found.key, "owners": list(found.owners), "value": found.value} for found in one.entities],
    }
