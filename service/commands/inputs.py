"""What several commands read: a workspace, a mapping, a history. What is wrong is said, and ends the command."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import click

from rules.check import render
from rules.errors import InvalidWorkspace, Problems, guess
from rules.rule import Rule
from rules.workspace import Workspace, load_workspace
from service.config import Settings, load_settings
from service.speech import Say, fail, progress, run_language
from simulator.history import History, mapped_files, read_history
from simulator.mapping_file import read_mapping_file
from simulator.reading.histories import ColumnHistory, read_columns
from simulator.replay_columns import last_instant
from simulator.results import By
from store.database import look_at
from store.errors import StoreError
from store.transaction import Reader
from streams.errors import UnreadableSource
from streams.event import Refusal
from streams.instants import Instant, format_instant, parse_instant
from streams.sources.mapping import Mappings, TableMapping

_Loaded = TypeVar("_Loaded")

_SHOWN_REFUSALS: Final = 20


def load_inputs(folder: Path) -> tuple[Workspace, Settings]:
    """The workspace and its settings; what is wrong in them ends the command."""
    problems = Problems()
    workspace, settings = _problems_of(load_workspace, folder, problems), _problems_of(load_settings, folder, problems)
    if workspace is None or settings is None:
        raise fail(render(problems.in_order(), run_language(), folder))
    return workspace, settings


def rule_named(workspace: Workspace, id_: str, say: Say) -> Rule:
    """The rule that a command was asked about; an unknown one ends it."""
    rules = {rule.id: rule for rule in workspace.rules}
    if id_ not in rules:
        end = guess(id_, rules, labels={rule.id: rule.name for rule in workspace.rules})
        raise fail(say(f"没有规则 {id_}{end.zh}", f"there is no rule {id_}{end.en}"))
    return rules[id_]


def _problems_of(load: Callable[[Path], _Loaded], folder: Path, problems: Problems) -> _Loaded | None:
    try:
        return load(folder)
    except InvalidWorkspace as error:
        problems.extend(error.problems)
        return None


def load_mapping(path: Path, workspace: Workspace) -> TableMapping | Mappings:
    problems = Problems()
    mapping = read_mapping_file(path, workspace.model, problems)
    if mapping is None or problems.has_errors:
        raise fail(render(problems.in_order(), run_language(), path.parent))
    if problems.found:  # warnings
        click.echo(render(problems.in_order(), run_language(), path.parent), err=True)
    return mapping


def load_history(
    path: Path, workspace: Workspace, mapping: TableMapping | Mappings | None, settings: Settings, say: Say
) -> History:
    skews = {name: source.skew for name, source in settings.sources.items()}
    try:
        # How many events a file holds is known only at its end, so its size stands in for the length of the bar.
        with progress(say("读取历史", "reading the history"), max(1, _size(path, mapping) // 200)) as step:
            return read_history(path, workspace.model, mapping, skews=skews, progress=step)
    except UnreadableSource as error:
        raise fail(error.say(run_language())) from None


def load_columns(
    path: Path,
    workspace: Workspace,
    mapping: TableMapping | Mappings | None,
    settings: Settings,
    say: Say,
    *,
    by: By = "occurred_at",
) -> ColumnHistory:
    """The history in columns, for a replay by one time or the other."""
    skews = {name: source.skew for name, source in settings.sources.items()}
    keep_retracted = by == "recorded_at"
    try:
        with progress(say("读取历史", "reading the history"), max(1, _size(path, mapping) // 200)) as step:
            return read_columns(
                path, workspace.model, mapping, skews=skews, keep_retracted=keep_retracted, progress=step
            )
    except UnreadableSource as error:
        raise fail(error.say(run_language())) from None


def _size(path: Path, mapping: TableMapping | Mappings | None) -> int:
    """Bytes of the files that are read, those that are there."""
    files = [path] if mapping is None else [file for file, _ in mapped_files(path, mapping)]
    return sum(file.stat().st_size for file in files if file.is_file())


@contextmanager
def reading_database(url: str, say: Say) -> Iterator[Reader]:
    """A service's database, which may be running: it is only looked at."""
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        raise fail(
            say(f"没有数据库 {path}：服务还没有运行过", f"there is no database {path}: the service has not run yet")
        )
    try:
        with look_at(path) as reader:
            yield reader
    except StoreError as error:
        raise fail(error.say(run_language())) from None


def instant_named(option: str, text: str | None, workspace: Workspace, say: Say) -> Instant | None:
    """The instant that an option gives; what is none ends the command."""
    try:
        return None if text is None else parse_instant(text, workspace.model.zone)
    except ValueError as error:
        raise fail(say(f"{option} 不是时刻：{text}（应如 2026-03-02T09:00:00Z）", f"{option}: {error}")) from None


def require_period(begin: Instant | None, until: Instant | None, history: ColumnHistory, by: By, say: Say) -> None:
    """What begins after the end of the history, or after --until, would be a report of nothing."""
    end = last_instant(history, by) if until is None else until
    if begin is not None and end is not None and begin > end:
        raise fail(
            say(
                f"--from {format_instant(begin)} 晚于结束时刻 {format_instant(end)}",
                f"--from {format_instant(begin)} is after the end, {format_instant(end)}",
            )
        )


def tell_refusals(refusals: Sequence[Refusal], say: Say) -> None:
    if not refusals:
        return
    click.echo(say(f"\n{len(refusals)} 处被拒绝：", f"\n{len(refusals)} refused:"), err=True)
    for refusal in refusals[:_SHOWN_REFUSALS]:
        click.echo(f"  {refusal.position}: {refusal.reason}", err=True)
    if len(refusals) > _SHOWN_REFUSALS:
        click.echo(say("  ……", f"  ... and {len(refusals) - _SHOWN_REFUSALS} more"), err=True)
