"""How often something happens in a group, by looking at every member at every instant (semantics.md, section 3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.semantics.firings import Stretch, held_open, unbroken


@dataclass(frozen=True, kw_only=True)
class Member:
    """A pulse, or the opening of a firing, of some entity, with the snapshot there."""

    at: int
    values: Mapping[str, Any]


def groups(count: Mapping[str, Any], members: Iterable[Member]) -> dict[str, list[Member]]:
    """Key of the group -> its members."""
    per = count.get("per", [])
    names = [per] if isinstance(per, str) else per
    found: dict[str, list[Member]] = {}
    for member in members:
        needed = [*names, count["distinct"]] if "distinct" in count else names
        if all(member.values.get(name) is not None for name in needed):
            found.setdefault("|".join(member.values[name] for name in names), []).append(member)
    return found


def counted(rule: Mapping[str, Any], members: Sequence[Member], within: int, keep_open: int | None) -> list[Stretch]:
    """The firings of one group."""
    count = rule["count"]

    def severity(t: int) -> str | None:
        inside = [member for member in members if t - within < member.at <= t]
        number = len({member.values[count["distinct"]] for member in inside}) if "distinct" in count else len(inside)
        return rule.get("severity", "major") if number >= count["at_least"] else None

    instants = sorted({at for member in members for at in (member.at, member.at + within)})
    found = unbroken([(at, severity(at)) for at in instants], dict.fromkeys(instants, "window"))
    return found if keep_open is None else held_open(found, keep_open)
