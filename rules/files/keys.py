"""The keys of model.yaml, calendars.yaml, lead_times.yaml and rules/*.yaml (rule-files.md), each with what it means."""

from collections.abc import Mapping
from typing import Final, get_args

from rules.files.shapes import (
    Anything,
    Closed,
    Either,
    FileShape,
    Key,
    Keys,
    Listed,
    Named,
    Plain,
    Texts,
    Typed,
    Words,
    key,
)
from rules.rule import Mode, OnChange
from streams.firing import Severity
from streams.model import FieldType
from streams.text import Text

PLAIN: Final = Plain()
NAMES: Final = Listed(PLAIN, or_one=True)
DURATION: Final = Plain(r"\s*\d+\s*\S.*")
OFFSET: Final = Plain(r"\s*[-+]?\s*\d+\s*\S.*")
SEVERITY: Final = Words(tuple(severity.word for severity in Severity))
BOOLEAN: Final = Typed("boolean")
INTEGER: Final = Typed("integer")
HOURS: Final = Named(Listed(PLAIN, or_one=True))

_LABEL: Final[Key] = key("显示的名称，可写 {zh: ..., en: ...}", "the name shown; may be {zh: ..., en: ...}", Texts())

# --- rules/*.yaml --------------------------------------------------------------------------------------------------

