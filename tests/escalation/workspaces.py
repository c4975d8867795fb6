"""Small workspaces for tests: a model with two kinds, rules, and the files of contacts as texts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from escalation.contacts import Contacts
from escalation.files.workspace_files import load_contacts
from rules.errors import InvalidWorkspace, Place, Problem
from rules.language.expression import Scope, Type, not_closed, parse
from rules.rule import Decision, Mode, NoDeadline, Plain, Rule, StageRule
from rules.workspace import Workspace
from rules.worktime.calendars import Calendar, Span
from rules.worktime.durations import Duration
from streams.firing import Severity
from streams.instants import HOUR
from streams.model import Field, FieldType, Kind, Model
from streams.text import Language, Text

SHANGHAI = ZoneInfo("Asia/Shanghai")

ONE = "people: {li: {name: 李伟, contacts: {phone: '+8613800000001'}, normal: [{via: sms}]%s}}\n"
SMS = 'channels: {sms: {kind: twilio-sms, account_sid: A, auth_token: env:T, from: "+15005550006"%s}}\n'
STEPS = "chains:\n  a:\n    steps:\n      - %s\n"

CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: env:TWILIO_SID, auth_token: env:TWILIO_TOKEN, from: "+15005550006"}
  email: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
  ops-robot: {kind: dingtalk-robot, url: env:DINGTALK_URL, secret: env:DINGTALK_SECRET}
  erp-hook: {kind: webhook, url: "https://erp.example.com/hook", secret: env:ERP_HOOK_SECRET}
"""

PEOPLE = """
people:
  li-wei:
    name: 李伟
    language: zh
    contacts: {phone: "+8613800000001", email: li.wei@example.com, dingtalk: manager4220}
    normal: [{via: ops-robot}, {via: email, after: 10m}]
    important: [{via: sms}, {via: email, after: 5m}]
    quiet: {hours: "22:00-07:00", except: critical}
    absent: [{from: 2026-10-01, until: 2026-10-08, deputy: zhang-min}]
  zhang-min: {name: 张敏, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
  wang-fang: {name: 王芳, contacts: {phone: "+8613800000003"}, important: [{via: sms}]}
teams:
  warehouse: {members: [li-wei, zhang-min]}
  management: {members: [wang-fang]}
"""

CHAINS = """
chains:
  warehouse:
    steps:
      - notify: [owner]
      - wait: 30m office
      - notify: [team:warehouse]
        important: true
      - wait: 15m
      - if: {severity: critical}
        then: [{notify: [team:management], important: true}, {wait: 15m}]
        else: [{webhook: erp-hook}]
      - repeat: 2
    fallback: [team:management]
    resolved: tell
    ack_expires: 2h
    reopen_within: 30m
    on_worse: {critical: restart, else: notify}
default: warehouse
"""

_OFFICE_DAY = (Span(9 * HOUR, 18 * HOUR),)
CALENDARS = {"office": Calendar(name="office", zone=SHANGHAI, week=dict.fromkeys(range(5), _OFFICE_DAY))}


def _kind(name: str, **fields: FieldType) -> Kind:
    return Kind(
        name=name,
        label=Text.plain(name),
        fields={field: Field(name=field, type=type_) for field, type_ in fields.items()},
    )


MODEL = Model(
    zone=SHANGHAI,
    kinds={
        "order": _kind("order", sales_rep=FieldType.STRING, buyers=FieldType.LIST, amount=FieldType.NUMBER),
        "stock": _kind("stock", keeper=FieldType.STRING, on_hand=FieldType.NUMBER),
    },
)


def rule(
    id: str = "late",
    *,
    on: str = "order",
    mode: Mode = "live",
    owner: str | None = None,
    chain: str | None = None,
    decide: Iterable[Mapping[str, str]] = (),
) -> Rule:
    """`decide`: the rows of its decision table, each `if` a condition."""
    return Rule(
        id=id,
        version="1",
        name=Text.plain(id),
        on=on,
        condition=not_closed(),
        deadline=NoDeadline(),
        stages=(StageRule(severity=Severity.MAJOR, offset=Duration()),),
        ending=Plain(),
        mode=mode,
        owner=owner,
        chain=chain,
        decisions=tuple(_row(on, row, line) for line, row in enumerate(decide, start=10)),
        where="rules/orders.yaml:3:5",
    )


def _row(on: str, row: Mapping[str, str], line: int) -> Decision:
    place = Place(file="rules/orders.yaml", line=line, column=9)
    condition, _ = parse(row.get("if", "closed or not closed"), Scope.of(MODEL, on, pulse=False), Type.BOOL, place)
    assert condition is not None
    return Decision(condition=condition, owner=row.get("owner"), chain=row.get("chain"), where=str(place))


def load(
    folder: Path,
    *,
    rules: Iterable[Rule] = (),
    language: Language = "en",
    model: Model = MODEL,
    calendars: Mapping[str, Calendar] = CALENDARS,
    **files: str,
) -> Contacts:
    """Write `people="..."` as people.yaml and so on, and load the folder."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    workspace = Workspace(model=model, rules=tuple(rules), calendars=calendars)
    return load_contacts(folder, workspace, language=language)


def load_all(folder: Path, **changes: Any) -> Contacts:
    """The files above, of which some are given anew."""
    return load(folder, **({"people": PEOPLE, "chains": CHAINS, "channels": CHANNELS} | changes))


def problems(folder: Path, **changes: Any) -> list[Problem]:
    """What is wrong, errors and warnings, with the given files in place of those above."""
    try:
        return list(load_all(folder, **changes).warnings)
    except InvalidWorkspace as invalid:
        return list(invalid.problems)


def said(folder: Path, **changes: Any) -> list[str]:
    """The problems as one line each, in English."""
    return [str(problem) for problem in problems(folder, **changes)]


def marked(text: str) -> tuple[str, str]:
    """ "line:column" of the mark § in a text, and the text without it."""
    before, _, after = text.partition("§")
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}", before + after
