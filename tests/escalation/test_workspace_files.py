"""The files of contacts together, and against the rules: everything wrong is reported at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from escalation.chain import (
    CallWebhook,
    If,
    Notify,
    Owner,
    Repeat,
    TeamTarget,
    Wait,
)
from escalation.hours import Hours
from escalation.people import Absence, PlanEntry, Quiet
from rules.rule import Count
from streams.firing import Severity
from streams.instants import HOUR, MINUTE, parse_instant
from tests.escalation.workspaces import (
    CHAINS,
    CHANNELS,
    PEOPLE,
    SHANGHAI,
    SMS,
    STEPS,
    load,
    load_all,
    problems,
    rule,
    said,
)


def test_the_example_of_the_design_is_read(tmp_path: Path) -> None:
    """People, teams, chains, default and channels of the design page, without a finding."""
    contacts = load_all(tmp_path)
    assert contacts.warnings == ()
    li = contacts.people["li-wei"]
    assert (li.name, li.language, li.zone) == ("李伟", "zh", SHANGHAI)
    assert li.contacts == {"phone": "+8613800000001", "email": "li.wei@example.com", "dingtalk": "manager4220"}
    assert li.normal == (PlanEntry(via="ops-robot"), PlanEntry(via="email", after=10 * MINUTE))
    assert li.important == (PlanEntry(via="sms"), PlanEntry(via="email", after=5 * MINUTE))
    night = Hours(days=(((22 * 60, 7 * 60),),) * 7)
    assert li.quiet == Quiet(hours=night, zone=SHANGHAI, except_severity=Severity.CRITICAL)
    assert li.absences == (
        Absence(
            start=parse_instant("2026-09-30T16:00:00Z", SHANGHAI),
            end=parse_instant("2026-10-07T16:00:00Z", SHANGHAI),
            deputy="zhang-min",
        ),
    )
    assert contacts.teams["warehouse"].members == ("li-wei", "zhang-min")
    chain = contacts.chains["warehouse"]
    assert contacts.default_chain == chain.id == "warehouse"
    assert chain.steps == (
        Notify(targets=(Owner(),)),
        Wait(duration="30m office"),
        Notify(targets=(TeamTarget("warehouse"),), important=True),
        Wait(duration="15m"),
        If(
            severity=Severity.CRITICAL,
            then=(Notify(targets=(TeamTarget("management"),), important=True), Wait(duration="15m")),
            otherwise=(CallWebhook(channel="erp-hook"),),
        ),
        Repeat(times=2),
    )
    assert chain.fallback == (TeamTarget("management"),)
    assert (chain.resolved, chain.ack_expires, chain.reopen_within) == ("tell", "2h", 30 * MINUTE)
    assert (chain.worse(Severity.CRITICAL), chain.worse(Severity.MAJOR)) == ("restart", "notify")


def test_all_files_may_be_absent(tmp_path: Path) -> None:
    """A replay needs none of them."""
    contacts = load(tmp_path)
    assert not contacts.people and not contacts.chains and not contacts.channels and not contacts.warnings


def test_empty_files_are_empty(tmp_path: Path) -> None:
    """A commented-out file declares nothing and is no error."""
    contacts = load(tmp_path, people="# later\n", chains="chains:\n", channels="", schedules="schedules: {}\n")
    assert not contacts.people and not contacts.chains and not contacts.channels


def test_schedules_are_refused_by_name(tmp_path: Path) -> None:
    """They come with a later version: a file that relies on them must not be half understood."""
    found = said(tmp_path, schedules="schedules:\n  rota: {zone: UTC}\n")
    assert found == ["schedules.yaml:2:3: error: schedules is not supported by this version yet; leave it out for now"]


def test_all_errors_of_all_files_are_reported_at_once_in_both_languages(tmp_path: Path) -> None:
    """One run of the check is enough, whatever language the author reads."""
    found = problems(
        tmp_path,
        people="people: {li: {nme: 李, normal: [{via: sns}]}}",
        chains="chains: {a: {steps: [{notify: [lo]}]}}\ndefault: b",
        channels=SMS % ", timeout: 1x",
    )
    assert {problem.place.file for problem in found} == {"people.yaml", "chains.yaml", "channels.yaml"}
    assert len(found) >= 6
    assert all(problem.message.zh != problem.message.en and problem.message.zh for problem in found)
    assert any("没有声明通道 sns；是否应为 sms？" in problem.message.zh for problem in found)


def test_a_wrong_body_does_not_make_its_name_unknown(tmp_path: Path) -> None:
    """Only the slip itself is reported, not everything that refers to it."""
    channels = CHANNELS.replace("kind: twilio-sms", "kind: twilio")
    assert [problem.code for problem in problems(tmp_path, channels=channels)] == ["unknown_kind"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"owner": "sales_rap"}, "rule late: the owner sales_rap is no string or list field of order"),
        ({"owner": "amount"}, "rule late: the owner amount is no string or list field of order"),
        ({"owner": "team:warehous"}, "rule late: the owner team:warehous is no string"),
        ({"chain": "warehous"}, "rule late: no chain warehous is declared; did you mean warehouse?"),
    ],
)
def test_whom_a_rule_names_is_declared(tmp_path: Path, change: dict, expected: str) -> None:
    """The rule's place is given, for its owner and its chain."""
    (line,) = said(tmp_path, rules=[rule(**change)])
    assert line.startswith(f"rules/orders.yaml:3:5: error: {expected}")


