"""How a CSV file is written: encoding and delimiter, found by trying."""

import codecs
import csv
import io
import zlib
from collections import Counter
from pathlib import Path
from typing import Final

from streams.errors import UnreadableSource
from streams.sources.mapping import CsvOptions
from streams.sources.table import open_binary

_CHUNK: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t", "|")
_LINES: Final = 50


def guess_csv(path: Path) -> CsvOptions:
    """With no delimiter where it is the one that the file's name says. Raises UnreadableSource."""
    try:
        return _guess(path)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableSource(f"{path.name}: cannot be read: {error}", f"{path.name}：无法读取：{error}") from None


def _guess(path: Path) -> CsvOptions:
    encoding = _encoding(path)
    with io.TextIOWrapper(open_binary(path), encoding=encoding, errors="replace", newline="") as text:
        head = text.read(_CHUNK)
    default = "\t" if ".tsv" in path.name.lower() else ","
    found = max(_DELIMITERS, key=lambda one: (_columns(head, one), one == default))
    return CsvOptions(delimiter=None if found == default else found, encoding=encoding)


def _encoding(path: Path) -> str:
    with open_binary(path) as file:
        head = file.read(_CHUNK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _is_chinese(head) and _decodes(path, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(path, "cp1252") else "latin-1"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_binary(path) as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(head: bytes) -> bool:
    """Nearly all bytes are some text in gb18030; that of Chinese files is mostly of common characters."""
    others = [character for character in head.decode("gb18030", "ignore") if not character.isascii()]
    common = sum("\u4e00" <= character <= "\u9fa5" or character in "，。：；（）、￥《》“”" for character in others)
    # The characters of level 1 are two bytes from B0A1 to D7F9: accented Latin letters rarely fall there in pairs.
    pairs = sum(0xB0 <= raw <= 0xD7 for character in others for raw in character.encode("gb18030")[:1])
    return bool(others) and common >= 0.9 * len(others) and pairs >= 0.5 * len(others)


def _columns(head: str, delimiter: str) -> float:
    """How many columns it gives, for the share of lines that have as many."""
    try:
        rows = [row for row, _ in zip(csv.reader(io.StringIO(head), delimiter=delimiter), range(_LINES), strict=False)]
    except csv.Error:
        return 0
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0
    width, lines = widths.most_common(1)[0]
    return (width - 1) * lines / sum(widths.values())
