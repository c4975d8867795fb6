"""Taking the steps of a chain, round after round, until one waits or the chain has run out."""

from typing import Final

from msgspec.structs import replace

from escalation.case import Case
from escalation.chain import CallWebhook, Chain, If, Notify, Owner, PersonTarget, Repeat, Step, Target, Wait
from escalation.outbox import Purpose
from escalation.plans import call_webhook, drop_names, tell_all, tell_group
from escalation.state import EscalationState, Notified, Path, ToldGroup, ToldPerson, Waiting
from escalation.waits import settle
from streams.instants import MINUTE, Instant

SHORTEST_ROUND: Final = 5 * MINUTE


def begin(case: Case, chain: Chain | None) -> None:
    """Stand at the first step of the first round. What was said once an incident stays said."""
    if chain is None:
        if case.incident.escalation is not None:
            case.move(chain=None, waiting=None, notified=None, ended=True, expired_by=None)
        return
    old = case.incident.escalation
    state = EscalationState(chain=chain, round_started_at=case.now)
    if old is not None:
        state = replace(state, plans=old.plans, last_plan=old.last_plan, nobody_told=old.nobody_told)
    case.set(escalation=state)


def run_steps(case: Case) -> None:
    """Take steps until one waits. Each is taken now, however long ago it was due."""
    if case.incident.is_baseline:
        return
    while case.is_open and not case.escalation.ended:
        if case.escalation.waiting is not None:
            ends_at = settle(case)
            if ends_at is None or ends_at > case.now:
                return
            end_wait(case)
        chain = case.escalation.chain
        if chain is None:
            return
        path = settled_path(chain, case.escalation.path)
        step = None if path is None else _step_at(chain, path)
        if path is None or step is None or isinstance(step, Repeat):
            if not _end_round(case, chain):
                return
        else:
            _take(case, step, path)


def end_wait(case: Case) -> None:
    """The wait counts as taken, whatever is left of it."""
    state = case.escalation
    if state.waiting is not None:
        case.move(waiting=None, notified=None, path=_following(state.path))


def round_ends_at(case: Case) -> Instant:
    return case.escalation.round_started_at + SHORTEST_ROUND


def nothing_left(case: Case) -> bool:
    """No step and no round comes after the place where the chain stands."""
    state = case.escalation
    if state.ended or state.chain is None:
        return True
    path = settled_path(state.chain, state.path)
    at_end = path is None or isinstance(_step_at(state.chain, path), Repeat)
    return at_end and state.round >= _rounds(state.chain)


def run_out(case: Case) -> None:
    """The last round is over: the fallback, or else the rule's owner, is told; so is who let it expire."""
    state = case.escalation
    chain = state.chain
    expired_by = state.expired_by
    case.move(ended=True, expired_by=None)
    case.set(run_out=True)
    case.note("run_out")
    targets = () if chain is None else chain.fallback
    if not _tell_targets(case, targets, Purpose.FALLBACK):
        _tell_targets(case, (Owner(),), Purpose.FALLBACK)
    if expired_by is not None:
        _tell_targets(case, (PersonTarget(id=expired_by),), Purpose.EXPIRED)


def _tell_targets(case: Case, targets: tuple[Target, ...], purpose: Purpose) -> bool:
    """Tell people and groups as important, outside of what a wait counts; whether there was anybody."""
    found = case.directory.resolve_all(targets, owner=case.incident.owner, now=case.now)
    drop_names(case, found.dropped)
    tell_all(case, found.people, important=True, purpose=purpose)
    for channel in found.channels:
        tell_group(case, channel, important=True, purpose=purpose)
    return not found.is_empty


def first_notify(case: Case) -> Notify | None:
    """The notify that the chain would come to first if it began now; None: it has none."""
    chain = case.escalation.chain
    path = None if chain is None else settled_path(chain, (0,))
    while chain is not None and path is not None:
        step = _step_at(chain, path)
        match step:
            case Notify():
                return step
            case If():
                holds = case.directory.holds(step, severity=case.incident.severity, now=case.now)
                path = settled_path(chain, (*path, 0 if holds else 1, 0))
            case _:
                path = settled_path(chain, _following(path))
    return None


