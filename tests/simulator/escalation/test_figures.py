"""What a rehearsal comes to, counted by hand, and shown."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from simulator.escalation.acknowledging import Failing, Fixed, Habit, Never, Those
from simulator.escalation.figures import Answered, Peak, figures
from simulator.escalation.rehearsal import Rehearsal, rehearse
from simulator.escalation.rehearsal_document import rehearsal_document
from simulator.escalation.rehearsal_json import rehearsal_json
from simulator.escalation.shown import Shown
from simulator.report.document import Chart, Document, Note, Table
from simulator.report.specs import chart_spec
from simulator.report.style import WIDE
from simulator.report.text import document_text
from streams.instants import HOUR, MINUTE
from streams.text import Text
from tests.escalation.timeline_words import at
from tests.simulator.escalation.stage import acknowledging, contacts, directory, firing, incidents

NEXT = "2026-03-03"


def three(folder: Path) -> Rehearsal:
    """One answered by day, one told at 23:00 and over at 00:30, one at 02:00 that goes on."""
    sleepers = acknowledging(Fixed(after=15 * MINUTE), awake=True)
    return rehearse(
        incidents(
            firing("10:00", "11:00"), firing("23:00", f"{NEXT} 00:30", key="A-2"), firing(f"{NEXT} 02:00", key="A-3")
        ),
        directory(folder),
        replace(sleepers, others=((Those(person="ann"), Habit(delay=Never())),)),
        until=at(f"{NEXT} 04:00"),
    )


def test_counted_by_hand(tmp_path: Path) -> None:
    """A-1: Li twice, all clear. A-2: Li twice, Zhang, Ann at midnight, three all clear. A-3: Li twice, Zhang, Ann."""
    found = figures(three(tmp_path))
    assert (found.incidents, found.told, found.acknowledged, found.over_before, found.waiting) == (3, 3, 1, 1, 1)
    assert (found.without_chain, found.unreached, found.run_out, found.days) == (0, 0, 2, 1)
    loads = {one.person: one for one in found.people}
    assert {name: (one.messages, one.night, one.all_clear) for name, one in loads.items()} == {
        "li": (8, 5, 2),
        "zhang": (3, 3, 1),
        "ann": (3, 0, 1),  # in London it is afternoon and evening
    }
    assert found.messages == 14 and found.night == 8
    assert loads["li"].by_channel == {"email": 5, "sms": 3}
    assert loads["li"].acknowledged == 1 and loads["zhang"].acknowledged == 0
    assert found.busiest == Peak(day=date(2026, 3, 2), person="li", messages=5)
    assert found.worst_night == Peak(day=date(2026, 3, 2), person="li", messages=5)
    assert found.answered == Answered(p50=15 * MINUTE, p90=15 * MINUTE, longest=15 * MINUTE)
    assert found.notifies == {1: 1, 2: 2}


def test_nothing_at_all_is_nothing(tmp_path: Path) -> None:
    """No incidents, no messages, no answers: figures without a number where there is none."""
    found = figures(rehearse(incidents(), directory(tmp_path), acknowledging(Never()), until=at("12:00")))
    assert found.incidents == found.messages == found.days == 0
    assert found.answered.p50 is None and found.busiest is None and not found.people


def test_what_did_not_arrive_is_counted_apart(tmp_path: Path) -> None:
    """A chain whose every message fails has told nobody."""
    rehearsal = rehearse(
        incidents(firing("10:00")),
        directory(tmp_path),
        acknowledging(Never()),
        until=at("12:00"),
        failing=Failing(shares={"sms": 1.0, "email": 1.0}),
    )
    found = figures(rehearsal)
    assert found.told == 0 and found.unreached == 1 and found.messages == 0 and found.failed == 4


def test_a_group_is_no_person(tmp_path: Path) -> None:
    """Its messages are counted by themselves."""
    chains = "chains: {main: {steps: [{notify: ['channel:robot']}, {wait: 30m}]}}\ndefault: main\n"
    rehearsal = rehearse(
        incidents(firing("10:00")), directory(tmp_path, chains=chains), acknowledging(Never()), until=at("12:00")
    )
    found = figures(rehearsal)
    assert found.to_groups == 1 and found.messages == 0 and found.told == 1


def document(folder: Path, *rehearsals: Rehearsal) -> Document:
    own = contacts(folder)
    shown = [Shown.of(f"chains-{place}", one) for place, one in enumerate(rehearsals, 1)]
    note = Note(text=Text(zh="说明", en="as said"))
    return rehearsal_document(shown, own.people, own.model, Text.plain("history"), [note])


def table(shown: Document, name: str) -> Table:
    return next(
        part for section in shown.sections for part in section.parts if isinstance(part, Table) and part.name == name
    )


def charts(shown: Document) -> list[Chart]:
    return [part for section in shown.sections for part in section.parts if isinstance(part, Chart)]


def test_the_report_has_people_nights_and_what_nobody_took(tmp_path: Path) -> None:
    """As tables whose rows are those counted, as charts, and as text in both languages."""
    shown = document(tmp_path, three(tmp_path))
    assert [row[0] for row in table(shown, "people").rows] == ["李伟 (li)", "Ann (ann)", "张敏 (zhang)"]
    assert [tuple(row[1:]) for row in table(shown, "nights").rows] == [("李伟 (li)", 5), ("张敏 (zhang)", 3)]
    assert [row[1] for row in table(shown, "unanswered-1").rows] == ["A-2", "A-3"]
    assert [tuple(row) for row in table(shown, "answered-within").rows][:2] == [
        (5 * MINUTE, 0, 0.0),
        (15 * MINUTE, 1, 1 / 3),
    ]
    english, chinese = document_text(shown, "en"), document_text(shown, "zh")
    assert "Worst night" in english and "2026-03-02, 李伟 (li): 5" in english and "as said" in english
    assert "最糟的一夜" in chinese and "2026-03-02，李伟 (li)：5" in chinese
    for chart in charts(shown):
        assert chart.points and chart_spec(chart, "zh", shown.zone, WIDE)


def test_two_chains_stand_beside_each_other(tmp_path: Path) -> None:
    """One column each; who is told under one of them only has a nought under the other."""
    (tmp_path / "b").mkdir()
    only_li = "chains: {main: {steps: [{notify: [li]}, {wait: 30m}], fallback: [li]}}\ndefault: main\n"
    other = rehearse(
        incidents(firing("10:00")),
        directory(tmp_path / "b", chains=only_li),
        acknowledging(Never()),
        until=at("10:00") + HOUR,
    )
    shown = document(tmp_path, three(tmp_path), other)
    counts = {row[0].en: tuple(row[1:]) for row in table(shown, "compared-counts").rows if isinstance(row[0], Text)}
    assert counts["Incidents"] == (3, 1) and counts["Messages to people"] == (14, 4)
    assert ["张敏 (zhang)", 3, 0] in [list(row[:3]) for row in table(shown, "people").rows]
    assert "chains-2" in document_text(shown, "en")
    assert all(chart_spec(chart, "en", shown.zone, WIDE) for chart in charts(shown))


def test_json_says_the_same(tmp_path: Path) -> None:
    """Plain numbers and texts that any program reads."""
    told = rehearsal_json(Shown.of("now", three(tmp_path)))
    again = json.loads(json.dumps(told))
    assert again["messages"] == 14 and again["answered_seconds"]["p50"] == 900.0
    assert again["worst_night"] == {"day": "2026-03-02", "person": "li", "messages": 5}
    assert again["notify_steps"] == {"1": 1, "2": 2} and again["people"][0]["by_channel"] == {"email": 5, "sms": 3}
