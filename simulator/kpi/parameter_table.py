"""Every parameter of the KPIs: what is in force, and whether somebody declared it or it was found."""

from typing import Final

from simulator.kpi.definitions import Definition, Quantities
from simulator.report.document import Head, Table
from streams.text import Text

_NONE: Final = Text(zh="无", en="none")
_DEFAULT: Final = Text(zh="默认", en="default")
_DECLARED: Final = Text(zh="kpi.yaml", en="kpi.yaml")


def parameter_table(definition: Definition) -> Table:
    """Keys as in kpi.yaml."""
    why = {key: one.why for one in definition.taken for key in one.key.split(", ")}
    values = parameters(definition)
    return Table(
        name=f"{definition.kind.name}-parameters",
        title=Text(zh="口径", en="What was counted"),
        heads=(
            Head(label=Text(zh="参数", en="parameter")),
            Head(label=Text(zh="值", en="value")),
            Head(label=Text(zh="来自", en="from")),
        ),
        rows=[
            (key, _NONE if value is None else value, why.get(key, _DEFAULT if default else _DECLARED))
            for key, (value, default) in values.items()
        ],
    )


def parameters(definition: Definition) -> dict[str, tuple[str | None, bool]]:
    """By key of kpi.yaml: the value, and whether it is the default."""
    declared = definition.declared

    def own(value: object) -> tuple[str | None, bool]:
        return (None if value is None else str(value)), value is None

    found = {
        "where": own(declared.where and declared.where.text),
        "cancelled": (", ".join(definition.cancelled) or None, declared.cancelled is None),
        "node": (definition.node, declared.node is None),
        "promised": (definition.promised, declared.promised is None),
        "promise": (declared.promise, declared.promise == "last"),
        "requested": own(declared.requested),
        "compare": (definition.compare, declared.compare is None),
        "early": own(declared.early),
        "grace": (str(declared.grace), not (declared.grace.days or declared.grace.span)),
        **_quantities(definition.quantities, declared.quantities is None),
        "tolerance": (f"{declared.tolerance:g}", not declared.tolerance),
        "level": (declared.level, declared.level == "order"),
        "documents": own(declared.documents and declared.documents.text),
        "condition": own(declared.condition and declared.condition.text),
        "calendar": own(declared.calendar and declared.calendar.name),
        "acknowledge_within": own(declared.acknowledge_within),
        "resolve_within": own(declared.resolve_within),
        "score": own(declared.score),
    }
    if declared.score is not None:
        found["low"] = (f"{declared.low:g}", False)
    return found


def _quantities(found: Quantities | None, default: bool) -> dict[str, tuple[str | None, bool]]:
    if found is None:
        return {"ordered": (None, True), "delivered": (None, True), "rejected": (None, True)}
    names = {"lines": found.lines, "ordered": found.ordered, "delivered": found.delivered, "rejected": found.rejected}
    return {key: (name, default) for key, name in names.items()}
