"""The workspace in force: one value that is replaced as a whole, between two batches, when the files have changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from console.backend import Workspace
from console.links import Links
from escalation.contacts import Contacts
from rules.judging.judge import Judge
from rules.matching.pool import MatcherPool
from rules.rule import Rule
from rules.versions import RuleChanges
from service.changing.loaded import Loaded
from service.config import Settings
from service.messages import Messages
from streams.engine import Engine
from streams.firing import Firing
from streams.instants import Instant
from streams.model import Model


@dataclass(frozen=True, kw_only=True)
class Running:
    loaded: Loaded
    since: Instant  # in force from then on
    changes: RuleChanges  # what it changed about the rules, and their versions in force
    judge: Judge
    engine: Engine
    messages: Messages

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    @property
    def model(self) -> Model:
        return self.loaded.files.model

    @property
    def contacts(self) -> Contacts:
        return self.loaded.contacts

    @property
    def rules(self) -> Mapping[str, Rule]:
        """As the files say now, those that are off included."""
        return self.messages.rules

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(model=self.model, rules=self.rules, contacts=self.contacts)

    def rule_of(self, firing: Firing) -> Rule | None:
        """The version that made the firing; where that is gone, the rule as it is now."""
        return self._versions.get((firing.rule, firing.version)) or self.rules.get(firing.rule)

    @cached_property
    def _versions(self) -> Mapping[tuple[str, str], Rule]:
        return {(rule.id, rule.version): rule for rule in self.changes.earlier}


def assemble(
    loaded: Loaded,
    changes: RuleChanges,
    now: Instant,
    *,
    generation: int = 0,
    incomplete: Iterable[str] = (),
    pool: MatcherPool,
    links: Links,
) -> Running:
    """What takes time are matchers that the pool does not have yet. `incomplete`: rules that a sweep has to count."""
    files, settings = loaded.files, loaded.settings
    judge = Judge(changes.judged(files.rules), partial(pool.make, settings.matcher))
    return Running(
        loaded=loaded,
        since=now,
        changes=changes,
        judge=judge,
        engine=Engine(files.model, judge, generation=generation, incomplete=judge.counts.keys() & set(incomplete)),
        messages=Messages(
            model=files.model,
            rules={rule.id: rule for rule in files.rules},
            contacts=loaded.contacts,
            links=links,
            url=settings.url,
            language=settings.language,
        ),
    )
