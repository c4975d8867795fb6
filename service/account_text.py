"""What `tocsin rules explain` prints: the account of a rule and an order (rules/account.py) as people read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from console.backend import Workspace
from console.viewer import Viewer
from console.views.impact import impacts_of
from console.views.naming import Names
from console.views.why import DeadlineView, TruthView, ValueView, count_view, deadline_view, truth_view
from notifiers.words import REASONS
from rules.impact import Touching
from rules.rule import For, Rule
from service.speech import Say, speaker
from streams.firing import Reason, Severity
from streams.instants import Instant, parse_instant
from streams.text import Language

_UTC: Final = ZoneInfo("UTC")
_INDENT: Final = "  "
_CHANGES: Final[Mapping[str, tuple[str, str]]] = {
    "opened": ("开启", "opened"),
    "severity": ("级别改变", "severity changed"),
    "pulsed": ("再次发生", "happened again"),
    "resolved": ("结束", "ended"),
    "amended": ("时间更正", "times corrected"),
    "reopened": ("重新开启", "reopened"),
    "withdrawn": ("撤销", "withdrawn"),
}


def account_text(
    record: Mapping[str, Any],
    rule: Rule,
    workspace: Workspace,
    touched: Sequence[Touching],
    language: Language,
    now: Instant,
) -> str:
    viewer = Viewer(language=language, zone=workspace.model.zone, theme="auto", density="normal", now=now)
    names = Names(workspace=workspace, viewer=viewer)
    return "\n".join(_Teller(record, rule, names, speaker(language)).lines(touched))


class _Teller:
    """The parts of one account, each as lines; what there is nothing to say about is left out."""

    def __init__(self, record: Mapping[str, Any], rule: Rule, names: Names, say: Say) -> None:
        self._record = record
        self._rule = rule
        self._names = names
        self._say = say

    def lines(self, touched: Sequence[Touching]) -> list[str]:
        parts = [
            self._head(),
            self._condition(),
            self._deadline(),
            self._stages(),
            self._group(),
            self._firings(),
            self._late(),
            self._impact(touched),
        ]
        return "\n\n".join("\n".join(part) for part in parts if part).split("\n")

    # --- parts -----------------------------------------------------------------------------------------------------

    def _head(self) -> list[str]:
        record, viewer = self._record, self._names.viewer
        kind = viewer.text(self._names.kind(record["kind"]).label) if not self._of_group else self._say("分组", "group")
        name = viewer.text(self._rule.name)
        title = f"{name}{'' if name == self._rule.id else f' ({self._rule.id})'} · {kind} {record['key']}"
        known = self._say("所知截至", "as known at")
        version = self._say("规则版本", "rule version")
        about = f"{known} {viewer.exact(_read(record['at']))} · {version} {record['version']}"
        if record["mode"] != "live":
            about += f" · {record['mode']}"
        return [title, about, "", *self._verdict()]

    def _verdict(self) -> list[str]:
        record, say = self._record, self._say
        following = self._next()
        if record["fires"]:
            open_one = next(one for one in reversed(record["firings"]) if one["resolved_at"] is None)
            since = self._moment(open_one["opened_at"])
            severity = self._severity(open_one["severity"])
            return [say(f"● 正在触发：自 {since} 起，{severity}", f"● It fires: since {since}, {severity}"), *following]
        if record["begun_at"] is None and self._rule.count is None:
            return [say("○ 现在没有触发：该实体尚未开始", "○ It does not fire: the entity has not begun")]
        count = record["count"]
        if count is not None:
            missing = count["missing"]
            return [say(f"○ 现在没有触发：还差 {missing} 个", f"○ It does not fire: {missing} more needed"), *following]
        guard = record["guard"]
        if record["truth"]["holds"] and guard is not None and guard["truth"]["holds"]:
            return [say(f"○ 现在没有触发：{guard['key']} 成立", f"○ It does not fire: its {guard['key']} holds")]
        deadline = record["deadline"]
        if record["truth"]["holds"] and deadline is not None and deadline["at"] is None:
            missing_zh, missing_en = (
                "条件成立，但没有期限：所需的时间缺失",
                "it has no deadline: what it counts from is missing",
            )
            return [say(f"○ 现在没有触发：{missing_zh}", f"○ It does not fire: {missing_en}"), *following]
        if record["truth"]["holds"] and not self._rule.condition.pulse:
            return [
                say("○ 现在没有触发：条件成立，期限未到", "○ It does not fire yet: the condition holds"),
                *following,
            ]
        texts = ("；" if self._names.viewer.language == "zh" else "; ").join(record["false"])
        return [say(f"○ 现在没有触发：{texts} 不成立", f"○ It does not fire: {texts} does not hold"), *following]

    def _next(self) -> list[str]:
        following = self._record["next"]
        if following is None:
            return []
        at = _read(following["at"])
        when = f"{self._names.viewer.moment(at)} ({self._names.viewer.relative(at)})"
        severity = self._severity(following["severity"])
        if following["change"] == "opened":
            text = self._say(
                f"若再无事件，将于 {when} 触发，{severity}", f"if no event comes it fires {when}, {severity}"
            )
        elif following["change"] == "severity":
            text = self._say(f"若再无事件，{when} 变为 {severity}", f"if no event comes it is {severity} {when}")
        else:
            text = self._say(f"若再无事件，{when} 结束", f"if no event comes it ends {when}")
        return [_INDENT + text]

    @property
    def _of_group(self) -> bool:
        """Asked about a group as such: there is no order whose condition could be shown."""
        return self._rule.count is not None and self._record["begun_at"] is None

    def _condition(self) -> list[str]:
        if self._of_group:
            return []
        truth = truth_view(self._record["truth"], self._names.viewer)
        found = [] if truth is None else [self._say("条件", "Condition"), *_indented(_truth_lines(truth, self._names))]
        event = self._record["event"]
        if event is not None:
            at = self._moment(event["occurred_at"])
            found.append(_INDENT + self._say(f"所看的事件：{event['type']} {at}", f"the event: {event['type']} {at}"))
        guard = self._record["guard"]
        view = None if guard is None else truth_view(guard["truth"], self._names.viewer)
        if guard is not None and view is not None:
            found += ["", guard["key"], *_indented(_truth_lines(view, self._names))]
        return found

    def _deadline(self) -> list[str]:
        view = deadline_view(self._record["deadline"], self._names.kind(self._rule.on), self._names)
        if view is None or self._of_group:
            return []
        if view.at is not None:
            at = self._names.viewer.exact(view.at)
        elif isinstance(self._rule.deadline, For):
            at = self._say("尚未开始计算：条件不成立", "not counted yet: the condition does not hold")
        else:
            at = self._say("没有（缺失）", "none (missing)")
        return [f"{self._names.viewer.t('deadline')} {at}", *_indented([*self._counted(view), *self._learned()])]

    def _counted(self, view: DeadlineView) -> Iterable[str]:
        start = "" if view.start is None else f" ({self._names.viewer.moment(view.start)})"
        yield f"{view.text}{start}"
        yield from (_value_text(one) for one in view.values)
        yield from (f"· {step}" for step in view.steps)
        yield from (f"! {warning}" for warning in view.warnings)

    def _learned(self) -> list[str]:
        found = self._record["lead_times"]
        if found is None:
            return []
        parts = [self._say(f"交期文件版本 {found['version']}", f"lead-time file version {found['version']}")]
        if found["learned_at"] is not None:
            at = self._moment(found["learned_at"])
            parts.append(self._say(f"学习于 {at}", f"learned {at}"))
        if found["learned_from"] is not None:
            parts.append(self._say(f"来自 {found['learned_from']}", f"from {found['learned_from']}"))
        return [("，" if self._names.viewer.language == "zh" else ", ").join(parts)]

    def _stages(self) -> list[str]:
        stages = self._record["stages"]
        if len(stages) < 2:
            return []
        lines = [
            f"{_tick(one['reached'])} {self._moment(one['at'])}  {self._severity(one['severity'])}" for one in stages
        ]
        return [self._say("级别", "Stages"), *_indented(lines)]

    def _group(self) -> list[str]:
        count, viewer = self._record["count"], self._names.viewer
        view = count_view(count, viewer)
        if view is None:
            return []
        of = ", ".join(count["per"])
        group = self._say(f"分组 {of} = {count['group']}", f"Group {of} = {count['group']}") if of else ""
        lines = [view.text, *(f"· {one.key}  {viewer.moment(one.at)}" for one in view.members)]
        if view.left_out:
            lines.append(viewer.t("impact_more", count=view.left_out))
        if count["leaves_at"] is not None:
            at = self._moment(count["leaves_at"])
            lines.append(self._say(f"最早的一个于 {at} 退出窗口", f"the oldest leaves the window {at}"))
        return [group or self._say("全部为一组", "One group of all"), *_indented(lines)]

    def _firings(self) -> list[str]:
        firings = self._record["firings"]
        title = self._say("至今的触发", "Firings so far")
        if not firings:
            return [f"{title}{self._say('：无', ': none')}"]
        return [title, *_indented(self._firing(one) for one in firings)]

    def _firing(self, one: Mapping[str, Any]) -> str:
        text = f"{one['number']}. {self._moment(one['opened_at'])} – "
        text += self._say("仍在继续", "goes on") if one["resolved_at"] is None else self._moment(one["resolved_at"])
        parts = [text, self._severity(one["severity"])]
        if one["reason"] is not None:
            parts.append(REASONS[Reason(one["reason"])].say(self._names.viewer.language))
        if one["found_late"]:
            parts.append(self._names.viewer.t("found_late"))
        return "  ".join(parts)

    def _late(self) -> list[str]:
        notes = self._record["late"]
        if not notes:
            return []
        return [self._names.viewer.t("late_data"), *_indented(line for note in notes for line in self._note(note))]

    def _note(self, note: Mapping[str, Any]) -> Iterable[str]:
        at, known = self._moment(note["occurred_at"]), self._moment(note["recorded_at"])
        name = f"{note['type']} ({note['source']}/{note['id']})"
        match note["how"]:
            case "retraction":
                yield self._say(f"· {known} 收回了 {note['retracts']}", f"· {known}: {note['retracts']} was taken back")
            case "ahead":
                yield self._say(f"· {name} 于 {known} 收到，{at} 才生效", f"· {name}: came {known}, counts from {at}")
            case _:
                yield self._say(f"· {name}：发生于 {at}，{known} 才收到", f"· {name}: happened {at}, came {known} only")
        if note["changed"]:
            yield _INDENT + self._say("改变了 ", "it changed ") + ", ".join(note["changed"])
        for one in note["firings"]:
            what = self._say(*_CHANGES[one["change"]])
            yield f"{_INDENT}{what}: {self._moment(one['opened_at'])}"

    def _impact(self, touched: Sequence[Touching]) -> list[str]:
        viewer, lines = self._names.viewer, []
        for one in impacts_of(touched, self._names):
            if not one.total:
                lines.append(viewer.t("impact_none", kind=one.kind_label.lower()))
                continue
            value = viewer.t("impact_value", field=one.value_field, value=one.value) if one.value else ""
            lines.append(f"{viewer.t('impact_total', count=one.total, kind=one.kind_label.lower())}  {value}".rstrip())
            lines += [f"· {'  '.join(filter(None, (found.key, found.owners, found.value)))}" for found in one.entities]
            if one.more:
                lines.append(f"· {viewer.t('impact_more', count=one.more)}")
        return [viewer.t("impact"), *_indented(lines)] if lines else []

    # --- words -----------------------------------------------------------------------------------------------------

    def _moment(self, text: str) -> str:
        return self._names.viewer.moment(_read(text))

    def _severity(self, word: str) -> str:
        return self._names.viewer.severity(Severity[word.upper()])


def _truth_lines(node: TruthView, names: Names) -> Iterable[str]:
    if node.parts:
        yield f"{_tick(node.holds)} {names.viewer.t('all_of' if node.how == 'and' else 'any_of')}"
        for part in node.parts:
            yield from _indented(_truth_lines(part, names))
        return
    values = ", ".join(_value_text(one) for one in node.values)
    yield f"{_tick(node.holds)} {node.text}{f'    [{values}]' if values else ''}"


def _value_text(one: ValueView) -> str:
    return f"{one.name} = {one.value}"


def _tick(holds: bool) -> str:
    return "✓" if holds else "✗"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{_INDENT}{line}" for line in lines]


def _read(text: str) -> Instant:
    return parse_instant(text, _UTC)
