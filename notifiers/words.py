"""The words that messages and the console share, in both languages (console.md, Words)."""

from collections.abc import Mapping
from typing import Final

from notifiers.message import Purpose
from streams.firing import Reason, Severity
from streams.text import Language, Text

SEVERITIES: Final[Mapping[Severity, Text]] = {
    Severity.INFO: Text(zh="提示", en="Info"),
    Severity.MINOR: Text(zh="次要", en="Minor"),
    Severity.MAJOR: Text(zh="重要", en="Major"),
    Severity.CRITICAL: Text(zh="紧急", en="Critical"),
}

# Said before the severity where a message is not simply the next step of a chain.
PURPOSES: Final[Mapping[Purpose, Text]] = {
    Purpose.FALLBACK: Text(zh="至今无人确认", en="Nobody has acknowledged"),
    Purpose.NOBODY: Text(zh="无人可通知", en="Nobody could be told"),
    Purpose.EXPIRED: Text(zh="您的确认已过期", en="Your acknowledgement has expired"),
    Purpose.HANDOVER: Text(zh="已转交给您", en="Handed over to you"),
    Purpose.WORSE: Text(zh="级别升高", en="Severity has risen"),
    Purpose.RESOLVED: Text(zh="已解决", en="Resolved"),
    Purpose.DIGEST: Text(zh="汇总", en="Digest"),
}

REASONS: Final[Mapping[Reason, Text]] = {
    Reason.CONDITION: Text(zh="条件不再成立", en="the condition no longer holds"),
    Reason.DEADLINE_MOVED: Text(zh="期限已改", en="the deadline has moved"),
    Reason.CLEARED: Text(zh="已恢复", en="it has cleared"),
    Reason.UNTIL: Text(zh="已处理", en="it has been dealt with"),
    Reason.EXPIRED: Text(zh="已过时效", en="it is no longer current"),
    Reason.WINDOW: Text(zh="次数已回落", en="the count has fallen"),
    Reason.LATE_DATA: Text(zh="迟到的数据表明并未发生", en="late data shows that it never was"),
    Reason.RULE_CHANGED: Text(zh="规则已改", en="the rule has changed"),
    Reason.PERSON: Text(zh="由人解决", en="a person resolved it"),
}

LABELS: Final[Mapping[str, Text]] = {
    "acknowledge": Text(zh="确认", en="Acknowledge"),
    "acknowledge_listed": Text(zh="查看并确认", en="See and acknowledge"),
    "deadline": Text(zh="期限", en="Deadline"),
    "opened": Text(zh="发现于", en="Opened"),
    "resolved": Text(zh="解决于", en="Resolved"),
    "rule": Text(zh="规则", en="Rule"),
    "runbook": Text(zh="处理手册", en="Runbook"),
    "show": Text(zh="查看", en="Open the incident"),
    "times": Text(zh="时区", en="Time zone"),
}


def lead(purpose: Purpose, severity: Severity, language: Language) -> str:
    """What a message starts with: the severity, with the occasion where it is not simply the next step."""
    occasion = PURPOSES.get(purpose)
    if purpose is Purpose.RESOLVED and occasion is not None:
        return occasion.say(language)
    word = SEVERITIES[severity].say(language)
    if occasion is None:
        return word
    return f"{word}，{occasion.say(language)}" if language == "zh" else f"{word}, {occasion.say(language).lower()}"
