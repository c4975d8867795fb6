"""A whole workspace checked: rules, people, chains, channels and tocsin.yaml, as far as each can be read."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from rules.check import doubts
from rules.errors import InvalidWorkspace, Problem, Problems, ProblemSeverity
from rules.lints.horizon import lint_windows
from rules.workspace import Workspace, readable
from service.config import Settings, load_settings
from simulator.kpi.file import FILE as KPI_FILE
from simulator.kpi.file import load_kpis
from streams.instants import Instant

DEPENDENT_FILES: Final = ("people.yaml", "chains.yaml", "channels.yaml", KPI_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found, by place, and how much was read without errors."""

    problems: tuple[Problem, ...]
    not_checked: tuple[str, ...] = ()  # files that mean nothing until others are right
    settings: Settings | None = None  # None: with errors, as for the workspace
    workspace: Workspace | None = None
    rules: int = 0  # without errors
    contacts: Contacts | None = None

    @property
    def errors(self) -> int:
        return self._count("error")

    @property
    def warnings(self) -> int:
        return self._count("warning")

    @property
    def notes(self) -> int:
        return self._count("note")

    @property
    def people(self) -> int:
        return 0 if self.contacts is None else len(self.contacts.people)

    @property
    def chains(self) -> int:
        return 0 if self.contacts is None else len(self.contacts.chains)

    @property
    def channels(self) -> int:
        return 0 if self.contacts is None else len(self.contacts.channels)

    def without(self, codes: Collection[str]) -> "Checked":
        """Less the doubts of these codes; errors stay."""
        kept = (one for one in self.problems if one.severity == "error" or one.code not in codes)
        return replace(self, problems=tuple(kept))

    def _count(self, severity: ProblemSeverity) -> int:
        return sum(problem.severity == severity for problem in self.problems)


def check_workspace(folder: Path, now: Instant) -> Checked:
    """Every finding about the files of a workspace; `now` tells which holidays are not known in time."""
    problems = Problems()
    settings = _settings(folder, problems)
    found = readable(folder)
    problems.extend(found.problems)
    right = found.workspace  # wrong rules do not hide what is wrong with the others, or with people and chains
    contacts = None
    if right is not None:
        problems.extend(doubts(right, now))
        if settings is not None and settings.retention is not None:
            lint_windows(right, settings.retention, problems)
        contacts = _contacts(folder, right, settings or Settings(), problems)
        load_kpis(folder, right, problems)
    refused = any(problem.severity == "error" for problem in found.problems)
    return Checked(
        problems=problems.in_order(),
        not_checked=tuple(name for name in DEPENDENT_FILES if right is None and (folder / name).exists()),
        settings=settings,
        workspace=None if refused else right,
        rules=0 if right is None else len(right.rules),
        contacts=contacts,
    )


def _settings(folder: Path, problems: Problems) -> Settings | None:
    try:
        settings = load_settings(folder)
        problems.extend(settings.warnings)
        return settings
    except InvalidWorkspace as refused:
        problems.extend(refused.problems)
        return None


def _contacts(folder: Path, workspace: Workspace, settings: Settings, problems: Problems) -> Contacts | None:
    try:
        contacts = load_contacts(folder, workspace, language=settings.language)
    except InvalidWorkspace as refused:
        problems.extend(refused.problems)
        return None
    problems.extend(contacts.warnings)
    return contacts
