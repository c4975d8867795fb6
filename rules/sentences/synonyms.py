"""Words that mean the same in a sentence. A blank within a phrase is written as _."""

from collections.abc import Mapping
from typing import Final

SIGNS: Final[Mapping[str, tuple[str, ...]]] = {  # the first Chinese and the first English word are Tocsin's own
    "<": ("低于", "below", "少于", "小于", "不足", "不够", "不到", "under", "less_than", "lower_than", "short_of", "<"),
    ">": ("超过", "exceeds", "高于", "大于", "多于", "超出", "above", "over", "more_than", "greater_than", ">"),
    "<=": ("不高于", "at_or_below", "不超过", "不多于", "至多", "at_most", "not_above", "no_more_than", "<=", "≤"),
    ">=": ("不低于", "at_or_above", "不少于", "至少", "at_least", "not_below", "no_less_than", ">=", "≥"),
    "==": ("等于", "equals", "equal_to", "==", "="),
}

_BEFORE_NOT: Final = ("", "still_", "is_", "is_still_", "was_", "are_", "has_", "has_still_", "have_")
_NOT: Final = ("not", "not_yet", "not_been", "not_yet_been")
_PROMISED: Final = ("promised", "promised_date", "promised_time", "promise", "due_date", "due_time")

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "后": ("之后", "以后", "后"),
    "前": ("之前", "以前", "前"),
    "内": ("之内", "以内", "内"),
    "未": ("仍未", "还未", "尚未", "均未", "未能", "未", "仍没有", "还没有", "没有", "还没", "没"),
    "超过": ("已超过", "超过", "超出", "已过", "过了", "满"),
    "承诺": ("承诺日期", "承诺时间", "承诺期限", "承诺交期", "承诺的日期", "承诺的时间", "承诺"),
    "按": ("按照", "按"),
    "按时": ("按时", "准时", "如期", "按期"),
    "逾期": ("已逾期", "逾期", "超期", "延期", "延误", "延迟"),
    "件": ("件", "个", "箱", "台", "套", "份", "元"),
    "完成": ("完成", "到达", "达成"),
    "距": ("距离", "距"),
    "不足": ("不足", "不到", "只剩", "仅剩", "还有"),
    "持续": ("持续超过", "持续", "已持续", "长达"),
    "又": ("又有", "又收到", "又发生", "又出现", "又", "再次", "再", "仍有", "仍", "收到", "发生", "出现"),
    "变更": ("被变更", "变更", "更改", "修改", "改动", "改变", "变化", "有变"),
    "同一": ("同一个", "同一", "同个", "每一个", "每个", "每"),
    "有": ("有", "发生", "出现", "收到", "达到", "达", "至少", "累计"),
    "次": ("次", "个", "笔"),
    "以上": ("及以上", "以上"),
    "加": ("加上", "加", "+"),
    "not": (*(f"{start}{word}" for start in _BEFORE_NOT for word in _NOT), "no"),
    "is": ("is", "are", "was", "has_been", "has", "have"),
    "within": ("within", "in", "inside"),
    "after": ("after", "of", "from", "since"),
    "more_than": ("for_more_than", "more_than", "longer_than", "later_than", "over", "for"),
    "but": ("but", "and", "and_still", "but_still", "still"),
    "overdue": ("overdue", "past_due", "late"),
    "promised": tuple(f"{article}{word}" for article in ("", "the_", "its_") for word in _PROMISED),
    "on_time": ("on_time", "in_time"),
    "past": ("after", "past", "beyond"),
    "by": ("by", "for"),
    "changed": ("changed", "changes", "is_changed", "was_changed", "has_changed"),
    "per": ("per", "by", "for_each", "for_the_same", "of_the_same", "for_one", "with_the_same", "from_the_same"),
    "times": ("times", "time", "x"),
    "or_more": ("or_more",),
    "units": ("units", "unit", "pieces", "pcs"),
    "plus": ("plus", "+"),
    "the_supplier": ("the_supplier", "supplier"),
}
