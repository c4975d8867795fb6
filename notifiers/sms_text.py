"""How long an SMS is on the air, and how to cut one.

An SMS is sent in GSM-7 (3GPP TS 23.038) where every character is in that alphabet, else in UCS-2; a long one goes out
in segments, each of which is paid for: 160 or 70 units alone, 153 or 67 as one of several.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("^{}\\[~]|€\f")  # two units each
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """An estimate: a gateway may replace characters, and never splits a pair of units."""
    if all(letter in _GSM_BASIC or letter in _GSM_EXTENDED for letter in text):
        units = sum(2 if letter in _GSM_EXTENDED else 1 for letter in text)
        return Segments(encoding="GSM-7", units=units, count=1 if units <= 160 else -(-units // 153))
    units = len(text.encode("utf-16-le")) // 2
    return Segments(encoding="UCS-2", units=units, count=1 if units <= 70 else -(-units // 67))


def cut(text: str, length: int) -> str:
    """At most `length` code points, never ending within a character that is made of several."""
    end = min(length, len(text))
    while 0 < end < len(text) and (
        unicodedata.combining(text[end]) or text[end] in _JOINERS or text[end - 1] == "\u200d"
    ):
        end -= 1
    return text[:end].rstrip()


def fit(render: Callable[[str], str], sentence: str, ellipsis: str, most: int) -> str:
    """`render(sentence)` in at most `most` segments: only the sentence is cut, never what stands around it."""
    whole = render(sentence)
    if segments(whole).count <= most:
        return whole
    low, high = 0, len(sentence)
    while low < high:
        middle = (low + high + 1) // 2
        if segments(render(cut(sentence, middle) + ellipsis)).count <= most:
            low = middle
        else:
            high = middle - 1
    return render(cut(sentence, low) + ellipsis)
