"""Whether every row of a decision table can be hit, and whether one hits in every case.

Exact for conditions that compare one field with literals, as cells do: the values of a field fall into few regions
within which none of them changes its answer. Whatever else an `if` asks may hold or not, independently of all the rest.
So what is reported is certain of rows, and possible of gaps. The rule's own condition narrows what can come at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Final, cast

from rules.errors import Place, Problems
from rules.language.checking import never_missing
from rules.language.evaluation import Situation, holds
from rules.language.expression import Expression
from rules.language.tree import (
    Absence,
    Comparison,
    Condition,
    Constant,
    Done,
    Leaf,
    Lookup,
    Membership,
    Operand,
    Plain,
    TextTest,
    Type,
    canonical,
    conjuncts,
    leaves,
    quoted,
    say,
)
from rules.matching.cells import subject, tabulate
from rules.rule import Decision
from streams.text import Text

_MOST_COMBINATIONS: Final = 20_000  # that differ in the rows which can hit
_MOST_NAMED: Final = 12  # of the values in an example
_MOST_MEMBERS: Final = 8  # of one list that are asked for

Parts = Sequence[tuple[Condition, int]]  # conditions on one thing, with the bit of the row that needs it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """Values that no row tells apart, and the mask of the rows that they leave possible."""

    says: Text
    mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """Everything that one field, or one condition of other form, can be."""

    regions: tuple[_Region, ...]
    unknown: bool = False


class _TooLarge(Exception):
    """More combinations than can be gone through."""


def check_table(rows: Sequence[Decision], condition: Expression | None, place: Place, problems: Problems) -> None:
    """Warn of rows that are never hit, and of what no row covers. `condition` is the rule's own."""
    try:
        axes = _axes(rows, condition)
        found = _combinations(axes, len(rows))
    except _TooLarge:
        problems.warning(
            place,
            "table_too_large",
            zh="决策表的组合太多，未检查是否有永远命中不了的行、是否覆盖所有情况",
            en="the table has too many combinations: whether each row can be hit and all is covered was not checked",
        )
        return
    unknown = any(axis.unknown for axis in axes)
    for row in range(len(rows)):
        _check_row(row, rows, found, problems)
    gap = next((way for mask, way in found.items() if not mask), None)
    if gap is not None:
        _report_gap(_words(axes, gap, len(rows)), rows, place, unknown, problems)


def _check_row(row: int, rows: Sequence[Decision], found: Iterable[int], problems: Problems) -> None:
    bit = 1 << row
    earlier = {mask & -mask for mask in found if mask & bit}
    if bit in earlier:
        return
    number, place = row + 1, Place.parse(rows[row].where)
    if not earlier:
        if found:
            problems.warning(
                place,
                "row_never_hit",
                zh=f"第 {number} 行永远不会命中：各格互相矛盾，或与规则自身的条件矛盾",
                en=f"row {number} is never hit: its cells exclude each other, or the rule's own condition does",
            )
        return
    names = [one for one in range(row) if 1 << one in earlier]
    zh = "、".join(f"第 {one + 1} 行（文件第 {Place.parse(rows[one].where).line} 行）" for one in names)
    en = " and ".join(f"row {one + 1} (line {Place.parse(rows[one].where).line})" for one in names)
    problems.warning(
        place,
        "shadowed_row",
        zh=f"第 {number} 行永远不会命中：凡是它成立时，{zh}已先命中；请调整顺序或删去",
        en=f"row {number} is never hit: wherever it holds {en} hits before it; change the order or remove it",
    )


def _report_gap(example: Text, rows: Sequence[Decision], place: Place, unknown: bool, problems: Problems) -> None:
    names = [name for name in ("severity", "owner", "chain") if any(getattr(row, name) is not None for row in rows)]
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    zh = "（比较几个字段的条件按可成立也可不成立处理）" if unknown else ""
    en = " (conditions on several fields count as free to hold or not)" if unknown else ""
    problems.warning(
        place,
        "not_exhaustive",
        zh=f"决策表没有覆盖所有情况：例如 {example.zh} 时没有一行命中{zh}，此时用规则自身的 {'、'.join(names)}；"
        "可在最后加一行不写 if 的",
        en=f"the table does not cover everything: no row hits where {example.en}{en}, so the rule's own "
        f"{listed} {'counts' if len(names) == 1 else 'count'} there; a last row without if covers the rest",
    )


