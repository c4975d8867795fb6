"""A rehearsal, or two beside each other, as a report."""

from collections.abc import Iterable, Mapping, Sequence

from escalation.people import Person
from simulator.escalation.answer_sections import answer_section, chain_section, unanswered_section
from simulator.escalation.load_sections import hour_section, night_section, people_section
from simulator.escalation.shown import Saying, Shown
from simulator.escalation.summary_section import summary_section
from simulator.report.document import Document, Note
from streams.model import Model
from streams.text import Text


def rehearsal_document(
    shown: Sequence[Shown], people: Mapping[str, Person], model: Model, about: Text, notes: Iterable[Note]
) -> Document:
    """`shown`: the chains as they are, then those that they are compared with. `notes`: how it was reckoned."""
    said = Saying(people, model)
    return Document(
        title=Text(zh="升级链演练", en="Chains rehearsed"),
        about=about,
        zone=model.zone,
        sections=(
            summary_section(shown, said, notes),
            people_section(shown, said),
            night_section(shown, said),
            answer_section(shown),
            unanswered_section(shown),
            hour_section(shown, said),
            chain_section(shown),
        ),
    )
