"""On whose clock a message arrives."""

from zoneinfo import ZoneInfo

from escalation.contacts import Contacts


def zone_of(contacts: Contacts, person: str | None) -> ZoneInfo:
    """The person's; that of the model for a group chat, and for people whom the files do not have."""
    found = None if person is None else contacts.people.get(person)
    return contacts.model.zone if found is None else found.zone