# --- the cases that can come ---------------------------------------------------------------------------------------


def _axes(rows: Sequence[Decision], condition: Expression | None) -> list[_Axis]:
    """What the rows ask for; the last bit of all masks is that of the rule's own condition."""
    asked: dict[Operand | str, list[tuple[Condition, int]]] = {}
    for place, row in enumerate(rows):
        for part in () if row.condition is None else conjuncts(row.condition.condition):
            asked.setdefault(_about(part), []).append((part, 1 << place))
    for part in () if condition is None else conjuncts(condition.condition):
        if _about(part) in asked:
            asked[_about(part)].append((part, 1 << len(rows)))
    everything = (1 << len(rows) + 1) - 1
    return [_axis(about, parts, everything) for about, parts in asked.items()]


def _about(part: Condition) -> Operand | str:
    """The one field that a condition is about; a condition of another form as text."""
    lists = {_list(leaf) for leaf in leaves(part)}
    if len(lists) == 1 and (found := lists.pop()) is not None:
        return found
    operand = subject(part)
    return canonical(part) if operand is None else operand


def _list(leaf: Leaf) -> Lookup | None:
    """The list whose members, or whose presence, a condition asks for."""
    match leaf:
        case Absence(operand=Lookup(type=Type.LIST) as operand) | TextTest(operand=Lookup(type=Type.LIST) as operand):
            return operand
    return None


def _combinations(axes: Iterable[_Axis], rows: int) -> dict[int, tuple[int, ...]]:
    """Each mask of rows that some case hits, with one such case: the place of a region on each axis."""
    narrowing = 1 << rows
    found: dict[int, tuple[int, ...]] = {(1 << rows + 1) - 1: ()}
    for axis in axes:
        further: dict[int, tuple[int, ...]] = {}
        for mask, way in found.items():
            for place, region in enumerate(axis.regions):
                if mask & region.mask & narrowing:
                    further.setdefault(mask & region.mask, (*way, place))
        if len(further) > _MOST_COMBINATIONS:
            raise _TooLarge
        found = further
    return {mask ^ narrowing: way for mask, way in found.items()}


def _words(axes: Sequence[_Axis], way: Sequence[int], rows: int) -> Text:
    """A case in words: as few of its values as keep every row from hitting."""
    chosen = {number: axes[number].regions[place] for number, place in enumerate(way)}
    for number in tuple(chosen):
        others = (region.mask for other, region in chosen.items() if other != number)
        if not reduce(and_, others, (1 << rows) - 1):
            del chosen[number]
    return Text(
        zh=" 且 ".join(region.says.zh for region in chosen.values()),
        en=" and ".join(region.says.en for region in chosen.values()),
    )


# --- the regions of one field --------------------------------------------------------------------------------------


def _axis(about: Operand | str, parts: Parts, everything: int) -> _Axis:
    if isinstance(about, str):
        return _Axis(regions=tuple(_either(parts, everything)), unknown=True)
    if about.type is Type.LIST:
        return _Axis(regions=tuple(_lists(cast(Lookup, about), parts, everything)))
    return _Axis(regions=tuple(_values(about, parts, everything)))


def _either(parts: Parts, everything: int) -> Iterator[_Region]:
    text = say(parts[0][0])
    fails = everything & ~reduce(or_, (bit for _, bit in parts))
    yield _Region(says=Text(zh=f"“{text}”不成立", en=f'"{text}" does not hold'), mask=fails)
    yield _Region(says=Text(zh=f"“{text}”成立", en=f'"{text}" holds'), mask=everything)


