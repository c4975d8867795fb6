"""`tocsin what-if`: the incidents of a history as they would have been, had something gone otherwise."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from service.commands.inputs import instant_named, load_history, load_inputs, load_mapping, tell_refusals
from service.commands.options import (
    by_option,
    charts_option,
    json_option,
    map_option,
    report_option,
    until_option,
    workspace_option,
)
from service.commands.reports import can_be_written, cannot_write, write_chart_files, write_report
from service.speech import Say, fail, progress, run_language
from simulator.evaluation import evaluate
from simulator.history_writing import HistorySchema, write_parquet
from simulator.reading.histories import of_history
from simulator.replay_columns import last_instant
from simulator.report.text import document_text
from simulator.results import By
from simulator.what_if import Change, Perturbed, perturb
from simulator.what_if_document import Asked, WhatIf, what_if_document, what_if_json
from simulator.what_if_options import WrongQuestion, cancelled, closed, dwell, late, volume
from streams.encoding import encode_event
from streams.event import Event
from streams.model import Model

_PARQUET: Final = ".parquet"
_SUFFIXES: Final = (_PARQUET, ".jsonl", ".ndjson")
_PIECE: Final = 50_000  # events written at a time
_Read = Callable[[str, Model], tuple[Change, ...]]
# In this order, whatever the order on the command line.
_OPTIONS: Final[dict[str, _Read]] = {
    "volume": volume,
    "cancel": cancelled,
    "late": late,
    "dwell": dwell,
    "close": closed,
}


def command(say: Say) -> click.Command:
    @click.command(
        name="what-if",
        short_help=say("假设分析：供应商晚到、时长变化、单量翻倍", "what if: late suppliers, other times, more orders"),
        help=say(
            "把历史改成“假如……”的样子，前后各回放一次，列出每条规则、每天的异常有何不同。"
            "承诺保持不变；同一实体的后续节点随之移动。同一种子得到同样的结果。\n\n"
            '示例：tocsin what-if orders.jsonl --late "supplier=S4:3d" --dwell "paid>shipped*1.5" --volume 2',
            "Change a history into what it would have been, replay it before and after, and say how the incidents of "
            "each rule and day differ. Promises stay as they were made; later nodes of an entity move with the one "
            "that is moved. One seed gives the same again.\n\n"
            'Example: tocsin what-if orders.jsonl --late "supplier=S4:3d" --dwell "paid>shipped*1.5" --volume 2',
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @_question(
        "late",
        "FIELD=VALUE:TIME[:SHARE]",
        say("承诺的节点晚到，如 supplier=S4:3d:0.5", "what was promised comes later, such as supplier=S4:3d:0.5"),
    )
    @_question(
        "dwell",
        "A>B*X|A>B+TIME",
        say(
            "两个节点之间的时长，如 paid>shipped*1.5 where channel=b2b",
            "the time between two nodes, such as paid>shipped*1.5 where channel=b2b",
        ),
    )
    @_question("volume", "[KIND*]X", say("这么多倍的订单，如 2 或 supply*1.5", "times the orders: 2, or supply*1.5"))
    @_question(
        "close", "[KIND:]FROM..UNTIL", say("这段时间停工，新订单照来", "in that time nothing goes on, but orders come")
    )
    @_question(
        "cancel", "SHARE", say("取消这么多订单，如 0.1 where channel=web", "cancel a share: 0.1 where channel=web")
    )
    @click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help=say("随机种子", "the seed"))
    @click.option(
        "--output",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        help=say("把假设的历史写入此文件（.parquet、.jsonl）", "write that history to this file: .parquet or .jsonl"),
    )
    @until_option(say)
    @by_option(say)
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        seed: int,
        output: Path | None,
        until: str | None,
        by: By,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        **asked: tuple[str, ...],
    ) -> None:
        if output is not None and output.suffix not in _SUFFIXES:
            raise fail(say(f"{output}：后缀应为 .parquet 或 .jsonl", f"{output}: expected .parquet or .jsonl"))
        for path in (output, report_path):
            if path is not None:
                can_be_written(path, say)
        workspace, settings = load_inputs(folder)
        questions = _questions(asked, workspace.model, say)
        end = instant_named("--until", until, workspace, say)
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        read = load_history(history, workspace, mapping, settings, say)
        before = of_history(read, workspace.model, keep_retracted=by == "recorded_at")
        last = last_instant(before, by) if end is None else end
        if last is None:
            raise fail(say("历史中没有事件", "there are no events in the history"))
        changes = [change for _, found in questions for change in found]
        changed = perturb(read.events, workspace.model, changes, seed=seed)
        if output is not None:
            _write(output, changed, workspace.model, say)
        after = of_history(replace(read, events=changed.events), workspace.model, keep_retracted=by == "recorded_at")
        with progress(say("回放", "replaying"), before.count + after.count) as step:
            incidents = [
                evaluate(workspace.model, workspace.rules, one, until=last, by=by, progress=step)
                for one in (before, after)
            ]
        asked_ = _touched(questions, changed)
        what_if = WhatIf(asked=asked_, seed=seed, zone=workspace.model.zone, before=incidents[0], after=incidents[1])
        document = what_if_document(what_if)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        if as_json:
            click.echo(json.dumps(what_if_json(what_if), ensure_ascii=False, indent=2))
        else:
            click.echo(document_text(document, run_language()))
        tell_refusals(read.refusals, say)

    return run


def _question(name: str, shape: str, about: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(f"--{name}", name, multiple=True, metavar=shape, help=about)


_Questions = Sequence[tuple[str, tuple[Change, ...]]]


def _questions(asked: dict[str, tuple[str, ...]], model: Model, say: Say) -> _Questions:
    """Each as it was written, with what it means."""
    found = []
    for name, read in _OPTIONS.items():
        for text in asked[name]:
            try:
                found.append((f"--{name} {text}", read(text, model)))
            except WrongQuestion as error:
                raise fail(f"--{name} {error.text.say(run_language())}") from None
    if not found:
        names = ", ".join(f"--{name}" for name in _OPTIONS)
        raise fail(say(f"请说明假设什么：{names}", f"say what if: {names}"))
    return found


def _touched(questions: _Questions, changed: Perturbed) -> tuple[Asked, ...]:
    counts = iter(changed.touched)
    return tuple(Asked(text=text, touched=sum(next(counts) for _ in changes)) for text, changes in questions)


def _write(path: Path, changed: Perturbed, model: Model, say: Say) -> None:
    events = changed.events
    try:
        if path.suffix == _PARQUET:
            schema = HistorySchema(model, removing=any(None in event.data.values() for event in events))
            write_parquet(path, (schema.of_events(piece) for piece in _pieces(events)), schema.columns)
            return
        with path.open("wb") as lines:
            lines.writelines(encode_event(event) + b"\n" for event in events)
    except OSError as error:
        raise cannot_write(path, error, say) from None


def _pieces(events: Sequence[Event]) -> list[Sequence[Event]]:
    return [events[start : start + _PIECE] for start in range(0, len(events), _PIECE)]
