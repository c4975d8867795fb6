"""From the rules as they were to the rules as the files say now (semantics.md, section 5): what is new, changed, gone.

Identity is the id, the version is the meaning. `on_change: recompute` judges everything by the new version, as if it
had always been there; `on_change: fresh` keeps the old one beside it, for what opened under it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.files.definition import kind_of, read_definition
from rules.rule import Mode, Rule
from rules.workspace import Workspace
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule that is in force. `(rule, added_at)` identifies it."""

    rule: str
    version: str
    mode: Mode
    definition: str  # to be read again with a later model
    added_at: Instant
    since: Instant | None = None  # `fresh`: only later steps are judged
    retired_at: Instant | None = None  # `fresh`: another version follows; what had opened by then ends under this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What has to be judged again."""

    kinds: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()  # rules whose members have to be counted again

    def within(self, kinds: Collection[str]) -> "Scope":
        """Entities of kinds that the model has lost cannot be judged."""
        return Scope(kinds=self.kinds.intersection(kinds), counting=self.counting)

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(kinds=self.kinds | other.kinds, counting=self.counting | other.counting)


@dataclass(slots=True, kw_only=True)
class RuleChanges:
    """What a reading of the files changes. The lists hold ids of rules, in the order of the files."""

    versions: list[RuleVersion] = field(default_factory=list)  # in force from now on, retired ones included
    earlier: list[Rule] = field(default_factory=list)  # retired ones, as the judge needs them
    new: list[str] = field(default_factory=list)
    recomputed: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)  # also those that are off now
    switched: dict[str, Mode] = field(default_factory=dict)  # to live or shadow: the mode of now
    unreadable: list[str] = field(default_factory=list)  # wanted `fresh`, but an old version means nothing any more
    scope: Scope = field(default_factory=Scope)

    @property
    def sweeps(self) -> bool:
        """Whether entities have to be judged again."""
        return bool(self.new or self.recomputed or self.removed)

    @property
    def any(self) -> bool:
        return self.sweeps or bool(self.fresh or self.switched)

    @property
    def since(self) -> Mapping[str, Instant]:
        """From when on a rule is judged, where that is not always."""
        return {one.rule: one.since for one in self.versions if one.retired_at is None and one.since is not None}

    def judged(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """All versions that the judge is given."""
        yield from self.earlier
        for rule in rules:
            yield replace(rule, since=self.since.get(rule.id))


def compare_rules(kept: Sequence[RuleVersion], files: Workspace, now: Instant) -> RuleChanges:
    """`kept` are the versions in force until `now`, retired ones included."""
    changes = RuleChanges()
    current = {one.rule: one for one in kept if one.retired_at is None}
    retired: dict[str, list[RuleVersion]] = {}
    for one in kept:
        if one.retired_at is not None:
            retired.setdefault(one.rule, []).append(one)
    for rule in files.rules:
        _Comparing(rule, current.get(rule.id), retired.get(rule.id, []), files, now, changes).decide()
    ids = {rule.id for rule in files.rules}
    for id_, was in current.items():
        if id_ not in ids and (was.mode != "off" or id_ in retired):
            changes.removed.append(id_)
    changes.scope = _scope(changes, current, files)
    return changes


def _scope(changes: RuleChanges, before: Mapping[str, RuleVersion], files: Workspace) -> Scope:
    """Entities of the kinds that the rules were and are about, and of those that feed a total of one of these."""
    rules = {rule.id: rule for rule in files.rules}
    concerned = {*changes.new, *changes.recomputed, *changes.removed}
    kinds = {rules[id_].on for id_ in concerned if id_ in rules}
    kinds |= {kind_of(before[id_].definition) for id_ in concerned if id_ in before}
    kinds |= {total.of for total in files.model.totals if total.kind in kinds}
    counting = {id_ for id_ in concerned if id_ in rules and rules[id_].count is not None and rules[id_].mode != "off"}
    return Scope(kinds=frozenset(kinds), counting=frozenset(counting))


@dataclass(frozen=True, slots=True)
class _Comparing:
    """One rule of the files with what was in force of it."""

    rule: Rule
    was: RuleVersion | None
    retired: list[RuleVersion]
    files: Workspace
    now: Instant
    changes: RuleChanges

    def decide(self) -> None:
        rule, was, changes = self.rule, self.was, self.changes
        judged = rule.mode != "off"
        if was is None:
            self._take_up(None)
            if judged:
                changes.new.append(rule.id)
            return
        was_judged = was.mode != "off"
        if judged == was_judged and (was.version == rule.version or not judged):
            self._go_on(was)
        elif rule.on_change == "fresh" and rule.count is None:  # a group has one state, that of today's version
            self._begin_afresh(was)
        else:
            self._recompute()

    def _go_on(self, was: RuleVersion) -> None:
        rule, changes = self.rule, self.changes
        if not self._keep(self.retired):
            self._recompute()
            return
        changes.versions.append(
            replace(was, version=rule.version, mode=rule.mode, definition=self.files.definitions[rule.id])
        )
        self._switch()

    def _begin_afresh(self, was: RuleVersion) -> None:
        """What is open ends under the version that it opened under."""
        retired = self.retired if was.mode == "off" else [*self.retired, replace(was, retired_at=self.now)]
        if not self._keep(retired):
            self._recompute()
            return
        self._take_up(self.now)
        self.changes.fresh.append(self.rule.id)

    def _recompute(self) -> None:
        self._take_up(None)
        which = self.changes.recomputed if self.rule.mode != "off" else self.changes.removed
        which.append(self.rule.id)

    def _switch(self) -> None:
        if self.was is not None and self.was.mode != self.rule.mode != "off":
            self.changes.switched[self.rule.id] = self.rule.mode

    def _take_up(self, since: Instant | None) -> None:
        self._switch()
        self.changes.versions.append(
            RuleVersion(
                rule=self.rule.id,
                version=self.rule.version,
                mode=self.rule.mode,
                definition=self.files.definitions[self.rule.id],
                added_at=self.now,
                since=since,
            )
        )

    def _keep(self, retired: Sequence[RuleVersion]) -> bool:
        """Read retired versions again; False where one has another meaning with the model and calendars of now."""
        rules = []
        for one in retired:
            rule = read_definition(one.definition, self.files.model, self.files.calendars)
            if rule is None or rule.version != one.version or rule.count is not None:
                self.changes.unreadable.append(self.rule.id)
                return False
            rules.append(replace(rule, mode=one.mode, since=one.since, retired_at=one.retired_at))
        self.changes.versions += retired
        self.changes.earlier += rules
        return True
