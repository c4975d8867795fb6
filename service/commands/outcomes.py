"""The options that say what it means that an order went bad, for commands that judge rules by it."""

from collections.abc import Callable
from typing import Any

import click

from rules.errors import Place, guess
from rules.language.expression import Expression, Scope, Type, parse
from rules.workspace import Workspace
from service.speech import Say, fail, run_language
from simulator.backtest.outcome_table import read_outcome_column
from simulator.backtest.running import Outcome
from streams.errors import UnreadableSource


def outcome_options(say: Say) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--outcome`, `--outcome-node`, `--outcome-column`: given as `condition`, `outcome_node` and `outcome_column`."""

    def add(run: Callable[..., Any]) -> Callable[..., Any]:
        run = click.option(
            "--outcome-column",
            metavar="FILE:COLUMN",
            help=say(
                "表格中的一列：时刻或是否；主键不在第一列时写 文件:主键列:列",
                "a column of a table: instants, or yes and no; FILE:KEY:COLUMN where the keys are not in the first "
                "column",
            ),
        )(run)
        run = click.option(
            "--outcome-node", metavar="NODE", help=say("到达这个节点即出事", "it went bad if it reached this node")
        )(run)
        return click.option(
            "--outcome",
            "condition",
            metavar="EXPR",
            help=say("怎样算出事，用规则语言书写", "what it means that an order went bad, in the rule language"),
        )(run)

    return add


def read_outcome(
    condition: str | None, node: str | None, column: str | None, kind: str, workspace: Workspace, say: Say
) -> Outcome | None:
    """What was asked for, of entities of a kind that the model has; what is wrong ends the command."""
    given = [one for one in (condition, node, column) if one is not None]
    if not given:
        return None
    if len(given) > 1:
        raise fail(say("--outcome、--outcome-node、--outcome-column 只能取一", "give one outcome, not several"))
    kinds = workspace.model.kinds
    if kind not in kinds:
        end = guess(kind, kinds)
        raise fail(say(f"--on：没有类型 {kind}{end.zh}", f"--on: there is no kind {kind}{end.en}"))
    if column is not None:
        try:
            table = read_outcome_column(column, workspace.model.zone)
        except UnreadableSource as error:
            raise fail(error.say(run_language())) from None
        return Outcome(kind=kind, text=table.name, condition=table)
    text = condition if condition is not None else f"{node}.done"
    return Outcome(kind=kind, text=text, condition=_parsed(text, kind, workspace))


def _parsed(text: str, kind: str, workspace: Workspace) -> Expression:
    scope = Scope.of(workspace.model, kind, pulse=False, totals=False)
    expression, problems = parse(text, scope, Type.BOOL, Place(file="--outcome", line=1, column=1))
    if expression is None:
        told = [problem.message.say(run_language()) for problem in problems]
        raise fail("\n".join(f"--outcome {text}: {message}" for message in told))
    return expression
