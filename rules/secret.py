"""Secrets stand outside the files: `env:NAME` or `file:PATH`, read when they are used, shown nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rules.errors import RulesError


class SecretMissing(RulesError):
    """What a secret refers to is not there; the message names the variable or file, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A reference to a secret, or (a setting that need not be one) the value itself, hidden as well."""

    reference: str = ""  # env:NAME or file:PATH
    literal: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.reference or "***"

    def reveal(self, environment: Mapping[str, str], folder: Path) -> str:
        """The value; relative paths start at `folder`. Raises SecretMissing."""
        if self.literal is not None:
            return self.literal
        where, _, name = self.reference.partition(":")
        if where == "env":
            value = environment.get(name)
            if not value:
                raise SecretMissing(f"the environment variable {name} is not set")
            return value
        try:
            return (folder / name).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            raise SecretMissing(f"the secret file {name} cannot be read") from None


def read_secret(text: str) -> Secret | None:
    """The secret that `env:NAME` or `file:PATH` refers to; None where the text is neither."""
    where, _, name = text.partition(":")
    return Secret(reference=text) if where in ("env", "file") and name.strip() else None
