"""chains.yaml: what is read, and every error with its place."""

from pathlib import Path

import pytest

from escalation.chain import (
    ChannelTarget,
    FieldTarget,
    If,
    LocalTime,
    Notify,
    Owner,
    PersonTarget,
    TeamTarget,
    Wait,
)
from escalation.hours import Hours
from streams.firing import Severity
from tests.escalation.workspaces import (
    STEPS,
    load,
    load_all,
    marked,
    rule,
    said,
)


def test_defaults_of_a_chain(tmp_path: Path) -> None:
    """No fallback, resolved is told, acknowledgements never expire, nothing reopens, worse notifies."""
    chain = load(tmp_path, chains=STEPS % "notify: [owner]").chains["a"]
    assert (chain.fallback, chain.resolved, chain.ack_expires, chain.reopen_within) == ((), "tell", None, None)
    assert {chain.worse(severity) for severity in Severity} == {"notify"}


def test_on_worse_without_else_notifies(tmp_path: Path) -> None:
    """Only what the file names differs from the default; `else` covers the severities that are not named."""
    chains = STEPS % "notify: [owner]" + "    on_worse: {critical: notify, else: restart}\n"
    chain = load(tmp_path, chains=chains).chains["a"]
    assert (chain.worse(Severity.CRITICAL), chain.worse(Severity.MINOR)) == ("notify", "restart")
    chains = STEPS % "notify: [owner]" + "    on_worse: {critical: restart}\n"
    chain = load(tmp_path, chains=chains).chains["a"]
    assert (chain.worse(Severity.CRITICAL), chain.worse(Severity.MAJOR)) == ("restart", "notify")


def test_every_kind_of_target_and_condition(tmp_path: Path) -> None:
    """Person, team, group chat and field; severity, time and where, alone or together."""
    chains = """
chains:
  a:
    steps:
      - notify: [li-wei, team:warehouse, channel:ops-robot, field:sales_rep, field:buyers, owner]
      - if: {severity: major, time: {hours: {mon-fri: ["09:00-18:00"]}, zone: Europe/Berlin}, where: amount > 100}
        then:
          - if: {time: {hours: "22:00-07:00"}}
            then: [{wait: 5m}]
"""
    chain = load_all(tmp_path, chains=chains).chains["a"]
    inner = If(
        time=LocalTime(hours=Hours(days=(((1320, 420),),) * 7), zone="Asia/Shanghai"), then=(Wait(duration="5m"),)
    )
    assert chain.steps == (
        Notify(
            targets=(
                PersonTarget("li-wei"),
                TeamTarget("warehouse"),
                ChannelTarget("ops-robot"),
                FieldTarget("sales_rep"),
                FieldTarget("buyers"),
                Owner(),
            )
        ),
        If(
            severity=Severity.MAJOR,
            time=LocalTime(hours=Hours(days=(((540, 1080),),) * 5 + ((), ())), zone="Europe/Berlin"),
            where="amount > 100",
            then=(inner,),
        ),
    )


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("§notfy: [owner]", "unknown step notfy; did you mean notify?"),
        ("§{}", "expected a step (notify, wait, if, webhook, repeat), found a map"),
        ("{notify: [owner], §wait: 5m}", "a step does one thing: write notify and wait as two"),
        ("{wait: 5m, §important: true}", "unknown key important"),
        ("notify: §[]", "expected at least one target, found a list"),
        ("notify: §owner", 'expected a list, found "owner"'),
        ("notify: [§li-wie]", "no person li-wie is declared; did you mean li-wei?"),
        ("notify: [§team:warehous]", "no team warehous is declared; did you mean warehouse?"),
        ("notify: [§channel:robot]", "no channel robot is declared; did you mean ops-robot?"),
        ("notify: [§channel:sms]", "expected the channel of a group chat"),
        ("notify: [§field:sales]", "order has no string or list field sales"),
        ("notify: [§field:amount]", "order has no string or list field amount"),
        ("notify: [§teem:warehouse]", "unknown target teem:warehouse; did you mean"),
        ("notify: [§oncall:rota]", "oncall:rota is not supported by this version yet"),
        ("{notify: [owner], important: §yes}", 'expected true or false, without quotes, found "yes"'),
        ("wait: §5", '"5" is no duration'),
        ("wait: 5m §offce", "unknown calendar offce; did you mean office?"),
        ("webhook: §ops-robot", 'expected a channel of kind webhook, found "ops-robot"'),
        ("webhook: §erp", "no channel erp is declared; known: sms, email, ops-robot, erp-hook"),
        ("{if: §{}, then: [{wait: 5m}]}", "expected severity, time or where, found a map"),
        ("{if: {severity: §hot}, then: [{wait: 5m}]}", "unknown value hot; known: info, minor"),
        ("§if: {severity: major}", "the key then is missing"),
        ("{if: {severity: major}, then: §[]}", "expected at least one step, found a list"),
        ("{if: {where: §changed(amount)}, then: [{wait: 5m}]}", "changed is not allowed here"),
        ("{if: {where: §amont > 1}, then: [{wait: 5m}]}", "order has no field or node amont; did you mean amount?"),
        ("{if: {time: {hours: §'9:00-9:00'}}, then: [{wait: 5m}]}", "9:00-9:00 begins when it ends"),
        ("{if: {time: §{zone: UTC}}, then: [{wait: 5m}]}", "the key hours is missing"),
        ("{if: {severity: major}, then: [{wait: 5m}, {§repeat: 1}]}", "repeat can only be the last"),
        ("§repeat: 2", "repeat can only be the last step of a chain, after other steps"),
        ("wait: 5m\n      - §repeat: 2\n      - wait: 5m", "repeat can only be the last step"),
        ("wait: 5m\n      - repeat: §0", 'expected a whole number from 1, found "0"'),
        ("§create_task: x", "create_task is not supported by this version yet"),
        ("wait: 5m\n    fallback: §[]", "expected at least one target"),
        ("wait: 5m\n    resolved: §tel", "unknown value tel; did you mean tell?"),
        ("wait: 5m\n    ack_expires: §soon", '"soon" is no duration'),
        ("wait: 5m\n    reopen_within: 2h §office", "a calendar can stand in wait and ack_expires"),
        ("wait: 5m\n    on_worse: {else: §silent}", "unknown value silent; known: restart, notify"),
        ("wait: 5m\n    on_worse: {§crit: restart}", "unknown key crit; did you mean critical?"),
        ("wait: 5m\n    §retries: 2", "unknown key retries"),
        ("wait: 5m\ndefault: §b", "no chain b is declared; known: a"),
    ],
)
def test_errors_in_chains(tmp_path: Path, step: str, expected: str) -> None:
    """Each slip is found where it stands, with what was probably meant."""
    place, chains = marked(STEPS % step)
    found = said(tmp_path, chains=chains, rules=[rule(chain="a")])
    assert any(line.startswith(f"chains.yaml:{place}: error: {expected}") for line in found), "\n".join(found)


@pytest.mark.parametrize(
    ("chains", "expected"),
    [
        ("chains: {a: {}}", "chains.yaml:1:13: error: the key steps is missing"),
        ("chains: {a: {steps: []}}", "chains.yaml:1:21: error: expected at least one step, found a list"),
    ],
)
def test_a_chain_has_steps(tmp_path: Path, chains: str, expected: str) -> None:
    """A chain that does nothing is a slip."""
    assert expected in said(tmp_path, chains=chains)
