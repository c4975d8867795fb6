"""All tests of a workspace's rules: what is written, what is generated, and what each rule lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.errors import Place, Problem, Problems
from rules.matching.matcher import MatcherName
from rules.rule import Rule
from rules.testing.boundaries import boundary_cases
from rules.testing.comparing import Result, compare
from rules.testing.coverage import Branch, percent
from rules.testing.reading import Around, read_cases
from rules.testing.running import Runner
from rules.testing.timeline import Case
from rules.workspace import Workspace
from streams.decoding import DEFAULT_SKEW
from streams.instants import Micros
from streams.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """What became of the tests of one rule."""

    rule: Rule
    results: tuple[Result, ...]
    lacks: tuple[Problem, ...]  # a firing or a silent test
    problems: tuple[Problem, ...]  # tests that cannot be read
    branches: tuple[Branch, ...]
    no_boundaries: Text | None = None  # why none were generated

    @property
    def written(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.case.generated)

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    rules: tuple[RuleReport, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(result for rule in self.rules for result in rule.results)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for rule in self.rules for problem in rule.problems)

    @property
    def lacks(self) -> tuple[Problem, ...]:
        return tuple(problem for rule in self.rules for problem in rule.lacks)

    @property
    def percent(self) -> float:
        """Of all branches of all rules, how many the written tests reach."""
        return percent([branch for rule in self.rules for branch in rule.branches])

    def passed(self, *, strict: bool) -> bool:
        right = all(result.passed for result in self.results) and not self.problems
        return right and not (strict and self.lacks)


def run_tests(
    workspace: Workspace,
    rules: Iterable[Rule],
    *,
    matcher: MatcherName = "compiled",
    skew: Micros = DEFAULT_SKEW,
    boundaries: bool = True,
) -> Report:
    """Run the tests of these rules. `skew` is how far ahead of being known events may be dated."""
    return Report(rules=tuple(_run_rule(workspace, rule, matcher, skew, boundaries) for rule in rules))


def check_tests(workspace: Workspace) -> tuple[Problem, ...]:
    """What is wrong in the tests of a valid workspace, without running them."""
    return tuple(problem for rule in workspace.rules for problem in _cases(workspace, rule, DEFAULT_SKEW)[1])


def _cases(workspace: Workspace, rule: Rule, skew: Micros) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    items = workspace.tests.get(rule.id)
    return ((), ()) if items is None else read_cases(items, Around(model=workspace.model, rule=rule, skew=skew))


def _run_rule(workspace: Workspace, rule: Rule, matcher: MatcherName, skew: Micros, boundaries: bool) -> RuleReport:
    cases, problems = _cases(workspace, rule, skew)
    runner = Runner(workspace.model, rule, matcher)
    try:
        results = [compare(case, runner.run(case)) for case in cases]
        why: Text | None = None
        if boundaries:
            generated = boundary_cases(workspace, rule, cases)
            why = generated.missing
            results += [compare(case, runner.run(case)) for case in generated.cases]
    finally:
        runner.close()
    return RuleReport(
        rule=rule,
        results=tuple(results),
        lacks=() if problems else _lacks(rule, cases),
        problems=problems,
        branches=runner.coverage.branches(),
        no_boundaries=why,
    )


def _lacks(rule: Rule, cases: Sequence[Case]) -> tuple[Problem, ...]:
    problems = Problems()
    place = Place.parse(rule.where)
    if not any(case.fires for case in cases):
        problems.warning(
            place,
            "no_firing_test",
            zh=f"规则 {rule.id} 没有会触发的测试（expect: open）",
            en=f"the rule {rule.id} has no test in which it fires (expect: open)",
        )
    if all(case.fires for case in cases):
        problems.warning(
            place,
            "no_silent_test",
            zh=f"规则 {rule.id} 没有保持安静的测试（没有 expect: open 的测试）",
            en=f"the rule {rule.id} has no test in which it stays silent (one without expect: open)",
        )
    return problems.in_order()
