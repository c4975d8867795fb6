"""What the tests of a rule have reached: each leaf of its condition true and false, stages, decision rows, endings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.decisions import decides_severity, first_hit
from rules.language.evaluation import Situation, holds
from rules.language.tree import Leaf, leaves, say
from rules.rule import Clear, Pulse, Rule
from streams.entity import Step
from streams.firing import Change, Reason, Transition
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One thing that a test can reach."""

    what: Text
    reached: bool


class Coverage:
    """Of one rule. It is shown every step and every change of its written tests."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.counting = True
        self._leaves: dict[Leaf, set[bool]] = {leaf: set() for leaf in leaves(rule.condition.condition)}
        self._stages: set[int] = set()
        self._rows: set[int] = set()
        self._reasons: set[Reason] = set()

    def see(self, kind: str, step: Step) -> None:
        if not self.counting or kind != self.rule.on:
            return
        if self.rule.condition.pulse:
            for judged in step.judged:
                self._see(Situation(values=judged.after, before=judged.before, event=judged.event))
        else:
            self._see(Situation(values=step.values))

    def take(self, transitions: Sequence[Transition]) -> None:
        if not self.counting:
            return
        for transition in transitions:
            self._stages.update(stage.severity for stage in transition.firing.stages)
            if transition.firing.reason is not None:
                self._reasons.add(transition.firing.reason)
            if transition.change in (Change.OPENED, Change.SEVERITY) and transition.evidence is not None:
                hit = first_hit(self.rule.decisions, transition.evidence.values)
                if hit is not None:
                    self._rows.add(hit)

    def branches(self) -> tuple[Branch, ...]:
        return tuple(self._branches())

    def _see(self, situation: Situation) -> None:
        for leaf, seen in self._leaves.items():
            if len(seen) < 2:
                seen.add(holds(leaf, situation))

    def _branches(self) -> Iterator[Branch]:
        for leaf, seen in self._leaves.items():
            text = say(leaf)
            yield Branch(what=Text(zh=f"{text} 成立", en=f"{text}: true"), reached=True in seen)
            yield Branch(what=Text(zh=f"{text} 不成立", en=f"{text}: false"), reached=False in seen)
        if not decides_severity(self.rule.decisions):  # a table decides severities by itself
            for severity in sorted({stage.severity for stage in self.rule.stages}):
                name = Text(zh=f"级别 {severity.word}", en=f"severity {severity.word}")
                yield Branch(what=name, reached=severity in self._stages)
        for place, row in enumerate(self.rule.decisions, start=1):
            condition = Text(zh="其余", en="any other") if row.condition is None else Text.plain(row.condition.text)
            name = Text(zh=f"决策表第 {place} 行（{condition.zh}）", en=f"decision row {place} ({condition.en})")
            yield Branch(what=name, reached=place - 1 in self._rows)
        for word, reason in _endings(self.rule):
            yield Branch(what=Text(zh=f"以 {word} 结束", en=f"ended by {word}"), reached=reason in self._reasons)


def _endings(rule: Rule) -> Iterator[tuple[str, Reason]]:
    match rule.ending:
        case Clear():
            yield "clear", Reason.CLEARED
        case Pulse(until=until, expires=expires):
            if until is not None:
                yield "until", Reason.UNTIL
            if expires is not None:
                yield "expires", Reason.EXPIRED


def percent(branches: Sequence[Branch]) -> float:
    """Of none, all are reached."""
    return 100.0 if not branches else 100 * sum(branch.reached for branch in branches) / len(branches)
