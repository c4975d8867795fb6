"""An incident's chain drawn as steps: what was done and when, where it stands, what happens next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from console.views.naming import Names
from escalation.chain import CallWebhook, Chain, If, Notify, Repeat, Step, Wait
from escalation.directory import Directory
from escalation.incident import AuditRow, Incident, State
from escalation.state import EscalationState, Path
from escalation.steps import SHORTEST_ROUND, settled_path
from notifiers.facts import Limit
from notifiers.timing import limit_text
from rules.worktime.durations import DurationError, parse_duration
from streams.instants import Instant

Standing = Literal["done", "now", "next", "later", "skipped", "stopped"]
_RESETS = ("opened", "reopened", "restarted", "round")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """`at`: when it was taken, or for `now` when it ends; None where it is not known yet."""

    kind: str
    text: str
    standing: Standing
    depth: int = 0
    at: Instant | None = None
    important: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What happens if nobody does anything. `at` None: it waits for the first message to leave, or for nothing."""

    text: str
    at: Instant | None = None
    urgent: bool = False  # nobody has it and the chain has run out


def next_of(incident: Incident, directory: Directory, names: Names) -> Next | None:
    """None: nothing more will happen by itself."""
    t = names.viewer.t
    zh = names.viewer.language == "zh"
    if incident.state is State.RESOLVED:
        return None
    if incident.state is State.ACKNOWLEDGED:
        if incident.ack_expires_at is None:
            return None
        again = ("再次汇总通知", "Announced again") if incident.is_baseline else ("重新升级", "Escalates again")
        return Next(text=again[0] if zh else again[1], at=incident.ack_expires_at)
    state = incident.escalation
    if incident.run_out:
        return Next(text=t("chain_over"), urgent=True)
    if state is None or state.chain is None:
        return Next(text="不通知任何人" if zh else "Nobody is told")
    if incident.is_baseline:
        return Next(text="不自动升级" if zh else "Escalates only by hand")
    if state.waiting is not None:
        at = state.waiting.ends_at
        if at is not None and _ends_round(state, state.chain):
            at = max(at, state.round_started_at + SHORTEST_ROUND)
        return Next(text=_after_wait(state, state.chain, directory, incident, names), at=at)
    return Next(text=_at_path(state, state.chain, state.path, directory, incident, names), at=incident.due_at)


def _ends_round(state: EscalationState, chain: Chain) -> bool:
    """After the wait at which the chain stands this round is over. Then a round's shortest length counts as well."""
    settled = settled_path(chain, (*state.path[:-1], state.path[-1] + 1))
    return settled is None or isinstance(_step_at(chain, settled), Repeat)


def _after_wait(state: EscalationState, chain: Chain, directory: Directory, incident: Incident, names: Names) -> str:
    path = state.path
    return _at_path(state, chain, (*path[:-1], path[-1] + 1), directory, incident, names)


def _at_path(
    state: EscalationState, chain: Chain, path: Path, directory: Directory, incident: Incident, names: Names
) -> str:
    zh = names.viewer.language == "zh"
    settled = settled_path(chain, path)
    step = None if settled is None else _step_at(chain, settled)
    if settled is not None and isinstance(step, If):
        branch = 0 if directory.holds(step, severity=incident.severity, now=names.viewer.now) else 1
        return _at_path(state, chain, (*settled, branch, 0), directory, incident, names)
    if step is not None and not isinstance(step, Repeat):
        return _said(step, directory, incident, names)
    if isinstance(step, Repeat) and state.round <= step.times:
        again = _said(chain.steps[0], directory, incident, names)
        return f"第 {state.round + 1} 轮：{again}" if zh else f"Round {state.round + 1}: {again}"
    if chain.fallback:
        return (
            f"通知{names.whom(chain.fallback, directory, incident)}（兜底）"
            if zh
            else (f"Tell {names.whom(chain.fallback, directory, incident)} (fallback)")
        )
    return "升级链结束" if zh else "The chain ends"


def steps_of(incident: Incident, directory: Directory, audit: Sequence[AuditRow], names: Names) -> list[StepView]:
    """The chain from its first step to its last, `if` with the branch it took or may take."""
    state = incident.escalation
    if state is None or state.chain is None:
        return []
    chain = state.chain
    taken = _taken(chain, audit)
    current = None if state.ended else settled_path(chain, state.path)
    views = []
    for path, step, depth in _flat(chain.steps, (), 0):
        standing = _standing(path, step, taken, current, incident)
        at = state.waiting.ends_at if standing == "now" and state.waiting is not None else taken.get(path)
        views.append(
            StepView(
                kind=_kind_of(step),
                text=_said(step, directory, incident, names),
                standing=standing,
                depth=depth,
                at=at,
                important=isinstance(step, Notify) and step.important,
            )
        )
    return _first_later_is_next(views, incident)


