"""The filter line: `severity:critical owner:me rule:x key:A-10`, as typed and as the store understands it."""

from dataclasses import dataclass, replace
from typing import Final

from escalation.contacts import Contacts
from escalation.incident import State
from escalation.people import Person
from store.queries import UNRESOLVED, IncidentFilter
from streams.firing import Severity

VIEWS: Final = ("open", "mine", "acknowledged", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """`text` as it was typed; `unknown` are its words that mean nothing and restrict nothing."""

    text: str
    wanted: IncidentFilter
    unknown: tuple[str, ...] = ()


def view_filter(view: str, me: Person | None) -> IncidentFilter:
    """What a tab shows."""
    match view:
        case "mine":
            return IncidentFilter(states=UNRESOLVED, has_it="" if me is None else me.id)
        case "acknowledged":
            return IncidentFilter(states=(State.ACKNOWLEDGED,))
        case "resolved":
            return IncidentFilter(states=(State.RESOLVED,))
        case _:
            return IncidentFilter(states=(State.OPEN,))


def read_filter(text: str, within: IncidentFilter, me: Person | None, contacts: Contacts) -> Filter:
    """The words of the line narrow what the tab shows; a bare word is looked for in the key."""
    wanted, unknown = within, []
    for word in text.split():
        name, colon, value = word.partition(":")
        if not colon:
            narrowed: IncidentFilter | None = replace(wanted, text=word)
        else:
            narrowed = _narrow(wanted, name.lower(), value, me, contacts) if value else None
        if narrowed is None:
            unknown.append(word)
        else:
            wanted = narrowed
    return Filter(text=" ".join(text.split()), wanted=wanted, unknown=tuple(unknown))


def _narrow(
    wanted: IncidentFilter, name: str, value: str, me: Person | None, contacts: Contacts
) -> IncidentFilter | None:
    match name:
        case "severity":
            named = [part.upper() for part in value.split(",")]
            if not all(part in Severity.__members__ for part in named):
                return None
            return replace(wanted, severities=tuple(Severity[part] for part in named))
        case "owner":
            person = me if value == "me" else contacts.named(value)
            return replace(wanted, has_it=value if person is None else person.id)
        case "rule":
            return replace(wanted, rule=value)
        case "kind":
            return replace(wanted, kind=value)
        case "key":
            return replace(wanted, text=value)
        case "state" if value in State.__members__.values() or value == "any":
            return replace(wanted, states=tuple(State) if value == "any" else (State(value),))
        case "mode" if value in ("live", "shadow"):
            return replace(wanted, mode="live" if value == "live" else "shadow")
        case "unowned" if value in ("yes", "no"):
            return replace(wanted, run_out=value == "yes")
        case _:
            return None


def with_word(text: str, name: str, value: str | None) -> str:
    """The line with one of its words set anew, or taken away."""
    rest = [word for word in text.split() if word.partition(":")[0].lower() != name]
    return " ".join(rest if value is None else [*rest, f"{name}:{value}"])