@pytest.mark.parametrize("owner", ["sales_rep", "buyers", "team:warehouse", "li-wei"])
def test_an_owner_is_a_field_a_team_or_a_person(tmp_path: Path, owner: str) -> None:
    """All three are declared somewhere."""
    assert said(tmp_path, rules=[rule(owner=owner)]) == []


def test_a_live_rule_without_any_chain_is_warned_of(tmp_path: Path) -> None:
    """Nobody is told then. A shadow rule tells nobody anyway."""
    chains = CHAINS.replace("default: warehouse", "")
    rules = [rule("a"), rule("b", chain="warehouse"), rule("c", mode="shadow"), rule("d", mode="off")]
    assert said(tmp_path, chains=chains, rules=rules) == [
        "rules/orders.yaml:3:5: warning: rule a has no chain, and there is no default one: nobody is told"
    ]


def test_a_chain_must_suit_every_kind_that_uses_it(tmp_path: Path) -> None:
    """`field:` and `where` speak of the entity; a rule on another kind cannot use them, by name or by default."""
    chains = STEPS % "notify: [field:sales_rep]" + "default: a\n"
    assert said(tmp_path, chains=chains, rules=[rule(on="order"), rule("x", on="stock", mode="shadow")]) == []
    (line,) = said(tmp_path, chains=chains, rules=[rule(on="order"), rule("x", on="stock")])
    assert line.startswith("chains.yaml:4:18: error: stock has no string or list field sales_rep")


def test_a_chain_that_nobody_uses_must_suit_some_kind(tmp_path: Path) -> None:
    """It may be meant for either; a name that no kind has is a slip all the same."""
    assert said(tmp_path, chains=STEPS % "notify: [field:keeper]") == []
    assert said(tmp_path, chains=STEPS % "notify: [field:keepr]") != []


def test_an_owner_that_is_a_field_and_a_person_is_warned_of(tmp_path: Path) -> None:
    """The field counts; somebody should rename one of them."""
    people = PEOPLE.replace(
        "teams:", "  sales_rep: {name: 销售, contacts: {phone: '+8613800000009'}, normal: [{via: sms}]}\nteams:"
    )
    found = problems(tmp_path, people=people, rules=[rule(owner="sales_rep")])
    assert [problem.code for problem in found] == ["ambiguous_owner"]


def test_a_group_has_the_fields_of_per_only(tmp_path: Path) -> None:
    """An owner that is another field would lead to nobody; one of per, a team or a person is fine."""
    counted = replace(rule(owner="sales_rep"), count=Count(at_least=2, within=HOUR, per=("key",)))
    assert [problem.code for problem in problems(tmp_path, rules=[counted])] == ["owner_of_group"]
    by_owner = replace(counted, count=Count(at_least=2, within=HOUR, per=("sales_rep",)))
    assert problems(tmp_path, rules=[by_owner]) == []
