"""Doubts about the rules of a valid workspace, each at the key that causes it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rules.errors import Place, Problems
from rules.files.document import Items, Map
from rules.language.expression import Expression
from rules.language.tree import Absence, AnyOf, Condition, Lookup, conjuncts, lookups, say
from rules.lints.logic import Witness, holds_always, holds_when_known, refutation
from rules.rule import By, Clear, OverdueAfter, OverduePromise, Pulse, Rule, StageRule
from rules.workspace import Workspace
from streams.model import Kind

_CONDITION_KEYS: Final = ("when", "where", "overdue", "sentence")


def lint_rules(workspace: Workspace, problems: Problems) -> None:
    """Rules in mode off are not evaluated and are left alone."""
    seen: dict[str, Rule] = {}
    for rule in workspace.rules:
        if rule.mode == "off":
            continue
        entry, kind = workspace.core[rule.id], workspace.model.kinds[rule.on]
        _people(rule, entry, workspace.folder, problems)
        _count(rule, entry, problems)
        _logic(rule, entry, kind, problems)
        _deadline(rule, entry, kind, problems)
        _stages(rule, entry, problems)
        _twin(rule, entry, seen.setdefault(rule.version, rule), problems)


def _people(rule: Rule, entry: Map, folder: Path | None, problems: Problems) -> None:
    if rule.mode != "live":
        return
    if rule.owner is None and all(row.owner is None for row in rule.decisions):
        problems.warning(
            rule_place(entry),
            "no_owner",
            zh=f"规则 {rule.id} 没有 owner：没有人负责处理；可写字段、team:名称或人员",
            en=f"the rule {rule.id} has no owner, so nobody is to repair it: give a field, team:NAME or a person",
        )
    if rule.runbook is None:
        problems.note(
            rule_place(entry),
            "no_runbook",
            zh=f"规则 {rule.id} 没有 runbook：被通知的人不知道该怎么做",
            en=f"the rule {rule.id} has no runbook: whoever is told has nothing to go by",
        )
    elif folder is not None and "://" not in rule.runbook and not (folder / rule.runbook.partition("#")[0]).exists():
        problems.warning(
            entry.place_of("runbook"),
            "runbook_missing",
            zh=f"工作区中没有文件 {rule.runbook}",
            en=f"the workspace has no file {rule.runbook}",
        )


def _count(rule: Rule, entry: Map, problems: Problems) -> None:
    if rule.count is not None and not rule.count.per:
        problems.warning(
            entry.key_place("count"),
            "count_without_per",
            zh=f"count 没有 per：所有 {rule.on} 合起来算一组；若要分组，请写 per: 字段",
            en=f"a count without per: all entities of {rule.on} are one group; to count by something, add per: FIELD",
        )
    if rule.count is not None and rule.on_change == "fresh":
        problems.note(
            entry.key_place("on_change"),
            "count_not_fresh",
            zh="计数规则没有 fresh：规则变更时总是重新计算",
            en="a count has no fresh: when this rule changes, it is always counted anew",
        )


def _twin(rule: Rule, entry: Map, first: Rule, problems: Problems) -> None:
    if first is not rule:
        problems.warning(
            rule_place(entry),
            "duplicate_rule",
            zh=f"规则 {rule.id} 与 {first.id}（{first.where}）含义完全相同，会同时触发",
            en=f"the rule {rule.id} means exactly what {first.id} ({first.where}) means: both fire together",
        )


# --- what never or always happens ----------------------------------------------------------------------------------


def _logic(rule: Rule, entry: Map, kind: Kind, problems: Problems) -> None:
    place = _condition_place(entry)
    _doubt(rule.condition.condition, kind, place, "", problems)
    ending = _ending(rule)
    if ending is not None:
        key, expression = ending
        _doubt(expression.condition, kind, entry.place_of(key), key, problems)


def _ending(rule: Rule) -> tuple[str, Expression] | None:
    match rule.ending:
        case Clear(expression=expression):
            return "clear", expression
        case Pulse(until=Expression() as expression):
            return "until", expression
        case _:
            return None


def _doubt(condition: Condition, kind: Kind, place: Place, key: str, problems: Problems) -> None:
    witness = refutation(condition, kind)
    if witness is not None:
        _report_never(condition, witness, place, problems)
        return
    for part in conjuncts(condition):
        if holds_always(part, kind):
            zh, en = "这部分可以删去", "it can be left out"
            if key or len(conjuncts(condition)) == 1:
                zh, en = "请检查写法", "is it meant so?"
            said = _short(part)
            problems.warning(place, "always_holds", zh=f"{said} 总是成立；{zh}", en=f"{said} always holds; {en}")
        elif isinstance(part, AnyOf) and holds_when_known(part, kind):
            said = _short(part)
            problems.warning(
                place,
                "holds_when_known",
                zh=f"{said} 对任何值都成立，只在字段缺失时不成立；若是此意请写 is not None",
                en=f"{said} holds for every value and fails only where a field is missing; if that is meant, write "
                "is not None",
            )
        for alternative in part.parts if isinstance(part, AnyOf) else ():
            refuted = refutation(alternative, kind)
            if refuted is not None:
                _report_never(alternative, refuted, place, problems)


def _report_never(condition: Condition, witness: Witness, place: Place, problems: Problems) -> None:
    one, other = (say(leaf) for leaf in witness)
    zh, en = f"{one} 与 {other} 不能同时成立", f"{one} and {other} exclude each other"
    if one == other:
        zh, en = "它与自身矛盾", "it contradicts itself"
    problems.warning(
        place,
        "never_holds",
        zh=f"{_short(condition)} 永不成立：{zh}",
        en=f"{_short(condition)} can never hold: {en}",
    )


def _deadline(rule: Rule, entry: Map, kind: Kind, problems: Problems) -> None:
    match rule.deadline:
        case By(expression=expression):
            key, wanted = "by", {lookup.name for lookup in lookups(expression.root)}
        case OverduePromise(node=node):
            key, wanted = "overdue", {f"{node}.due"}
        case OverdueAfter(node=node, after=after):
            _order(node, after, entry, kind, problems)
            return
        case _:
            return
    for part in conjuncts(rule.condition.condition):
        if isinstance(part, Absence) and not part.negated and isinstance(part.operand, Lookup):
            name = say(part.operand)
            if name in wanted:
                problems.warning(
                    entry.place_of(key),
                    "deadline_never",
                    zh=f"条件要求 {name} 缺失，而期限由它算出：规则永不触发",
                    en=f"the condition wants {name} to be missing, and the deadline is counted from it: this never "
                    "fires",
                )


def _order(node: str, after: str, entry: Map, kind: Kind, problems: Problems) -> None:
    one, start = kind.nodes[node], kind.nodes[after]
    if one.place < start.place and not one.off_path and not start.off_path:
        problems.warning(
            entry.place_of("overdue"),
            "node_order",
            zh=f"模型中 {node} 在 {after} 之前，却要在它之后多久才算逾期；两者是否写反？",
            en=f"{node} comes before {after} in the model, and is overdue some time after it: are the two swapped?",
        )


def _stages(rule: Rule, entry: Map, problems: Problems) -> None:
    places = list(_stage_places(entry))
    if len(places) != len(rule.stages):
        return
    for stage, place in zip(rule.stages, places, strict=True):
        covering = next((one for one in rule.stages if _covers(one, stage, rule.stages)), None)
        if covering is not None:
            problems.warning(
                place,
                "stage_unreachable",
                zh=f"阶段 {stage.severity.word} 永远不会显示：{covering.severity.word} 同时或更早开始，且级别不低",
                en=f"the stage {stage.severity.word} is never seen: {covering.severity.word} begins no later and is "
                "no lower",
            )


def _stage_places(entry: Map) -> Iterator[Place]:
    stages = entry.entries.get("stages")
    if stages is not None and isinstance(stages.node, Items):
        for node in stages.node:
            yield node.place_of("at") if isinstance(node, Map) else node.place


def _covers(one: StageRule, other: StageRule, stages: tuple[StageRule, ...]) -> bool:
    """Whether `other` is never the highest because of `one`; of two equal stages the first is kept."""
    if one is other or one.severity < other.severity or not _no_later(one, other):
        return False
    equal = one.severity == other.severity and _no_later(other, one)
    return not equal or stages.index(one) < stages.index(other)


def _no_later(one: StageRule, other: StageRule) -> bool:
    """Whether one stage begins no later than another, as far as that is certain."""
    if one.early != other.early:
        return one.early
    longer, shorter = (one.offset, other.offset) if one.early else (other.offset, one.offset)
    return longer.covers(shorter)


# --- places --------------------------------------------------------------------------------------------------------


def rule_place(entry: Map) -> Place:
    """Where a rule is named."""
    return entry.place_of("id")


def _condition_place(entry: Map) -> Place:
    return next((entry.place_of(key) for key in _CONDITION_KEYS if key in entry), entry.place)


def _short(condition: Condition) -> str:
    text = say(condition)
    return text if len(text) <= 60 else f"{text[:59]}…"
