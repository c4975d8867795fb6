"""The keys of kpi.yaml: what counts as delivered, promised, in full and perfect, for each kind of entity."""

from collections.abc import Mapping
from typing import Final, get_args

from rules.files.keys import DURATION, NAMES, PLAIN
from rules.files.shapes import Closed, FileShape, Keys, Named, Typed, Words, key
from simulator.kpi.definitions import Compare, Level, Promise
from streams.text import Text

NUMBER: Final = Typed("number")
KPI: Final[Keys] = {
    "where": key("只计入满足此条件的实体", "a condition for the entities that count", PLAIN),
    "cancelled": key(
        "到达这些节点的实体不计入，如客户取消；默认：不在正常路径上的关闭节点",
        "entities that reached one of these nodes do not count, as those that the customer cancelled; default: the "
        "closing nodes that are off the path",
        NAMES,
    ),
    "node": key(
        "到达哪个节点算交付；默认：路径上最后一个有承诺的节点",
        "the node at which it is delivered; default: the last one on the path that has promises",
        PLAIN,
    ),
    "promised": key(
        "约定的时刻：时间字段或 节点.due；默认为交付节点的承诺",
        "what was agreed: a timestamp field or NODE.due; default the promise of the node of delivery",
        PLAIN,
    ),
    "promise": key(
        "以哪个承诺为准：last 最后约定的，first 最初的，requested 客户要求的；默认 last",
        "which promise counts: the last that was agreed, the first one, or what the customer requested; default last",
        Words(get_args(Promise)),
    ),
    "requested": key("客户要求的时间所在的字段", "the field of what the customer requested", PLAIN),
    "compare": key(
        "按 day（模型时区的日历日）或 instant（时刻）比较；默认：承诺都在零点时为 day，否则为 instant",
        "by day (calendar days in the model's zone) or by instant; default day where all promises lie at midnight",
        Words(get_args(Compare)),
    ),
    "early": key("最多可以早到多久；不写则早到都算准时", "how early at most; without it no one is too early", DURATION),
    "grace": key("允许晚多久，默认 0", "how late it may be and still be on time; default not at all", DURATION),
    "lines": key("明细所在的记录列表字段", "the list-of-records field of its lines", PLAIN),
    "ordered": key("订购数量：明细的列，没有明细时为字段", "the quantity ordered: of the lines, else a field", PLAIN),
    "delivered": key("交付数量", "the quantity delivered", PLAIN),
    "rejected": key("拒收数量", "the quantity rejected", PLAIN),
    "tolerance": key(
        "数量可以少多少，如 0.02；默认 0", "what may be missing of the quantity, such as 0.02; default 0", NUMBER
    ),
    "level": key(
        "按 order（整单）或 line（明细行）；默认 order", "by order or by line; default order", Words(get_args(Level))
    ),
    "documents": key("单据齐全正确的条件", "the condition that its documents are right", PLAIN),
    "condition": key("完好的条件（另加无拒收）", "the condition that it is undamaged, beside nothing rejected", PLAIN),
    "pairs": key(
        "停留时间：如 [placed:paid]；默认路径上相邻的节点",
        "dwell times, such as [placed:paid]; default the neighbours on the path",
        NAMES,
    ),
    "calendar": key("工作时间的日历", "the calendar of working time", PLAIN),
    "acknowledge_within": key(
        "应在多长时间内确认异常，如 30m", "how soon an incident should be acknowledged, such as 30m", DURATION
    ),
    "resolve_within": key(
        "应在多长时间内解决异常，如 8h cn-workdays", "how soon an incident should be resolved", DURATION
    ),
    "score": key("评分字段", "the field of the customer's score", PLAIN),
    "low": key("不超过此分为差评，默认 2", "a score of at most this is a bad one; default 2", NUMBER),
}
KPIS: Final[Keys] = {"kpi": key("实体类型: 指标", "KIND: its KPIs", Named(Closed(KPI)), required=True)}

FILES: Final[Mapping[str, FileShape]] = {
    "kpi": FileShape(files="kpi.yaml", about=Text(zh="指标的口径", en="what the KPIs count"), keys=KPIS)
}
