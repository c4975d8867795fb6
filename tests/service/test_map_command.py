"""`tocsin map`: for people who do not program, in both languages."""

import json
from pathlib import Path

import pytest

from service.commands import map, replay
from service.workspace_template import write_workspace
from tests.service.commands import run

TABLE = """order_no,placed at,paid at,shipped at,promised ship date,colour
1,2026-03-02 09:00,2026-03-02 10:00,2026-03-05 08:00,2026-03-04,red
2,2026-03-03 09:00,2026-03-03 08:00,,2026-03-06,
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_workspace(tmp_path / "shop", "en")
    (tmp_path / "shop" / "t.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path / "shop"


def test_the_mapping_is_printed_and_what_it_means_is_said_beside_it(shop: Path):
    """The mapping alone goes to stdout, to be sent to a file; the rest is for the eyes."""
    result = run(map, shop / "t.csv", "-w", shop)
    assert result.exit_code == 0
    (shop / "t.map.yaml").write_text(result.stdout, encoding="utf-8")
    assert run(replay, shop / "t.csv", "-w", shop, "--map", shop / "t.map.yaml", "--strict").exit_code == 0
    assert result.stderr.splitlines()[:7] == [
        "t.csv: 2 rows, 2 entities, 5 events",
        "from 2026-03-02 09:00 to 2026-03-05 08:00 (UTC)",
        "  placed: reached by 2",
        "  paid: reached by 2",
        "  shipped: reached by 1, 1 not (50.0%)",
        "  shipped was promised for 2: 1 late, 1 not reached",
        "  impossible order: paid before placed in 1, such as",
    ]
    assert "    2: paid 2026-03-03 08:00, placed 2026-03-03 09:00" in result.stderr.splitlines()
    assert "  colour: order has no field like it" in result.stderr.splitlines()
    assert "for somebody to decide:" in result.stderr


def test_in_chinese(shop: Path):
    """The comments in the file and what is said, in the language of the run."""
    result = run(map, shop / "t.csv", "-w", shop, language="zh")
    assert result.stdout.startswith("# 由 tocsin map t.csv 提出，请核对。")
    assert "# - colour：order 没有像它的字段" in result.stdout
    lines = result.stderr.splitlines()
    assert "t.csv：2 行，2 个实体，5 个事件" in lines
    assert "  shipped：1 个到达，1 个没有（50.0%）" in lines
    assert "  先后颠倒：1 个的 paid 早于 placed，例如" in lines
    assert "需要人来决定：" in lines


def test_into_a_file(shop: Path):
    """A new one: what somebody has written is never overwritten."""
    output = shop / "new.map.yaml"
    result = run(map, shop / "t.csv", "-w", shop, "--output", output)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"written to {output}" in result.stdout
    written = output.read_text(encoding="utf-8")
    assert written.startswith("# yaml-language-server: $schema=.schemas/mapping.json\n")
    assert "kind: order" in written
    for language, said in (("en", "is there already"), ("zh", "已存在")):
        again = run(map, shop / "t.csv", "-w", shop, "--output", output, language=language)  # type: ignore[arg-type]
        assert (again.exit_code, said in again.stderr) == (2, True)
    assert output.read_text(encoding="utf-8") == written
    assert run(map, shop / "t.csv", "-w", shop, "--output", shop / "no" / "x.yaml").exit_code == 2


def test_lines_beside_a_table(shop: Path):
    """`--join` puts another file under `tables`, relative to where the mapping is written."""
    (shop / "lines.csv").write_text("order_no,sku,qty\n1,a,2\n2,b,1\n1,c,3\n")
    (shop / "maps").mkdir()
    output = shop / "maps" / "t.map.yaml"
    assert run(map, shop / "t.csv", "--join", shop / "lines.csv", "-w", shop, "--output", output).exit_code == 0
    assert '  lines: {file: "../lines.csv", key: order_no}' in output.read_text(encoding="utf-8").splitlines()
    assert run(map, shop / "t.csv", "--map", output, "-w", shop).exit_code == 0


def test_as_data(shop: Path):
    """Everything that is said, and the mapping as text."""
    found = json.loads(run(map, shop / "t.csv", "-w", shop, "--json").stdout)
    assert (found["rows"], found["entities"], found["events"], found["kind"]) == (2, 2, 5, "order")
    assert found["nodes"] == {"placed": 2, "paid": 2, "shipped": 1}
    assert found["promised"] == {"shipped": {"promised": 2, "late": 1, "not_reached": 1}}
    assert found["backwards"] == [{"node": "paid", "before": "placed", "count": 1, "keys": ["2"]}]
    assert found["left_out"] == {"colour": "order has no field like it"}
    assert "kind: order" in found["mapping"] and len(found["doubts"]) == 1


def test_what_an_edited_mapping_understands(shop: Path):
    """`--map` tells the same of a mapping that is there, with what cannot be read."""
    mapping = shop / "t.map.yaml"
    mapping.write_text("kind: order\nformat: wide\nkey: order_no\nnodes: {placed: placed at, paid: colour}\n")
    result = run(map, shop / "t.csv", "-w", shop, "--map", mapping)
    lines = result.stdout.splitlines()
    assert lines[0] == "t.csv: 2 rows, 2 entities, 2 events"
    assert "  cannot be read: 1, such as" in lines
    assert any(line.startswith("    t.csv row 1 column colour: paid: expected an instant") for line in lines)


@pytest.mark.parametrize(
    ("options", "en", "zh"),
    [
        (["--kind", "ordre"], "there is no kind ordre; did you mean order?", "没有实体类型 ordre；是否应为 order？"),
        (["--zone", "Asia/Shangai"], "unknown zone Asia/Shangai; did you mean Asia/Shanghai?", "未知的时区"),
        (["--sheet", "X"], None, None),
    ],
)
def test_options(shop: Path, options: list[str], en: str | None, zh: str | None):
    """Slips are answered with what was probably meant; a sheet means nothing to a CSV file."""
    for language, said in (("en", en), ("zh", zh)):
        result = run(map, shop / "t.csv", "-w", shop, *options, language=language)  # type: ignore[arg-type]
        assert result.exit_code == (0 if said is None else 2)
        assert said is None or said in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "en", "zh"),
    [
        ("x.csv", "a,b\n1,2\n1,2\n", "x.csv: no column", "没有一列"),
        ("x.csv", "a,b\n", "the table has no rows", "没有数据行"),
        ("x.csv", "", "the file is empty", "是空文件"),
        ("x.xes", "<log>", "no valid XML", "不是有效的 XML"),
        ("x.doc", "x", "no kind of table that is read", "不支持这种表格"),
    ],
)
def test_tables_of_which_nothing_can_be_made(shop: Path, name: str, content: str, en: str, zh: str):
    """Said in a sentence; exit code 2."""
    (shop / name).write_text(content)
    for language, said in (("en", en), ("zh", zh)):
        result = run(map, shop / name, "-w", shop, language=language)  # type: ignore[arg-type]
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
