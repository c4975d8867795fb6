"""The keys of mapping files (mappings.md), each with what it means."""

from collections.abc import Mapping
from typing import Final

from rules.files.keys import NAMES, PLAIN
from rules.files.shapes import Anything, Closed, Either, FileShape, Key, Keys, Named, Words, key
from streams.text import Text

CELL: Final[Keys] = {
    "column": key("列名，或 @first、@last", "the name of a column, or @first or @last", PLAIN),
    "value": key("固定的值", "a fixed value in place of a column", PLAIN),
    "as": key(
        "如何读时间：date、end_of_day、unix_s、unix_ms 或 strptime 格式",
        "how to read a time: date, end_of_day, unix_s, unix_ms or a strptime format",
        PLAIN,
    ),
    "values": key("单元格的文本: 值", "TEXT OF THE CELL: VALUE", Named(Anything())),
    "match": key("取出一部分的正则表达式", "a regular expression that takes a part", PLAIN),
    "only": key("只取这些行：列: 值", "only of these rows, COLUMN: VALUES", Named(NAMES)),
    "take": key("取哪一个", "which one to take", Anything(), later=True),
}
SETTING: Final[Keys] = {
    **CELL,
    "at": key("在第一个还是最后一个节点时给出", "with the first node or the last", Words(("first", "last"))),
}
KEY: Final[Keys] = {
    "column": key("列名", "the name of a column", PLAIN, required=True),
    "split": key("分隔的正则表达式", "a regular expression that splits it", PLAIN, required=True),
}
CSV: Final[Keys] = {
    "delimiter": key("分隔符", "what separates the columns", PLAIN),
    "encoding": key("编码，默认 utf-8", "the encoding; default utf-8", PLAIN),
    "decimal": key("小数点", "the decimal sign", Words((".", ","))),
}
_CELL: Final = Either((PLAIN, Closed(CELL)))
_SETTINGS: Final = Named(Either((PLAIN, Closed(SETTING))))
_NOT_YET: Final[Key] = key("后续版本", "of a later version", Anything(), later=True)
LATER: Final[Keys] = dict.fromkeys(("tables", "maps", "file", "sheet", "object_type"), _NOT_YET)
OF_FORMAT: Final[Mapping[str, Keys]] = {
    "wide": {"nodes": key("节点: 时间所在的列", "NODE: the column of its time", Named(_CELL))},
    "long": {
        "type": key("事件类型所在的列", "the column of the event's type", _CELL),
        "types": key("单元格的文本: 事件类型，或 ignore", "TEXT OF THE CELL: an event type, or ignore", Named(PLAIN)),
        "occurred_at": key("发生时间所在的列", "the column of its time", _CELL),
    },
}
MAPPING: Final[Keys] = {
    "kind": key("实体类型", "the kind of entity", PLAIN, required=True),
    "format": key(
        "每行一个实体（wide）或一个事件（long）",
        "a row is an entity (wide) or an event (long)",
        Words(tuple(OF_FORMAT)),
        required=True,
    ),
    "source": key("来源名称", "the name of the source", PLAIN),
    "key": key(
        "实体的键：列，或如 {列}-{列} 的模板",
        "the entity's key: a column, or a template {A}-{B}",
        Either((PLAIN, Closed(KEY))),
        required=True,
    ),
    "zone": key("没有偏移的时间所在的时区", "the zone of times without an offset", PLAIN),
    "due": key("节点: 承诺时间所在的列", "NODE: the column of its promise", _SETTINGS),
    "fields": key("字段: 列", "FIELD: its column", _SETTINGS),
    "missing": key("表示没有值的文本", "texts that mean no value", NAMES),
    "csv": key("CSV 选项", "how the CSV is written", Closed(CSV)),
    "recorded_at": key("获知时间所在的列", "the column of when it became known", _CELL),
    **OF_FORMAT["wide"],
    **OF_FORMAT["long"],
    **LATER,
}

FILES: Final[Mapping[str, FileShape]] = {
    "mapping": FileShape(files="*.map.yaml", about=Text(zh="表格映射", en="mapping of a foreign table"), keys=MAPPING)
}