def _first_later_is_next(views: list[StepView], incident: Incident) -> list[StepView]:
    if incident.state is not State.OPEN or incident.is_baseline:
        return views
    for place, view in enumerate(views):
        if view.standing == "later":
            views[place] = StepView(
                kind=view.kind,
                text=view.text,
                standing="next",
                depth=view.depth,
                at=view.at,
                important=view.important,
            )
            break
    return views


def _standing(path: Path, step: Step, taken: dict[Path, Instant], current: Path | None, incident: Incident) -> Standing:
    stopped = incident.state is not State.OPEN
    if isinstance(step, Repeat):
        return "done" if current is None else "stopped" if stopped else "later"
    if path in taken:
        return "now" if path == current and isinstance(step, Wait) and not stopped else "done"
    if current is None or path < current or _other_branch(path, taken, current):
        return "skipped"
    return "stopped" if stopped else "later"


def _other_branch(path: Path, taken: dict[Path, Instant], current: Path) -> bool:
    """It lies in the branch of an `if` that was not taken."""
    for length in range(1, len(path) - 1, 2):
        if path[:length] in taken and len(current) > length and current[:length] == path[:length]:
            return current[length] != path[length]
    return False


def _taken(chain: Chain, audit: Sequence[AuditRow]) -> dict[Path, Instant]:
    """When each step of this round was taken, walked once more along what the audit says."""
    rows: list[AuditRow] = []
    for row in audit:
        if row.what in _RESETS:
            rows = []
        elif row.what == "step":
            rows.append(row)
    found: dict[Path, Instant] = {}
    path: Path = (0,)
    for row in rows:
        settled = settled_path(chain, path)
        step = None if settled is None else _step_at(chain, settled)
        if settled is None or step is None or _kind_of(step) != row.after:
            break
        found[settled] = row.at
        branch = (*settled, 0 if row.detail == "then" else 1, 0)
        path = branch if isinstance(step, If) else (*settled[:-1], settled[-1] + 1)
    return found


def _flat(steps: Sequence[Step], before: Path, depth: int) -> Iterator[tuple[Path, Step, int]]:
    for index, step in enumerate(steps):
        path = (*before, index)
        yield path, step, depth
        if isinstance(step, If):
            yield from _flat(step.then, (*path, 0), depth + 1)
            yield from _flat(step.otherwise, (*path, 1), depth + 1)


def _step_at(chain: Chain, path: Path) -> Step | None:
    steps: Sequence[Step] = chain.steps
    for index, branch in zip(path[:-1:2], path[1::2], strict=True):
        step = steps[index]
        if not isinstance(step, If):
            return None
        steps = step.otherwise if branch else step.then
    return steps[path[-1]] if path[-1] < len(steps) else None


def _kind_of(step: Step) -> str:
    match step:
        case Notify():
            return "notify"
        case Wait():
            return "wait"
        case CallWebhook():
            return "webhook"
        case If():
            return "if"
        case Repeat():
            return "repeat"


def _said(step: Step, directory: Directory, incident: Incident, names: Names) -> str:
    zh = names.viewer.language == "zh"
    match step:
        case Notify(targets=targets):
            whom = names.whom(targets, directory, incident)
            return f"通知{whom}" if zh else f"Tell {whom}"
        case Wait(duration=duration):
            return f"等待 {duration_said(duration, names)}" if zh else f"Wait {duration_said(duration, names)}"
        case CallWebhook(channel=channel):
            return f"调用 {channel}" if zh else f"Call {channel}"
        case If():
            return _condition(step, names)
        case Repeat(times=times):
            return f"再重复 {times} 轮" if zh else f"Repeat {times} more times" if times > 1 else "Repeat once more"


def duration_said(text: str, names: Names) -> str:
    contacts = names.workspace.contacts
    try:
        found = parse_duration(text, contacts.calendars)
    except DurationError:  # its calendar is no longer in the files
        return text
    calendar = None if found.calendar is None else found.calendar.name
    return limit_text(Limit(time=found.span, days=found.days, calendar=calendar), names.viewer.language)


def _condition(step: If, names: Names) -> str:
    zh = names.viewer.language == "zh"
    parts = []
    if step.severity is not None:
        word = names.viewer.severity(step.severity)
        parts.append(f"级别至少为{word}" if zh else f"severity is at least {word.lower()}")
    if step.time is not None:
        parts.append(f"在规定时段内（{step.time.zone}）" if zh else f"within the hours given ({step.time.zone})")
    if step.where is not None:
        parts.append(step.where)
    joined = ("，且" if zh else " and ").join(parts)
    return f"如果{joined}" if zh else f"If {joined}"
