"""What people call the keys and words of the files, for telling an author who wrote that the key or word itself."""

from collections.abc import Mapping
from typing import Final

from streams.text import Text


def _spoken(**words: str) -> Mapping[str, Text]:
    return {name: Text(zh=zh, en=name) for name, zh in words.items()}


# The words for severities and modes are those of messages and of the console.
SPOKEN: Final = _spoken(
    info="提示",
    minor="次要",
    major="重要",
    critical="紧急",
    live="正式",
    shadow="影子",
    off="停用",
    rules="规则",
    id="编号",
    name="名称",
    on="类型",
    where="范围",
    when="条件",
    overdue="逾期",
    within="期限",
    stages="阶段",
    severity="级别",
    mode="模式",
    owner="负责人",
    chain="升级链",
    runbook="处理手册",
    summary="摘要",
    labels="标签",
    label="标签",
    sentence="句子",
    tests="测试",
    timeline="时间线",
    event="事件",
    expect="期望",
    data="数据",
    decide="决策表",
    count="计数",
    impact="影响",
)
