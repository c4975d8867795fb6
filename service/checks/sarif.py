"""Findings in SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a change."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from rules.errors import Problem
from service.checks.lints import LINTS
from streams.text import Language

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(problems: Iterable[Problem], folder: Path, language: Language) -> dict[str, Any]:
    """One run. Its paths are relative to where the command runs, as code hosts want them, where they lie below it."""
    listed = tuple(problems)
    codes = list(dict.fromkeys(problem.code for problem in listed))
    driver = {"name": "tocsin", "version": version("tocsin"), "rules": [_rule(code, language) for code in codes]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "language": language,
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, codes, folder, language) for problem in listed],
            }
        ],
    }


def _rule(code: str, language: Language) -> dict[str, Any]:
    lint = LINTS.get(code)
    described = {} if lint is None else {"shortDescription": {"text": lint.about.say(language)}}
    return {"id": code, **described, "defaultConfiguration": {"level": "error" if lint is None else lint.severity}}


def _result(problem: Problem, codes: list[str], folder: Path, language: Language) -> dict[str, Any]:
    place = problem.place
    region = {"startLine": place.line, "startColumn": place.column, "endColumn": place.column + place.width}
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": problem.message.say(language)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(folder / place.file)}, "region": region}}],
    }


def _uri(path: Path) -> str:
    here, full = Path.cwd(), path.absolute()
    inside = full.relative_to(here) if full.is_relative_to(here) else full
    return quote(inside.as_posix()) if not inside.is_absolute() else inside.as_uri()
