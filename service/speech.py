"""Which language the command line speaks, and how it shows problems and progress."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click

from streams.text import Language

Say = Callable[[str, str], str]  # (zh, en) -> the text in the language of this run

_PROGRESS_AFTER = 2.0


def language_of(environment: Mapping[str, str]) -> Language:
    """TOCSIN_LANG (zh or en), else the language of the terminal."""
    for name in ("TOCSIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def speaker(language: Language) -> Say:
    return lambda zh, en: zh if language == "zh" else en


def run_language() -> Language:
    return language_of(os.environ)


def fail(text: str) -> "click.exceptions.Exit":
    """Say what could not be run; exit code 2."""
    click.echo(text, err=True)
    return click.exceptions.Exit(2)


@contextmanager
def progress(label: str, total: int, *, shown: bool | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal for what takes more than two seconds; nothing elsewhere."""
    wanted = sys.stderr.isatty() if shown is None else shown
    if not wanted:
        yield lambda taken: None
        return
    started = time.monotonic()
    waiting = 0
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def step(taken: int) -> None:
            nonlocal waiting
            waiting += taken
            if time.monotonic() - started > _PROGRESS_AFTER:
                bar.update(waiting)
                waiting = 0

        yield step
