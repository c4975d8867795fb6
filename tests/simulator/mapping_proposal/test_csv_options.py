"""Encodings and delimiters, found by trying."""

import gzip
from pathlib import Path

import pytest

from simulator.mapping_proposal.csv_options import guess_csv
from streams.errors import UnreadableSource
from streams.sources.mapping import CsvOptions

CHINESE = "订单号,下单时间\nA1,2026-03-02\nB2,2026-03-03\n"
ROWS = "id;at;städte\n1;2026-03-02;Köln\n2;2026-03-03;Münster\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", CsvOptions()),
        (CHINESE, "utf-8-sig", CsvOptions()),
        (CHINESE, "gb18030", CsvOptions(encoding="gb18030")),
        (CHINESE, "utf-16", CsvOptions(encoding="utf-16")),
        (ROWS, "cp1252", CsvOptions(encoding="cp1252", delimiter=";")),
        (ROWS, "utf-8", CsvOptions(delimiter=";")),
        ("a\tb\n1,5\t2\n", "utf-8", CsvOptions(delimiter="\t")),
        ("a|b|c\n1,5|2|3\n", "utf-8", CsvOptions(delimiter="|")),
        ('a,b\n"x;y;z",2\n', "utf-8", CsvOptions()),
        ("a\n1\n", "utf-8", CsvOptions()),
        ("", "utf-8", CsvOptions()),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_how_a_file_is_written(tmp_path: Path, text: str, encoding: str, found: CsvOptions, name: str):
    """The encoding in which it can be read, and the delimiter that gives the same columns in most lines."""
    data = text.encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert guess_csv(tmp_path / name) == found


def test_a_tsv_has_tabs(tmp_path: Path):
    """What the name says needs no word in the mapping."""
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    assert guess_csv(tmp_path / "t.tsv") == CsvOptions()


def test_half_a_file(tmp_path: Path):
    """What breaks off is said to be broken, before anything is guessed."""
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CHINESE.encode())[:20])
    with pytest.raises(UnreadableSource, match=r"t\.csv\.gz: cannot be read"):
        guess_csv(tmp_path / "t.csv.gz")
