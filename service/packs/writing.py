"""The files of packs, in one language, put together with those of a new workspace."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from service.packs.catalogue import PACKS
from service.packs.outline import join
from streams.text import Language

_BOTH: Final = re.compile(r"«([^«»|]*)\|([^«»]*)»")  # a text of the packs' files: «中文|English»
_JOINED: Final = ("model.yaml", "people.yaml", "chains.yaml")
_PLACES: Final = {  # of what is a pack's own
    "rules.yaml": "rules/{pack}.yaml",
    "runbook.md": "docs/runbooks/{pack}.md",
    "events.jsonl": "examples/{pack}.jsonl",
    "lead_times.yaml": "lead_times.yaml",
}


def add_packs(files: dict[str, str], names: Iterable[str], language: Language) -> None:
    """Add these packs to the files of a workspace, always in the order of the catalogue."""
    chosen = set(names)
    for pack in PACKS.values():
        if pack.name in chosen:
            for path in sorted(pack.folder.iterdir()):
                _add(files, path, pack.name, language)


def _add(files: dict[str, str], path: Path, pack: str, language: Language) -> None:
    text = _BOTH.sub(r"\1" if language == "zh" else r"\2", path.read_text(encoding="utf-8"))
    if path.name in _JOINED:
        files[path.name] = join(files[path.name], text)
    else:
        files[_PLACES[path.name].format(pack=pack)] = text
