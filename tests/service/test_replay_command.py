"""`tocsin replay`: every option, every way in which it cannot run, and its exit codes, in both languages."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from service.commands import replay
from service.speech import progress
from streams.text import Language
from tests.service.commands import run

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}}
    closed_by: [shipped]
    fields: {amount: number}
"""
RULES = """
rules:
  - {id: stuck, overdue: shipped, after: paid, within: 1h}
  - {id: large, when: amount > 1000, mode: shadow}
  - {id: switched-off, when: amount > 0, mode: off}
"""
MAP = """{kind: order, format: wide, key: no, fields: {amount: amount},
 nodes: {placed: placed, paid: paid, shipped: shipped}}
"""
TABLE = """no,placed,paid,shipped,amount
A,2026-03-02 09:00,2026-03-02 10:00,2026-03-02 12:00,5
B,2026-03-02 09:00,2026-03-02 10:00,2026-03-02 11:00,2000
C,2026-03-02 09:00,2026-03-02 11:30,,7
"""
# Known a day after it was true: A's shipping, so that at its due time A was not shipped as far as anybody knew.
EVENTS: Sequence[dict[str, Any]] = (
    {"id": "1", "key": "A", "type": "paid", "occurred_at": "2026-03-02T10:00:00Z"},
    {
        "id": "2",
        "key": "A",
        "type": "shipped",
        "occurred_at": "2026-03-02T10:30:00Z",
        "recorded_at": "2026-03-03T00:00:00Z",
    },
)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
ENGINES = ("columns", "live")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "orders.csv").write_text(TABLE, encoding="utf-8")
    write_events(tmp_path / "events.jsonl", EVENTS)
    return tmp_path


def write_events(path: Path, events: Sequence[dict[str, Any]]) -> None:
    lines = [json.dumps({"source": "erp", "kind": "order", **event}) for event in events]
    path.write_text("\n".join(lines), encoding="utf-8")


def mapped(folder: Path, *options: Any, language: Language = "en") -> Result:
    return run(replay, folder / "orders.csv", "-w", folder, "--map", folder / "map.yaml", *options, language=language)


def recorded(folder: Path, *options: Any, language: Language = "en") -> Result:
    return run(replay, folder / "events.jsonl", "-w", folder, *options, language=language)


