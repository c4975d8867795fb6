"""XES event logs (IEEE 1849) as long tables: a row for each event, the attributes of its trace beside its own."""

import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError, XMLParser

from streams.errors import SaidToPeople, UnreadableSource
from streams.sources.table import BadRow, Row, open_binary
from streams.text import nfc

_CHUNK: Final = 1 << 16
_LONGEST: Final = 1 << 24  # bytes without the end of a tag
_ALWAYS: Final = ("case:concept:name", "concept:name", "time:timestamp")

Attributes = dict[str, Any]


class XesLog:
    """The file is read twice: for the columns, which no header lists, and for the rows."""

    decimal = "."
    floats: frozenset[str] = frozenset()

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self._path = path
        columns = dict.fromkeys(_ALWAYS)
        for event in self._events():
            columns |= dict.fromkeys(event)
        self.columns = tuple(columns)

    def rows(self, columns: Sequence[str]) -> Iterator[Row | BadRow]:
        for event in self._events():
            yield [event.get(name) for name in columns]

    def _events(self) -> Generator[Attributes]:
        events = _Events()
        parser = XMLParser(target=events)
        try:
            with open_binary(self._path) as file:
                while chunk := file.read(_CHUNK):
                    parser.feed(chunk)
                    events.count(len(chunk))
                    yield from events.taken()
                parser.close()
                yield from events.taken()
        except ParseError as error:
            line, column = error.position
            raise UnreadableSource(
                f"{self.file}: no valid XML at line {line}, column {column + 1}: {error}",
                f"{self.file}：第 {line} 行第 {column + 1} 列不是有效的 XML：{error}",
            ) from None
        except (LookupError, ValueError) as error:  # an encoding that is unknown, or not for XML
            raise UnreadableSource(
                f"{self.file}: its encoding cannot be read: {error}; store it as UTF-8",
                f"{self.file}：无法读取其编码：{error}；请存为 UTF-8",
            ) from None
        except _Refused as error:
            raise UnreadableSource(f"{self.file}: {error.say('en')}", f"{self.file}：{error.say('zh')}") from None
        except (EOFError, zlib.error) as error:
            raise UnreadableSource(
                f"{self.file}: it breaks off or is no gzip file: {error}",
                f"{self.file}：文件不完整或不是 gzip：{error}",
            ) from None


class _Refused(SaidToPeople):
    pass


class _Events:
    """What the parser tells, as events: no tree is built, so that memory stays small however long the log is."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._trace: Attributes = {}
        self._event: Attributes = {}
        self._finished: list[Attributes] = []
        self._waiting = 0  # bytes since the last tag

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """XES has none. A document type is the way to entities: bombs that grow, and files of this machine."""
        raise _Refused(
            "it has a document type (<!DOCTYPE>), which no XES log needs and through which XML bombs work; remove it",
            "含有 <!DOCTYPE>；XES 日志不需要它，XML 炸弹借它而成；请删除",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._waiting = 0
        name = tag.rpartition("}")[2]
        match self._path:
            case [] if name != "log":
                raise _Refused(f"it begins with <{name}>, and a XES log with <log>", f"根元素为 <{name}>，应为 <log>")
            case [_] if name == "trace":
                self._trace = {}
            case [_] | [_, "trace"] if name == "event":
                self._event = {}
            case [_, "trace"]:
                _take(self._trace, "case:", name, attributes)
            case [_, "event"] | [_, "trace", "event"]:
                _take(self._event, "", name, attributes)
        self._path.append(name)

    def end(self, tag: str) -> None:
        self._waiting = 0
        self._path.pop()
        name = tag.rpartition("}")[2]
        match self._path:
            case [_] if name == "trace":
                self._trace = {}
            case [_] | [_, "trace"] if name == "event":
                self._finished.append(self._trace | self._event)

    def close(self) -> None:
        pass

    def count(self, taken: int) -> None:
        self._waiting += taken
        if self._waiting > _LONGEST:
            raise _Refused(
                f"a single tag or text is longer than {_LONGEST >> 20} MiB",
                f"单个标记或文本超过 {_LONGEST >> 20} MiB",
            )

    def taken(self) -> list[Attributes]:
        """The events that have ended since the last call."""
        found, self._finished = self._finished, []
        return found


def _date(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text  # listed when it is read


def _boolean(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)


def _number(type_: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return type_(text)
        except ValueError:
            return text

    return read


_TYPES: Final[dict[str, Callable[[str], Any]]] = {
    "string": str,
    "id": str,
    "date": _date,
    "boolean": _boolean,
    "int": _number(int),
    "float": _number(float),
}


def _take(into: Attributes, prefix: str, type_: str, attributes: dict[str, str]) -> None:
    """An attribute of one of the types that hold a value; lists and containers hold others, which are left out."""
    read = _TYPES.get(type_)
    if read is not None and "key" in attributes and "value" in attributes:
        into[prefix + nfc(attributes["key"].strip())] = read(attributes["value"])
