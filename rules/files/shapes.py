"""What may stand where in the workspace's files, as tables: the readers take their keys from them, and editors their
JSON Schema (draft 7, which yaml-language-server knows).

A schema is no stricter than the reader: what only the model can tell (names of fields and nodes) stays open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from streams.text import Language, Text

Schema = dict[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_SCALAR: Final = ["string", "number", "boolean"]  # a plain 42 is a text where a text is wanted


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar that is read as a text of its own: a name, an expression, a duration."""

    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A scalar of one of JSON's types: boolean, integer."""

    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """A text for both languages, or `{zh: ..., en: ...}`."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list; with `or_one` also one of its items alone."""

    items: "Shape"
    or_one: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A map whose keys are the author's names."""

    values: "Shape"


@dataclass(frozen=True, slots=True)
class Closed:
    """A map with these keys and no others; empty is allowed unless something is required."""

    keys: Mapping[str, "Key"]


@dataclass(frozen=True, slots=True)
class Either:
    shapes: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Again:
    """A shape that the file's `parts` name: for what stands within itself."""

    part: str


@dataclass(frozen=True, slots=True)
class Anything:
    """What is read with the model's words: data of events, values of tables."""


Shape = Plain | Typed | Words | Texts | Listed | Named | Closed | Either | Again | Anything


@dataclass(frozen=True, slots=True)
class Key:
    about: Text
    shape: Shape
    required: bool = False
    later: bool = False  # of a later version: the reader refuses it by its name, and no editor offers it


Keys = Mapping[str, Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShape:
    """One of the workspace's files: its name or pattern, what it is, and its keys."""

    files: str
    about: Text
    keys: Keys
    parts: Mapping[str, Shape] = field(default_factory=dict)  # for Again


def key(zh: str, en: str, shape: Shape, *, required: bool = False, later: bool = False) -> Key:
    return Key(Text(zh=zh, en=en), shape, required, later)


def schema_of(file: FileShape, language: Language) -> Schema:
    """The JSON Schema of a file, its descriptions in one language."""
    schema: Schema = {"$schema": DRAFT, "title": file.files, "description": file.about.say(language)}
    schema |= _schema(Closed(file.keys), language)
    if file.parts:
        schema["definitions"] = {name: _schema(shape, language) for name, shape in file.parts.items()}
    return schema


def _schema(shape: Shape, language: Language) -> Schema:
    match shape:
        case Plain(pattern=pattern):
            return {"type": _SCALAR} if pattern is None else {"type": _SCALAR, "pattern": f"^(?:{pattern})$"}
        case Typed(name=name):
            return {"type": name}
        case Words(words=words):
            return {"enum": list(words)}
        case Texts():
            return {"anyOf": [{"type": _SCALAR}, _two_languages()]}
        case Listed(items=items, or_one=or_one):
            one = _schema(items, language)
            several = {"type": "array", "items": one}
            return {"anyOf": [one, several]} if or_one else several
        case Named(values=values):
            return {"type": ["object", "null"], "additionalProperties": _schema(values, language)}
        case Closed(keys=keys):
            return _closed(keys, language)
        case Either(shapes=shapes):
            return {"anyOf": [_schema(one, language) for one in shapes]}
        case Again(part=part):
            return {"$ref": f"#/definitions/{part}"}
        case Anything():
            return {}


def _closed(keys: Keys, language: Language) -> Schema:
    known = {name: one for name, one in keys.items() if not one.later}
    required = [name for name, one in known.items() if one.required]
    schema: Schema = {
        "type": "object" if required else ["object", "null"],
        "properties": {
            name: {"description": one.about.say(language)} | _beside(one.shape, language) for name, one in known.items()
        },
        "additionalProperties": False,
    }
    return schema | ({"required": required} if required else {})


def _beside(shape: Shape, language: Language) -> Schema:
    """In draft 7 whatever stands beside a reference is ignored."""
    schema = _schema(shape, language)
    return {"allOf": [schema]} if "$ref" in schema else schema


def _two_languages() -> Schema:
    """`{zh: ..., en: Paid, not shipped}`: what follows the comma is to YAML a key without a value, and to us text."""
    text = {"type": _SCALAR}
    return {
        "type": "object",
        "properties": {"zh": text, "en": text},
        "additionalProperties": {"type": "null"},
        "minProperties": 1,
    }
