"""YAML with positions: what scalars mean, what is refused, and where everything stands."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Place, Problems
from rules.files.document import Leaf, Map, as_data, read_file, read_text
from streams.secret import SettingMissing
from streams.text import Text


def read(text: str) -> tuple[Map, Problems]:
    problems = Problems()
    root = read_text(text, "f.yaml", problems)
    assert root is not None, problems.found
    return root, problems


def codes(problems: Problems) -> list[str]:
    return [problem.code for problem in problems.in_order()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("2026-10-10", "2026-10-10"),
        ("09:00", "09:00"),
        ("12:30:45", "12:30:45"),
        ("5", 5),
        ("-0.5e3", -500.0),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("null", None),
        ("~", None),
        ('"5"', "5"),
        ("'true'", "true"),
        ("[1, a]", (1, "a")),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(written, meant):
    """Only true and false are booleans; words, dates and clock times are text."""
    root, problems = read(f"k: {written}")
    data = as_data(root)
    assert data == {"k": meant}
    assert type(data["k"]) is type(meant)
    assert not problems.found


def test_an_unknown_key_is_an_error_with_the_nearest_known_one():
    """A slip of the pen is answered with what was meant, at the key's own place."""
    root, problems = read("rules:\n  wher: x\n")
    inner = root.map("rules")
    assert inner is not None
    inner.only("where", "when")
    (problem,) = problems.found
    assert problem.code == "unknown_key"
    assert problem.place == Place(file="f.yaml", line=2, column=3)
    assert "where" in problem.message.en and "where" in problem.message.zh


def test_a_duplicate_key_is_an_error_and_the_first_counts():
    """Two values for one key are refused, naming the line of the first."""
    root, problems = read("a: 1\nb: 2\na: 3\n")
    assert root.string("a") == "1"
    (problem,) = problems.found
    assert (problem.code, problem.place.line) == ("duplicate_key", 3)
    assert "line 1" in problem.message.en


def test_labels_are_a_string_or_both_languages():
    """One string stands for both languages, a map for each."""
    root, problems = read("a: 订单\nb: {zh: 订单, en: Order}\nc: {fr: x}\nd: [x]\n")
    assert root.text("a") == Text(zh="订单", en="订单")
    assert root.text("b") == Text(zh="订单", en="Order")
    assert root.text("c") is None and root.text("d") is None
    assert codes(problems) == ["unknown_key", "wrong_value"]


def test_what_is_not_wanted_is_reported_and_read_as_none():
    """Every reading method says what it expected and what it found, and goes on."""
    root, problems = read('a: "true"\nb: {x: 1}\nc: 1.5\nd: nope\ne:\n')
    assert root.boolean("a") is None
    assert root.string("b") is None
    assert root.integer("c") is None
    assert root.one_of("d", ("none", "some")) is None
    assert root.string("e") is None
    assert root.string("f", required=True) is None
    assert [problem.code for problem in problems.found] == [
        "wrong_value",
        "wrong_value",
        "wrong_value",
        "unknown_word",
        "empty_value",
        "missing_key",
    ]


@pytest.mark.parametrize("written", ["9" * 5000, "-" + "1" * 301, "0x" + "f" * 5000])
def test_a_number_that_nothing_can_hold_is_no_whole_number(written: str):
    """It is shown shortened; Python itself refuses to read or write so many digits."""
    root, problems = read(f"a: {written}\n")
    assert root.integer("a") is None
    assert [problem.code for problem in problems.found] == ["wrong_value"]
    json.dumps(as_data(root))


def test_an_empty_value_is_an_empty_map_where_a_map_is_wanted():
    """`placed:` with nothing behind it declares a node without settings."""
    root, problems = read("nodes:\n  placed:\n  paid: {}\n")
    assert [(name.raw, dict(node.items())) for name, node in root.maps("nodes")] == [("placed", {}), ("paid", {})]
    assert not problems.found


def test_broken_yaml_is_one_problem_with_its_place():
    """What the parser cannot read is located like everything else."""
    problems = Problems()
    assert read_text("a: [1, 2\nb: 3\n", "f.yaml", problems) is None
    (problem,) = problems.found
    assert (problem.code, problem.place.line) == ("not_yaml", 2)


def test_an_alias_is_read_where_it_is_used_but_not_in_a_circle():
    """Anchors may be used to avoid repetition; a node within itself is refused."""
    root, problems = read("a: &x {k: 1}\nb: *x\n")
    assert as_data(root) == {"a": {"k": 1}, "b": {"k": 1}}
    assert not problems.found


