"""People, channels and targets of steps by the names that readers know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.backend import Workspace
from console.viewer import Viewer
from escalation.chain import Target
from escalation.directory import Directory
from escalation.groups import values_of
from escalation.incident import Actor, Incident
from rules.decisions import owner_of
from rules.rule import Rule
from streams.model import Kind, Values
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The files in force, asked by one viewer."""

    workspace: Workspace
    viewer: Viewer

    def person(self, person: str | None) -> str:
        """The id where the files no longer have them."""
        if person is None:
            return self.viewer.t("nobody")
        found = self.workspace.contacts.people.get(person)
        return person if found is None else found.name

    def channel(self, channel: str) -> str:
        """What kind of channel it is, and its id where several are of the kind."""
        channels = self.workspace.contacts.channels
        found = channels.get(channel)
        if found is None:  # not one of the files: the console, a link
            return self.viewer.channel_kind(channel)
        kind = self.viewer.channel_kind(found.kind)
        alone = sum(other.kind == found.kind for other in channels.values()) == 1
        return kind if alone else f"{kind} {channel}"

    def rule(self, rule: str) -> Rule | None:
        return self.workspace.rules.get(rule)

    def rule_name(self, rule: str) -> str:
        found = self.rule(rule)
        return rule if found is None else self.viewer.text(found.name)

    def kind(self, kind: str) -> Kind:
        """A kind that the model no longer has is one without nodes and fields."""
        return self.workspace.model.kinds.get(kind) or Kind(name=kind, label=Text.plain(kind))

    def actor(self, actor: Actor) -> str:
        zh = self.viewer.language == "zh"
        match actor.kind:
            case "person":
                return self.person(actor.id)
            case "rule":
                return self.rule_name(actor.id)
            case "provider":
                return self.channel(actor.id)
            case "source":
                return actor.id
            case "system":
                return "警钟" if zh else "Tocsin"

    def directory(self, incident: Incident, values: Values) -> Directory:
        rule = self.rule(incident.firing.rule)
        values = values_of(rule, incident.firing.key, values)
        return Directory(
            contacts=self.workspace.contacts,
            kind=incident.firing.kind,
            owner=None if rule is None else owner_of(rule, values),
            values=values,
        )

    def whom(self, targets: Iterable[Target], directory: Directory, incident: Incident) -> str:
        """Who the targets lead to now; as they are written where they lead to nobody."""
        wanted = tuple(targets)
        found = directory.resolve_all(wanted, owner=incident.owner, now=self.viewer.now)
        names = [self.person(one.person) for one in found.people]
        names += [self.viewer.t("group_chat", channel=channel) for channel in found.channels]
        return self.viewer.t("and").join(names) if names else ", ".join(str(target) for target in wanted)


def customer_of(values: Mapping[str, object]) -> str | None:
    """The customer of an order, under the names that models give that field."""
    for name in ("customer", "customer_name", "buyer", "客户", "客户名称"):
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def phone_of(values: Mapping[str, object]) -> str | None:
    """The customer's phone, if the entity has one."""
    for name in ("customer_phone", "phone", "mobile", "客户电话", "电话"):
        value = values.get(name)
        if isinstance(value, str) and value:
            return value
    return None
