"""`tocsin`: the command line. Exit codes: 0 fine, 1 problems found, 2 could not run."""

import importlib.metadata

import click

from service.commands import (
    backtest,
    demo,
    generate,
    init,
    kpi,
    learn,
    map,
    rehearse,
    replay,
    rules,
    serve,
    tune,
    what_if,
    why,
)
from service.speech import run_language, speaker


def build() -> click.Group:
    """The command tree, in the language of this run."""
    say = speaker(run_language())

    @click.group(
        context_settings={"help_option_names": ["-h", "--help"]},
        help=say(
            "Tocsin（警钟）：在订单异常还来得及补救时发现它，并通知能补救的人。",
            "Tocsin (警钟): finds exceptions in orders while they can be repaired, and tells who can repair them.",
        ),
        epilog=say("先试试：tocsin demo", "To begin: tocsin demo"),
    )
    @click.version_option(importlib.metadata.version("tocsin"), prog_name="tocsin")
    def tocsin() -> None: ...

    for module in (demo, init, serve, rules, replay, backtest, tune, why, kpi, learn, generate, rehearse, map, what_if):
        tocsin.add_command(module.command(say))
    return tocsin


def main() -> None:
    build()()
