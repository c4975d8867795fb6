"""Whom the chains of rules can reach at all, so that no rule rings in an empty room."""

from collections.abc import Iterator, Mapping

from escalation.chain import (
    CallWebhook,
    Chain,
    ChannelTarget,
    FieldTarget,
    If,
    Notify,
    Owner,
    PersonTarget,
    Step,
    Target,
    TeamTarget,
)
from escalation.contacts import Contacts
from escalation.directory import address_of
from rules.decisions import Outcome, outcomes
from rules.errors import Place, Problems
from rules.rule import Rule
from rules.workspace import Workspace
from streams.text import nfkc


def warn_of_silence(workspace: Workspace, contacts: Contacts, places: Mapping[str, Place], problems: Problems) -> None:
    """Warn of chains that can reach nobody, and of those that do so only by an owner whom the rule does not have."""
    for chain in contacts.chains.values():
        if not any(_reaches(target, None, contacts) or isinstance(target, Owner) for target in _targets(chain)):
            problems.warning(
                places[chain.id],
                "chain_reaches_nobody",
                zh=f"升级链 {chain.id} 无法通知任何人：其中的人员都没有可用的通道",
                en=f"the chain {chain.id} reaches nobody: no one in it has a channel that leads to them",
            )
    for rule in workspace.rules:
        if rule.mode == "live":
            for outcome in outcomes(rule):
                _warn_of_owner(rule, outcome, workspace, contacts, problems)


def _warn_of_owner(rule: Rule, outcome: Outcome, workspace: Workspace, contacts: Contacts, problems: Problems) -> None:
    chain = contacts.chain_called(outcome.chain)
    if chain is None:
        return
    targets = list(_targets(chain))
    owned = any(isinstance(target, Owner) for target in targets)
    if owned and not any(_reaches(target, outcome.owner, contacts) for target in targets):
        row = outcome.row
        problems.warning(
            workspace.place_of(rule, "owner") if row is None else workspace.row_place(rule, row, "owner"),
            "chain_reaches_nobody",
            zh=f"规则 {rule.id}：升级链 {chain.id} 只通知负责人，而负责人没有写明或无法联系",
            en=f"rule {rule.id}: the chain {chain.id} tells only the owner, and there is none, or none who can be "
            "reached",
        )


def _targets(chain: Chain) -> Iterator[Target]:
    """All that some step may tell."""
    yield from _told(chain.steps)
    yield from chain.fallback


def _told(steps: tuple[Step, ...]) -> Iterator[Target]:
    for step in steps:
        match step:
            case Notify(targets=targets):
                yield from targets
            case CallWebhook(channel=channel):
                yield ChannelTarget(channel)
            case If(then=then, otherwise=otherwise):
                yield from _told(then)
                yield from _told(otherwise)
            case _:
                continue


def _reaches(target: Target, owner: str | None, contacts: Contacts) -> bool:
    """Whether a target may lead to somebody; what stands in fields is not known here."""
    match target:
        case ChannelTarget() | FieldTarget():
            return True
        case PersonTarget(id=person):
            return _can_be_told(person, contacts)
        case TeamTarget(id=team):
            return any(_can_be_told(member, contacts) for member in contacts.teams[team].members)
        case Owner():
            return owner is not None and _owner_reached(nfkc(owner), contacts)


def _owner_reached(owner: str, contacts: Contacts) -> bool:
    prefix, _, team = owner.partition(":")
    if prefix == "team" and team in contacts.teams:
        return any(_can_be_told(member, contacts) for member in contacts.teams[team].members)
    return owner not in contacts.people or _can_be_told(owner, contacts)


def _can_be_told(person: str, contacts: Contacts) -> bool:
    found = contacts.people[person]
    vias = (contacts.channels.get(entry.via) for entry in (*found.normal, *found.important))
    return any(via is not None and address_of(found, via) is not None for via in vias)
