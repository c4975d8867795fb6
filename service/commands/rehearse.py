"""`tocsin rehearse`: the chains of a workspace, run on the incidents of a history, told and answered by nobody."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click
import polars as pl

from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from rules.check import render
from rules.errors import InvalidWorkspace
from rules.rule import Rule
from rules.workspace import Workspace
from service.commands.inputs import (
    instant_named,
    load_columns,
    load_inputs,
    load_mapping,
    reading_database,
    tell_refusals,
)
from service.commands.options import (
    by_option,
    charts_option,
    json_option,
    map_option,
    report_option,
    strict_option,
    until_option,
    workspace_option,
)
from service.commands.reports import can_be_written, write_chart_files, write_report
from service.config import Settings
from service.speech import Say, fail, progress, run_language
from simulator.escalation.ack_words import WordsError, read_failing, read_model, read_night
from simulator.escalation.acknowledging import Acknowledging, Failing
from simulator.escalation.night import NIGHT, Night
from simulator.escalation.recorded import Basis, RecordedCurves, learn_answers
from simulator.escalation.rehearsal import Directory, Rehearsal, rehearse
from simulator.escalation.rehearsal_document import rehearsal_document
from simulator.escalation.rehearsal_json import rehearsal_json
from simulator.escalation.shown import Shown
from simulator.escalation.snapshots import Snapshots
from simulator.evaluation import evaluate
from simulator.reading.histories import ColumnHistory
from simulator.replay_columns import last_instant
from simulator.report.document import Document, Note
from simulator.report.text import document_text
from simulator.results import By
from streams.instants import Instant, format_instant
from streams.text import Text

_SHOWN_ROWS = 15  # of each table on the terminal
_Read = TypeVar("_Read")


def command(say: Say) -> click.Command:
    @click.command(
        name="rehearse",
        short_help=say("用历史异常演练升级链", "run the chains on the incidents of a history"),
        help=say(
            "先回放历史得到异常，再让升级链在虚拟时间里跑一遍：谁会在什么时候收到多少消息、夜间几条、多久有人确认、"
            "哪些无人确认。不发送任何消息，也不写数据库。\n\n"
            "示例：tocsin rehearse orders.csv --map orders.map.yaml --ack 15m --against ../changed\n\n"
            "--ack 描述人们何时确认，可给多次，后给的优先：\n\n"
            "  15m                    收到后 15 分钟\n\n"
            "  lognormal:10m:1.0      中位数 10 分钟的对数正态分布\n\n"
            "  store                  如服务数据库中的记录\n\n"
            "  never                  从不\n\n"
            "后面可加 ,nth=2（第 2 条消息才算）、,never=10%（一成的异常从不确认）、,awake（夜间不确认）；"
            "前面可加 人员=、通道= 或 时段=，如 li-wei=never、sms+22:00-07:00=1h。",
            "Find the incidents of a history, then let the chains run on them in virtual time: who would have been "
            "told how often and when, how many messages at night, how soon somebody acknowledges, what nobody takes. "
            "Nothing is sent, and no database is written.\n\n"
            "Example: tocsin rehearse orders.csv --map orders.map.yaml --ack 15m --against ../changed\n\n"
            "--ack says when people acknowledge; given several times, the later one goes before:\n\n"
            "  15m                    15 minutes after the message\n\n"
            "  lognormal:10m:1.0      log-normal with a median of 10 minutes\n\n"
            "  store                  as the service's database has it on record\n\n"
            "  never                  never\n\n"
            "Behind it ,nth=2 (the second message counts), ,never=10% (of one in ten incidents never) and ,awake (not "
            "at night); before it PERSON=, CHANNEL= or HOURS=, such as li-wei=never or sms+22:00-07:00=1h.",
        ),
    )
    @click.argument("history", type=click.Path(exists=True, path_type=Path))
    @workspace_option(say)
    @map_option(say)
    @click.option(
        "--against",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=say(
            "另一个工作区文件夹：同样的异常、同样的抽样，用它的升级链再跑一遍",
            "another workspace folder: its chains on the same incidents and the same draws, beside these",
        ),
    )
    @click.option("--ack", "acks", multiple=True, metavar="MODEL", help=say("见上；默认 15m", "see above; default 15m"))
    @click.option(
        "--failing",
        multiple=True,
        metavar="CHANNEL=SHARE",
        help=say("通道送不到的消息占比，如 sms=5%", "the share of its messages that do not arrive, such as sms=5%"),
    )
    @click.option(
        "--night",
        default=str(NIGHT),
        show_default=True,
        help=say("夜间时段，收件人当地时间", "the night, by the clock of whom a message reaches"),
    )
    @click.option(
        "--as-live", is_flag=True, help=say("影子规则也当作正式规则", "take shadow rules as if they were live")
    )
    @click.option("--seed", default=0, show_default=True, help=say("抽样的种子", "seed of the draws"))
    @until_option(say)
    @by_option(say)
    @json_option(say)
    @report_option(say)
    @charts_option(say)
    @strict_option(say)
    def run(
        history: Path,
        folder: Path,
        mapping_path: Path | None,
        against: Path | None,
        acks: tuple[str, ...],
        failing: tuple[str, ...],
        night: str,
        as_live: bool,
        seed: int,
        until: str | None,
        by: By,
        as_json: bool,
        report_path: Path | None,
        charts_folder: Path | None,
        strict: bool,
    ) -> None:
        if report_path is not None:
            can_be_written(report_path, say)
        workspace, settings = load_inputs(folder)
        mapping = None if mapping_path is None else load_mapping(mapping_path, workspace)
        end = instant_named("--until", until, workspace, say)
        contacts = _contacts(folder, workspace, settings)
        stage = _Stage(
            workspace=workspace,
            settings=settings,
            folder=folder,
            contacts=contacts,
            night=_understood("--night", lambda: read_night(night)),
            seed=seed,
            as_live=as_live,
            say=say,
        )
        model, bases = stage.model(acks)
        fails = _understood("--failing", lambda: read_failing(failing, contacts))
        others = [] if against is None else [(against, *stage.other(against))]
        read = load_columns(history, workspace, mapping, settings, say, by=by)
        end = last_instant(read, by) if end is None else end
        if end is None:
            raise fail(say("历史中没有事件", "there are no events in the history"))
        incidents, values = stage.incidents(read, end, by)
        shown = []
        for name, own, rules in [(folder, contacts, workspace.rules), *others]:
            rehearsal = stage.rehearse(incidents, own, rules, model, fails, end, values)
            shown.append(Shown.of(_name(name), rehearsal))
        notes = list(_notes(shown, stage, acks, bases))
        about = Text(
            zh=f"{history.name}，截至 {format_instant(end)}；{incidents.height} 次异常",
            en=f"{history.name}, until {format_instant(end)}; {incidents.height} incidents",
        )
        people = {**(others[0][1].people if others else {}), **contacts.people}
        document = rehearsal_document(shown, people, workspace.model, about, notes)
        _tell(document, shown, as_json)
        if report_path is not None:
            write_report(document, report_path, say)
        if charts_folder is not None:
            write_chart_files(document, charts_folder, say)
        tell_refusals(read.refusals, say)
        if strict and read.refusals:
            sys.exit(1)

    return run


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """What the options ask for, and the files."""

    workspace: Workspace
    settings: Settings
    folder: Path
    contacts: Contacts
    night: Night
    seed: int
    as_live: bool
    say: Say

    def model(self, acks: Sequence[str]) -> tuple[Acknowledging, Sequence[Basis]]:
        learned: list[RecordedCurves] = []

        def record() -> RecordedCurves:
            if not learned:
                learned.append(_recorded(self.settings.database_url(self.folder), self.contacts, self.night, self.say))
            return learned[0]

        model = _understood("--ack", lambda: read_model(acks, self.contacts, self.night, record))
        return model, learned[0].bases if learned else ()

    def other(self, folder: Path) -> tuple[Contacts, Sequence[Rule]]:
        workspace, settings = load_inputs(folder)
        return _contacts(folder, workspace, settings), workspace.rules

    def incidents(self, read: ColumnHistory, until: Instant, by: By) -> tuple[pl.DataFrame, Snapshots]:
        workspace = self.workspace
        with progress(self.say("回放规则", "replaying the rules"), read.count) as step:
            incidents = evaluate(workspace.model, workspace.rules, read, until=until, by=by, progress=step)
        entities = set(incidents.select("kind", "key").iter_rows())
        return incidents, Snapshots(workspace.model, read, entities, until, by)

    def rehearse(
        self,
        incidents: pl.DataFrame,
        contacts: Contacts,
        rules: Sequence[Rule],
        model: Acknowledging,
        failing: Failing,
        until: Instant,
        values: Snapshots,
    ) -> Rehearsal:
        taken = [replace(rule, mode="live") if self.as_live and rule.mode == "shadow" else rule for rule in rules]
        directory = Directory(contacts=contacts, rules={rule.id: rule for rule in taken})
        with progress(self.say("演练升级链", "running the chains"), 2 * incidents.height) as step:
            return rehearse(
                incidents,
                directory,
                model,
                seed=self.seed,
                until=until,
                values=values,
                failing=failing,
                progress=step,
            )


def _contacts(folder: Path, workspace: Workspace, settings: Settings) -> Contacts:
    try:
        return load_contacts(folder, workspace, language=settings.language)
    except InvalidWorkspace as error:
        raise fail(render(error.problems, run_language(), folder)) from None


def _understood(option: str, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except WordsError as error:
        raise fail(f"{option} {error.message.say(run_language())}") from None


def _recorded(url: str, contacts: Contacts, night: Night, say: Say) -> RecordedCurves:
    with reading_database(url, say) as reader:
        return learn_answers(reader.answers(reader.known_at() or 0), contacts, night)


def _name(folder: Path) -> str:
    return folder.resolve().name or str(folder)


def _notes(shown: Sequence[Shown], stage: _Stage, acks: Sequence[str], bases: Sequence[Basis]) -> Iterator[Note]:
    model = "、".join(acks) or "15m"
    yield Note(
        text=Text(
            zh=f"确认模型：{model}（种子 {stage.seed}）。历史中发生的事不因通知快慢而改变，消息一发出即送达。",
            en=f"Acknowledgements: {model.replace('、', ', ')} (seed {stage.seed}). What happened in the history stays "
            "as it was, however soon somebody is told; messages arrive the moment they are sent.",
        )
    )
    shadow = sum(rule.mode == "shadow" for rule in stage.workspace.rules)
    if shadow and not stage.as_live:
        yield Note(
            text=Text(
                zh=f"{shadow} 条影子规则不通知任何人；--as-live 把它们当作正式规则。",
                en=f"{shadow} shadow rules tell nobody; --as-live takes them as live.",
            )
        )
    if len(shown) > 1:
        yield Note(
            text=Text(
                zh=f"异常来自 {shown[0].name} 的规则；{shown[1].name} 只取人员、升级链和规则的负责人，"
                "其规则条件的不同由 tocsin backtest 比较。",
                en=f"The incidents are those of the rules of {shown[0].name}; of {shown[1].name} only people, chains "
                "and the owners of rules count. What its conditions would change is told by tocsin backtest.",
            )
        )
    yield Note(
        text=Text(
            zh="排班、静默与限额尚不能写进文件（schedules.yaml 会被拒绝），因此也不在演练之列；负担按人员统计。",
            en="Schedules, silences and limits cannot be written yet (schedules.yaml is refused), so they are not "
            "rehearsed either; load is that of people, not of shifts.",
        )
    )
    for text in _said_bases(bases, stage.contacts):
        yield Note(text=text)


_LEVELS: Mapping[str, Text] = {
    "person": Text(zh="此人各通道、各时段的记录", en="what they do by any channel at any time"),
    "team": Text(zh="其团队的记录", en="what their team does"),
    "everybody": Text(zh="所有人的记录", en="what everybody does"),
    "nothing": Text(zh="没有任何记录，视为从不确认", en="nothing is on record: never"),
}


def _said_bases(bases: Sequence[Basis], contacts: Contacts) -> Iterator[Text]:
    """Who was judged by the record of more than themselves at that moment, for want of answers."""
    for person in contacts.people:
        levels = {basis.level: basis.messages for basis in bases if basis.person == person and basis.level in _LEVELS}
        for level, messages in levels.items():
            said = _LEVELS[level]
            yield Text(
                zh=f"{person} 的记录太少，部分或全部取：{said.zh}（{messages} 条）",
                en=f"{person}: too few answers on record; in part or whole taken from {said.en} ({messages} messages)",
            )


def _tell(document: Document, shown: Sequence[Shown], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([rehearsal_json(one) for one in shown], ensure_ascii=False))
    else:
        click.echo(document_text(document, run_language(), most_rows=_SHOWN_ROWS))
