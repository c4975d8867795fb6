"""A new workspace: the files of service/template/LANGUAGE, schemas for editors, and secrets made for it alone."""

import secrets
from pathlib import Path
from typing import Final

from service.schemas import FOLDER, write_schemas
from streams.text import Language

TEMPLATE: Final = Path(__file__).parent / "template"
SECRETS: Final = ("api-key", "console-password")
_RENAMED: Final = {"gitignore": ".gitignore"}  # under its own name it would rule in this repository
_MAY_BE_THERE: Final = {".git"}  # a repository that was made first


class NotEmpty(Exception):
    """The folder holds something already."""


def write_workspace(folder: Path, language: Language) -> None:
    """Write everything into a new or empty folder. Raises NotEmpty, with nothing changed, and OSError."""
    if folder.exists() and any(entry.name not in _MAY_BE_THERE for entry in folder.iterdir()):
        raise NotEmpty(str(folder))
    source = TEMPLATE / language
    for path in sorted(source.rglob("*")):
        if path.is_file():
            inside = path.relative_to(source)
            target = folder / inside.with_name(_RENAMED.get(inside.name, inside.name))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    write_schemas(folder / FOLDER, language)
    _write_secrets(folder / "secrets")


def _write_secrets(folder: Path) -> None:
    """Readable by their owner only, from the moment they exist."""
    folder.mkdir(mode=0o700)
    for name in SECRETS:
        path = folder / name
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(18) + "\n", encoding="utf-8")
