"""Working time by marking every working minute of some weeks and stepping through them (semantics.md, section 3)."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = 60_000_000
UNITS = {"s": 1_000_000, "m": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE, "w": 7 * 1440 * MINUTE}
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(2026, 2, 20)
LAST_DAY = date(2026, 4, 20)


def instant(local: datetime, zone: ZoneInfo) -> int:
    """A naive local time as microseconds, fold=0."""
    return (local.replace(tzinfo=zone, fold=0) - EPOCH) // timedelta(microseconds=1)


def clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


class WorkingMinutes:
    """A calendar of calendars.yaml between two days."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.zone = ZoneInfo(written["zone"])
        self.cut_off = clock(written["cut_off"]) if "cut_off" in written else None
        self.hours = {
            FIRST_DAY + timedelta(days=n): self._hours(written, FIRST_DAY + timedelta(days=n))
            for n in range((LAST_DAY - FIRST_DAY).days)
        }
        self.begin = self._local(FIRST_DAY, timedelta())
        self.works = bytearray((LAST_DAY - FIRST_DAY).days * 1440)
        for day, spans in self.hours.items():
            for start, end in spans:
                first, last = self._local(day, start), self._local(day, end)
                for minute in range((first - self.begin) // MINUTE, (last - self.begin) // MINUTE):
                    self.works[minute] = 1

    def _hours(self, written: dict[str, Any], day: date) -> list[tuple[timedelta, timedelta]]:
        texts = written.get("days", {}).get(day.isoformat())
        if texts is None:
            texts = []
            for names, listed in written["hours"].items():
                first, _, last = names.partition("-")
                if NAMES.index(first) <= day.weekday() <= NAMES.index(last or first):
                    texts = listed
        elif texts == "off":
            texts = []
        return [(clock(text.split("-")[0]), clock(text.split("-")[1])) for text in texts]

    def _local(self, day: date, time: timedelta) -> int:
        return instant(datetime(day.year, day.month, day.day) + time, self.zone)

    def _date_and_clock(self, at: int) -> tuple[date, timedelta]:
        local = (EPOCH + timedelta(microseconds=at)).astimezone(self.zone).replace(tzinfo=None)
        return local.date(), local - datetime(local.year, local.month, local.day)

    def add(self, at: int, span: int) -> int:
        while span:
            minute = (at - self.begin) // MINUTE
            end = self.begin + (minute + 1) * MINUTE
            if self.works[minute]:
                took = min(span, end - at)
                span -= took
                at += took
            else:
                at = end
        return at

    def subtract(self, at: int, span: int) -> int:
        while span:
            minute = (at - self.begin - 1) // MINUTE
            start = self.begin + minute * MINUTE
            if self.works[minute]:
                took = min(span, at - start)
                span -= took
                at -= took
            else:
                at = start
        return at

    def shift_days(self, at: int, days: int) -> int:
        """The same local time of day so many working days after (before) the date of `at`."""
        day, time = self._date_and_clock(at)
        step = timedelta(days=1 if days > 0 else -1)
        for _ in range(abs(days)):
            day += step
            while not self.hours[day]:
                day += step
        return self._local(day, time)

    def counted_from(self, at: int) -> int:
        if self.cut_off is None:
            return at
        day, _ = self._date_and_clock(at)
        if self.hours[day] and at <= self._local(day, self.cut_off):
            return at
        minute = (self._local(day + timedelta(days=1), timedelta()) - self.begin) // MINUTE
        while not self.works[minute]:
            minute += 1
        return self.begin + minute * MINUTE


@cache
def _marked(written: str) -> WorkingMinutes:
    return WorkingMinutes(json.loads(written))


class Lengths:
    """Durations as texts of rule files, over the calendars of a workspace."""

    def __init__(self, calendars: dict[str, Any]) -> None:
        self.calendars = {name: _marked(json.dumps(written)) for name, written in calendars.items()}
        self.add = cache(self._add)
        self.after = cache(self._after)

    @staticmethod
    def parts(text: str) -> tuple[dict[str, int], str]:
        found = re.fullmatch(r"((?:\d+[smhdw] ?)+?)(?: ([a-z]+))?", text)
        assert found is not None, text
        return {unit: int(count) for count, unit in re.findall(r"(\d+)([smhdw])", found[1])}, found[2] or ""

    def plain(self, text: str) -> int:
        counts, name = self.parts(text)
        assert not name
        return sum(UNITS[unit] * count for unit, count in counts.items())

    def _add(self, at: int, text: str) -> int:
        """`at` plus a signed duration: an offset, or what follows where no cut-off is to be applied."""
        early, text = text.startswith("-"), text.lstrip("+-")
        counts, name = self.parts(text)
        if not name:
            return at - self.plain(text) if early else at + self.plain(text)
        calendar = self.calendars[name]
        days = counts.pop("d", 0) + 7 * counts.pop("w", 0)
        span = sum(UNITS[unit] * count for unit, count in counts.items())
        at = calendar.shift_days(at, -days if early else days) if days else at
        return calendar.subtract(at, span) if early else calendar.add(at, span)

    def _after(self, at: int, text: str) -> int:
        """`at` plus a duration of for, within or a lead time."""
        _, name = self.parts(text)
        return self.add(self.calendars[name].counted_from(at) if name else at, text)
