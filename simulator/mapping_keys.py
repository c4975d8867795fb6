"""The keys of mapping files (mappings.md), each with what it means."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, get_args

from rules.files.keys import NAMES, PLAIN
from rules.files.shapes import Anything, Closed, Either, FileShape, Key, Keys, Listed, Named, Words, key
from streams.sources.mapping import Take
from streams.text import Text

CELL: Final[Keys] = {
    "column": key(
        "列名，或 表.列，或 @first、@last", "the name of a column, or TABLE.COLUMN, or @first or @last", PLAIN
    ),
    "value": key("固定的值", "a fixed value in place of a column", PLAIN),
    "as": key(
        '如何读时间：date、end_of_day、unix_s、unix_ms、strptime 格式，或 ["%d/%m/%Y", end_of_day]',
        'how to read a time: date, end_of_day, unix_s, unix_ms, a strptime format, or ["%d/%m/%Y", end_of_day]',
        Either((PLAIN, Listed(PLAIN))),
    ),
    "values": key("单元格的文本: 值", "TEXT OF THE CELL: VALUE", Named(Anything())),
    "match": key("取出一部分的正则表达式", "a regular expression that takes a part", PLAIN),
    "only": key("只取这些行：列: 值", "only of these rows, COLUMN: VALUES", Named(NAMES)),
    "take": key("从多行中取哪一个，默认 first", "which one of several rows; default first", Words(get_args(Take))),
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
_SHEET: Final[Key] = key("工作表，默认第一个", "the sheet of a workbook; default the first", PLAIN)
TABLE: Final[Keys] = {
    "file": key("文件，相对于映射文件所在的文件夹", "the file, relative to the mapping's folder", PLAIN, required=True),
    "sheet": _SHEET,
    "key": key("该文件中与 by 相等的列", "the column of that file that equals `by`", PLAIN, required=True),
    "by": key("本表的列，默认为实体的键", "the column of this table; default the entity's key", PLAIN),
    "fields": key("模型中记录的列: 该文件的列", "COLUMN OF THE MODEL'S RECORDS: the column of that file", Named(_CELL)),
}
OF_FORMAT: Final[Mapping[str, Keys]] = {
    "wide": {"nodes": key("节点: 时间所在的列", "NODE: the column of its time", Named(_CELL))},
    "long": {
        "type": key(
            "事件类型所在的列，或如 {列}+{列} 的模板", "the column of the event's type, or a template {A}+{B}", _CELL
        ),
        "types": key("单元格的文本: 事件类型，或 ignore", "TEXT OF THE CELL: an event type, or ignore", Named(PLAIN)),
        "occurred_at": key("发生时间所在的列", "the column of its time", _CELL),
        "object_type": key("OCEL 日志中的对象类型", "the type of objects of an OCEL log", PLAIN),
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
    "file": key("表格文件，相对于 HISTORY 文件夹", "the table's file, relative to the folder HISTORY", PLAIN),
    "sheet": _SHEET,
    "tables": key("表名: 按键连接的其他文件", "NAME: another file, joined by a key", Named(Closed(TABLE))),
    **OF_FORMAT["wide"],
    **OF_FORMAT["long"],
}
# A file holds one mapping or several under `maps`, so that none of its keys is always there.
FILE: Final[Keys] = {
    **{name: replace(one, required=False) for name, one in MAPPING.items()},
    "maps": key(
        "多个映射，合为一段历史",
        "several mappings, whose events are one history",
        Listed(Closed({**MAPPING, "file": replace(MAPPING["file"], required=True)})),
    ),
}

FILES: Final[Mapping[str, FileShape]] = {
    "mapping": FileShape(files="*.map.yaml", about=Text(zh="表格映射", en="mapping of a foreign table"), keys=FILE)
}
