"""One message about several incidents."""

import json
from dataclasses import replace
from typing import Any

import pytest

from notifiers.digest import Part, compose_digest
from notifiers.dingtalk import body_of as dingtalk_body
from notifiers.message import Message, Purpose
from notifiers.sms_text import segments
from notifiers.smtp import mail_of
from notifiers.templates import MOST_SEGMENTS, chat, mail_html, mail_text, sms
from notifiers.webhook import body_of as webhook_body
from streams.firing import Severity
from streams.text import Language
from tests.notifiers.samples import ENVELOPE, FACTS, NOW, facts

LINK = "https://tocsin.example.com/d/d.sy.li-wei.3.tb9z40.Qk1n7yJ4mX0aV2c8pL5wZQ"


def digest(count: int, language: Language = "zh", **changes: Any) -> Message:
    parts = [
        Part(
            incident_id=number,
            facts=facts(key=f"A-{number}", severity=Severity.CRITICAL if number == 1 else Severity.MINOR),
            url=f"https://tocsin.example.com/incidents/{number}",
        )
        for number in range(1, count + 1)
    ]
    envelope = replace(
        ENVELOPE, purpose=Purpose.DIGEST, important=False, language=language, acknowledge_url=LINK, **changes
    )
    return compose_digest(parts, envelope, NOW)


def test_an_sms_says_how_many_and_names_the_worst_three() -> None:
    """With the link to the page of all of them; nothing can be answered for all by SMS."""
    assert sms(digest(12)).splitlines() == [
        "紧急，汇总：12 个此前已发生的异常，最严重的是订单 A-1（付款后未发货）、订单 A-2（付款后未发货）、"
        "订单 A-3（付款后未发货）",
        f"查看并确认：{LINK}",
        "#1042-3-0",
    ]
    assert sms(digest(2, "en")).splitlines() == [
        "CRITICAL, DIGEST: 2 incidents that began earlier: Order A-1 (Paid, not shipped), "
        "Order A-2 (Paid, not shipped)",
        f"See and acknowledge: {LINK}",
        "#1042-3-0",
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_sms_of_thousands_is_not_longer_than_another(language: Language) -> None:
    """Long names are cut, the link never."""
    long = FACTS.rule_name.__class__(zh="很" * 200, en="very " * 50)
    parts = [Part(incident_id=n, facts=facts(key="K" * 90, rule_name=long), url="") for n in range(3000)]
    text = sms(compose_digest(parts, replace(ENVELOPE, purpose=Purpose.DIGEST, language=language), NOW))
    assert segments(text).count <= MOST_SEGMENTS
    assert str(ENVELOPE.acknowledge_url) in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_mail_lists_all_with_their_links(language: Language) -> None:
    """In text and in HTML; of very many the first two hundred, and how many more there are."""
    few = digest(12, language)
    for text in (mail_text(few), mail_html(few)):
        assert [f"/incidents/{number}" in text for number in (1, 12)] == [True, True]
        assert LINK in text and "#1042 " not in text
    many = digest(1500, language)
    for text in (mail_text(many), mail_html(many)):
        assert text.count("/incidents/") == 200
        assert "1,300" in text


def test_a_mail_of_a_digest_belongs_to_no_incidents_thread() -> None:
    """It would hide in the thread of the first one."""
    assert mail_of(digest(2), "t@example.com", NOW)["References"] is None


def test_a_chat_gets_the_worst_ten_and_one_button() -> None:
    """Within what a robot may say, however many there are."""
    body = dingtalk_body(digest(500))
    card = body["actionCard"]
    assert isinstance(card, dict)
    assert card["btns"] == [{"title": "查看并确认", "actionURL": LINK}]
    assert card["text"].count("/incidents/") == 10 and "另有 490 个" in card["text"]
    assert card["title"] == "500 个此前已发生的异常"
    assert "- **紧急** [订单 A-1" in chat(digest(3), ())


def test_a_webhook_gets_all_of_them() -> None:
    """Machines read one event with a list, each as in an event of its own."""
    body = json.loads(webhook_body(digest(30, "en", address="li-wei")))
    assert (body["type"], body["purpose"], body["to"]) == ("incidents.found", "digest", "li-wei")
    assert [one["id"] for one in body["incidents"]] == list(range(1, 31))
    assert body["incidents"][0]["severity"] == "critical" and "incident" not in body
    assert body["incidents"][2]["url"] == "https://tocsin.example.com/incidents/3"
