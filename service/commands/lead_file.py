"""The file that `tocsin learn` writes: shown first, the old one kept, and never one with which rules would be wrong."""

import os
import shutil
import sys
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import click

from rules.check import render
from rules.errors import Problem
from rules.workspace import readable
from service.commands.reports import cannot_write
from service.speech import Say, run_language
from simulator.lead_learning.learning import Learning
from simulator.lead_learning.writing import lead_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """`path` as it will be; `before` is what was wrong with the workspace before it."""

    folder: Path  # of the workspace
    path: Path
    source: str
    before: tuple[Problem, ...]

    def write(self, learning: Learning, *, dry_run: bool, say: Say) -> None:
        """The file before is kept beside it. Where nothing can be written, that is said and ends the command."""
        if not learning.ways:
            click.echo(
                say(
                    f"没有写入：没有一条路径有 {learning.least} 个到达的订单（--min-orders）",
                    f"Not written: no way has {learning.least} arrived orders (--min-orders).",
                ),
                err=True,
            )
            sys.exit(1)
        old = self.path.read_text(encoding="utf-8-sig", errors="replace") if self.path.exists() else ""
        text = lead_text(learning, self.source, old, run_language())
        if text == old:
            click.echo(say(f"{self.path} 没有变化", f"{self.path} stays as it is"), err=True)
            return
        before, after = (one.splitlines(keepends=True) for one in (old, text))
        difference = unified_diff(before, after, str(self.path), say("新的", "new"))
        click.echo("".join(difference), err=True, nl=False)
        self._check(text, say)
        if dry_run:
            click.echo(say("没有写入（--dry-run）", "nothing was written (--dry-run)"), err=True)
            return
        self._replace(text, say)

    def _check(self, text: str, say: Say) -> None:
        """The errors that the new file would bring end the command."""
        known = {(one.place, one.code) for one in self.before}
        found = readable(self.folder, lead_times=text).problems
        wrong = [one for one in found if one.severity == "error" and (one.place, one.code) not in known]
        if not wrong:
            return
        click.echo(render(wrong, run_language(), self.folder), err=True)
        click.echo(
            say(
                "没有写入：用新的交期，上面的规则会出错；请修改规则，或加上所缺的路径和分位数",
                "Not written: with the new lead times the rules above would be wrong. Change them, or add the ways and "
                "quantiles that they ask for.",
            ),
            err=True,
        )
        sys.exit(1)

    def _replace(self, text: str, say: Say) -> None:
        """Whoever reads the file meanwhile finds the old one or the new one, never half of it."""
        path = self.path
        kept, written = (path.with_name(path.name + end) for end in (".bak", ".new"))
        exists = path.exists()
        try:
            written.write_text(text, encoding="utf-8")
            if exists:
                shutil.copyfile(path, kept)
            os.replace(written, path)
        except OSError as error:
            raise cannot_write(path, error, say) from None
        undo = say(f"；旧文件：{kept}", f"; the file before: {kept}") if exists else ""
        click.echo(say(f"已写入 {path}{undo}", f"written: {path}{undo}"), err=True)
