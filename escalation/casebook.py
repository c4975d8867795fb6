"""The incidents of one transaction: loaded once, changed in memory, written once."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from escalation.case import Actions, Case
from escalation.chain import Chain
from escalation.contacts import Contacts
from escalation.directory import Directory
from escalation.errors import Stale
from escalation.groups import values_of
from escalation.incident import FiringKey, Incident, State, firing_key
from escalation.outbox import Delivery
from escalation.ports import EntityRule, UnitOfWork
from rules.decisions import owner_of
from rules.rule import Rule
from streams.firing import Firing
from streams.instants import Instant
from streams.model import Values


class CaseBook:
    """The incidents of one transaction, loaded once and written once."""

    def __init__(self, uow: UnitOfWork, contacts: Contacts, rules: Mapping[str, Rule], now: Instant) -> None:
        self._uow = uow
        self._contacts = contacts
        self._rules = rules
        self._now = now
        self._cases: dict[int, Case] = {}
        self._before: dict[int, Incident | None] = {}
        self._by_firing: dict[FiringKey, int] = {}
        self._by_message: dict[str, set[int]] = {}
        self._by_rule: dict[EntityRule, list[int]] = {}
        self._stored: dict[EntityRule, Incident | None] = {}
        self._values: dict[tuple[str, str], Values] = {}

    @property
    def cases(self) -> list[Case]:
        return list(self._cases.values())

    def load(self, incidents: Iterable[Incident]) -> None:
        fresh = [incident for incident in incidents if incident.id not in self._cases]
        if not fresh:
            return
        entities = {(incident.firing.kind, incident.firing.key) for incident in fresh}
        values = self._uow.entity_values(entities)
        by_incident: dict[int, list[Delivery]] = {incident.id: [] for incident in fresh}
        for delivery in self._uow.deliveries_of(by_incident.keys()):
            by_incident[delivery.incident].append(delivery)
            self._by_message.setdefault(delivery.message or delivery.id, set()).add(delivery.incident)
        for incident in fresh:
            entity = (incident.firing.kind, incident.firing.key)
            self._keep(incident, by_incident[incident.id], values.get(entity, {}))
            self._before[incident.id] = incident

    def add(self, incident: Incident) -> Case:
        """A new one."""
        entity = (incident.firing.kind, incident.firing.key)
        self._before[incident.id] = None
        if entity not in self._values:
            self._read_values((entity,))
        return self._keep(incident, (), self._values[entity])

    def _keep(self, incident: Incident, deliveries: Iterable[Delivery], values: Values) -> Case:
        rule = self._rules.get(incident.firing.rule)
        values = values_of(rule, incident.firing.key, values)
        directory = Directory(
            contacts=self._contacts,
            kind=incident.firing.kind,
            owner=None if rule is None else owner_of(rule, values),
            values=values,
            restart=None if rule is None else self._contacts.decided_chain(rule, values),
        )
        case = Case(incident, directory, deliveries, self._now)
        self._cases[incident.id] = case
        self._by_rule.setdefault(entity_rule(incident.firing), []).append(incident.id)
        self.remember(case)
        return case

    def remember(self, case: Case) -> None:
        for firing in case.incident.firings:
            self._by_firing[firing_key(firing)] = case.incident.id

    def case(self, incident: Incident) -> Case:
        self.load((incident,))
        return self._cases[incident.id]

    def find(self, ids: Iterable[int]) -> list[Case]:
        return [self._cases[id_] for id_ in ids if id_ in self._cases]

    def case_of_firing(self, key: FiringKey) -> Case | None:
        id_ = self._by_firing.get(key)
        return None if id_ is None else self._cases[id_]

    def cases_of_message(self, message: str) -> list[Case]:
        return self.find(sorted(self._by_message.get(message, ())))

    def incident(self, id_: int) -> Incident | None:
        case = self._cases.get(id_)
        return None if case is None else case.incident

    def look_up(self, keys: Collection[EntityRule]) -> None:
        """Read at once the latest incidents of these rules and entities, and the entities' snapshots."""
        missing = [key for key in keys if key not in self._stored]
        if missing:
            found = self._uow.latest_incidents(missing)
            self._stored.update((key, found.get(key)) for key in missing)
            self._read_values({(kind, key) for _, kind, key in missing})

    def _read_values(self, entities: Collection[tuple[str, str]]) -> None:
        found = self._uow.entity_values(entities)
        self._values.update((entity, found.get(entity, {})) for entity in entities)

    def latest(self, key: EntityRule) -> Incident | None:
        """The unresolved incident of a rule and entity, else the one of its last firing, as things stand by now."""
        self.look_up((key,))
        found = [self._cases[id_].incident for id_ in self._by_rule.get(key, ())]
        stored = self._stored[key]
        if stored is not None and stored.id not in self._cases:
            found.append(stored)
        return max(found, key=lambda one: (not one.is_resolved, one.firing.number), default=None)

    def chain(self, incident: Incident) -> Chain | None:
        """Today's chain for an incident that is reopened; the old copy where the rule is gone."""
        if incident.mode == "shadow" or incident.firing.found_late:
            return None
        rule = self._rules.get(incident.firing.rule)
        if rule is None:
            return None if incident.escalation is None else incident.escalation.chain
        return self._contacts.chain_for(rule, self.case(incident).directory.values)

    def write(self) -> list[int]:
        """Write what has changed, each incident one version up; the ids of those that have."""
        changed: list[tuple[Incident, Incident]] = []
        new: list[Incident] = []
        written: list[int] = []
        actions: list[Actions] = []
        for id_, case in self._cases.items():
            before, done = self._before[id_], case.actions
            if before == case.incident and not done:
                continue
            case.set(version_no=case.incident.version_no + 1)
            written.append(id_)
            actions.append(done)
            if before is None:
                new.append(case.incident)
            else:
                changed.append((before, case.incident))
        self._write_incidents(changed, new)
        self._write_actions(actions)
        return written

    def _write_incidents(self, changed: list[tuple[Incident, Incident]], new: list[Incident]) -> None:
        # There is one unresolved incident of a rule and entity at most: one is resolved before another one opens.
        changed.sort(key=lambda pair: pair[1].state is not State.RESOLVED)
        stale = self._uow.update_incidents(changed) if changed else []
        if stale:
            raise Stale(f"incidents {stale} have changed meanwhile")
        if new:
            self._uow.insert_incidents(new)

    def _write_actions(self, actions: Sequence[Actions]) -> None:
        if new := [delivery for one in actions for delivery in one.new]:
            self._uow.insert_deliveries(new)
        if changed := [pair for one in actions for pair in one.changed]:
            stale = self._uow.update_deliveries(changed)
            if stale:
                raise Stale(f"deliveries {stale} have changed meanwhile")
        if audit := [row for one in actions for row in one.audit]:
            self._uow.add_audit(audit)


def entity_rule(firing: Firing) -> EntityRule:
    return (firing.rule, firing.kind, firing.key)
