"""Secrets stand outside the files: `env:NAME` or `file:PATH`, read each time they are used, shown nowhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.errors import SaidToPeople


class SettingMissing(SaidToPeople):
    """A secret that a file refers to is not there. The text says which and where, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSecret:
    """`env:NAME`: the value of an environment variable, read each time it is used."""

    name: str
    place: str = field(default="the workspace", compare=False)  # file:line:column, for messages

    def reveal(self, environment: Mapping[str, str] | None = None) -> str:
        """The value. Raises SettingMissing."""
        value = (os.environ if environment is None else environment).get(self.name, "")
        if not value:
            raise SettingMissing(
                f"{self.place}: the environment variable {self.name} is not set",
                f"{self.place}：环境变量 {self.name} 未设置",
            )
        return value

    def __str__(self) -> str:
        return f"env:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSecret:
    """`file:PATH`: the content of a file without the line end, read each time it is used."""

    path: Path  # relative ones in the file are relative to the workspace folder
    place: str = field(default="the workspace", compare=False)

    def reveal(self, environment: Mapping[str, str] | None = None) -> str:
        """The value. Raises SettingMissing."""
        try:
            value = self.path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise SettingMissing(
                f"{self.place}: {self.path} cannot be read: {error.strerror}",
                f"{self.place}：无法读取 {self.path}：{error.strerror}",
            ) from None
        except UnicodeDecodeError:
            raise SettingMissing(
                f"{self.place}: {self.path} is no UTF-8 text", f"{self.place}：{self.path} 不是 UTF-8 文本"
            ) from None
        if not value:
            raise SettingMissing(f"{self.place}: {self.path} is empty", f"{self.place}：{self.path} 是空文件")
        return value

    def __str__(self) -> str:
        return f"file:{self.path}"


Secret = EnvSecret | FileSecret


def read_secret(text: str, folder: Path, place: str) -> Secret | None:
    """The secret that `env:NAME` or `file:PATH` refers to (paths start at `folder`); None where the text is neither."""
    where, _, name = text.partition(":")
    name = name.strip()
    if where == "env" and name:
        return EnvSecret(name=name, place=place)
    return FileSecret(path=folder / name, place=place) if where == "file" and name else None
