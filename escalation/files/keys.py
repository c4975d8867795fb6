"""The keys of people.yaml, chains.yaml and channels.yaml (people-and-chains.md), each with what it means."""

from collections.abc import Mapping
from typing import Final

from rules.files.keys import BOOLEAN, DURATION, INTEGER, PLAIN, SEVERITY
from rules.files.shapes import Again, Anything, Closed, Either, FileShape, Key, Keys, Listed, Named, Words, key
from streams.firing import Severity
from streams.text import Text

_HOURS: Final = Either((PLAIN, Listed(PLAIN), Named(Either((PLAIN, Listed(PLAIN))))))
_TARGETS: Final = Listed(PLAIN)
_ZONE: Final[Key] = key("时区，如 Asia/Shanghai", "a time zone such as Europe/Berlin", PLAIN)

# --- people.yaml ---------------------------------------------------------------------------------------------------

PLAN_ENTRY: Final[Keys] = {
    "via": key("通道", "a channel", PLAIN, required=True),
    "after": key("上一项之后多久", "how long after the entry before it", DURATION),
}
QUIET: Final[Keys] = {
    "hours": key('免打扰时段，如 "22:00-07:00"', 'quiet hours, such as "22:00-07:00"', _HOURS, required=True),
    "except": key("此级别及以上照常通知", "from this severity on messages come all the same", SEVERITY),
}
ABSENCE: Final[Keys] = {
    "from": key("第一天", "the first day", PLAIN, required=True),
    "until": key("回来的第一天", "the first day back", PLAIN, required=True),
    "deputy": key("代理人", "who stands in", PLAIN),
}
CONTACTS: Final[Keys] = {
    "phone": key(
        '带国家码的号码，加引号："+8613800000001"', 'with the country code, in quotes: "+8613800000001"', PLAIN
    ),
    "email": key("电子邮件地址", "a mail address", PLAIN),
    "dingtalk": key("钉钉 userid 或手机号", "the DingTalk id or mobile number", PLAIN),
}
PERSON: Final[Keys] = {
    "name": key("姓名", "the name", PLAIN, required=True),
    "language": key("消息的语言", "the language of messages", Words(("zh", "en"))),
    "zone": _ZONE,
    "contacts": key("联系方式", "how to reach them", Closed(CONTACTS)),
    "normal": key("一般消息怎么发", "how they are told", Listed(Closed(PLAN_ENTRY))),
    "important": key("重要消息怎么发", "how they are told what is important", Listed(Closed(PLAN_ENTRY))),
    "quiet": key("免打扰", "when messages are held", Closed(QUIET)),
    "absent": key("缺席", "when they are away", Listed(Closed(ABSENCE))),
}
TEAM: Final[Keys] = {
    "members": key("成员", "its members", Listed(PLAIN, or_one=True), required=True),
    "on_call": key("值班表", "a schedule", Anything(), later=True),
}
PEOPLE: Final[Keys] = {
    "people": key("人员", "people, by their ids", Named(Closed(PERSON))),
    "teams": key("团队", "teams", Named(Closed(TEAM))),
}

# --- chains.yaml ---------------------------------------------------------------------------------------------------

