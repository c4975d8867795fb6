"""A new workspace: the files of service/template/LANGUAGE and of packs, schemas for editors, and secrets of its own."""

import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Final

from service.checks.schemas import FOLDER, write_schemas
from service.packs.writing import add_packs
from streams.text import Language

TEMPLATE: Final = Path(__file__).parent / "template"
SECRETS: Final = ("api-key", "console-password")
_RENAMED: Final = {"gitignore": ".gitignore"}  # under its own name it would rule in this repository
_MAY_BE_THERE: Final = {".git"}  # a repository that was made first
_NOT_WITH_PACKS: Final = ("rules/", "runbooks.md")  # packs bring their own


class NotEmpty(Exception):
    """The folder holds something already."""


def write_workspace(folder: Path, language: Language, packs: Collection[str] = ()) -> None:
    """Write everything into a new or empty folder. Raises NotEmpty, with nothing changed, and OSError.

    Without packs it has the few rules of the template.
    """
    if folder.exists() and any(entry.name not in _MAY_BE_THERE for entry in folder.iterdir()):
        raise NotEmpty(str(folder))
    for name, text in _files(language, packs).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    write_schemas(folder / FOLDER, language)
    _write_secrets(folder / "secrets")


def _files(language: Language, packs: Collection[str]) -> dict[str, str]:
    source = TEMPLATE / language
    files: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            inside = path.relative_to(source)
            name = inside.with_name(_RENAMED.get(inside.name, inside.name)).as_posix()
            files[name] = path.read_text(encoding="utf-8")
    if packs:
        files = {name: text for name, text in files.items() if not name.startswith(_NOT_WITH_PACKS)}
        add_packs(files, packs, language)
    return files


def _write_secrets(folder: Path) -> None:
    """Readable by their owner only, from the moment they exist."""
    folder.mkdir(mode=0o700)
    for name in SECRETS:
        path = folder / name
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(18) + "\n", encoding="utf-8")
