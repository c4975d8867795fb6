"""Time zones by their names in the tz database."""

from zoneinfo import ZoneInfo, available_timezones

from rules.errors import guess
from rules.files.document import Leaf


def read_zone(leaf: Leaf) -> ZoneInfo | None:
    """The zone that a file names; None, with a problem, where there is none of that name."""
    try:
        return ZoneInfo(leaf.raw)
    except (KeyError, ValueError, OSError):  # the name of a folder of the database is an OSError
        end = guess(leaf.raw, available_timezones())
        leaf.source.problems.error(
            leaf.place, "unknown_zone", zh=f"未知的时区 {leaf.raw}{end.zh}", en=f"unknown zone {leaf.raw}{end.en}"
        )
        return None
