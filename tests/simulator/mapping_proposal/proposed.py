"""Tables written by tests, with the mapping that is proposed for them, read back as from a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules.errors import Problems
from rules.files.document import read_text
from simulator.mapping_file import read_mapping
from simulator.mapping_proposal.proposal import NoProposal, Proposal
from simulator.mapping_proposal.tables import Wanted, propose_mapping
from simulator.mapping_proposal.understood import Understood, understand
from simulator.mapping_proposal.yaml_text import yaml_text
from streams.model import Model
from streams.sources.mapping import TableMapping
from tests.streams.models import model

MODEL = model()


@dataclass(frozen=True)
class Proposed:
    proposal: Proposal
    text: str
    mapping: TableMapping
    understood: Understood

    def doubts(self) -> str:
        return "\n".join(doubt.en for doubt in self.proposal.doubts)


def proposed(path: Path, of: Model = MODEL, **wanted: Any) -> Proposed:
    """The text is valid as it stands: without an error or a warning."""
    found = propose_mapping(path, of, Wanted(**wanted), day="2026-05-06")
    assert isinstance(found, Proposal), found
    mappings: list[TableMapping] = []
    for language in ("zh", "en"):
        text = yaml_text(found, path.name, language)
        problems = Problems()
        root = read_text(text, "map.yaml", problems)
        assert root is not None, text
        mapping = read_mapping(root, of, path.parent)
        assert problems.found == [], text
        assert mapping is not None
        mappings.append(mapping)
    assert mappings[0] == mappings[1]
    return Proposed(found, text, mappings[1], understand(path, mappings[1], of))


def proposed_csv(folder: Path, rows: str, of: Model = MODEL, *, encoding: str = "utf-8", **wanted: str) -> Proposed:
    return proposed(csv_file(folder, rows, encoding), of, **wanted)


def refused_csv(folder: Path, rows: str, of: Model = MODEL) -> NoProposal:
    found = propose_mapping(csv_file(folder, rows), of, Wanted(), day="2026-05-06")
    assert isinstance(found, NoProposal)
    return found


def csv_file(folder: Path, rows: str, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join(line.strip() for line in rows.strip().splitlines()), encoding=encoding)
    return path
