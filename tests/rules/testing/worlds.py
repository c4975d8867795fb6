"""Small rules with tests, run as the product runs them."""

from collections.abc import Sequence

from rules.testing.comparing import Result
from rules.testing.suite import Report, RuleReport, run_tests
from tests.rules.workspace_texts import CALENDARS, MODEL, entry, load

PAID_LATE = "overdue: shipped\nafter: paid\nwithin: 48h\n"


def report(
    body: str, *tests: str, model: str = MODEL, calendars: str = CALENDARS, boundaries: bool = False
) -> RuleReport:
    """Of one rule, its lines given; each test is the lines of a timeline."""
    (found,) = whole(body, *tests, model=model, calendars=calendars, boundaries=boundaries).rules
    return found


def whole(body: str, *tests: str, model: str = MODEL, calendars: str = CALENDARS, boundaries: bool = False) -> Report:
    workspace = load(text_of(body, *tests), model=model, calendars=calendars)
    return run_tests(workspace, workspace.rules, boundaries=boundaries)


def text_of(body: str, *tests: str) -> str:
    text = entry(body)
    if tests:
        text += "    tests:\n"
    for number, timeline in enumerate(tests, start=1):
        text += f"      - name: test {number}\n        timeline:\n"
        text += "".join(f"          - {line.strip()}\n" for line in timeline.splitlines() if line.strip())
    return text


def codes(found: RuleReport) -> list[str]:
    return [problem.code for problem in found.problems]


def names(results: Sequence[Result]) -> list[str]:
    return [result.case.name.en for result in results]
