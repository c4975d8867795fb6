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
