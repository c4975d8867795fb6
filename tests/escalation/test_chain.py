"""Chains as values: copied into a state as JSON, and back."""

import msgspec
import pytest

from escalation.chain import (
    CallWebhook,
    Chain,
    ChannelTarget,
    FieldTarget,
    If,
    LocalTime,
    Notify,
    Owner,
    PersonTarget,
    Repeat,
    TeamTarget,
    Wait,
    decode_chain,
    encode_chain,
)
from escalation.hours import Hours
from streams.firing import Severity
from streams.instants import MINUTE

FULL = Chain(
    id="warehouse",
    steps=(
        Notify(
            targets=(
                Owner(),
                PersonTarget("li-wei"),
                TeamTarget("warehouse"),
                ChannelTarget("ops-robot"),
                FieldTarget("销售"),
            ),
            important=True,
        ),
        Wait(duration="30m cn-workdays"),
        If(
            severity=Severity.CRITICAL,
            time=LocalTime(hours=Hours(days=(((540, 1080),),) * 5 + ((), ())), zone="Asia/Shanghai"),
            where='渠道 == "电商"',
            then=(If(severity=Severity.INFO, then=(Wait(duration="5m"),)),),
            otherwise=(CallWebhook(channel="erp-hook"),),
        ),
        Repeat(times=2),
    ),
    fallback=(TeamTarget("management"),),
    resolved="silent",
    ack_expires="2h cn-workdays",
    reopen_within=30 * MINUTE,
    on_worse={"critical": "restart", "else": "notify"},
)


def test_a_copy_is_the_same_chain() -> None:
    """All steps, targets and settings survive, with no calendar or model at hand."""
    assert decode_chain(encode_chain(FULL)) == FULL


def test_what_is_no_chain_is_refused() -> None:
    """A damaged copy must not be read as a chain that tells nobody."""
    with pytest.raises(msgspec.ValidationError):
        decode_chain(b'{"id": "a", "steps": [{"type": "shout"}]}')


@pytest.mark.parametrize("target", FULL.steps[0].targets)  # type: ignore[union-attr]
def test_targets_are_said_as_in_the_file(target) -> None:
    """Audit rows show what the author wrote."""
    assert str(target) in ("owner", "li-wei", "team:warehouse", "channel:ops-robot", "field:销售")
