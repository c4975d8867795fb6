"""From the outbox to what a notifier sends: whom it concerns, what it says, and the links it carries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from console.links import Links
from escalation.claims import Outgoing
from escalation.contacts import Contacts
from escalation.facts import facts_of
from escalation.incident import Incident
from escalation.outbox import Delivery
from notifiers.compose import Envelope, compose
from notifiers.config import Channel, TwilioSms
from notifiers.digest import Part, compose_digest
from notifiers.facts import Facts
from notifiers.message import Mention, Message, Purpose
from rules.impact import touching
from rules.rule import Rule
from store.transaction import SqlWork
from streams.instants import DAY, Instant
from streams.model import Kind, Model, Values
from streams.text import Language, Text

LINKS_LAST = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One message on its way to one channel."""

    delivery: Delivery
    channel: Channel
    message: Message


@dataclass(frozen=True, kw_only=True)
class Messages:
    model: Model
    rules: Mapping[str, Rule]
    contacts: Contacts
    links: Links
    url: str  # what links begin with
    language: Language  # of groups, and of people who name none

    def facts(self, incident: Incident, values: Values) -> Facts:
        """What is said of an incident, the same in messages and on pages."""
        firing = incident.firing
        resolved_by = None if incident.resolved_by is None else self._name(incident.resolved_by)
        # A kind that the model no longer has is one without nodes and fields: its incidents are open all the same.
        kind = self.model.kinds.get(firing.kind) or Kind(name=firing.kind, label=Text.plain(firing.kind))
        return facts_of(incident, self.rules.get(firing.rule), kind, values, resolved_by=resolved_by)

    def write(self, work: SqlWork, outgoing: Sequence[Outgoing], now: Instant) -> list[Post]:
        incidents = work.incidents({delivery.incident for one in outgoing for delivery in one.deliveries})
        values = work.entity_values({(incident.firing.kind, incident.firing.key) for incident in incidents})
        facts = {
            incident.id: self._touching(incident, values.get((incident.firing.kind, incident.firing.key), {}), work)
            for incident in incidents
        }
        posts = []
        for one in outgoing:
            channel = self.contacts.channels.get(one.head.channel)
            if channel is not None:  # a channel that is gone has no address: such deliveries do not leave
                message = self._message(one, channel, facts, now)
                posts.append(Post(delivery=one.head, channel=channel, message=message))
        return posts

    def _touching(self, incident: Incident, values: Values, work: SqlWork) -> Facts:
        """The facts, with what an open incident of a rule with `impact` touches at this moment."""
        facts, rule, firing = self.facts(incident, values), self.rules.get(incident.firing.rule), incident.firing
        if rule is None or not rule.impacts or incident.resolved_at is not None:
            return facts
        found = touching(rule, self.rules.values(), self.model, (firing.kind, firing.key), values, work)
        return replace(facts, touched=tuple((self.model.kinds[one.kind].label, len(one.entities)) for one in found))

    def _message(self, outgoing: Outgoing, channel: Channel, facts: Mapping[int, Facts], now: Instant) -> Message:
        envelope = self._envelope(outgoing, channel)
        if not outgoing.is_digest:
            return compose(facts[outgoing.head.incident], envelope, now)
        ids = dict.fromkeys(delivery.incident for delivery in outgoing.deliveries)
        parts = [Part(incident_id=id_, facts=facts[id_], url=f"{self.url}/incidents/{id_}") for id_ in ids]
        return compose_digest(parts, envelope, now)

    def _envelope(self, outgoing: Outgoing, channel: Channel) -> Envelope:
        head = outgoing.head
        person = None if head.person is None or channel.is_group else self.contacts.people.get(head.person)
        expires_at = head.created_at + LINKS_LAST
        receiver = None if person is None else person.id
        if outgoing.is_digest:
            path = self.links.digest_path(head.incident, head.version, head.n, receiver, expires_at)
        else:
            path = self.links.acknowledge_path(head.incident, receiver, head.version, expires_at)
        return Envelope(
            delivery_id=head.id,
            incident_id=head.incident,
            purpose=Purpose(head.purpose.value),
            important=head.important,
            language=self.language if person is None else person.language,
            zone=self._zone if person is None else person.zone,
            address=head.address or "",
            mentions=tuple(dict.fromkeys(self._mentions(outgoing.deliveries))) if channel.is_group else (),
            acknowledge_url=self.url + path,
            incident_url=f"{self.url}/incidents/{head.incident}",
            status_url=f"{self.url}/callbacks/twilio/{head.id}" if isinstance(channel.settings, TwilioSms) else None,
        )

    @property
    def _zone(self) -> ZoneInfo:
        return self.model.zone

    def _mentions(self, deliveries: Iterable[Delivery]) -> Iterable[Mention]:
        for delivery in deliveries:
            person = None if delivery.person is None else self.contacts.people.get(delivery.person)
            if person is not None:
                yield Mention(id=person.contacts.get("dingtalk"), name=person.name)

    def _name(self, person: str) -> str:
        found = self.contacts.people.get(person)
        return person if found is None else found.name
