"""rules/*.yaml: each entry to a rule, with everything that is wrong in it reported."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypedDict, cast, get_args

from jinja2 import Environment, TemplateSyntaxError

from rules.errors import Place
from rules.files import keys
from rules.files.count_key import read_count
from rules.files.deadline_keys import DEADLINES, read_until
from rules.files.decision_table import read_decisions
from rules.files.document import Items, Map, as_leaf, as_map, wrong
from rules.files.impact_key import read_impacts
from rules.files.total_file import read_kind
from rules.files.version import version_of
from rules.language.expression import Expression, Scope, Type, conjunction, parse
from rules.rule import Clear, Ending, KeepOpen, Mode, OnChange, Plain, Pulse, Rule
from rules.sentences.expansion import Vocabularies, expand
from rules.worktime.calendars import Calendar
from rules.worktime.durations import read_plain
from streams.model import Kind, Model
from streams.text import Text

_CONDITIONS: Final = ("where", "when", "overdue")
_ID: Final = re.compile(r"[a-z0-9-]+")
DEFAULT_KIND: Final = "order"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What rules refer to."""

    model: Model
    calendars: Mapping[str, Calendar]
    templates: Environment = field(default_factory=Environment)  # parses summaries; renders nothing

    @cached_property
    def vocabularies(self) -> Vocabularies:
        return Vocabularies(model=self.model, calendars=self.calendars)


@dataclass(slots=True, kw_only=True)
class RuleSet:
    """The rules of all files of a workspace, as they are read."""

    rules: dict[str, Rule] = field(default_factory=dict)
    written: dict[str, Map] = field(default_factory=dict)  # the entry of each rule
    core: dict[str, Map] = field(default_factory=dict)  # the same with core keys in place of a sentence
    tests: dict[str, Items] = field(default_factory=dict)  # by rule, as written
    places: dict[str, Place] = field(default_factory=dict)  # of every id, also of rules with errors


class _Around(TypedDict):
    """What stands around the meaning of a rule."""

    name: Text
    mode: Mode
    on_change: OnChange
    owner: str | None
    chain: str | None
    runbook: str | None
    summary: Text | None
    labels: Mapping[str, str]


def read_rules(root: Map, around: Surroundings, found: RuleSet) -> None:
    """Add the rules of one file to those found."""
    root.only(*keys.RULES)
    for node in root.list("rules", required=bool(root.entries)) or ():
        entry = as_map(node)
        if entry is not None:
            _add(entry, around, found)


def _add(entry: Map, around: Surroundings, found: RuleSet) -> None:
    already = len(entry.problems.found)
    id_ = _id(entry, found)
    core = expand(entry, around.vocabularies, DEFAULT_KIND)
    rule = _rule(entry, core, id_ or "", around)
    tests = entry.list("tests")  # read by rules/testing: a slip in a test keeps no rule from being used
    clean = all(problem.severity != "error" for problem in entry.problems.found[already:])
    if rule is not None and core is not None and clean:
        found.rules[rule.id] = rule
        found.written[rule.id] = entry
        found.core[rule.id] = core
        if tests is not None:
            found.tests[rule.id] = tests


def _id(entry: Map, found: RuleSet) -> str | None:
    leaf = entry.leaf("id", required=True)
    if leaf is None:
        return None
    if not _ID.fullmatch(leaf.raw):
        wrong(leaf, zh="由 a-z 0-9 - 组成的 id", en="an id of a-z 0-9 -")
        return None
    if leaf.raw not in found.places:
        found.places[leaf.raw] = leaf.place
    else:
        first = found.places[leaf.raw]
        entry.problems.error(
            leaf.place,
            "duplicate_id",
            zh=f"规则 id {leaf.raw} 已用于 {first}",
            en=f"the rule id {leaf.raw} is taken already, at {first}",
        )
    return leaf.raw


def _rule(entry: Map, core: Map | None, id_: str, around: Surroundings) -> Rule | None:
    """The rule that an entry is; what is wrong is reported and read as absent, so that the rest is checked too.

    `core` is the entry in the core form; None: its sentence is not understood.
    """
    entry.only(*keys.RULE)
    if not any(key in entry for key in (*_CONDITIONS, "sentence")):
        entry.problems.error(
            entry.place,
            "no_condition",
            zh="规则没有条件：请写 when、where 或 overdue",
            en="the rule has no condition: give it when, where or overdue",
        )
    texts = _around(entry, id_, around)
    if core is None:
        _beside_unread(entry, around)
        return None
    entry = core
    kind = _kind(entry, around.model)
    if kind is None:
        return None
    written = [_expression(entry, key, Type.BOOL, kind, around, pulse=True) for key in ("where", "when")]
    by = _expression(entry, "by", Type.TIMESTAMP, kind, around)
    until = read_until(entry, kind, around.calendars, by)
    count = read_count(entry, kind)
    impacts = read_impacts(entry, kind, around.model, count)
    parts = [*(one for one in written if one is not None), *until.adds]
    condition = conjunction(*parts) if parts else None
    decisions = read_decisions(entry, Scope.of(around.model, kind.name, pulse=False), condition)
    if condition is None:
        _ending(entry, kind, around, pulse=False)
        return None
    ending = _ending(entry, kind, around, pulse=condition.pulse and "count" not in entry)
    _check_pulse(entry, pulse=condition.pulse)
    return Rule(
        id=id_,
        version=version_of(around.model, kind, condition, until.deadline, until.stages, ending, count, decisions),
        on=kind.name,
        condition=condition,
        deadline=until.deadline,
        stages=until.stages,
        ending=ending,
        count=count,
        decisions=decisions,
        impacts=impacts,
        where=str(entry.place),
        **texts,
    )


