"""`tocsin init`: what it writes works as it is, in both languages."""

import json
import re
import stat
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from escalation.files.workspace_files import load_contacts
from rules.workspace import load_workspace
from service.checks.checking import check_workspace
from service.commands import init, replay, rules
from service.config import load_settings
from streams.instants import parse_instant
from streams.text import Language
from tests.service.commands import run

NOW = parse_instant("2026-03-01T00:00:00Z", ZoneInfo("UTC"))  # the next year's holidays are not wanted yet
LANGUAGES: tuple[Language, ...] = ("zh", "en")
HAN = re.compile("[\u3400-\u9fff]")
ONE_CALENDAR = """calendars: {workdays: {hours: {mon-fri: "09:00-18:00"}}}"""
# Counted by hand from examples/orders.csv and the rules.
IN_THE_EXAMPLE = {
    "paid-not-shipped": {"opened": 5, "open_at_end": 1},
    "promise-missed": {"opened": 2, "open_at_end": 1},
    "urgent-not-stocked": {"opened": 1, "open_at_end": 0},
    "changed-after-payment": {"opened": 0, "open_at_end": 0},
    "large-order-unpaid": {"opened": 1, "open_at_end": 0},
    "stock-low": {"opened": 0, "open_at_end": 0},
    "stock-out": {"opened": 0, "open_at_end": 0},
}


@pytest.fixture(params=LANGUAGES)
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    result = run(init, tmp_path / "shop", "--language", request.param, language=request.param)
    assert result.exit_code == 0, result.output
    return tmp_path / "shop"


def test_what_is_written_has_no_findings(workspace):
    """Model, rules, people, chains, channels and settings are accepted without an error or a warning."""
    checked = check_workspace(workspace, NOW)
    assert checked.problems == ()
    assert (checked.rules, checked.people, checked.chains, checked.channels) == (7, 3, 2, 1)


def test_rules_check_accepts_it(workspace):
    """`tocsin rules check` ends with 0 and one line that sums up."""
    result = run(rules, "check", "-w", workspace)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("0 errors, ")


def test_the_sample_orders_replay(workspace):
    """The sample history gives the incidents that can be counted in it by hand, and nothing in it is refused."""
    examples = workspace / "examples"
    result = run(
        replay, examples / "orders.csv", "--map", examples / "orders.map.yaml", "-w", workspace, "--json", "--strict"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rules"] == IN_THE_EXAMPLE


def test_the_sample_events_replay(workspace):
    """The sample events, made to be posted, open one incident of an order and one of stock."""
    result = run(replay, workspace / "examples" / "events.jsonl", "-w", workspace, "--json", "--strict")
    assert result.exit_code == 0, result.output
    opened = {rule: counts["opened"] for rule, counts in json.loads(result.stdout)["rules"].items()}
    assert {rule for rule, count in opened.items() if count} == {"paid-not-shipped", "stock-low"}


def test_secrets_are_new_and_their_owner_s_alone(workspace, tmp_path):
    """The API key and the console's password are made for this workspace, and only their owner can read them."""
    settings = load_settings(workspace)
    assert settings.console_password is not None
    password = settings.console_password.reveal({})
    key = settings.api_keys["erp"].reveal({})
    assert len(key) >= 20 and len(password) >= 20 and key != password
    for name in ("api-key", "console-password"):
        assert stat.S_IMODE((workspace / "secrets" / name).stat().st_mode) == 0o600
    run(init, tmp_path / "other")
    assert load_settings(tmp_path / "other").api_keys["erp"].reveal({}) != key


def test_git_leaves_out_what_is_secret(workspace):
    """The .gitignore keeps secrets and the database out of a repository made there."""
    (workspace / "tocsin.db").touch()
    subprocess.run(["git", "init", "-q"], cwd=workspace, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=workspace, check=True, capture_output=True, text=True
    ).stdout.split()
    assert "model.yaml" in listed and ".gitignore" in listed
    assert not [name for name in listed if name.startswith("secrets/") or name.endswith(".db")]


def test_both_languages_say_the_same(tmp_path):
    """The templates differ in words, people, zone and holidays, and in nothing that rules or chains mean."""
    folders = {language: tmp_path / language for language in LANGUAGES}
    for language, folder in folders.items():
        run(init, folder, "--language", language)
        (folder / "calendars.yaml").write_text(ONE_CALENDAR)
        model = (folder / "model.yaml").read_text(encoding="utf-8")
        (folder / "model.yaml").write_text(model.replace("zone: Asia/Shanghai", "zone: UTC"), encoding="utf-8")
    zh, en = (load_workspace(folders[language]) for language in LANGUAGES)
    assert [rule.version for rule in zh.rules] == [rule.version for rule in en.rules]
    assert [(rule.id, rule.mode, rule.owner, rule.chain) for rule in zh.rules] == [
        (rule.id, rule.mode, rule.owner, rule.chain) for rule in en.rules
    ]
    names = [
        [(kind.name, list(kind.nodes), [(field.name, field.type) for field in kind.fields.values()]) for kind in kinds]
        for kinds in (zh.model.kinds.values(), en.model.kinds.values())
    ]
    assert names[0] == names[1]
    chains = [dict(load_contacts(folders[one], space).chains) for one, space in zip(LANGUAGES, (zh, en), strict=True)]
    assert chains[0] == chains[1]


def test_comments_are_in_the_chosen_language(workspace):
    """Comments and labels are Chinese or English as asked; only a hint or two shows the other."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(workspace.rglob("*.yaml")))
    han = len(HAN.findall(text))
    assert han > 500 if "language: zh" in text else han < 10


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    """A folder with files is refused in one sentence, exit code 2, and nothing is changed."""
    (tmp_path / "notes.txt").write_text("mine")
    result = run(init, tmp_path)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"{tmp_path} is not empty, and nothing was changed; name a new or an empty folder."
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_new_repository_may_be_there_already(tmp_path):
    """A folder with nothing but .git counts as empty."""
    (tmp_path / ".git").mkdir()
    assert run(init, tmp_path).exit_code == 0
    assert (tmp_path / "model.yaml").exists()


def test_it_says_what_to_do_next(tmp_path):
    """The last lines are commands to paste, and where password and key are."""
    result = run(init, tmp_path / "my shop", language="zh")
    assert f"cd '{tmp_path / 'my shop'}'" in result.stdout
    for said in (
        "rules check",
        "replay examples/orders.csv --map examples/orders.map.yaml",
        "serve",
        "console-password",
    ):
        assert said in result.stdout
