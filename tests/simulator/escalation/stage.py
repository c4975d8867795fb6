"""A small workspace and incidents for rehearsals: Li is told first, half an hour later Zhang."""

from pathlib import Path
from typing import Any

import polars as pl

from escalation.contacts import Contacts
from simulator.escalation.acknowledging import Acknowledging, Delay, Draw, Habit, Told
from simulator.escalation.rehearsal import Directory, Rehearsal
from simulator.frames import incident_frame
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import from_datetime
from tests.escalation.timeline_words import at, clock
from tests.escalation.workspaces import SHANGHAI, load, rule

PEOPLE = """
people:
  li:
    name: 李伟
    contacts: {phone: "+8613800000001", email: li@example.com}
    normal: [{via: sms}, {via: email, after: 10m}]
  zhang: {name: 张敏, contacts: {phone: "+8613800000002"}, normal: [{via: sms}]}
  ann: {name: Ann, zone: Europe/London, contacts: {phone: "+8613800000003"}, normal: [{via: sms}]}
teams:
  desk: {members: [li, zhang]}
"""
CHAINS = """
chains:
  main:
    steps: [{notify: [li]}, {wait: 30m}, {notify: [zhang]}, {wait: 30m}]
    fallback: [ann]
default: main
"""
CHANNELS = """
channels:
  sms: {kind: twilio-sms, account_sid: env:SID, auth_token: env:TOKEN, from: "+15005550006"}
  email: {kind: smtp, host: smtp.example.com, from: tocsin@example.com}
  robot: {kind: dingtalk-robot, url: env:URL, secret: env:SECRET}
"""


def contacts(folder: Path, **files: str) -> Contacts:
    texts: dict[str, Any] = {"people": PEOPLE, "chains": CHAINS, "channels": CHANNELS} | files
    return load(folder, rules=(rule(),), **texts)


def directory(folder: Path, *, mode: Any = "live", **files: str) -> Directory:
    return Directory(contacts=contacts(folder, **files), rules={"late": rule(mode=mode)})


def acknowledging(delay: Delay, *, nth: int = 1, never: float = 0.0, awake: bool = False) -> Acknowledging:
    return Acknowledging(habit=Habit(delay=delay, nth=nth, never=never, awake=awake))


def firing(
    opens: str, ends: str | None = None, *, key: str = "A-1", number: int = 1, worse: str | None = None
) -> Firing:
    """`worse`: when it becomes critical."""
    stages = [Stage(Severity.MAJOR, at(opens)), *([Stage(Severity.CRITICAL, at(worse))] if worse else [])]
    return Firing(
        rule="late",
        version="1",
        kind="order",
        key=key,
        number=number,
        opened_at=at(opens),
        detected_at=at(opens),
        stages=tuple(stages),
        resolved_at=None if ends is None else at(ends),
        closed_at=None if ends is None else at(ends),
        reason=None if ends is None else Reason.CONDITION,
    )


def incidents(*firings: Firing) -> pl.DataFrame:
    return incident_frame(firings)


def sent(rehearsal: Rehearsal) -> list[str]:
    """ "10:00 sms to li", with the purpose where it is not the escalation, and ": failed" where it did not arrive."""
    columns = rehearsal.messages.select("at", "channel", "person", "purpose", "arrived").iter_rows()
    return [
        f"{clock(from_datetime(when))} {channel}"
        + (f" to {person}" if person else "")
        + ("" if purpose == "escalation" else f": {purpose}")
        + ("" if arrived else ": failed")
        for when, channel, person, purpose, arrived in columns
    ]


def told(person: str | None = "li", channel: str = "sms", when: str = "10:00", number: int = 1) -> Told:
    return Told(person=person, channel=channel, at=at(when), number=number, zone=SHANGHAI)


def draw(pace: float = 0.5, will: float = 0.5) -> Draw:
    return Draw(pace=pace, will=will)
