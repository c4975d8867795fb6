"""Instants and values as authors write them in a timeline."""

import json
import re
from typing import Final
from zoneinfo import ZoneInfo

from streams.encoding import plain_value
from streams.instants import MINUTE, SECOND, Instant, format_instant, local_instant, to_datetime
from streams.model import Value
from streams.text import Language

_WEEKDAYS: Final = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
# Texts that YAML reads as nothing else than themselves, also within brackets.
_PLAIN: Final = re.compile(r"[^\W\d_][\w./@+-]*")
_TAKEN: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off"})  # the last ones by older readers
_UNPRINTABLE: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def written_instant(instant: Instant, zone: ZoneInfo) -> str:
    """In the zone, as short as it can be; with Z where a clock change makes the local time ambiguous."""
    local = to_datetime(instant).astimezone(zone).replace(tzinfo=None)
    if local_instant(local, zone) != instant:
        return format_instant(instant)
    text = local.isoformat(" ", "minutes")
    if instant % MINUTE:
        text += f":{local.second:02d}"
    return text if instant % SECOND == 0 else f"{text}.{local.microsecond:06d}"


def shown_instant(instant: Instant, zone: ZoneInfo, language: Language) -> str:
    """With the day of the week, which deadlines in working time turn on."""
    weekday = _WEEKDAYS[language][(to_datetime(instant).astimezone(zone)).weekday()]
    text = written_instant(instant, zone)
    return f"周{weekday} {text}" if language == "zh" else f"{weekday} {text}"


def written_value(value: Value | None, zone: ZoneInfo) -> str:
    """A value of a field as flow YAML that reads as the same value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return quoted(written_instant(value, zone))
    return _flow(plain_value(value))


def quoted(text: str) -> str:
    """A text as a YAML scalar: plain where nothing can be mistaken, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _TAKEN:
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _flow(value: object) -> str:
    match value:
        case str():
            return quoted(value)
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{name}: {_flow(inner)}' for name, inner in value.items())}}}"
        case _:
            return json.dumps(value)
