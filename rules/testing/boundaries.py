"""Cases at the edges of time, made for each rule: just before, at and after whatever its time decides."""

from collections.abc import Iterator, Sequence

from rules.decisions import decides_severity
from rules.rule import Clear, KeepOpen, NoDeadline, Pulse, Rule
from rules.testing.causes import Cause, find_return, find_stop
from rules.testing.count_boundaries import count_cases
from rules.testing.edges import starts_before_days_off
from rules.testing.generated import MOMENT, NO_SCENE, NOT_USABLE, TOTALS, Generated, make_case
from rules.testing.pulse_boundaries import pulse_cases, starts_of
from rules.testing.reading import DEFAULT_KEY
from rules.testing.scenes import Scene, clears, condition_holds, count, plot, reads, shifted, snapshots
from rules.testing.synthesis import synthesise
from rules.testing.timeline import Case, Expected, Word
from rules.workspace import Workspace
from streams.event import Event
from streams.firing import Reason, Severity
from streams.instants import HOUR, Instant, Micros
from streams.model import Model
from streams.text import Text


def boundary_cases(workspace: Workspace, rule: Rule, written: Sequence[Case]) -> Generated:
    """The boundary cases of a rule, made from the first written test in which it fires, else from its constants."""
    model = workspace.model
    if not _has_edges(rule):
        return Generated()
    if _repeats_totals(rule, model):
        return Generated(missing=TOTALS)
    cases = tuple(_cases(rule, model, written))
    if cases:
        return Generated(cases=cases)
    return Generated(missing=NOT_USABLE if any(case.fires for case in written) else NO_SCENE)


def _cases(rule: Rule, model: Model, written: Sequence[Case]) -> Iterator[Case]:
    kind = model.kinds[rule.on]
    starts = [*starts_of(written), (synthesise(rule, model), DEFAULT_KEY)]
    if rule.count is not None:
        yield from count_cases(rule, model, [events for events, _ in starts])
    elif isinstance(rule.ending, Pulse):
        yield from pulse_cases(rule, kind, starts)
    else:
        scenes = (plot(rule, model, events, key) for events, key in starts if events)
        scene = next((scene for scene in scenes if scene is not None), None)
        if scene is not None:
            yield from _Maker(rule, model, scene, written).cases()


def _repeats_totals(rule: Rule, model: Model) -> bool:
    """Whether totals would have to be repeated: members of counts and pulses are made without those who contribute."""
    repeats = rule.count is not None or isinstance(rule.ending, Pulse)
    return repeats and any(total.kind == rule.on and total.name in reads(rule) for total in model.totals)


def _has_edges(rule: Rule) -> bool:
    if rule.count is not None:
        return True
    if isinstance(rule.ending, Pulse):
        return rule.ending.expires is not None
    return not isinstance(rule.deadline, NoDeadline) or isinstance(rule.ending, KeepOpen)


