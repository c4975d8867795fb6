"""Checks rules and contacts against each other: whom a rule names, and what its chain says about its entities."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from escalation.conditions import check_condition
from escalation.files.chains_file import OfEntity
from notifiers.summary import unknown_names
from rules.decisions import outcomes
from rules.errors import Place, Problems, guess
from rules.files.document import Leaf
from rules.rule import Decision, Rule
from rules.workspace import Workspace
from streams.model import FieldType, Kind, Model
from streams.text import nfkc

_NAMING: Final = (FieldType.STRING, FieldType.LIST)  # types of fields that can hold names of people


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the files declare."""

    people: Collection[str]
    teams: Collection[str]
    chains: Collection[str]
    default: str | None  # chain


def check_rules(workspace: Workspace, names: Names, problems: Problems) -> None:
    """Every owner and chain that a rule names is there; warn of live rules that tell nobody."""
    for rule in workspace.rules:
        kind = workspace.model.kinds[rule.on]
        _check_summary(rule, workspace, kind, problems)
        for row in (None, *rule.decisions):
            owner, chain = (rule.owner, rule.chain) if row is None else (row.owner, row.chain)
            if owner is not None:
                _check_owner(rule, owner, _place(workspace, rule, row, "owner"), kind, names, problems)
            if chain is not None:
                _check_chain(rule, chain, _place(workspace, rule, row, "chain"), names, problems)
        if rule.mode == "live" and names.default is None and any(one.chain is None for one in outcomes(rule)):
            problems.warning(
                workspace.place_of(rule),
                "no_chain",
                zh=f"规则 {rule.id} 没有升级链，也没有默认升级链：不会通知任何人",
                en=f"rule {rule.id} has no chain, and there is no default one: nobody is told",
            )


def _place(workspace: Workspace, rule: Rule, row: Decision | None, key: str) -> Place:
    return workspace.place_of(rule, key) if row is None else workspace.row_place(rule, row, key)


def _check_chain(rule: Rule, written: str, place: Place, names: Names, problems: Problems) -> None:
    if nfkc(written) not in names.chains:
        end = guess(written, names.chains)
        problems.error(
            place,
            "unknown_chain",
            zh=f"规则 {rule.id}：没有声明升级链 {written}{end.zh}",
            en=f"rule {rule.id}: no chain {written} is declared{end.en}",
        )


def _check_summary(rule: Rule, workspace: Workspace, kind: Kind, problems: Problems) -> None:
    """A summary that names what no incident has fails when it is needed, and the default sentence stands in for it."""
    if rule.summary is None or rule.count is not None:
        return
    totals = (total.name for total in workspace.model.totals if total.kind == kind.name)
    fields = (*kind.fields, *totals, "closed")
    unknown = (
        one for text in (rule.summary.zh, rule.summary.en) for one in unknown_names(text, fields, tuple(kind.nodes))
    )
    for name, known in dict(unknown).items():
        end = guess(name, sorted(known))
        problems.warning(
            workspace.place_of(rule, "summary"),
            "summary_name",
            zh=f"摘要用到了不存在的 {name}，届时只会显示默认的句子{end.zh}",
            en=f"the summary names {name}, which there is not: the default sentence will be shown instead{end.en}",
        )


def _check_owner(rule: Rule, written: str, place: Place, kind: Kind, names: Names, problems: Problems) -> None:
    owner, fields, teams = nfkc(written), _naming_fields(kind), [f"team:{team}" for team in names.teams]
    if owner not in (*fields, *teams, *names.people):
        end = guess(written, (*fields, *teams, *names.people), labels=kind.labels)
        problems.error(
            place,
            "unknown_owner",
            zh=f"规则 {rule.id}：负责人 {written} 不是 {kind.name} 的文本或列表字段、team:名称 或人员{end.zh}",
            en=f"rule {rule.id}: the owner {written} is no string or list field of {kind.name}, no team:NAME "
            f"and no person{end.en}",
        )
    elif rule.count is not None and owner in fields and owner not in rule.count.per:
        problems.warning(
            place,
            "owner_of_group",
            zh=f"规则 {rule.id}：事件组只有 per 中的字段，负责人 {written} 不在其中，找不到人；"
            "请写团队、人员或 per 中的字段",
            en=f"rule {rule.id}: a group has the fields of per only, and the owner {written} is none of them, so "
            "nobody is found; name a team, a person or a field of per",
        )
    elif owner in fields and owner in names.people:
        problems.warning(
            place,
            "ambiguous_owner",
            zh=f"规则 {rule.id}：负责人 {written} 既是字段也是人员，按字段处理",
            en=f"rule {rule.id}: the owner {written} is both a field and a person; the field counts",
        )


def check_of_entity(
    found: Iterable[OfEntity], rules: Collection[Rule], model: Model, names: Names, problems: Problems
) -> None:
    """Fields and conditions of a chain must make sense for every kind of entity whose rules use it.

    Of a chain that no rule uses: for at least one kind of the model.
    """
    for one in found:
        used = _kinds_of(one.chain, rules, model, names)
        for leaf, name in one.fields:
            _check_for(used, model, partial(_check_field, leaf, name), problems)
        for leaf in one.conditions:
            _check_for(used, model, partial(check_condition, leaf, model), problems)


def _check_for(
    used: Collection[Kind], model: Model, check: Callable[[Kind, Problems], object], problems: Problems
) -> None:
    for kind in used:
        check(kind, problems)
    if used:
        return
    tried: list[Problems] = []
    for kind in model.kinds.values():
        one = Problems()
        check(kind, one)
        if not one.has_errors:
            return
        tried.append(one)
    if tried:
        problems.extend(tried[0].found)


def _check_field(leaf: Leaf, name: str, kind: Kind, problems: Problems) -> None:
    fields = _naming_fields(kind)
    if name not in fields:
        end = guess(name, fields)
        problems.error(
            leaf.place,
            "unknown_field",
            zh=f"{kind.name} 没有文本或列表字段 {name}{end.zh}",
            en=f"{kind.name} has no string or list field {name}{end.en}",
        )


def _kinds_of(chain: str, rules: Collection[Rule], model: Model, names: Names) -> list[Kind]:
    """The kinds of the rules that use a chain: by its name, or live ones by default."""
    used = {
        rule.on
        for rule in rules
        for one in outcomes(rule)
        if (one.chain is not None and nfkc(one.chain) == chain)
        or (one.chain is None and rule.mode == "live" and chain == names.default)
    }
    return [kind for kind in model.kinds.values() if kind.name in used]


def _naming_fields(kind: Kind) -> list[str]:
    return [field.name for field in kind.fields.values() if field.type in _NAMING]
