"""Why something was not sent, or is held: the one list of words that audit rows, console and metrics use."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from streams.text import Text


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


NOT_SENT: Final[Mapping[str, Text]] = {
    Reason.ACKNOWLEDGED: Text(zh="已有人确认", en="it was acknowledged"),
    Reason.RESOLVED: Text(zh="已解决", en="it was resolved"),
    Reason.SUPERSEDED: Text(zh="被更新的通知代替", en="a newer notification took its place"),
    Reason.DUPLICATE: Text(zh="已在通知此人", en="this person is being told already"),
    Reason.SILENCED: Text(zh="静默中", en="silenced"),
    Reason.INHIBITED: Text(zh="被上级异常抑制", en="inhibited"),
    Reason.QUIET_HOURS: Text(zh="免打扰时段", en="quiet hours"),
    Reason.OVER_BUDGET: Text(zh="超出频率限制", en="over the limit"),
    Reason.NO_ADDRESS: Text(zh="没有联系方式", en="no address"),
    Reason.UNKNOWN_PERSON: Text(zh="没有此人", en="there is no such person"),
    Reason.NO_ONE_ON_CALL: Text(zh="无人值班", en="nobody is on call"),
    Reason.ABSENT: Text(zh="不在岗且无代理人", en="absent, without a deputy"),
    Reason.FLAPPING: Text(zh="反复波动", en="flapping"),
    Reason.BASELINE: Text(zh="此前已发生，升级链不启动", en="it began earlier, its chain is not started"),
    Reason.NOT_LIVE: Text(zh="规则未正式启用或发现时已结束", en="the rule is not live, or it was over already"),
}
"""As people read it."""