STAGE: Final[Keys] = {
    "at": key(
        "相对期限的时间，如 -4h、0h、1d cn-workdays",
        "when, counted from the deadline: -4h, 0h, 1d cn-workdays",
        OFFSET,
        required=True,
    ),
    "severity": key("从那时起的级别", "the severity from then on", SEVERITY, required=True),
}
COUNT: Final[Keys] = {
    "at_least": key("至少多少个", "how many it takes", INTEGER, required=True),
    "within": key("在多长时间内，如 7d", "within how long, such as 7d", DURATION, required=True),
    "per": key("按哪些字段分组", "the field or fields that make a group", NAMES),
    "distinct": key("按此字段去重", "count each value of this field once", PLAIN),
}
DECISION: Final[Keys] = {
    "if": key("这一行的条件：字段: 值，或一个表达式", "when this row hits: FIELD: VALUE, or an expression", Anything()),
    "severity": key("命中时的级别", "the severity then", SEVERITY),
    "owner": key("命中时的负责人", "the owner then", PLAIN),
    "chain": key("命中时的升级链", "the chain then", PLAIN),
}
_AT: Final[Key] = key(
    "时刻，或从第一项算起，如 +49h", "an instant, or counted from the first entry: +49h", PLAIN, required=True
)
_OF: Final[Key] = key("实体的键，默认 T-1", "the entity's key; default T-1", PLAIN)
_KNOWN: Final[Key] = key("何时得知，默认同 at", "when it became known; default at", PLAIN)
STEPS: Final[Mapping[str, Keys]] = {
    "event": {
        "at": _AT,
        "event": key("事件类型", "an event type", PLAIN, required=True),
        "kind": key("实体类型，默认为规则的类型", "the kind; default the rule's", PLAIN),
        "key": _OF,
        "data": key("事件的字段", "the event's fields", Anything()),
        "known": _KNOWN,
        "id": key("事件的 id，供 retracts 引用", "the event's id, for retracts", PLAIN),
        "retracts": key("撤回哪个事件", "the id of the event that it takes back", PLAIN),
    },
    "expect": {
        "at": _AT,
        "expect": key(
            "此刻的变化：open、新的级别或 resolved",
            "the change at this instant: open, a new severity, resolved",
            PLAIN,
            required=True,
        ),
        "key": _OF,
        "known": _KNOWN,
    },
    "close": {
        "at": _AT,
        "close": key("由人关闭", "closed by a person", PLAIN, required=True),
        "key": _OF,
    },
}
TEST: Final[Keys] = {
    "name": key("测试的名称", "the name of the test", Texts(), required=True),
    "timeline": key(
        "按时间排列的事件和期望；未列出的变化不得发生",
        "events and expectations in their order; what is not listed must not happen",
        Listed(Either(tuple(Closed(keys) for keys in STEPS.values()))),
        required=True,
    ),
}
RULE: Final[Keys] = {
    "id": key(
        "标识：a-z 0-9 -，在工作区中唯一",
        "its identity: a-z 0-9 -, unique in the workspace",
        Plain("[a-z0-9-]+"),
        required=True,
    ),
    "name": key("显示的名称，可写 {zh: ..., en: ...}", "the name shown; may be {zh: ..., en: ...}", Texts()),
    "on": key("实体类型，默认 order", "the kind of entity; default order", PLAIN),
    "where": key("针对哪些实体（条件）", "which entities (a condition)", PLAIN),
    "when": key("何时算异常（条件）", "when something is wrong (a condition)", PLAIN),
    "sentence": key(
        "用一句话代替核心写法，如 付款 后 48小时 内 未 发货",
        "one sentence in place of the core keys: not shipped within 48h after paid",
        PLAIN,
    ),
    "overdue": key("应到达的节点", "the node that should have been reached", PLAIN),
    "after": key("从哪个节点算起", "the node to count from", PLAIN),
    "within": key(
        "多长时间之内，可带日历，如 2d cn-workdays",
        "within how long, with a calendar or without: 2d cn-workdays",
        DURATION,
    ),
    "for": key("条件持续多久才算，如 48h", "how long the condition has to hold, such as 48h", DURATION),
    "by": key(
        "期限：一个时刻表达式，如 promised_at - hours(24)",
        "the deadline: an expression for an instant, as promised_at - hours(24)",
        PLAIN,
    ),
    "before": key("提前多久以 minor 开启", "how long ahead of the deadline to open as minor", DURATION),
    "severity": key("级别，默认 major", "the severity; default major", SEVERITY),
    "stages": key(
        "随时间升高的级别，取代 severity", "severities as time passes, in place of severity", Listed(Closed(STAGE))
    ),
    "clear": key("解决的条件（滞后）", "the condition that resolves it (hysteresis)", PLAIN),
    "keep_open_for": key("条件不再成立后再保持多久", "how long to stay open after the condition has ended", DURATION),
    "until": key("单个事件的规则：何时结束", "of rules on single events: the condition that ends it", PLAIN),
    "expires": key("单个事件的规则：多久后结束", "of rules on single events: how long it stays open", DURATION),
    "count": key("多次发生才算", "how many it takes, and within how long", Closed(COUNT)),
    "impact": key(
        "受影响的实体：{类型: 字段 == 字段}", "the open entities it touches: {KIND: FIELD == FIELD}", Named(PLAIN)
    ),
    "decide": key(
        "决策表：第一个命中的行决定级别、负责人和升级链",
        "a decision table: the first row that hits decides severity, owner and chain",
        Listed(Closed(DECISION)),
    ),
    "mode": key(
        "live 通知；shadow 只记录；off 不评估",
        "live tells people, shadow only keeps, off is not evaluated",
        Words(get_args(Mode)),
    ),
    "on_change": key(
        "规则修改后：recompute 重算，fresh 只看之后",
        "after a change of the rule: recompute, or judge only what comes (fresh)",
        Words(get_args(OnChange)),
    ),
    "owner": key("负责人：字段、team:名称或人员", "who repairs it: a field, team:NAME or a person", PLAIN),
    "chain": key("升级链", "the chain that tells people", PLAIN),
    "runbook": key("处理手册：链接或工作区中的文件", "what to do: a link, or a file of the workspace", PLAIN),
    "summary": key("一句话说明，可用 {{ key }} 等", "one line for people, with {{ key }} and the like", Texts()),
    "labels": key("标签", "labels of your own", Named(PLAIN)),
    "tests": key("测试", "its tests", Listed(Closed(TEST))),
}
RULES: Final[Keys] = {"rules": key("规则列表", "the rules", Listed(Closed(RULE)))}

# --- model.yaml ----------------------------------------------------------------------------------------------------