class _Maker:
    """Makes the cases of one scene."""

    def __init__(self, rule: Rule, model: Model, scene: Scene, written: Sequence[Case]) -> None:
        self.rule = rule
        self.model = model
        self.kind = model.kinds[rule.on]
        self.scene = scene
        self.stop = find_stop(rule, model, scene, written)

    def cases(self) -> Iterator[Case]:
        if not isinstance(self.rule.deadline, NoDeadline):
            for place in range(len(self.scene.thresholds)):
                yield from self._around(place)
            if self.stop is not None:
                yield self._late(self.stop)
            yield from self._over_days_off()
        if self.stop is not None and isinstance(self.rule.ending, KeepOpen) and self.rule.ending.duration > MOMENT:
            yield from self._kept_open(self.stop, self.rule.ending.duration)

    def _around(self, place: int) -> Iterator[Case]:
        """One threshold: nothing of it a moment before, all of it at its instant."""
        at = self.scene.thresholds[place][0]
        what = self._label(place)
        for name, until in (
            (Text(zh=f"{what.zh}前 1 微秒", en=f"1 µs before {what.en}"), at - MOMENT),
            (Text(zh=f"恰到{what.zh}", en=f"exactly at {what.en}"), at),
        ):
            yield make_case(self.rule, name, self.scene.events, self._changes(self.scene, until), until)
        if self.stop is not None:
            name = Text(zh=f"恰在{what.zh}时恢复正常", en=f"in order again exactly at {what.en}")
            yield self._stopped(self.stop, at, name)
            name = Text(zh=f"{what.zh}后 1 微秒恢复正常", en=f"in order again 1 µs after {what.en}")
            yield self._stopped(self.stop, at + MOMENT, name)

    def _stopped(self, stop: Cause, at: Instant, name: Text) -> Case:
        """The condition ends at that instant: what would have begun just then never does."""
        events = (*self.scene.events, self._event(stop, at))
        expected = self._changes(self.scene, at - MOMENT)
        until = at
        reason: Reason | None = Reason.CONDITION
        match self.rule.ending:
            case KeepOpen(duration=duration):
                until = at + duration
            case Clear():
                cleared = clears(self.rule, snapshots(self.model, self.kind, events, self.scene.key)[-1].values)
                reason = Reason.CLEARED if cleared else None
        if expected and reason is not None:
            expected += (self._expect(until, Word.RESOLVED, reason=reason),)
        return make_case(self.rule, name, events, expected, until)

    def _late(self, stop: Cause) -> Case:
        """What would have prevented it happened in time and becomes known too late: it opened, and never was."""
        last = self.scene.thresholds[-1][0]
        known = last + HOUR
        events = (*self.scene.events, self._event(stop, self.scene.thresholds[0][0] - MOMENT, known=known))
        expected = (*self._changes(self.scene, last), self._expect(known, Word.WITHDRAWN))
        name = Text(zh="及时恢复正常，但获知太晚", en="in order again in time, and known too late")
        return make_case(self.rule, name, events, expected, known)

    def _over_days_off(self) -> Iterator[Case]:
        for name, start in starts_before_days_off(self.rule, self.kind, self.scene.counted_from):
            events = shifted(self.scene.events, start - self.scene.counted_from)
            scene = plot(self.rule, self.model, events, self.scene.key)
            if scene is not None:
                last = scene.thresholds[-1][0]
                yield make_case(self.rule, name, events, self._changes(scene, last), last)

    def _kept_open(self, stop: Cause, duration: Micros) -> Iterator[Case]:
        """Gone for a moment less than keep_open_for it is one incident, gone for exactly as long two."""
        back = find_return(self.kind, self.scene, stop)
        stopped = self.scene.thresholds[-1][0] + MOMENT
        over = stopped + duration
        one = self._changes(self.scene, over)
        two = (
            *one,
            self._expect(over, Word.RESOLVED, reason=Reason.CONDITION),
            self._expect(over, Word.OPEN, severity=self.scene.thresholds[-1][1]),
        )
        for name, at, expected in (
            (Text(zh="中断差 1 微秒满 keep_open_for", en="gone 1 µs less than keep_open_for"), over - MOMENT, one),
            (Text(zh="中断恰满 keep_open_for", en="gone exactly as long as keep_open_for"), over, two),
        ):
            events = (*self.scene.events, self._event(stop, stopped))
            if back is not None:
                events = (*events, self._event(back, at, nth=1))
            if self._goes_on(events):
                yield make_case(self.rule, name, events, expected, over)

    def _goes_on(self, events: Sequence[Event]) -> bool:
        """Whether the condition holds again in the end, with the deadline that it had."""
        last = snapshots(self.model, self.kind, events, self.scene.key)[-1]
        if not condition_holds(self.rule, last.values):
            return False
        counted = count(self.rule, self.kind, last.values, last.at)
        same = counted is not None and counted[1] == self.scene.thresholds
        return isinstance(self.rule.deadline, NoDeadline) or same

    def _changes(self, scene: Scene, until: Instant) -> tuple[Expected, ...]:
        return tuple(
            self._expect(at, Word.OPEN if place == 0 else Word.SEVERITY, severity=severity)
            for place, (at, severity) in enumerate(scene.thresholds)
            if at <= until
        )

    def _expect(
        self, at: Instant, word: Word, *, severity: Severity | None = None, reason: Reason | None = None
    ) -> Expected:
        """A severity that a decision table chooses may be any."""
        chosen = None if decides_severity(self.rule.decisions) else severity
        return Expected(at=at, key=self.scene.key, word=word, severity=chosen, reason=reason)

    def _event(self, cause: Cause, at: Instant, *, known: Instant | None = None, nth: int = 0) -> Event:
        return cause.at(self.kind.name, self.scene.key, at, known=known, nth=nth)

    def _label(self, place: int) -> Text:
        severity = self.scene.thresholds[place][1].word
        if len(self.scene.thresholds) == 1:
            return Text(zh="期限", en="the deadline")
        return Text(zh=f" {severity} 阶段", en=f"the stage {severity}")
