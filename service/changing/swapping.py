"""Taking up a reading of the files, in the transaction that keeps what it changes about the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from console.links import Links
from escalation.desk import Desk
from rules.files.definition import kind_of
from rules.impact import linked_fields
from rules.matching.pool import MatcherPool
from rules.versions import RuleVersion, Scope, compare_rules
from service.changing.loaded import Loaded
from service.running import Running, assemble
from store.transaction import Transaction
from streams.firing import Change, Firing, Reason, Transition
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapper:
    pool: MatcherPool
    links: Links

    def prepare(self, loaded: Loaded, kept: Sequence[RuleVersion], now: Instant) -> None:
        """Make the matchers that `take_up` will want, wherever that costs nobody time."""
        assemble(loaded, compare_rules(kept, loaded.files, now), now, pool=self.pool, links=self.links)

    def take_up(self, transaction: Transaction, loaded: Loaded, now: Instant) -> tuple[Running, frozenset[int]]:
        """What is in force from `now` on, once the transaction is committed, and the incidents that have changed."""
        kept = transaction.rule_versions()
        changes = compare_rules(kept, loaded.files, now)
        transaction.keep_rule_versions(changes.versions, now)
        transaction.ledger.index_impacts(linked_fields(loaded.files.rules))
        scope = transaction.pending_sweep() or Scope()
        if changes.sweeps:
            scope = (scope | changes.scope).within(loaded.files.model.kinds)
            transaction.begin_sweep(scope)
        running = assemble(
            loaded,
            changes,
            now,
            generation=transaction.generation(),
            incomplete=scope.counting,
            pool=self.pool,
            links=self.links,
        )
        desk = Desk(transaction.work, running.contacts, running.rules)
        touched: set[int] = set()
        kinds = loaded.files.model.kinds
        lost = {one.rule for one in kept if kind_of(one.definition) not in kinds}
        if lost:
            open_ones = [one.firing for one in transaction.work.unresolved_incidents(lost)]
            ended = [_ended(firing, now) for firing in open_ones if firing.kind not in kinds]
            touched.update(desk.tick(ended, (), (), now).touched)
        if changes.switched:
            touched.update(desk.switch_modes(changes.switched, now).touched)
            if transaction.pending_sweep() is None:  # else they are announced with what the sweep finds
                touched.update(desk.announce_baseline(now).touched)
        return running, frozenset(touched)


def _ended(firing: Firing, now: Instant) -> Transition:
    """Its kind is no longer in the model, so that no sweep can judge its entity."""
    after = replace(
        firing, reason=Reason.RULE_CHANGED, resolved_at=firing.resolved_at or now, closed_at=firing.closed_at or now
    )
    return Transition(change=Change.WITHDRAWN, at=now, firing=after)
