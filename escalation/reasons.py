"""Why something was not sent, or is held: the one list of words that audit rows, console and metrics use."""

from enum import StrEnum


class Reason(StrEnum):
    """What is held (not dropped) has the same word and an instant until which it is held."""

    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"  # a newer plan of the same person took its place
    DUPLICATE = "duplicate"  # an important plan of the same person already runs
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    QUIET_HOURS = "quiet_hours"
    OVER_BUDGET = "over_budget"
    NO_ADDRESS = "no_address"  # `via: X` without its contact, or a channel that the files no longer have
    UNKNOWN_PERSON = "unknown_person"
    NO_ONE_ON_CALL = "no_one_on_call"
    ABSENT = "absent"
    FLAPPING = "flapping"
    BASELINE = "baseline"
    NOT_LIVE = "not_live"
