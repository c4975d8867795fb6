"""stub"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.rule import Rule
from rules.testing.timeline import Case
from rules.workspace import Workspace
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    cases: tuple[Case, ...] = ()
    missing: Text | None = None


def boundary_cases(workspace: Workspace, rule: Rule, written: Sequence[Case]) -> Generated:
    return Generated()