def _values(operand: Operand, parts: Parts, everything: int) -> Iterator[_Region]:
    table = tabulate(parts, everything)
    written = _texts(parts)
    texts = [written[cut] for cut in table.cuts]
    present, missing = _presence(operand, parts)
    if not texts:
        yield _Region(says=present, mask=table.masks[0])
    elif operand.type is Type.BOOL:
        for value in (True, False):
            cell = 2 * table.cuts.index(value) + 1 if value in table.cuts else 0
            yield _Region(says=Text.plain(f"{say(operand)} = {str(value).lower()}"), mask=table.masks[cell])
    elif table.ordered:
        for cell, mask in enumerate(table.masks):
            yield _Region(says=Text.plain(_between(say(operand), texts, cell)), mask=mask)
    else:
        for place, text in enumerate(texts):
            yield _Region(says=Text.plain(f"{say(operand)} = {text}"), mask=table.masks[2 * place + 1])
        yield _Region(says=_other(say(operand), texts), mask=table.masks[0])
    if not never_missing(operand):
        yield _Region(says=missing, mask=table.missing)


def _presence(operand: Operand, parts: Parts) -> tuple[Text, Text]:
    asked = {leaf.left for part, _ in parts for leaf in leaves(part) if isinstance(leaf, Comparison)}
    done = next((one for one in asked if isinstance(one, Done)), None)
    if done is not None:
        return Text.plain(f"{say(done)} = true"), Text.plain(f"{say(done)} = false")
    name = say(operand)
    return Text(zh=f"{name} 有值", en=f"{name} is present"), Text(zh=f"{name} 缺失", en=f"{name} is missing")


def _texts(parts: Parts) -> dict[Plain, str]:
    """The literals as they are first written."""
    found: dict[Plain, str] = {}
    for part, _ in parts:
        for leaf in leaves(part):
            written = leaf.choices if isinstance(leaf, Membership) else [getattr(leaf, "right", None)]
            for one in written:
                if isinstance(one, Constant) and one.value is not None:
                    found.setdefault(one.value, one.text)
    return found


def _between(name: str, texts: Sequence[str], cell: int) -> str:
    place, on_literal = divmod(cell, 2)
    if on_literal:
        return f"{name} = {texts[place]}"
    if place == 0:
        return f"{name} < {texts[0]}"
    return f"{name} > {texts[-1]}" if place == len(texts) else f"{texts[place - 1]} < {name} < {texts[place]}"


def _other(name: str, texts: Sequence[str]) -> Text:
    named = [*texts[:_MOST_NAMED], *(["..."] if len(texts) > _MOST_NAMED else [])]
    return Text(
        zh=f"{name} 为其他值（不是 {'、'.join(named)}）", en=f"{name} is another value (not {' or '.join(named)})"
    )


def _lists(operand: Lookup, parts: Parts, everything: int) -> Iterator[_Region]:
    asked = (leaf for part, _ in parts for leaf in leaves(part))
    members = sorted({leaf.text for leaf in asked if isinstance(leaf, TextTest)})
    if len(members) > _MOST_MEMBERS:
        raise _TooLarge
    present, missing = _presence(operand, parts)
    for size in range(len(members) + 1):
        for chosen in combinations(members, size):
            mask = _holding(parts, Situation(values={operand.name: chosen}), everything)
            says = _membership(operand.name, chosen, [one for one in members if one not in chosen])
            yield _Region(says=says if members else present, mask=mask)
    yield _Region(says=missing, mask=_holding(parts, Situation(values={}), everything))


def _holding(parts: Parts, situation: Situation, everything: int) -> int:
    return everything & ~reduce(or_, (bit for part, bit in parts if not holds(part, situation)), 0)


def _membership(name: str, chosen: Iterable[str], others: Iterable[str]) -> Text:
    has, lacks = [quoted(one) for one in chosen], [quoted(one) for one in others]
    zh = [f"{name} 含 {'、'.join(has)}"] * bool(has) + [f"{name} 不含 {'、'.join(lacks)}"] * bool(lacks)
    en = [f"{name} contains {', '.join(has)}"] * bool(has) + [f"{name} does not contain {', '.join(lacks)}"] * bool(
        lacks
    )
    return Text(zh=" 且 ".join(zh), en=" and ".join(en))