def _beside_unread(entry: Map, around: Surroundings) -> None:
    """Conditions beside a sentence that is not understood: read where it is known which kind they are about."""
    kind = _kind(entry, around.model) if "on" in entry else None
    if kind is not None:
        for key in ("where", "when", "clear", "until"):
            _expression(entry, key, Type.BOOL, kind, around, pulse=key in _CONDITIONS)


def _kind(entry: Map, model: Model) -> Kind | None:
    leaf = entry.leaf("on")
    if leaf is not None or "on" in entry:
        return None if leaf is None else read_kind(leaf, model)
    kind = model.kinds.get(DEFAULT_KIND)
    if kind is None:
        names = ", ".join(model.kinds)
        entry.problems.error(
            entry.place,
            "no_kind",
            zh=f"模型没有类型 order，请用 on: 写明类型（{names}）",
            en=f"the model has no kind order: say with on: which kind the rule is about ({names})",
        )
    return kind


def _expression(
    entry: Map, key: str, want: Type, kind: Kind, around: Surroundings, *, pulse: bool = False
) -> Expression | None:
    leaf = entry.leaf(key)
    if leaf is None:
        return None
    scope = Scope.of(around.model, kind.name, pulse=pulse)
    expression, problems = parse(leaf.raw, scope, want, leaf.locate)
    entry.problems.extend(problems)
    return expression


def _ending(entry: Map, kind: Kind, around: Surroundings, *, pulse: bool) -> Ending:
    clear = _expression(entry, "clear", Type.BOOL, kind, around)
    until = _expression(entry, "until", Type.BOOL, kind, around)
    keep_leaf, expires_leaf = entry.leaf("keep_open_for"), entry.leaf("expires")
    keep = None if keep_leaf is None else read_plain(keep_leaf)
    expires = None if expires_leaf is None else read_plain(expires_leaf)
    if expires_leaf is not None and expires == 0:
        wrong(expires_leaf, zh="大于 0 的时长", en="a duration above 0")
    if "clear" in entry and "keep_open_for" in entry:
        entry.problems.error(
            entry.key_place("keep_open_for"),
            "clear_or_keep",
            zh="clear 与 keep_open_for 只能取一",
            en="clear and keep_open_for do not go together",
        )
    if pulse:
        return Pulse(until=until, expires=expires)
    if clear is not None:
        return Clear(expression=clear)
    return Plain() if keep is None else KeepOpen(duration=keep)


def _check_pulse(entry: Map, *, pulse: bool) -> None:
    """What only pulses have, and what they have not. (A count has an ending of its own: files/count_key.py.)"""
    counted = "count" in entry
    beside_pulses = DEADLINES if counted else (*DEADLINES, "stages", "before", "clear", "keep_open_for")
    for key in beside_pulses if pulse else () if counted else ("until", "expires"):
        if key in entry and pulse:
            entry.problems.error(
                entry.key_place(key),
                "not_for_pulses",
                zh=f"条件用到单个事件（event、before、changed），{key} 不适用；请用 until 或 expires 结束",
                en=f"the condition looks at single events (event, before, changed), which have no {key}; "
                "until and expires end such a rule",
            )
        elif key in entry:
            entry.problems.error(
                entry.key_place(key),
                "only_for_pulses",
                zh=f"{key} 只用于看单个事件（event、before、changed）的规则；此处可用 clear 或 keep_open_for",
                en=f"{key} is for rules that look at single events (event, before, changed); "
                "clear and keep_open_for are for this one",
            )


def _around(entry: Map, id_: str, around: Surroundings) -> _Around:
    labels = entry.map("labels")
    leaves = {} if labels is None else {key: as_leaf(node) for key, node in labels.items()}
    return _Around(
        name=entry.text("name") or Text.plain(id_),
        mode=cast(Mode, entry.one_of("mode", get_args(Mode)) or "live"),
        on_change=cast(OnChange, entry.one_of("on_change", get_args(OnChange)) or "recompute"),
        owner=entry.string("owner"),
        chain=entry.string("chain"),
        runbook=entry.string("runbook"),
        summary=_summary(entry, around.templates),
        labels={key: leaf.raw for key, leaf in leaves.items() if leaf is not None},
    )


def _summary(entry: Map, templates: Environment) -> Text | None:
    summary = entry.text("summary")
    for text in () if summary is None else dict.fromkeys((summary.zh, summary.en)):
        try:
            templates.parse(text)
        except TemplateSyntaxError as error:
            entry.problems.error(
                entry.place_of("summary"),
                "template",
                zh=f"摘要模板有误：{{{{ }}}} 或 {{% %}} 没有配对，或写法有误（{error.message}）",
                en=f"the summary is no valid template: {error.message}",
            )
    return summary
