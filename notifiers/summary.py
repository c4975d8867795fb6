"""A rule's own `summary`: a jinja2 template from a workspace file, rendered where it can do no harm."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Const, Filter, Getattr, Getitem, Name
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifiers.facts import Facts
from notifiers.localise import duration_text, moment_text, number_text
from streams.instants import Instant
from streams.model import Value
from streams.text import Language, Text

VARIABLES: Final = frozenset({"key", "since", "fields", "nodes", "deadline", "severity"})
_WITH_A_WIDTH: Final = ("format", "center", "indent", "pprint")


class _Missing(StrictUndefined):
    """A field that is not there breaks the summary where it is written, but may be asked for with `if`."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # which always raises
        return False


class _Sandbox(ImmutableSandboxedEnvironment):
    """Without what fills the memory in a few characters: multiplied texts, powers, formats with a width."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
        if operator == "**" or not isinstance(left, int | float) or not isinstance(right, int | float):
            raise SecurityError(f"the operator {operator} is not allowed here")
        return left % right if operator == "%" else left * right


class _Number(float):
    """A number that is written as the reader writes it."""

    _text: str

    def __str__(self) -> str:
        return self._text


class _Moment(int):
    """An instant that is written as the reader writes it."""

    _text: str

    def __str__(self) -> str:
        return self._text


@lru_cache(maxsize=1)
def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=_Missing, autoescape=False)
    for filter_ in _WITH_A_WIDTH:
        del environment.filters[filter_]
    return environment


@lru_cache(maxsize=1024)
def _template(source: str) -> Template:
    return _environment().from_string(source)


def summary_problems(summary: Text) -> dict[Language, str]:
    """What keeps the templates from being read, by language; for `tocsin rules check`. Empty: nothing."""
    found: dict[Language, str] = {}
    languages: Final[tuple[Language, ...]] = ("zh", "en")
    for language in languages:
        try:
            _environment().parse(summary.say(language))
        except TemplateError as error:
            found[language] = str(error)
    return found


def unknown_names(source: str, fields: Collection[str], nodes: Collection[str]) -> list[tuple[str, Collection[str]]]:
    """What a readable template names and no incident has, each with the names there are: it would never be shown."""
    tree, filters = _environment().parse(source), _environment().filters
    unknown = [(one.name, filters.keys()) for one in tree.find_all(Filter) if one.name not in filters]
    if unknown:  # without them jinja does not look at the names
        return list(unknown)
    found: list[tuple[str, Collection[str]]] = [
        (name, VARIABLES) for name in sorted(find_undeclared_variables(tree) - VARIABLES)
    ]
    parts = [(one.node, one.attr) for one in tree.find_all(Getattr)]
    parts += [(one.node, one.arg.value) for one in tree.find_all(Getitem) if isinstance(one.arg, Const)]
    for of, known in (("fields", fields), ("nodes", nodes)):
        for node, name in parts:
            if isinstance(node, Name) and node.name == of and isinstance(name, str) and name not in known:
                found += [] if hasattr(dict, name) else [(name, known)]  # nodes.values()
    return found


def render_summary(facts: Facts, language: Language, zone: ZoneInfo, now: Instant) -> str | None:
    """The rule's summary; None where it has none, or it fails or says nothing: then the default sentence stands in."""
    if facts.summary is None:
        return None
    try:
        text = _template(facts.summary.say(language)).render(_variables(facts, language, zone, now))
    except Exception:  # a template can raise anything; whatever it is, the person must still be told
        return None
    return text.strip() or None


def _variables(facts: Facts, language: Language, zone: ZoneInfo, now: Instant) -> dict[str, object]:
    def moment(instant: Instant | None) -> object:
        if instant is None:
            return None
        shown = _Moment(instant)
        shown._text = moment_text(instant, language, zone, now)
        return shown

    def shown(value: object) -> object:
        match value:
            case bool() | str():
                return value
            case int():
                return moment(value)
            case float():
                number = _Number(value)
                number._text = number_text(value, language)
                return number
            case tuple():
                return tuple(shown(item) for item in value)
            case Mapping():
                return {name: shown(item) for name, item in value.items()}
            case _:
                return value

    values: Mapping[str, Value] = facts.values
    return {
        "key": facts.key,
        "since": duration_text(max(0, now - facts.since), language),
        "fields": {name: shown(value) for name, value in values.items()},
        "nodes": {
            node.name: {"label": node.label.say(language), "at": moment(node.at), "due": moment(node.due)}
            for node in facts.nodes
        },
        "deadline": moment(facts.deadline),
        "severity": facts.severity.word,
    }
