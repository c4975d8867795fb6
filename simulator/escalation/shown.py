"""Rehearsals as their reports name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from escalation.people import Person
from simulator.escalation.figures import Figures, Peak, figures
from simulator.escalation.rehearsal import Rehearsal
from simulator.report.document import Cell
from streams.instants import Instant, start_of_date
from streams.model import Model
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rehearsal under the name that the report gives it: the folder of its files."""

    name: str
    rehearsal: Rehearsal
    figures: Figures

    @classmethod
    def of(cls, name: str, rehearsal: Rehearsal) -> "Shown":
        return cls(name=name, rehearsal=rehearsal, figures=figures(rehearsal))


@dataclass(frozen=True, slots=True)
class Saying:
    people: Mapping[str, Person]
    model: Model

    def name(self, person: str) -> str:
        """ "李伟 (li-wei)"; the id where nobody has it."""
        found = self.people.get(person)
        return person if found is None or found.name == person else f"{found.name} ({person})"

    def peak(self, peak: Peak | None) -> Cell:
        if peak is None:
            return None
        return Text(
            zh=f"{peak.day:%Y-%m-%d}，{self.name(peak.person)}：{peak.messages}",
            en=f"{peak.day:%Y-%m-%d}, {self.name(peak.person)}: {peak.messages}",
        )

    def day(self, day: date) -> Instant:
        return start_of_date(day, self.model.zone)


def named(label: Text, one: Shown, shown: Sequence[Shown]) -> Text:
    """With the name of the rehearsal where there are several."""
    return label if len(shown) == 1 else Text(zh=f"{one.name}：{label.zh}", en=f"{one.name}: {label.en}")