TIME: Final[Keys] = {"hours": key("时段", "hours", _HOURS, required=True), "zone": _ZONE}
IF: Final[Keys] = {
    "severity": key("至少这个级别", "at least this severity", SEVERITY),
    "time": key("在这些时段内", "within these hours", Closed(TIME)),
    "where": key("关于实体的条件", "a condition on the entity", PLAIN),
}
_STEPS: Final = Listed(Again("step"))
STEPS: Final[Mapping[str, Keys]] = {
    "notify": {
        "notify": key(
            "通知谁：owner、人员、team:、channel:、field:",
            "whom: owner, a person, team:, channel:, field:",
            _TARGETS,
            required=True,
        ),
        "important": key("按各人的 important 方式通知", "tell them as they want what is important", BOOLEAN),
    },
    "wait": {"wait": key("等多久，可带日历", "how long, with a calendar or without", DURATION, required=True)},
    "if": {
        "if": key("条件", "what has to hold", Closed(IF), required=True),
        "then": key("成立时的步骤", "the steps then", _STEPS, required=True),
        "else": key("否则的步骤", "the steps otherwise", _STEPS),
    },
    "webhook": {"webhook": key("调用哪个通道", "the channel to call", PLAIN, required=True)},
    "repeat": {
        "repeat": key("前面的步骤再重复几次", "how many times more all before it is done", INTEGER, required=True)
    },
}
_WORSE: Final = Words(("restart", "notify"))
ON_WORSE: Final[Keys] = {
    **{
        severity.word: key(f"升到 {severity.word} 时", f"when it has risen to {severity.word}", _WORSE)
        for severity in Severity
    },
    "else": key("其他情况", "otherwise", _WORSE),
}
CHAIN: Final[Keys] = {
    "steps": key("步骤", "its steps", _STEPS, required=True),
    "fallback": key("无人可通知时通知谁", "whom to tell where nobody else can be told", _TARGETS),
    "resolved": key("解决时是否告知", "whether people hear that it is over", Words(("tell", "silent"))),
    "ack_expires": key("确认多久后失效", "how long an acknowledgement lasts", DURATION),
    "reopen_within": key("多久内再发生算同一异常", "within which it is opened again as the same incident", DURATION),
    "on_worse": key("级别升高时", "what is done when it becomes worse", Closed(ON_WORSE)),
}
CHAINS: Final[Keys] = {
    "chains": key("升级链", "the chains", Named(Closed(CHAIN))),
    "default": key("未写 chain 的规则使用", "that of rules which name none", PLAIN),
}

# --- channels.yaml -------------------------------------------------------------------------------------------------

_SECRET: Final = "env:NAME / file:PATH"


def _channel(kind: str, own: Keys) -> Keys:
    return {
        "kind": key("通道类型", "the kind of channel", Words((kind,)), required=True),
        "base_url": key("代替提供方的地址（测试用）", "in place of the provider's address (for tests)", PLAIN),
        "limit": key("限速", "a limit", Anything(), later=True),
        "on_unknown": key("结果不明时", "where the outcome is unknown", Words(("resend", "mark"))),
        "timeout": key("超时", "how long to wait for an answer", DURATION),
        **own,
    }


def _secret(zh: str, en: str, *, required: bool = False) -> Key:
    return key(f"{zh}（{_SECRET}）", f"{en} ({_SECRET})", PLAIN, required=required)


CHANNEL: Final[Mapping[str, Keys]] = {
    "twilio-sms": _channel(
        "twilio-sms",
        {
            "account_sid": key("账户 SID", "the account's SID", PLAIN, required=True),
            "auth_token": _secret("令牌", "the token", required=True),
            "from": key(
                '发送号码，加引号："+15005550006"', 'the sender, in quotes: "+15005550006"', PLAIN, required=True
            ),
        },
    ),
    "smtp": _channel(
        "smtp",
        {
            "host": key("邮件服务器", "the mail server", PLAIN, required=True),
            "port": key("端口", "its port", INTEGER),
            "security": key("加密方式", "how it is encrypted", Words(("none", "starttls", "tls"))),
            "user": key("用户名", "the user", PLAIN),
            "password": _secret("密码", "the password"),
            "from": key("发件地址", "the address it is from", PLAIN, required=True),
        },
    ),
    "dingtalk-robot": _channel(
        "dingtalk-robot",
        {
            "url": _secret("机器人地址", "the robot's address", required=True),
            "secret": _secret("加签密钥", "its secret"),
        },
    ),
    "webhook": _channel(
        "webhook",
        {"url": key("地址", "the address", PLAIN, required=True), "secret": _secret("签名密钥", "to sign with")},
    ),
}
CHANNELS: Final[Keys] = {
    "channels": key("通道", "the channels", Named(Either(tuple(Closed(keys) for keys in CHANNEL.values()))))
}

FILES: Final[Mapping[str, FileShape]] = {
    "people": FileShape(files="people.yaml", about=Text(zh="Tocsin 人员", en="people of Tocsin"), keys=PEOPLE),
    "chains": FileShape(
        files="chains.yaml",
        about=Text(zh="Tocsin 升级链", en="chains of Tocsin"),
        keys=CHAINS,
        parts={"step": Either(tuple(Closed(keys) for keys in STEPS.values()))},
    ),
    "channels": FileShape(files="channels.yaml", about=Text(zh="Tocsin 通道", en="channels of Tocsin"), keys=CHANNELS),
}
