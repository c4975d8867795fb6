"""Conditions of chains on the entity: a chain serves rules on several kinds, so each is read for a kind."""

from rules.errors import Problems
from rules.files.document import Leaf
from rules.language.evaluation import Situation, holds
from rules.language.expression import BUILT_IN, Scope, Type, parse
from streams.model import Kind, Model, Values


def check_condition(leaf: Leaf, model: Model, kind: Kind, problems: Problems) -> None:
    """Report what is wrong with a condition on entities of a kind."""
    _, found = parse(leaf.raw, Scope.of(model, kind.name, pulse=False), Type.BOOL, leaf.locate)
    problems.extend(found)


def condition_holds(text: str, model: Model, kind: str, values: Values) -> bool:
    """Whether a condition holds on a snapshot; not where today's model no longer understands it."""
    if kind not in model.kinds:
        return False
    expression, _ = parse(text, Scope.of(model, kind, pulse=False), Type.BOOL, BUILT_IN)
    return expression is not None and holds(expression.condition, Situation(values=values))