@pytest.mark.parametrize(
    "text",
    ["a: &x [1, *x]", "a: *nowhere", "a: !!int 5", "a: 1\n---\nb: 2\n", "[" * 100_000, "- " * 50_000, "a: \x07"],
)
def test_what_these_files_do_not_use_is_refused(text):
    """Circles, tags, several documents and bottomless nesting end in a problem, not in a crash."""
    problems = Problems()
    assert read_text(text, "f.yaml", problems) is None
    assert codes(problems) == ["not_yaml"]


def test_a_file_that_is_absent_or_no_utf8_is_a_problem(tmp_path: Path):
    """Not finding a file, or not being able to decode it, is reported like any other problem."""
    problems = Problems()
    assert read_file(tmp_path / "absent.yaml", "absent.yaml", problems) is None
    (tmp_path / "gbk.yaml").write_bytes("a: 订单".encode("gbk"))
    assert read_file(tmp_path / "gbk.yaml", "gbk.yaml", problems) is None
    assert codes(problems) == ["no_file", "not_utf8"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k: abc def", "abc def"),
        ("k:   'it''s X'", "it's X"),
        ('k: "a\\tb\\u4e00X"', "a\tb一X"),
        ("k: aa bb\n  cc X\n", "aa bb cc X"),
        ("k: 'aa\n\n  cc X'\n", "aa\ncc X"),
        ('k: "aa \\\n  bb X"\n', "aa bb X"),
        ("k: |\n  aa\n  bb X\n", "aa\nbb X\n"),
        ("k: |2-\n    aa\n  bb X\n", "  aa\nbb X"),
        ("k: >\n  aa\n  bb\n\n  cc X\n", "aa bb\ncc X\n"),
        ("k: >\n  aa\n    bb\n  cc X\n", "aa\n  bb\ncc X\n"),
        ("k: &anchor abc X", "abc X"),
        ("渠道: 电商 X", "电商 X"),
        ("k: {a: 😀 X}", "😀 X"),
    ],
)
def test_a_character_of_a_value_is_located_through_quotes_and_folding(text, value):
    """The place of a character in a value is that of the character in the file."""
    root, _ = read(text)
    node = next(root.items())[1]
    node = next(node.items())[1] if isinstance(node, Map) else node
    assert isinstance(node, Leaf) and node.raw == value
    for char in "Xbc":
        if char in value and text.count(char) == value.count(char):
            place = node.locate(value.index(char))
            assert text.split("\n")[place.line - 1][place.column - 1] == char


@given(
    st.lists(st.sampled_from(["a", "b", "'", '"', "\\", "x y", "电", "#", ":", "é"]), min_size=1, max_size=12),
    st.sampled_from(["'", '"', "|", ">"]),
)
def test_every_written_character_is_found_again(parts, style):
    """For text on one line in any style, each character leads back to itself or to its escape."""
    value = "".join(parts)
    written = {
        "'": "'" + value.replace("'", "''") + "'",
        '"': '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
        "|": "|-\n  " + value,
        ">": ">-\n  " + value,
    }[style]
    root, problems = read(f"k: {written}\n")
    leaf = root.leaf("k")
    assert leaf is not None and not problems.found and leaf.raw == value
    lines = f"k: {written}\n".split("\n")
    for offset, char in enumerate(value):
        place = leaf.locate(offset)
        found = lines[place.line - 1][place.column - 1]
        assert found == char or (style == '"' and found == "\\" and char in '"\\')


def test_a_secret_is_a_reference_and_shows_nothing(tmp_path: Path):
    """Secrets come from the environment or a file; written into the file they are refused and not repeated."""
    root, problems = read("a: env:KEY\nb: file:key.txt\nc: hunter2\n")
    (tmp_path / "key.txt").write_text("from file\n")
    a, b, c = (root.secret(name, tmp_path) for name in "abc")
    assert a is not None and b is not None and c is None
    assert a.reveal({"KEY": "from env"}) == "from env"
    assert b.reveal({}) == "from file"
    assert "hunter" not in str(problems.found)
    assert codes(problems) == ["secret_in_file"]
    with pytest.raises(SettingMissing, match="KEY"):
        a.reveal({})
    (tmp_path / "key.txt").unlink()
    with pytest.raises(SettingMissing, match="cannot be read"):
        b.reveal({})
