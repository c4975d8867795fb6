"""Taking up a reading of the files, in the transaction that keeps what it changes about the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.links import Links
from escalation.desk import Desk
from rules.matching.pool import MatcherPool
from rules.versions import RuleVersion, compare_rules
from service.loaded import Loaded
from service.running import Running, assemble
from store.transaction import Transaction
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapper:
    pool: MatcherPool
    links: Links

    def prepare(self, loaded: Loaded, kept: Sequence[RuleVersion], now: Instant) -> None:
        """Make the matchers that `take_up` will want, wherever that costs nobody time."""
        assemble(loaded, compare_rules(kept, loaded.files, now), 0, now, pool=self.pool, links=self.links)

    def take_up(self, transaction: Transaction, loaded: Loaded, now: Instant) -> tuple[Running, frozenset[int]]:
        """What is in force from `now` on, once the transaction is committed, and the incidents that have changed."""
        changes = compare_rules(transaction.rule_versions(), loaded.files, now)
        transaction.keep_rule_versions(changes.versions, now)
        generation = transaction.next_generation() if changes.sweeps else transaction.generation()
        running = assemble(loaded, changes, generation, now, pool=self.pool, links=self.links)
        touched: set[int] = set()
        if changes.switched:
            desk = Desk(transaction.work, running.contacts, running.rules)
            touched.update(desk.switch_modes(changes.switched, now).touched)
            if not transaction.is_sweeping():  # else they are announced with what the sweep finds
                touched.update(desk.announce_baseline(now).touched)
        return running, frozenset(touched)