def settled_path(chain: Chain, path: Path) -> Path | None:
    """The place itself, or where the chain goes on when a branch has come to its end; None: behind the last step."""
    while path:
        if path[-1] < len(_steps_around(chain, path)):
            return path
        path = path[:-2]
        if path:
            path = _following(path)
    return None


def _steps_around(chain: Chain, path: Path) -> tuple[Step, ...]:
    """The steps among which the last index of the path counts."""
    steps: tuple[Step, ...] = chain.steps
    for index, branch in zip(path[:-1:2], path[1::2], strict=True):
        step = steps[index]
        if not isinstance(step, If):
            raise ValueError(f"path {path} leads through a step without branches")
        steps = step.otherwise if branch else step.then
    return steps


def _step_at(chain: Chain, path: Path) -> Step:
    return _steps_around(chain, path)[path[-1]]


def _following(path: Path) -> Path:
    return (*path[:-1], path[-1] + 1)


def _rounds(chain: Chain) -> int:
    last = chain.steps[-1] if chain.steps else None
    return 1 + last.times if isinstance(last, Repeat) else 1


def _end_round(case: Case, chain: Chain) -> bool:
    """Whether there are steps to take now."""
    if case.now < round_ends_at(case):
        return False
    state = case.escalation
    if state.round < _rounds(chain):
        case.move(round=state.round + 1, round_started_at=case.now, path=(0,))
        case.note("round", after=str(state.round + 1))
        return True
    run_out(case)
    return False


def _take(case: Case, step: Step, path: Path) -> None:
    following = _following(path)
    match step:
        case Notify():
            case.note("step", after="notify", detail=", ".join(str(target) for target in step.targets))
            case.move(path=following, last_step_at=case.now)
            _notify(case, step)
        case Wait():
            case.note("step", after="wait", detail=step.duration)
            case.move(path=path, last_step_at=case.now, waiting=Waiting(duration=step.duration, reached_at=case.now))
        case CallWebhook():
            case.note("step", after="webhook", detail=step.channel)
            case.move(path=following, last_step_at=case.now)
            call_webhook(case, step.channel)
        case If():
            holds = case.directory.holds(step, severity=case.incident.severity, now=case.now)
            case.note("step", after="if", detail="then" if holds else "else")
            case.move(path=(*path, 0 if holds else 1, 0), last_step_at=case.now)
        case Repeat():
            raise ValueError("repeat ends a round, it is not taken")


def _notify(case: Case, step: Notify) -> None:
    found = case.directory.resolve_all(step.targets, owner=case.incident.owner, now=case.now)
    drop_names(case, found.dropped)
    before = case.escalation.notified or Notified(last_at=case.now)
    # The wait knows of this notify before anybody is told: one plan may take the place of another within this step.
    case.move(notified=replace(before, last_at=case.now))
    for person, plan in tell_all(case, found.people, important=step.important, purpose=Purpose.ESCALATION):
        _count(case, ToldPerson(person=person, at=case.now, plans=(plan,)))
    for channel in found.channels:
        delivery = tell_group(case, channel, important=step.important, purpose=Purpose.ESCALATION)
        _count(case, ToldGroup(channel=channel, delivery=delivery))
    if found.is_empty:
        _tell_nobody(case)


def _count(case: Case, told: ToldPerson | ToldGroup) -> None:
    notified = case.escalation.notified or Notified(last_at=case.now)
    if isinstance(told, ToldPerson):
        case.move(notified=replace(notified, people=(*notified.people, told)))
    else:
        case.move(notified=replace(notified, groups=(*notified.groups, told)))


def _tell_nobody(case: Case) -> None:
    """The fallback hears that a whole notify led to nobody, once an incident."""
    state = case.escalation
    if state.chain is not None and not state.nobody_told:
        case.move(nobody_told=True)
        _tell_targets(case, state.chain.fallback, Purpose.NOBODY)
