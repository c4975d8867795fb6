"""What this package raises. What is wrong with one event or one row is no exception but a Refusal (event.py)."""

from streams.text import Language, Text


class StreamsError(Exception):
    """Base of everything this package raises."""


class SaidToPeople(StreamsError):
    """An error that ends what somebody asked for: one sentence, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self._text = Text(zh=zh, en=en)

    def say(self, language: Language) -> str:
        return self._text.say(language)


class BadValue(StreamsError):
    """A value that cannot be taken; `code` and `reason` as in Refusal, `within` the part of the field."""

    def __init__(self, code: str, reason: str, within: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.within = within


class UnreadableSource(SaidToPeople):
    """A file cannot be read at all, or lacks what its mapping names; the message says which file and what to do."""
