"""What `tocsin rules check` finds and how it shows it."""

from pathlib import Path

from rules.check import check, render
from tests.rules.calendar_texts import at
from tests.rules.workspace_texts import CALENDARS, MODEL


def workspace(folder: Path, rules: str, calendars: str = CALENDARS) -> Path:
    (folder / "rules").mkdir()
    (folder / "rules" / "a.yaml").write_text(rules, encoding="utf-8")
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    (folder / "calendars.yaml").write_text(calendars, encoding="utf-8")
    return folder


def test_errors_are_shown_with_their_line_and_a_caret(tmp_path: Path):
    """The caret stands under the wrong place, also behind wide characters."""
    folder = workspace(tmp_path, "rules:\n- id: r\n  when: 渠道 == '电商' and amout > 1\n")
    assert render(check(folder), "en", folder).splitlines()[1:] == [
        "      when: 渠道 == '电商' and amout > 1",
        "                               ^~~~~",
        "1 error, 0 warnings",
    ]
    assert render(check(folder), "zh", folder).startswith("rules/a.yaml:3:24: 错误: ")


def test_of_a_very_long_line_the_part_around_the_place_is_shown(tmp_path: Path):
    """A file of rules may be JSON on one line: each finding would print all of it again."""
    many = ", ".join(f'{{"id": "r-{number}", "when": "urgent"}}' for number in range(500))
    folder = workspace(tmp_path, f'{{"rules": [{many}, {{"id": "r", "when": "amout > 1 and urgnt"}}, {many}]}}')
    shown = render([one for one in check(folder) if one.code == "unknown_name"], "en", folder).splitlines()
    for line, caret, word in ((shown[1], shown[2], "amout"), (shown[4], shown[5], "urgnt")):
        assert line.startswith("    ...") and line.endswith("...") and len(line) < 200
        assert line[caret.index("^") :].startswith(word) and caret.endswith("^~~~~")


def test_doubts_are_warnings(tmp_path: Path):
    """A live rule without owner is taken, with a warning, and without runbook with a note; a shadow one needs none."""
    folder = workspace(
        tmp_path,
        "rules: [{id: a, when: urgent}, {id: b, when: not urgent, mode: shadow}, {id: c, when: closed, owner: d}]",
    )
    found = [(problem.severity, problem.code, problem.place.column) for problem in check(folder)]
    assert found == [("warning", "no_owner", 14), ("note", "no_runbook", 14), ("note", "no_runbook", 78)]


def test_holidays_that_are_not_known_in_time_are_a_warning(tmp_path: Path):
    """Two months before the first year that the library does not know, check says so."""
    folder = workspace(tmp_path, "", CALENDARS.replace("cut_off", "holidays: CN, cut_off"))
    assert check(folder) == ()
    assert check(folder, at("2026-06-01")) == ()
    (warning,) = check(folder, at("2090-12-01"))
    assert warning.code == "holidays_unknown" and "cn-workdays" in warning.message.en