DUE: Final[Keys] = {
    "after": key("从哪个节点算起", "the node to count from", PLAIN, required=True),
    "within": key("多长时间", "how long", DURATION, required=True),
}
NODE: Final[Keys] = {
    "label": _LABEL,
    "types": key("到达此节点的其他事件类型", "further event types that reach it", NAMES),
    "due": key("没有承诺时的交期", "its lead time, where no event gives a promise", Closed(DUE)),
    "off_path": key("不在正常路径上，如取消", "not on the usual way, such as cancelled", BOOLEAN),
}
_COLUMNS: Final = tuple(one.value for one in FieldType if one not in (FieldType.LIST, FieldType.RECORDS))
_TYPES: Final = (*_COLUMNS, FieldType.LIST.value)
FIELD: Final[Keys] = {
    "type": key("字段类型", "the type of the field", Words(_TYPES), required=True),
    "label": _LABEL,
}
EVENT: Final[Keys] = {
    "label": _LABEL,
    "resets": key("重置哪些节点", "the nodes that it resets", NAMES),
}
KIND: Final[Keys] = {
    "label": _LABEL,
    "nodes": key("节点，按先后", "its nodes, in their order", Named(Closed(NODE))),
    "closed_by": key("哪些节点关闭实体", "the nodes that close an entity", NAMES),
    "fields": key(
        "字段及类型",
        "its fields and their types",
        Named(Either((Words(_TYPES), Closed(FIELD), Named(Words(_COLUMNS))))),
    ),
    "events": key("其他事件类型", "further event types", Named(Closed(EVENT))),
}
TOTAL: Final[Keys] = {
    "of": key("汇总哪种实体", "the kind of entity that is summed up", PLAIN, required=True),
    "each": key("其中的记录列表字段", "a list-of-records field of it", PLAIN),
    "sum": key("求和的数字字段", "the number field to add up", PLAIN),
    "count": key("写 true 为计数", "true to count instead", BOOLEAN),
    "key": key(
        "属于哪个实体：字段，或模板如 {sku}@{site}",
        "whose total it is: a field, or a template such as {sku}@{site}",
        PLAIN,
        required=True,
    ),
    "where": key("只计入满足此条件的", "a condition for what counts", PLAIN),
}
MODEL: Final[Keys] = {
    "zone": key("时区，默认 UTC", "the time zone; default UTC", PLAIN),
    "kinds": key("实体类型", "the kinds of entities", Named(Closed(KIND)), required=True),
    "totals": key("汇总：类型.名称", "totals, called KIND.NAME", Named(Closed(TOTAL))),
}

# --- calendars.yaml, lead_times.yaml -------------------------------------------------------------------------------

CALENDAR: Final[Keys] = {
    "zone": key("时区，默认为模型的时区", "the time zone; default the model's", PLAIN),
    "hours": key(
        '工作时段：{mon-fri: ["09:00-12:00"]}', 'working hours: {mon-fri: ["09:00-12:00"]}', HOURS, required=True
    ),
    "holidays": key("国家代码如 CN，或 none", "a country's code such as CN, or none", PLAIN),
    "days": key("自己的例外：日期: 时段或 off", "exceptions of your own: DATE: hours or off", HOURS),
    "cut_off": key(
        '截单时刻，如 "16:00"', 'what begins later counts from the next working day, such as "16:00"', PLAIN
    ),
}
CALENDARS: Final[Keys] = {"calendars": key("日历", "the calendars", Named(Closed(CALENDAR)))}
LEARNED: Final[Keys] = {
    "at": key("何时得出", "when they were learned", PLAIN),
    "from": key("由什么得出", "from what", PLAIN),
}
_ORDERS: Final[Key] = key("由多少个实体得出", "how many it was learned from", INTEGER)
_QUANTILES: Final[Key] = key("分位数：{0.5: 18h}", "quantiles: {0.5: 18h}", Named(DURATION), required=True)
SEGMENT: Final[Keys] = {
    "where": key("字段: 值", "FIELD: VALUE", Anything(), required=True),
    "orders": _ORDERS,
    "quantiles": _QUANTILES,
}
LEAD_TIME: Final[Keys] = {
    "on": key("实体类型，默认 order", "the kind; default order", PLAIN),
    "from": key("起始节点", "the node it begins at", PLAIN, required=True),
    "to": key("到达节点", "the node it ends at", PLAIN, required=True),
    "orders": _ORDERS,
    "quantiles": _QUANTILES,
    "segments": key("按字段细分", "the same by fields", Listed(Closed(SEGMENT))),
}
LEAD_TIMES: Final[Keys] = {
    "learned": key("来源", "where they come from", Closed(LEARNED)),
    "lead_times": key(
        "节点之间的用时", "how long the ways between nodes take", Listed(Closed(LEAD_TIME)), required=True
    ),
}

FILES: Final[Mapping[str, FileShape]] = {
    "rules": FileShape(files="rules/*.yaml", about=Text(zh="Tocsin 规则", en="rules of Tocsin"), keys=RULES),
    "model": FileShape(files="model.yaml", about=Text(zh="Tocsin 模型", en="model of Tocsin"), keys=MODEL),
    "calendars": FileShape(
        files="calendars.yaml", about=Text(zh="Tocsin 日历", en="calendars of Tocsin"), keys=CALENDARS
    ),
    "lead_times": FileShape(
        files="lead_times.yaml", about=Text(zh="节点之间的用时", en="learned lead times"), keys=LEAD_TIMES
    ),
}
