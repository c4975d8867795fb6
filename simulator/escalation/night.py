"""The night, in the zone of whoever is told."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from escalation.hours import Minutes
from streams.instants import Instant, local_instant, to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """From in, until out, in minutes of the local day; where `first` is later it crosses midnight."""

    first: Minutes
    last: Minutes

    @property
    def crosses_midnight(self) -> bool:
        return self.first > self.last

    def contains(self, minute: Minutes) -> bool:
        if self.crosses_midnight:
            return minute >= self.first or minute < self.last
        return self.first <= minute < self.last

    def until(self, instant: Instant, zone: ZoneInfo) -> Instant | None:
        """When the night around `instant` ends; None: it is day."""
        local = to_datetime(instant).astimezone(zone)
        minute = local.hour * 60 + local.minute
        if not self.contains(minute):
            return None
        day = local.date() + timedelta(days=1) if minute >= self.last else local.date()
        return local_instant(_midnight(day) + timedelta(minutes=self.last), zone)

    def __str__(self) -> str:
        return f"{_clock(self.first)}-{_clock(self.last)}"


NIGHT: Final = Night(first=22 * 60, last=7 * 60)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _clock(minute: Minutes) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
