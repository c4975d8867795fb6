"""Settings of channels: secrets are references, read when used and shown nowhere."""

from pathlib import Path

import pytest

from notifiers.config import reveal
from streams.secret import EnvSecret, FileSecret, SettingMissing


def test_a_secret_is_read_when_it_is_used() -> None:
    """A rotated variable counts at the next use."""
    secret = EnvSecret(name="TOKEN")
    assert secret.reveal({"TOKEN": "one"}) == "one"
    assert secret.reveal({"TOKEN": "two"}) == "two"


def test_the_environment_of_the_process_counts_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to hand the environment over."""
    monkeypatch.setenv("TOCSIN_TEST_TOKEN", "here")
    assert EnvSecret(name="TOCSIN_TEST_TOKEN").reveal() == "here"


def test_a_missing_variable_is_named_with_its_place() -> None:
    """The message says what to set and which line asks for it."""
    with pytest.raises(SettingMissing, match=r"^channels\.yaml:3:9: the environment variable TOKEN is not set$"):
        EnvSecret(name="TOKEN", place="channels.yaml:3:9").reveal({"TOKEN": ""})


def test_a_secret_file_loses_its_line_end_only(tmp_path: Path) -> None:
    """Blanks may belong to the secret."""
    path = tmp_path / "token"
    path.write_text(" a b \n", encoding="utf-8")
    assert FileSecret(path=path).reveal() == " a b "


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), (b"", "is empty"), (b"\xff", "no UTF-8")])
def test_a_bad_secret_file_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Absent, empty and unreadable files are told apart."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingMissing, match=said):
        FileSecret(path=path, place="channels.yaml:1:1").reveal()


def test_a_setting_may_stand_in_the_file() -> None:
    """An account or a URL need not be a secret."""
    assert reveal("AC123") == "AC123"
    assert reveal(EnvSecret(name="SID"), {"SID": "AC123"}) == "AC123"


def test_no_secret_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """repr and str show the reference, also after the value was read."""
    monkeypatch.setenv("TOCSIN_TEST_TOKEN", "very-secret")
    secret = EnvSecret(name="TOCSIN_TEST_TOKEN")
    secret.reveal()
    assert "very-secret" not in repr(secret) + str(secret)
    assert str(secret) == "env:TOCSIN_TEST_TOKEN"
