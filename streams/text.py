"""Text that people read, in both languages."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A label or sentence; where a file gives one string, both languages have it."""

    zh: str
    en: str

    @classmethod
    def plain(cls, text: str) -> "Text":
        return cls(zh=text, en=text)

    def say(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


def nfc(text: str) -> str:
    """Values of fields, keys and literals are compared in this form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def nfkc(text: str) -> str:
    """Names (fields, nodes, event types) are compared in this form, as Python does."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
