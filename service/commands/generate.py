"""`tocsin generate`: a realistic synthetic history with faults, and the truth about them."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from rules.check import render
from rules.errors import Problems
from rules.workspace import MODEL_FILE
from rules.worktime.calendars import Calendar
from service.commands.inputs import load_inputs
from service.commands.options import json_option, workspace_option
from service.commands.reports import can_be_written, cannot_write
from service.speech import Say, fail, progress, run_language
from simulator.generator.defaults import CALENDAR, usual_calendar
from simulator.generator.faults import FAULTS
from simulator.generator.history import Batch, generate
from simulator.generator.scenario import Scenario
from simulator.generator.scenario_file import read_scenario_file
from simulator.generator.writing import SUFFIXES, write_history
from streams.text import Language

_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def command(say: Say) -> click.Command:
    @click.command(
        name="generate",
        short_help=say("生成一段模拟历史", "make a synthetic history"),
        help=say(
            "生成一段逼真的订单历史：订单、库存、采购、运单、发票、退货、工单、消息和接口，带有注入的异常及其真相。"
            "同一种子得到同样的事件。历史与 tocsin init --packs all 的工作区相配；"
            "当前文件夹（或 -w）是工作区时，取它的日历和种类。\n\n"
            "示例：tocsin generate --orders 100000 --seed 7 --output history.parquet --truth truth.jsonl",
            "Make a realistic history of orders, stock, purchases, parcels, invoices, returns, work orders, messages "
            "and connectors, with injected faults and the truth about them. One seed gives the same events again. It "
            "fits the workspace of tocsin init --packs all; where the folder (-w) is a workspace, its calendar and "
            "kinds are taken.\n\n"
            "Example: tocsin generate --orders 100000 --seed 7 --output history.parquet --truth truth.jsonl",
        ),
    )
    @click.option("--orders", type=click.IntRange(1), help=say("订单数", "how many orders"))
    @click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help=say("随机种子", "the seed"))
    @click.option(
        "--scenario",
        "scenario_path",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=say("场景文件（YAML）：规模、时长、异常的占比", "a scenario (YAML): sizes, dwell times, shares of faults"),
    )
    @click.option(
        "--output", type=_FILE, help=say("历史写到此文件（.parquet、.jsonl）", "the history: .parquet or .jsonl")
    )
    @click.option("--truth", type=_FILE, help=say("异常的真相写到此文件", "the truth about the faults"))
    @click.option(
        "--language",
        type=click.Choice(["zh", "en"]),
        help=say("名称的语言；默认与终端相同", "language of names; default that of the terminal"),
    )
    @click.option(
        "--list-faults",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=lambda context, _, wanted: _list_faults(context, wanted, say),
        help=say("列出可以注入的异常", "list the faults that can be injected"),
    )
    @workspace_option(say)
    @json_option(say)
    def run(
        orders: int | None,
        seed: int,
        scenario_path: Path | None,
        output: Path | None,
        truth: Path | None,
        language: Language | None,
        folder: Path,
        as_json: bool,
    ) -> None:
        if output is None:
            raise fail(say("请用 --output 指定文件", "say with --output where to write it"))
        for path in (output, truth):
            if path is not None and path.suffix not in SUFFIXES:
                names = ", ".join(SUFFIXES)
                raise fail(say(f"{path}：后缀应为 {names} 之一", f"{path}: expected one of {names}"))
            if path is not None:
                can_be_written(path, say)
        scenario = Scenario() if scenario_path is None else _scenario(scenario_path)
        if orders is not None:
            scenario = replace(scenario, orders=orders)
        spoken = language or run_language()
        scenario, calendar = _of_workspace(folder, scenario, spoken)
        made = _Made(scenario=scenario)
        with progress(say("生成", "generating"), scenario.orders) as step:

            def told(batch: Batch) -> None:
                made.add(batch)
                step(batch.orders)

            try:
                write_history(generate(scenario, calendar, seed=seed, language=spoken), output, truth, told)
            except OSError as error:
                raise cannot_write(output, error, say) from None
        click.echo(json.dumps(made.as_json(seed), ensure_ascii=False) if as_json else made.text(output, truth, say))

    return run


@dataclass(kw_only=True)
class _Made:
    """What was made so far."""

    scenario: Scenario
    events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        self.events += len(batch.events)
        self.kinds.update(dict(batch.events["kind"].value_counts().iter_rows()))
        injected = batch.truth["fault"].filter(batch.truth["rules"].list.len() > 0)
        self.faults.update(dict(injected.value_counts().iter_rows()))

    def as_json(self, seed: int) -> dict[str, Any]:
        return {
            "orders": self.scenario.orders,
            "days": self.scenario.days,
            "seed": seed,
            "events": self.events,
            "kinds": dict(self.kinds.most_common()),
            "faults": dict(sorted(self.faults.items())),
        }

    def text(self, output: Path, truth: Path | None, say: Say) -> str:
        scenario, faults = self.scenario, self.faults.total()
        lines = [
            say(
                f"{output}：{scenario.orders} 个订单，{self.events} 个事件，自 {scenario.start} 起 {scenario.days} 天",
                f"{output}: {scenario.orders} orders, {self.events} events, {scenario.days} days from {scenario.start}",
            ),
            "  " + ", ".join(f"{kind} {count}" for kind, count in self.kinds.most_common()),
            say(f"注入的异常：{faults}", f"faults injected: {faults}")
            + ("" if truth is None else say(f"，真相见 {truth}", f"; the truth is in {truth}")),
            say(f"回放：tocsin replay {output}", f"replay it: tocsin replay {output}"),
        ]
        return "\n".join(lines)


def _scenario(path: Path) -> Scenario:
    problems = Problems()
    scenario = read_scenario_file(path, problems)
    if scenario is None or problems.has_errors:
        raise fail(render(problems.in_order(), run_language(), path.parent))
    return scenario


def _of_workspace(folder: Path, scenario: Scenario, language: Language) -> tuple[Scenario, Calendar]:
    """The calendar that goes with it, and only those kinds that the model of the folder has."""
    if not (folder / MODEL_FILE).exists():
        return scenario, usual_calendar(language)
    workspace, _ = load_inputs(folder)
    kinds = scenario.kinds & frozenset(workspace.model.kinds)
    calendars = workspace.calendars
    calendar = calendars.get(CALENDAR) or next(iter(calendars.values()), usual_calendar(language, workspace.model.zone))
    return replace(scenario, kinds=kinds), calendar


def _list_faults(context: click.Context, wanted: bool, say: Say) -> None:
    if not wanted or context.resilient_parsing:
        return
    width = max(map(len, FAULTS))
    for fault in FAULTS.values():
        click.echo(f"{fault.name:{width}}  {fault.share:>7.2%}  {fault.about.say(run_language())}")
        click.echo(f"{'':{width}}           {say('规则', 'rules')}: {', '.join(fault.rules)}")
    context.exit()