def counts(result: Result) -> dict[str, Any]:
    assert (result.exit_code, result.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def refused(result: Result, *said: str) -> None:
    """Could not run: exit code 2, nothing on standard output, the reason on standard error, and no traceback."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for text in said:
        assert text in result.stderr


# Options


def test_json_says_the_figures(folder):
    """`--json` prints one object: incidents of each rule, events, entities, until. Rules that are off are not in it."""
    printed = counts(mapped(folder, "--json"))
    assert printed == {
        "rules": {"stuck": {"opened": 1, "open_at_end": 0}, "large": {"opened": 1, "open_at_end": 1}},
        "events": 8,
        "entities": 3,
        "until": "2026-03-02T04:00:00.000000Z",  # the last event, in UTC: 12:00 in Shanghai
    }


@pytest.mark.parametrize(
    ("until", "opened", "open_at_end", "said"),
    [
        ("2026-03-02 10:59:59", 0, 0, "2026-03-02T02:59:59.000000Z"),
        ("2026-03-02 11:00", 1, 1, "2026-03-02T03:00:00.000000Z"),  # in the model's zone; what opens then is in
        ("2026-03-02T03:00:00Z", 1, 1, "2026-03-02T03:00:00.000000Z"),
        ("2026-03-02T12:30:00+08:00", 2, 1, "2026-03-02T04:30:00.000000Z"),
        ("2026-03-03", 2, 1, "2026-03-02T16:00:00.000000Z"),  # a date is its first instant
    ],
)
def test_until_is_the_last_instant_that_counts(folder, until, opened, open_at_end, said):
    """Time passes up to `--until` also where no event is; without an offset it is in the model's zone."""
    printed = counts(mapped(folder, "--json", "--until", until))
    assert printed["rules"]["stuck"] == {"opened": opened, "open_at_end": open_at_end}
    assert printed["until"] == said


def test_by_tells_what_was_true_from_what_was_known(folder):
    """A shipping learned of a day late: by occurred_at nothing was wrong, by recorded_at an incident was open."""
    assert counts(recorded(folder, "--json"))["rules"]["stuck"] == {"opened": 0, "open_at_end": 0}
    known = folder / "known.jsonl"
    assert counts(recorded(folder, "--json", "--by", "recorded_at", "--incidents", known))["rules"]["stuck"] == {
        "opened": 1,
        "open_at_end": 0,
    }
    (incident,) = [json.loads(line) for line in known.read_text(encoding="utf-8").splitlines()]
    assert (incident["opened_at"], incident["closed_at"]) == (
        "2026-03-02T11:00:00.000000Z",
        "2026-03-03T00:00:00.000000Z",
    )
    assert incident["reason"] == "late_data"


@pytest.mark.parametrize("options", [(), ("--matcher", "durable"), ("--matcher", "compiled"), ("--engine", "live")])
def test_engines_and_matchers_agree(folder, options):
    """Whoever matches the conditions, the figures are the same."""
    assert counts(mapped(folder, "--json", *options))["rules"] == counts(mapped(folder, "--json"))["rules"]


@pytest.mark.parametrize("by", ["occurred_at", "recorded_at"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_and_live_print_the_same_summary(folder, by, language):
    """To the letter, with what was true and what was known, of a mapped table and of events some of which are late."""
    for history in (mapped, recorded):
        columns, live = (history(folder, "--engine", engine, "--by", by, language=language) for engine in ENGINES)
        assert (columns.exit_code, columns.stderr, live.stderr) == (0, "", "")
        assert columns.stdout == live.stdout
        assert "stuck" in columns.stdout


def test_the_matcher_of_the_settings_counts(folder):
    """tocsin.yaml is read where it is there; a matcher that it cannot name is refused with its place."""
    (folder / "tocsin.yaml").write_text("matcher: compiled\n", encoding="utf-8")
    counts(mapped(folder, "--json"))
    (folder / "tocsin.yaml").write_text("matcher: rete\n", encoding="utf-8")
    refused(mapped(folder), "tocsin.yaml:1:10", "rete")


def test_incidents_are_written_as_json_lines_beside_any_summary(folder):
    """`--incidents` replaces an older file; the readable summary is printed as without it."""
    written = folder / "incidents.jsonl"
    written.write_text("what was there\n", encoding="utf-8")
    result = mapped(folder, "--incidents", written)
    assert result.stdout == mapped(folder).stdout
    rows = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    assert [(row["rule"], row["key"], row["reason"]) for row in rows] == [
        ("large", "B", "end"),
        ("stuck", "A", "condition"),
    ]


def test_the_workspace_is_the_current_folder_unless_said(folder, monkeypatch):
    """Without `-w` model.yaml and rules/ of the current folder count."""
    monkeypatch.chdir(folder)
    assert run(replay, "orders.csv", "--map", "map.yaml").exit_code == 0
    monkeypatch.chdir(folder / "rules")
    refused(run(replay, "../orders.csv", "--map", "../map.yaml"), "model.yaml")


def test_the_summary_for_people(folder):
    """Events, entities and until; which reading; each rule with its figures; what the mapping did."""
    (folder / "orders.csv").write_text(TABLE + ",2026-03-02,,,\nD,,,,\n", encoding="utf-8")
    lines = mapped(folder).stdout.splitlines()
    assert lines[0] == "8 events of 3 entities, until 2026-03-02T04:00:00.000000Z"
    assert lines[1:3] == [
        "by occurred_at: what was true",
        "every event was known when it happened, so nothing can be late in this history",
    ]
    assert "stuck       1            0" in lines and "large       1            1" in lines
    assert "orders.csv: 5 rows" in lines
    assert "rows without a key: 1" in lines and "rows in which nothing happened: 1" in lines
    by_knowledge = recorded(folder, "--by", "recorded_at").stdout
    assert "what would have been known" in by_knowledge and "nothing can be late" not in by_knowledge


def test_the_summary_in_chinese(folder):
    """The same in Chinese, its columns aligned as a terminal shows them."""
    lines = mapped(folder, language="zh").stdout.splitlines()
    assert lines[0].startswith("8 个事件，3 个实体，截至 2026-03-02T04:00")
    header = next(line for line in lines if line.startswith("规则"))
    row = next(line for line in lines if line.startswith("stuck"))
    assert sum(2 if char > "\u2e7f" else 1 for char in header) == len(row)


def test_a_history_says_what_was_left_out_and_what_came_again(folder):
    """Undeclared fields and further copies of an event are counted, not refused."""
    write_events(folder / "events.jsonl", [*EVENTS, EVENTS[0], {**EVENTS[0], "id": "3", "data": {"colour": "red"}}])
    printed = recorded(folder, "--strict")
    assert printed.exit_code == 0
    assert "undeclared field colour: in 1 events" in printed.stdout
    assert "events that came again: 1" in printed.stdout


def test_an_empty_history_is_no_error(folder):
    """Nothing happened: every rule with zero, until null."""
    (folder / "events.jsonl").write_text("", encoding="utf-8")
    printed = counts(recorded(folder, "--json", "--strict"))
    assert (printed["events"], printed["entities"], printed["until"]) == (0, 0, None)
    assert set(map(str, printed["rules"].values())) == {"{'opened': 0, 'open_at_end': 0}"}
    assert recorded(folder).stdout.startswith("0 events of 0 entities")


def test_a_short_rule_id_fits_the_table(folder):
    """One letter is an id: the table is as wide as its heading."""
    (folder / "rules" / "all.yaml").write_text("rules: [{id: a, when: amount > 1}]", encoding="utf-8")
    for language in LANGUAGES:
        assert mapped(folder, language=language).exit_code == 0


# What was refused


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 1)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_refused_rows_are_listed_and_fail_only_a_strict_run(folder, strict, code, language):
    """On standard error, with file, row, column and text; what could be read is counted in either case."""
    (folder / "orders.csv").write_text(TABLE.replace("2026-03-02 12:00", "soon"), encoding="utf-8")
    result = mapped(folder, "--json", *strict, language=language)
    assert result.exit_code == code
    assert json.loads(result.stdout)["events"] == 7
    head, line = result.stderr.strip().splitlines()
    assert head == ("1 处被拒绝：" if language == "zh" else "1 refused:")
    assert "orders.csv" in line and "shipped" in line and "soon" in line


@pytest.mark.parametrize(("language", "last"), [("zh", "……"), ("en", "... and 5 more")])
def test_of_many_refusals_the_first_are_shown(folder, language, last):
    """Twenty, and how many more there are."""
    write_events(folder / "events.jsonl", [{**EVENTS[0], "id": str(number), "type": "lost"} for number in range(25)])
    result = recorded(folder, "--strict", language=language)
    assert result.exit_code == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 22 and lines[1].strip().startswith("events.jsonl:1: ") and last in lines[-1]


# What cannot run: exit code 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("until", ["soon", "2026-13-01", "", "2026-03-02T09:00:61Z"])
def test_a_bad_until(folder, until, language):
    """What stands there is repeated, and the option named."""
    refused(mapped(folder, "--until", until, language=language), "--until", until)


@pytest.mark.parametrize(
    ("name", "content", "en", "zh"),
    [
        ("orders.txt", b"x", "no history of events", "不是事件历史"),
        ("broken.jsonl.gz", b"no gzip", "cannot be read", "无法读取"),
        ("cut.jsonl.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab", "cannot be read", "无法读取"),
        ("broken.parquet", b"no parquet", "no Parquet file", "不是 Parquet 文件"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_history_that_cannot_be_read(folder, name, content, en, zh, language):
    """One sentence with the file's name."""
    (folder / name).write_bytes(content)
    result = run(replay, folder / name, "-w", folder, language=language)
    refused(result, name, zh if language == "zh" else en)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        (b"", "the file is empty", "是空文件"),
        (b"order,placed,paid,shipped,amount\n", "there is no column no", "没有列 no"),
        (b"no,no,placed,paid,shipped,amount\n", "2 columns are named no", "有 2 列名为 no"),
        ("no,placed,paid,shipped,amount\n订单,,,,".encode("gb18030"), "not utf-8", "不是 utf-8 编码"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_that_does_not_fit_its_mapping(folder, content, en, zh, language):
    """Empty, without a column, with one twice, or in another encoding."""
    (folder / "orders.csv").write_bytes(content)
    refused(mapped(folder, language=language), "orders.csv", zh if language == "zh" else en)


@pytest.mark.parametrize(("name", "said"), [("book.xlsx", "Excel"), ("log.xes", "XML"), ("orders.doc", ".csv")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_other_kinds_of_tables(folder, name, said, language):
    """What is not of the kind that its name says is refused as that kind; what is none says which there are."""
    (folder / name).write_bytes(b"x")
    refused(run(replay, folder / name, "-w", folder, "--map", folder / "map.yaml", language=language), name, said)


def test_a_broken_mapping(folder):
    """Every error, with place, line and caret, in the author's language."""
    (folder / "map.yaml").write_text("kind: oder\nformat: wide\nkey: no\nnods: {}\n", encoding="utf-8")
    refused(mapped(folder), "map.yaml:1:7: error", "did you mean order?", "map.yaml:4:1: error", "      ^")
    refused(mapped(folder, language="zh"), "map.yaml:1:7: 错误", "是否应为 order？", "个错误")


def test_a_broken_workspace(folder):
    """The errors of model, rules and settings come at once, as `rules check` shows them."""
    (folder / "rules" / "all.yaml").write_text(RULES.replace("overdue: shipped", "overdue: shiped"), encoding="utf-8")
    (folder / "tocsin.yaml").write_text("listen: nowhere\n", encoding="utf-8")
    refused(mapped(folder), "rules/all.yaml:3:26: error", "tocsin.yaml:1:9: error", "2 errors")
    refused(mapped(folder, language="zh"), "rules/all.yaml:3:26: 错误", "2 个错误")


@pytest.mark.parametrize(("language", "said"), [("zh", "是文件夹"), ("en", "is a folder")])
def test_a_folder_needs_a_mapping_that_names_its_files(folder, language, said):
    """Without a mapping, or with one that names no file, a folder is refused."""
    refused(run(replay, folder, "-w", folder, language=language), str(folder), said)
    refused(run(replay, folder, "-w", folder, "--map", folder / "map.yaml", language=language), str(folder), said)


def test_several_maps_are_one_history(folder):
    """HISTORY is the folder that the files of `maps` are relative to; a file there is refused; each file is counted."""
    one = "kind: order, format: wide, key: no, nodes: {placed: placed}"
    (folder / "map.yaml").write_text(f"maps:\n  - {{file: orders.csv, {one}}}\n  - {{file: more.csv, {one}}}\n")
    (folder / "more.csv").write_text("no,placed\nZ,2026-03-02\n", encoding="utf-8")
    result = run(replay, folder, "-w", folder, "--map", folder / "map.yaml")
    assert result.exit_code == 0, result.stderr
    assert "more.csv: 1 rows" in result.stdout.splitlines()
    refused(mapped(folder, language="en"), "orders.csv", "is no folder")
    refused(mapped(folder, language="zh"), "orders.csv", "不是文件夹")


@pytest.mark.parametrize("language", LANGUAGES)
def test_incidents_that_cannot_be_written_are_said_before_the_replay(folder, language):
    """A folder that is not there; neither the summary nor anything else is done in vain."""
    target = folder / "nowhere" / "incidents.jsonl"
    refused(mapped(folder, "--incidents", target, language=language), str(target))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothere.csv"],
        ["orders.csv", "--map", "nothere.yaml"],
        ["orders.csv", "--by", "guess"],
        ["orders.csv", "--matcher", "rete"],
        ["orders.csv", "--engine", "steam"],
        ["orders.csv", "--incidents", "."],
        ["orders.csv", "-w", "nothere"],
        ["orders.csv", "--nonsense"],
        ["orders.csv", "orders.csv"],
    ],
    ids=" ".join,
)
def test_wrong_use(folder, monkeypatch, arguments):
    """Exit code 2, the usage line and what is wrong with it."""
    monkeypatch.chdir(folder)
    refused(run(replay, *arguments), "Usage:", "Error:")


# Help and progress


@pytest.mark.parametrize(
    ("language", "said"), [("zh", ("示例：tocsin replay", "映射文件")), ("en", ("Example: tocsin replay", "mapping"))]
)
def test_help_has_an_example_and_every_option(language, said):
    """In the language of the run."""
    result = run(replay, "--help", language=language)
    assert result.exit_code == 0
    wanted = ("--workspace", "--map", "--until", "--by", "--engine", "--matcher", "--incidents", "--json", "--strict")
    for text in (*wanted, *said):
        assert text in result.stdout


def test_progress_is_silent_where_nobody_watches(folder):
    """Standard error is no terminal: it stays empty, however long it takes."""
    assert mapped(folder).stderr == ""


def test_progress_is_shown_on_a_terminal_only_after_a_while(monkeypatch):
    """Nothing for what is quick; a bar once two seconds have passed."""

    def watched(*seconds: float) -> str:
        times = iter((0.0, *seconds))
        monkeypatch.setattr("service.speech.time.monotonic", lambda: next(times))

        @click.command()
        def command() -> None:
            with progress("replaying", 10, shown=True) as step:
                for _ in seconds:
                    step(5)

        return CliRunner().invoke(command).stderr

    assert "100%" not in watched(0.5, 1.0)
    assert "replaying" in watched(0.5, 2.5)


@pytest.mark.parametrize(("language", "word"), [("zh", "警告"), ("en", "warning")])
def test_holidays_that_are_not_known_are_said(tmp_path, language, word):
    """A rule in working time warns of openings in years whose holidays nobody knows, and of no others."""
    for name, text in {
        "model.yaml": MODEL,
        "calendars.yaml": 'calendars: {work: {hours: {mon-sun: "00:00-24:00"}, holidays: CN}}',
        "rules/a.yaml": RULES.replace("within: 1h", "within: 1h work"),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for year, warned in ((2025, 0), (2060, 1)):
        event = {"source": "s", "id": "1", "kind": "order", "key": "A", "type": "paid"}
        lines = [
            event | {"occurred_at": f"{year}-03-02T10:00:00Z"},
            event | {"id": "2", "key": "B", "occurred_at": f"{year}-03-03T10:00:00Z"},
        ]
        (tmp_path / "h.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        result = run(replay, tmp_path / "h.jsonl", "-w", tmp_path, language=language)
        assert result.exit_code == 0
        assert result.stderr.count("stuck") == result.stderr.count(word) == warned
