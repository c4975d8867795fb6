"""One reading of a workspace folder: everything that its files say, valid as a whole or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from rules.errors import InvalidWorkspace, Place, Problem
from rules.workspace import Workspace, load_workspace
from service.config import FILE, Settings, load_settings
from streams.secret import SettingMissing
from streams.text import Text

_AT_START_ONLY: Final = {"host": "listen", "port": "listen", "database": "database"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    settings: Settings
    files: Workspace
    contacts: Contacts
    wait_for_restart: tuple[str, ...] = ()  # settings whose change takes effect at the next start only


def load(folder: Path, settings: Settings | None = None) -> Loaded:
    """Read a workspace for the start of the service. Raises InvalidWorkspace."""
    settings = settings or load_settings(folder)
    files = load_workspace(folder)
    return Loaded(settings=settings, files=files, contacts=load_contacts(folder, files, language=settings.language))


def load_again(folder: Path, running: Settings) -> Loaded:
    """Read it while the service runs by `running`. Raises InvalidWorkspace, also for secrets that are not there."""
    settings = load_settings(folder)
    _check_secrets(settings, running)
    kept = {name: getattr(running, name) for name in _AT_START_ONLY}
    waiting = {_AT_START_ONLY[name] for name, value in kept.items() if getattr(settings, name) != value}
    loaded = load(folder, replace(settings, **kept))
    return replace(loaded, wait_for_restart=tuple(sorted(waiting)))


def _check_secrets(settings: Settings, running: Settings) -> None:
    """What the start of the service checks, so that a running one does not lock its users out, or let anybody in."""
    try:
        settings.reveal_all()
    except SettingMissing as missing:
        raise _refused("secret", Text(zh=missing.say("zh"), en=missing.say("en"))) from None
    if settings.console_password is None and not running.is_local:
        raise _refused(
            "no_password",
            Text(
                zh=f"监听 {running.host} 时必须设置 console: {{password: env:名称 或 file:路径}}",
                en=f"to listen on {running.host}, set console: {{password: env:NAME or file:PATH}}",
            ),
        )


def _refused(code: str, message: Text) -> InvalidWorkspace:
    return InvalidWorkspace([Problem(place=Place(file=FILE, line=1, column=1), code=code, message=message)])
