"""Reads people.yaml, chains.yaml and channels.yaml of a workspace, and checks them against each other and the rules.

All three may be absent: a workspace in which nobody is told needs none. Everything that is wrong is found at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from escalation.contacts import Contacts
from escalation.files import keys
from escalation.files.chains_file import ChainReader, OfEntity
from escalation.files.channels_file import READERS, read_channels
from escalation.files.people_file import PeopleReader, read_teams, warn_of_addresses
from escalation.files.reach import warn_of_silence
from escalation.files.reading import CHAIN, CHANNEL, PERSON, TEAM, Declared, declared, not_yet, refer
from escalation.files.rules_check import Names, check_of_entity, check_rules
from rules.errors import InvalidWorkspace, Problems
from rules.files.document import Leaf, Map, read_file
from rules.workspace import Workspace
from streams.text import Language

_KEYS: Final[Mapping[str, Collection[str]]] = {
    "people.yaml": keys.PEOPLE,
    "chains.yaml": keys.CHAINS,
    "channels.yaml": keys.CHANNELS,
    "schedules.yaml": ("schedules",),
}


def load_contacts(folder: Path, workspace: Workspace, *, language: Language = "en") -> Contacts:
    """The contacts of a workspace folder; `language` is that of people who name none.

    Raises InvalidWorkspace with every error and warning of these files.
    """
    problems = Problems()
    contacts = _read(folder, workspace, problems, language)
    if problems.has_errors:
        raise InvalidWorkspace(problems.in_order())
    return contacts


def _read(folder: Path, workspace: Workspace, problems: Problems, language: Language) -> Contacts:
    files = {file: _document(folder / file, problems) for file in _KEYS}
    _refuse_schedules(files["schedules.yaml"])
    people = declared(files["people.yaml"], "people", PERSON)
    teams = declared(files["people.yaml"], "teams", TEAM)
    chains = declared(files["chains.yaml"], "chains", CHAIN)
    channels = declared(files["channels.yaml"], "channels", CHANNEL)
    names = Names(people=people, teams=teams, chains=chains, default=_default(files["chains.yaml"], chains))
    found_channels = read_channels(channels, folder)
    found_people = PeopleReader(people=people, channels=channels, zone=workspace.model.zone, language=language).read()
    warn_of_addresses(people, found_people, found_channels)
    found_teams = read_teams(teams, people)
    readers = {name: _chain_reader(name, names, channels, workspace) for name in chains}
    found_chains = {name: readers[name].read(one, one.body) for name, one in chains.items() if one.body is not None}
    rules = tuple(workspace.rules)
    check_rules(workspace, names, problems)
    check_of_entity((reader.of_entity for reader in readers.values()), rules, workspace.model, names, problems)
    contacts = Contacts(
        model=workspace.model,
        calendars=workspace.calendars,
        people=found_people,
        teams=found_teams,
        chains=found_chains,
        default_chain=names.default,
        channels=found_channels,
    )
    if not problems.has_errors:
        warn_of_silence(workspace, contacts, {name: one.key.place for name, one in chains.items()}, problems)
    return replace(contacts, warnings=tuple(one for one in problems.in_order() if one.severity != "error"))


def _document(path: Path, problems: Problems) -> Map | None:
    if not path.exists():
        return None
    document = read_file(path, path.name, problems)
    if document is not None:
        document.only(*_KEYS[path.name])
    return document


def _refuse_schedules(document: Map | None) -> None:
    schedules = None if document is None else document.map("schedules")
    if schedules is not None and schedules.entries:
        not_yet(schedules.problems, schedules.place, "schedules")


def _default(document: Map | None, chains: Mapping[str, Declared]) -> str | None:
    leaf = None if document is None else document.leaf("default")
    return None if leaf is None else refer(leaf, chains, CHAIN)


def _chain_reader(name: str, names: Names, channels: Mapping[str, Declared], workspace: Workspace) -> ChainReader:
    return ChainReader(
        people=names.people,
        teams=names.teams,
        channels={channel: _kind(one) for channel, one in channels.items()},
        calendars=workspace.calendars,
        zone=workspace.model.zone,
        of_entity=OfEntity(chain=name),
    )


def _kind(channel: Declared) -> str:
    """The kind of a declared channel; empty where its body does not say."""
    kind = None if channel.body is None else channel.body.entries.get("kind")
    return kind.node.raw if kind is not None and isinstance(kind.node, Leaf) and kind.node.raw in READERS else ""
