"""What columns are called, in English and Chinese: words that mean the same, and how well two names fit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.text import Text, nfkc

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Words:
    """English words as they stand in names, and Chinese parts of names."""

    en: frozenset[str]
    zh: tuple[str, ...]

    def are_in(self, name: "Name") -> bool:
        return bool(self.en & name.words) or any(part in name.text for part in self.zh)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a column, node or field: its text and its words in lower case."""

    text: str
    words: frozenset[str]

    def without(self, words: frozenset[str]) -> "Name":
        return Name(self.text, self.words - words)

    @classmethod
    def of(cls, *texts: str) -> "Name":
        """Of several texts that name one thing: its name and its labels."""
        joined = " ".join(nfkc(text) for text in texts)
        return cls(joined.casefold(), frozenset(word.casefold() for word in _WORD.findall(joined)))


def _words(en: str, zh: str) -> Words:
    return Words(frozenset(en.split()), tuple(zh.split()))


# What happens to orders. The first that fits counts: "order shipped at" is a shipment.
STATIONS: Final[Mapping[str, Words]] = {
    "cancelled": _words("cancelled canceled cancel cancellation cancels voided", "取消 作废 撤销"),
    "rejected": _words("rejected reject rejection refused declined", "拒绝 驳回 拒收"),
    "returned": _words("returned return returns", "退货"),
    "refunded": _words("refunded refund", "退款"),
    "shipped": _words(
        "shipped ship ships shipping shipment dispatched dispatch despatched sent departed carrier",
        "发货 发运 出库 出货 寄出 揽收",
    ),
    "received": _words(
        "received receive receives receipt delivered delivery deliver arrived arrival",
        "收货 签收 送达 到货 妥投 交付 交货",
    ),
    "invoiced": _words("invoiced invoice billed billing", "开票 发票"),
    "paid": _words("paid payment pay pays settled", "付款 支付 收款"),
    "approved": _words("approved approve approval released release", "审核 审批 批准"),
    "confirmed": _words("confirmed confirm confirmation acknowledged accepted", "确认 接单"),
    "allocated": _words("allocated allocate reserved", "分配 锁库 占用"),
    "produced": _words("produced produce manufactured production", "生产 完工"),
    "stocked": _words("stocked stock available", "备货 入库 到库"),
    "picked": _words("picked pick picking", "拣货 配货"),
    "packed": _words("packed pack packing", "打包 包装"),
    "closed": _words("closed close completed complete finished done", "完成 关闭 完结 结束"),
    "placed": _words(
        "placed place ordered order orders created create creation opened submitted purchased purchase",
        "下单 订购 订单 创建 建单 提交 采购",
    ),
}
PROMISES: Final = _words(
    "required require promised promise due expected expect scheduled schedule planned plan requested estimated "
    "estimate eta deadline target committed needed wanted",
    "要求 承诺 应发 应到 应收 预计 计划 最晚 期望 约定 交期 截止 到期",
)
TIMES: Final = _words("date time at on day timestamp ts datetime when", "日期 时间 时刻")
RECORDED: Final = _words(
    "recorded loaded imported inserted ingested synced extracted etl", "录入 导入 同步 采集 抽取 入账"
)
CHANGED: Final = _words("modified updated changed modification update", "修改 更新 变更")
KEYS: Final = _words("id no nr num number key code ref reference", "编号 单号 号码 编码 代码")
ACTIVITIES: Final = _words(
    "activity event action step status state task operation transition type",
    "活动 事件 操作 动作 环节 步骤 节点 状态 类型",
)
STATES: Final = _words("status state stage", "状态")
_FILLERS: Final = frozenset(
    ["id", "no", "nr", "num", "number", "code", "name", "key", "date", "time", "at", "of", "the"]
)
_SAME: Final = (
    PROMISES,
    _words("customer client buyer account", "客户 买家 顾客"),
    _words("supplier vendor", "供应商 厂商 供货"),
    _words("amount total sum value revenue price", "金额 总额 总价 合计"),
    _words("sku product item material article part", "商品 物料 产品 货号 品号"),
    _words("qty quantity pieces units", "数量 件数"),
    _words("channel", "渠道"),
    _words("warehouse site plant location", "仓库 库位 工厂"),
    _words("carrier shipper forwarder", "承运商 物流 快递"),
    _words("country", "国家"),
    _words("region area state", "地区 区域"),
    _words("city", "城市"),
    _words("urgent priority prio rush express", "加急 优先 紧急"),
    _words("owner responsible rep salesperson employee", "负责人 销售员 业务员"),
    _words("status state stage", "状态"),
    _words("currency", "币种"),
    _words("freight", "运费"),
    _words("order orders", "订单"),
    _words("purchase po", "采购"),
    _words("reorder minimum", "补货点 安全库存"),
    _words("hand stock inventory", "现有 库存"),
)
_MISSING: Final = ("NA", "N/A", "#N/A", "NULL", "null", "None", "NaN", "nil", "\\N", "-", "--", "?", "无", "空")
MISSING: Final = frozenset(_MISSING)
TRUE: Final = frozenset({"y", "yes", "true", "t", "1", "x", "j", "ja", "on", "是", "有", "√"})
FALSE: Final = frozenset({"n", "no", "false", "f", "0", "nein", "off", "否", "无", "×"})


def station(name: Name) -> str | None:
    """What happened, where a name says it."""
    return next((what for what, words in STATIONS.items() if words.are_in(name)), None)


def label_name(name: str, label: Text | None) -> Name:
    """Everything that the model calls something."""
    return Name.of(name, *([] if label is None else [label.zh, label.en]))


def likeness(column: Name, wanted: Name) -> int:
    """How well a column's name fits one of the model: 0 not at all, 10 the same."""
    if column.text == wanted.text or (wanted.words and column.words == wanted.words):
        return 10
    if any(part in column.text for part in _chinese(wanted)):
        return 8
    wanted_words = wanted.words - _FILLERS or wanted.words
    column_words = column.words - _FILLERS | column.words & wanted_words
    common = wanted_words & column_words
    extra = len(column_words - common)
    if common and (wanted_words <= column_words or column_words <= wanted_words):
        return max(1, 8 - extra - len(wanted_words - common))
    same = sum(words.are_in(column) and words.are_in(wanted) for words in _SAME)
    return max(1, 4 - extra // 2) if same else 0


def _chinese(name: Name) -> list[str]:
    return [word for word in name.words if len(word) > 1 and not word.isascii()]
