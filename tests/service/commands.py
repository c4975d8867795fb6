"""Runs single commands of `tocsin` in tests, in a chosen language."""

from types import ModuleType
from typing import Any

from click.testing import CliRunner, Result

from service.speech import speaker
from streams.text import Language


def run(module: ModuleType, *arguments: Any, language: Language = "en") -> Result:
    """A module of service/commands; what it prints is in `stdout` and `stderr` of the result."""
    command = module.command(speaker(language))
    return CliRunner().invoke(command, [str(argument) for argument in arguments], env={"TOCSIN_LANG": language})
