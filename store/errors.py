"""What can go wrong with the database, said to whoever runs the service."""

from streams.text import Language, Text


class StoreError(Exception):
    """Base of all errors of the store."""

    def __init__(self, en: str, zh: str | None = None) -> None:
        super().__init__(en)
        self._text = Text(zh=en if zh is None else zh, en=en)

    def say(self, language: Language) -> str:
        return self._text.say(language)


class UnsupportedDatabase(StoreError):
    """The URL names a kind of database that Tocsin does not work on."""


class UnusableDatabase(StoreError):
    """The file is no database, is broken, or cannot be opened or written."""


class NewerDatabase(StoreError):
    """The database was last used by a newer Tocsin than this one."""


class OtherDatabase(StoreError):
    """The file is no database of this version, and is only looked at, so that it stays as it is."""
