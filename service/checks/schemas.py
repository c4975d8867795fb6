"""JSON Schemas of all files of a workspace, for editors: completion, descriptions, and slips underlined at once."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from escalation.files import keys as contact_keys
from rules.files import keys as rule_keys
from rules.files.shapes import FileShape, schema_of
from service import setting_keys
from simulator import mapping_keys
from simulator.kpi import keys as kpi_keys
from streams.text import Language

FOLDER: Final = ".schemas"  # of a workspace; its files name their schema in their first line
FILES: Final[Mapping[str, FileShape]] = {
    **rule_keys.FILES,
    **contact_keys.FILES,
    **setting_keys.FILES,
    **mapping_keys.FILES,
    **kpi_keys.FILES,
}


def schema_text(name: str, language: Language) -> str:
    return json.dumps(schema_of(FILES[name], language), ensure_ascii=False, indent=2) + "\n"


def write_schemas(folder: Path, language: Language) -> list[Path]:
    """Write every schema into a folder, which is made where it is not there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.json" for name in FILES]
    for path in written:
        path.write_text(schema_text(path.stem, language), encoding="utf-8")
    return written
