"""`tocsin rules test --from-order KEY`: tests from real orders, out of the service's database or a history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.rule import Rule
from rules.testing.recording import Recorded, record
from rules.workspace import Workspace
from service.commands.inputs import load_history, load_mapping
from service.config import Settings
from service.speech import Say, fail, run_language
from store.database import Store
from store.errors import StoreError
from streams.clock import WallClock
from streams.event import Event
from streams.instants import Instant
from streams.model import Kind

_MOST_EVENTS = 100_000  # of one entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders, and where they are kept: `history` None is the database of the workspace."""

    keys: tuple[str, ...]
    kind: str | None
    history: Path | None
    mapping: Path | None


def tests_from_orders(
    workspace: Workspace,
    settings: Settings,
    folder: Path,
    rules: Sequence[Rule],
    wanted: Wanted,
    *,
    named: bool,
    say: Say,
) -> str:
    """The tests as text: of the rules that were named, else of those that the orders brought to fire."""
    kind = _kind(workspace, rules if named else (), wanted.kind, say)
    if wanted.history is None:
        events, until = _stored(settings.database_url(folder), kind, wanted.keys, say)
    else:
        events, until = _recorded(wanted.history, workspace, settings, wanted, kind, say)
    absent = [key for key in wanted.keys if key not in {event.key for event in events}]
    if absent:
        raise fail(say(f"没有 {kind.name} {', '.join(absent)}", f"there is no {kind.name} {', '.join(absent)}"))
    texts: list[str] = []
    name = f"{kind.label.say(run_language())} {', '.join(wanted.keys)}"
    for rule in rules:
        if rule.on == kind.name:
            found = record(workspace.model, rule, events, until, name, settings.matcher)
            if named or found.changes:
                texts.append(_under(rule, found, say))
    if not texts:
        raise fail(
            say(
                "没有规则因它触发；请写明规则，得到它保持安静的测试",
                "no rule fires for it; name a rule to get a test in which that stays silent",
            )
        )
    return "\n".join(texts)


def _under(rule: Rule, found: Recorded, say: Say) -> str:
    head = say(f"# 规则 {rule.id}，粘贴到它的 tests: 下面", f"# rule {rule.id}: to be pasted under its tests:")
    return f"{head}\n{found.text}"


def _kind(workspace: Workspace, rules: Sequence[Rule], name: str | None, say: Say) -> Kind:
    """The one that was named, that of the rules that were, the usual one, or the only one."""
    kinds = workspace.model.kinds
    names = {rule.on for rule in rules}
    chosen = name or (names.pop() if len(names) == 1 else "order" if "order" in kinds else next(iter(kinds)))
    if chosen not in kinds:
        raise fail(
            say(f"模型没有类型 {chosen}（{'、'.join(kinds)}）", f"the model has no kind {chosen} ({', '.join(kinds)})")
        )
    return kinds[chosen]


def _stored(url: str, kind: Kind, keys: Sequence[str], say: Say) -> tuple[list[Event], Instant]:
    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise fail(
            say(
                f"没有数据库 {path}；可用 --history 指定历史文件",
                f"there is no database {path}; --history names a file",
            )
        )
    try:
        store = Store(url)
    except StoreError as error:
        raise fail(error.say(run_language())) from None
    try:
        with store.read() as reader:
            details = [reader.entity_detail(kind.name, key, events_limit=_MOST_EVENTS) for key in keys]
    finally:
        store.close()
    events = [received.event for detail in details if detail is not None for received in detail.events]
    return events, WallClock().now()


def _recorded(
    path: Path, workspace: Workspace, settings: Settings, wanted: Wanted, kind: Kind, say: Say
) -> tuple[list[Event], Instant]:
    mapping = None if wanted.mapping is None else load_mapping(wanted.mapping, workspace)
    history = load_history(path, workspace, mapping, settings, say)
    until = max((max(event.occurred_at, event.recorded_at) for event in history.events), default=0)
    return list(_of(history.events, kind, wanted.keys)), until


def _of(events: Iterable[Event], kind: Kind, keys: Sequence[str]) -> Iterable[Event]:
    return (event for event in events if event.kind == kind.name and event.key in keys)
