"""What a step of knowledge means for groups: new members, members that are gone, and windows that have passed."""

from collections import Counter
from collections.abc import Iterable, Sequence

from streams.engine import Engine, History
from streams.entity import Identity
from streams.findings import merged, rematched
from streams.firing import Firing, Member, Reason, Transition
from streams.groups import Counting, Group, GroupName, judge_group, since
from streams.instants import Instant
from streams.ports import Ledger

_DUE_AT_ONCE = 5_000


class GroupChanges:
    """The members that a step of knowledge brings, entity by entity."""

    def __init__(self) -> None:
        self.added: list[Member] = []
        self.anew: dict[Identity, list[Member]] = {}  # all that an entity ever added, where it was folded again

    def take(self, identity: Identity, members: Sequence[Member], *, everything: bool) -> None:
        if everything:
            self.anew[identity] = list(members)
            self.added = [member for member in self.added if (member.kind, member.key) != identity]
        elif identity in self.anew:
            self.anew[identity] += members
        else:
            self.added += members


def judge_groups(
    engine: Engine, ledger: Ledger, history: History, changes: GroupChanges, now: Instant
) -> list[Transition]:
    """Keep the members and bring every group that they concern, and those that are due, up to `now`."""
    fed, again = _keep(ledger, changes)
    out: list[Transition] = []
    concerned = {member.name for member in fed} | again
    out += _judge(engine, ledger, history, sorted(concerned), fed, again, now)
    while due := ledger.due_groups(now, _DUE_AT_ONCE):
        out += _judge(engine, ledger, history, due, (), set(), now)
    return out


def _keep(ledger: Ledger, changes: GroupChanges) -> tuple[list[Member], set[GroupName]]:
    """The members that are new, and the groups that lost one."""
    added, lost = list(changes.added), set[GroupName]()
    if changes.anew:
        before = ledger.members_from(changes.anew)
        for identity, members in changes.anew.items():
            old, new = Counter(before.get(identity, ())), Counter(members)
            gone = old - new
            if gone:
                lost |= {member.name for member in gone}
                ledger.drop_members(identity)
                ledger.add_members(list((old & new).elements()))
            added += (new - old).elements()
    ledger.add_members(added)
    return added, lost


def _judge(
    engine: Engine,
    ledger: Ledger,
    history: History,
    names: Sequence[GroupName],
    fed: Iterable[Member],
    again: set[GroupName],
    now: Instant,
) -> list[Transition]:
    earliest: dict[GroupName, Instant] = {}
    for member in fed:
        earliest[member.name] = min(member.at, earliest.get(member.name, member.at))
    out: list[Transition] = []
    groups: list[Group] = []
    loaded = ledger.load_groups(names)
    for name in names:
        counting = engine.counts.get(name[0])
        if counting is None or name[0] in engine.incomplete:
            if name in loaded:  # the end of the sweep brings it up to date; until then it must not be due
                loaded[name].due_at = None
                groups.append(loaded[name])
            continue
        group = loaded.get(name) or Group(*name, counting.version, counting.kind)
        first = earliest.get(name)
        if name in again or group.version != counting.version or (first is not None and first <= group.applied_at):
            group, transitions = judge_again(ledger, history, counting, name, now, Reason.LATE_DATA)
        else:
            members = ledger.members_of(counting.rule, counting.version, group.key, since(group, counting))
            transitions = merged(judge_group(group, counting, members, now, now))
        out += transitions
        groups.append(group)
    ledger.save_groups(groups)
    return out


def judge_again(
    ledger: Ledger, history: History, counting: Counting, name: GroupName, now: Instant, gone: Reason
) -> tuple[Group, list[Transition]]:
    """A group from its first member on, matched with what was known of it."""
    rule, key = name
    group = Group(rule, key, counting.version, counting.kind)
    members = ledger.members_of(rule, counting.version, key, None)
    found = judge_group(group, counting, members, now, None)
    before: list[Firing] = [one for one in history.firings_of((counting.kind, key)) if one.rule == rule]
    transitions: list[Transition] = []
    for _, matched in rematched({rule: before}, found, now, gone):
        transitions += matched.transitions
        group.number = matched.number
        if group.open is not None:
            newest = matched.firings[-1]
            group.open.number = newest.number
            group.open.detected_at = newest.detected_at
            group.open.found_late = newest.found_late
    return group, transitions
