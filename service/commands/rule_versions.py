"""Versions of rules that commands compare: where they come from, and the history as the model of each reads it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rules.check import render
from rules.errors import Problems
from rules.rule import Rule
from rules.workspace import Workspace
from service.commands.inputs import load_columns, load_inputs, load_mapping
from service.config import Settings
from service.speech import Say, fail, run_language
from simulator.backtest.versions import Version, changed_rule, rules_of_file
from simulator.reading.histories import ColumnHistory
from simulator.results import By
from streams.model import Model


class Histories:
    """The history as the model of each version reads it, each model once."""

    def __init__(
        self, path: Path, mapping: Path | None, by: By, settings: Settings, workspace: Workspace, say: Say
    ) -> None:
        self._path = path
        self._by: By = by
        self._mapping = mapping
        self._settings = settings
        self._workspace = workspace
        self._say = say
        self._read: list[tuple[Model, ColumnHistory]] = []

    def of(self, version: Version) -> ColumnHistory:
        for model, history in self._read:
            if model == version.model:
                return history
        workspace = replace(self._workspace, model=version.model)
        mapping = None if self._mapping is None else load_mapping(self._mapping, workspace)
        history = load_columns(self._path, workspace, mapping, self._settings, self._say, by=self._by)
        self._read.append((version.model, history))
        return history

    def models(self, versions: Sequence[Version]) -> int:
        """How many different ones there are."""
        for version in versions:
            self.of(version)
        return len(self._read)


def other_version(path: Path, workspace: Workspace, say: Say) -> Version:
    """The rules of another folder, with its model; or those of a file, with the model of this workspace."""
    if path.is_dir():
        other, _ = load_inputs(path)
        return Version(name=str(path), model=other.model, rules=other.rules)
    problems = Problems()
    rules = rules_of_file(path, workspace, problems)
    if problems.has_errors:
        raise fail(render(problems.in_order(), run_language(), path.parent))
    others = tuple(rule for rule in workspace.rules if rule.id not in {one.id for one in rules})
    return Version(name=path.name, model=workspace.model, rules=(*others, *rules))


def changed_version(rule: Rule, change: str, workspace: Workspace) -> Version:
    problems = Problems()
    changed = changed_rule(rule, change, workspace, problems)
    if changed is None or problems.has_errors:
        told = [problem.message.say(run_language()) for problem in problems.in_order()]
        raise fail("\n".join(f"--with {change}: {message}" for message in told))
    rules = tuple(changed if one.id == rule.id else one for one in workspace.rules)
    return Version(name=change, model=workspace.model, rules=rules)
