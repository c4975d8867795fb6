"""Which column says whose a row is."""

from collections.abc import Iterable
from typing import Final

from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.words import KEYS, label_name, likeness
from streams.model import Kind
from streams.text import Text

_NEARLY: Final = 0.9  # of the rows


def _keyed(column: Column, kind: Kind) -> int:
    """How much a column looks like the key of this kind."""
    if column.times is not None or (column.numbers is not None and not column.numbers.whole) or "{" in column.name:
        return 0
    score = 3 * KEYS.are_in(column.called) + 4 * (likeness(column.called, label_name(kind.name, kind.label)) > 1)
    is_field = any(likeness(column.called, label_name(one.name, one.label)) == 10 for one in kind.fields.values())
    return score - 6 * is_field


def unique_key(sample: Sample, kind: Kind) -> str | None:
    """A column in which every row has a value of its own, or two that have one together."""
    unique = [column for column in sample.columns if column.unique and _keyed(column, kind) > 0]
    if unique:
        return max(unique, key=lambda one: (_keyed(one, kind), -sample.columns.index(one))).name
    nearly = [column for column in sample.columns if _nearly_unique(column) and _keyed(column, kind) > 3]
    if nearly:
        return max(nearly, key=lambda one: (_keyed(one, kind), one.distinct)).name
    parts = [column for column in sample.columns if column.filled == column.rows and _keyed(column, kind) > 0][:6]
    for place, one in enumerate(parts):
        for other in parts[place + 1 :]:
            pairs = set(zip(sample.cells[one.name], sample.cells[other.name], strict=True))
            if len(pairs) == sample.rows:
                return f"{{{one.name}}}-{{{other.name}}}"
    first = sample.columns[0]
    return first.name if first.unique and first.times is None and "{" not in first.name else None


def _nearly_unique(column: Column) -> bool:
    """Of a table that should have one row for each, but for some that came twice or have none."""
    return column.filled >= _NEARLY * column.rows and column.distinct >= _NEARLY * column.filled


def repeated_key(sample: Sample, kind: Kind, but: Iterable[Column]) -> str | None:
    used = {column.name for column in but}
    found = [
        column
        for column in sample.columns
        if column.name not in used and _keyed(column, kind) > 0 and 0 < column.distinct < column.filled
    ]
    if not found:
        return None
    return max(found, key=lambda one: (_keyed(one, kind), one.distinct, -sample.columns.index(one))).name


def no_key(sample: Sample, kind: Kind) -> Text:
    repeated = [column for column in sample.columns if _keyed(column, kind) > 0 and column.distinct < column.filled]
    names = ", ".join(f"{column.name} ({column.distinct}/{column.rows})" for column in repeated[:5])
    return Text(
        zh=f"没有一列（或两列合起来）在每行都不同，无法确定每行是哪个 {kind.name}。相近的列：{names or '无'}。"
        "如果一行是一个事件，还需要一列说明发生了什么",
        en=f"no column, nor two together, differs in every row, so that nothing says which {kind.name} a row is. "
        f"Nearest: {names or 'none'}. Where a row is an event, a column has to say what happened",
    )


def about_key(sample: Sample, kind: Kind, key: str) -> list[Text]:
    """A column that is taken for the key only because it differs in every row."""
    column = sample.column(key)
    if column is None:
        return []
    if not column.unique:
        empty, again = column.rows - column.filled, column.filled - column.distinct
        return [
            Text(
                zh=f"{key} 有 {empty} 行为空、{again} 行重复：重复的键只取第一行，其余列为被拒",
                en=f"{key} is empty in {empty} rows and comes again in {again}: of each key the first row counts, "
                "the others are listed",
            )
        ]
    if _keyed(column, kind) > 0:
        return []
    return [
        Text(
            zh=f"没有列名像 {kind.name} 的键；{key} 每行都不同，暂以它为键，请确认",
            en=f"no column is called like the key of {kind.name}; {key} differs in every row and is taken: "
            "please check",
        )
    ]


def about_lines(sample: Sample, kind: Kind, key: str) -> list[Text]:
    """A table of lines: another column is called after the kind, and repeats."""
    whole = _whole(sample, kind, key)
    if whole is None:
        return []
    return [
        Text(
            zh=f"{whole.name} 有重复（{whole.rows} 行，{whole.distinct} 个值）：每行像是明细，这里每行算一个实体。"
            "如果要关注的是整单，请映射整单的表，并用 --join 加上本文件",
            en=f"{whole.name} repeats ({whole.distinct} values in {whole.rows} rows): rows look like lines of it, and "
            "here each is an entity of its own. If the whole is what matters, map the table of the wholes and --join "
            "this file to it",
        )
    ]


def _whole(sample: Sample, kind: Kind, key: str) -> Column | None:
    name = label_name(kind.name, kind.label)
    return next(
        (
            column
            for column in sample.columns
            if KEYS.are_in(column.called)
            and likeness(column.called, name) > 1
            and column.name != key
            and 0 < column.distinct < column.filled == column.rows
        ),
        None,
    )
