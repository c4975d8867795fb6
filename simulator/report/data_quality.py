"""What of a history was not taken, or was taken and is odd."""

from collections import Counter
from typing import Final

from simulator.history import Reading
from simulator.report.document import Head, Note, Section, Table
from streams.text import Text

_ROWS: Final = Head(label=Text(zh="行数", en="Rows"), kind="number")


def data_quality_section(read: Reading) -> Section:
    tables = [table for table in (_codes(read), _refusals(read), _oddities(read)) if table.rows]
    title = Text(zh="数据质量", en="Data quality")
    if tables:
        return Section(name="data-quality", title=title, parts=tuple(tables))
    clean = Text(zh="没有拒绝任何数据，也没有发现异样。", en="Nothing was refused, and nothing odd was found.")
    return Section(name="data-quality", title=title, parts=(Note(text=clean),))


def _codes(read: Reading) -> Table:
    counts = Counter((refusal.code, refusal.field) for refusal in read.refusals)
    return Table(
        name="refused-why",
        title=Text(zh="为何被拒绝", en="Why events were refused"),
        heads=(
            Head(label=Text(zh="原因", en="Code")),
            Head(label=Text(zh="字段", en="Field")),
            Head(label=Text(zh="次数", en="Times"), kind="number"),
        ),
        rows=[(code, field, count) for (code, field), count in counts.most_common()],
    )


def _refusals(read: Reading) -> Table:
    return Table(
        name="refused",
        title=Text(zh="被拒绝的", en="What was refused"),
        heads=(
            Head(label=Text(zh="位置", en="Where")),
            Head(label=Text(zh="字段", en="Field")),
            Head(label=Text(zh="说明", en="What was expected")),
        ),
        rows=[(refusal.position, refusal.field, refusal.reason) for refusal in read.refusals],
    )


def _oddities(read: Reading) -> Table:
    rows = [
        *(
            (Text(zh=f"未声明的字段 {field}", en=f"undeclared field {field}"), "", count)
            for field, count in read.left_out.items()
        ),
        *([(Text(zh="重复的事件", en="events that came again"), "", read.copies)] if read.copies else []),
    ]
    for report in read.mappings:
        counted = {
            Text(zh="没有键的行", en="rows without a key"): report.without_key,
            Text(zh="没有事件的行", en="rows in which nothing happened"): report.without_event,
            Text(zh="按映射忽略的行", en="rows ignored by the mapping"): report.ignored,
        }
        rows += [(what, report.file, count) for what, count in counted.items() if count]
        rows += [
            (Text(zh=f"{node} 早于 {before}", en=f"{node} before {before}"), report.file, count)
            for (node, before), count in sorted(report.backwards.items())
        ]
        rows += [
            (Text(zh=f"未知的类型 {type_}", en=f"unknown type {type_}"), report.file, count)
            for type_, count in report.unknown_types.most_common()
        ]
    return Table(
        name="odd",
        title=Text(zh="数据中的异样", en="What is odd in the data"),
        heads=(Head(label=Text(zh="什么", en="What")), Head(label=Text(zh="文件", en="File")), _ROWS),
        rows=rows,
    )
