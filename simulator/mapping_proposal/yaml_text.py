"""A proposed mapping as the text of a mapping file, with comments for whoever checks it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from simulator.mapping_proposal.proposal import Proposal, ProposedCell, ProposedTable
from streams.text import Language, Text

_PLAIN: Final = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w./ -]*")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"})  # of YAML, old and new


def yaml_text(proposal: Proposal, file: str, language: Language) -> str:
    return "\n".join(_lines(proposal, file, language)) + "\n"


def _lines(proposal: Proposal, file: str, language: Language) -> Iterator[str]:
    proposed = Text(zh=f"由 tocsin map {file} 提出，请核对。", en=f"Proposed by `tocsin map {file}`: please check.")
    yield from _comment(proposed, language)
    if proposal.doubts:
        yield from _comment(Text(zh="需要人来决定：", en="For somebody to decide:"), language)
        for doubt in proposal.doubts:
            yield from _comment(doubt, language, "- ")
    yield ""
    yield f"kind: {_quoted(proposal.kind)}"
    yield f"format: {proposal.format}"
    for name, value in (("sheet", proposal.sheet), ("object_type", proposal.object_type), ("zone", proposal.zone)):
        if value is not None:
            yield f"{name}: {_quoted(value)}"
    yield f"key: {_quoted(proposal.key)}"
    if proposal.type is not None:
        yield f"type: {_cell(proposal.type)}"
    yield from _block("types", {text: _quoted(meant) for text, meant in proposal.types.items()})
    if proposal.occurred_at is not None:
        yield f"occurred_at: {_cell(proposal.occurred_at)}"
    if proposal.recorded_at is not None:
        yield f"recorded_at: {_cell(proposal.recorded_at)}"
    for name, cells in (("nodes", proposal.nodes), ("due", proposal.due), ("fields", proposal.fields)):
        yield from _block(name, {one: _cell(cell, language) for one, cell in cells.items()})
    yield from _block("tables", {name: _table(table) for name, table in proposal.tables.items()})
    if proposal.missing:
        yield f"missing: [{', '.join(json.dumps(text, ensure_ascii=False) for text in proposal.missing)}]"
    csv = {
        "delimiter": proposal.csv.delimiter,
        "encoding": None if proposal.csv.encoding == "utf-8" else proposal.csv.encoding,
        "decimal": None if proposal.csv.decimal == "." else proposal.csv.decimal,
    }
    options = [f"{name}: {json.dumps(value)}" for name, value in csv.items() if value is not None]
    if options:
        yield f"csv: {{{', '.join(options)}}}"
    if proposal.left_out:
        yield ""
        yield from _comment(Text(zh="没有用到的列：", en="Columns that are left out:"), language)
        for one in proposal.left_out:
            yield from _comment(
                Text(zh=f"{one.column}：{one.why.zh}", en=f"{one.column}: {one.why.en}"), language, "- "
            )


def _comment(text: Text, language: Language, mark: str = "") -> Iterator[str]:
    """Line by line: a text of the data may hold a line break, and would leave the comment."""
    said = " ".join(text.say(language).split())
    yield f"# {mark}{said}"


def _block(name: str, lines: Mapping[str, str]) -> Iterator[str]:
    if lines:
        yield f"{name}:"
        yield from (f"  {_quoted(key)}: {value}" for key, value in lines.items())


def _cell(cell: ProposedCell, language: Language = "en") -> str:
    comment = "" if cell.comment is None else "  # " + " ".join(cell.comment.say(language).split())
    return _cell_text(cell) + comment


def _table(table: ProposedTable) -> str:
    parts = [f"file: {_quoted(table.file)}", f"key: {_quoted(table.key)}"]
    if table.by is not None:
        parts.append(f"by: {_quoted(table.by)}")
    if table.fields:
        fields = ", ".join(f"{_quoted(name)}: {_cell_text(cell)}" for name, cell in table.fields.items())
        parts.append(f"fields: {{{fields}}}")
    return f"{{{', '.join(parts)}}}"


def _cell_text(cell: ProposedCell) -> str:
    if cell.fixed:
        return f"{{value: {_quoted(cell.column)}}}"
    parts = []
    if cell.as_ is not None:
        as_ = _quoted(cell.as_)
        parts.append(f"as: {as_}" if cell.day is None else f"as: [{as_}, {cell.day}]")
    if cell.values:
        values = ", ".join(f"{_quoted(text)}: {str(value).lower()}" for text, value in cell.values.items())
        parts.append(f"values: {{{values}}}")
    if cell.only:
        only = (f"{_quoted(name)}: [{', '.join(map(_quoted, texts))}]" for name, texts in cell.only.items())
        parts.append(f"only: {{{', '.join(only)}}}")
    if cell.take is not None:
        parts.append(f"take: {cell.take}")
    if cell.at_last:
        parts.append("at: last")
    return f"{{column: {_quoted(cell.column)}, {', '.join(parts)}}}" if parts else _quoted(cell.column)


def _quoted(text: str) -> str:
    """As YAML: double quotes are those of JSON."""
    if _PLAIN.fullmatch(text) and text.strip() == text and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
