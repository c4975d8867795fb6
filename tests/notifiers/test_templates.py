"""The texts of messages as they arrive, and how long an SMS is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from notifiers.localise import duration_text, moment_text, zone_text
from notifiers.message import Purpose
from notifiers.sms_text import cut, segments
from notifiers.templates import MOST_SEGMENTS, chat, mail_html, mail_subject, mail_text, sms
from streams.firing import Reason
from streams.instants import DAY, HOUR, MINUTE, SECOND, from_datetime
from streams.text import Text
from tests.notifiers.samples import DUE, NOW, facts, message

LINK = "https://tocsin.example.com/a/a.sy.li-wei.3.tb9z40.Qk1n7yJ4mX0aV2c8pL5wZQ"


def test_an_sms_in_chinese() -> None:
    """Severity, sentence, link, how to answer, our id."""
    text = sms(message())
    assert text == (
        f"紧急：订单 A-1042 已付款 52 小时，仍未发货（应在 48 小时内）\n确认：{LINK}\n或回复 1 1042\n#1042-3-0"
    )
    assert segments(text).count <= 3


def test_an_sms_in_english() -> None:
    """It stays in the cheap alphabet: two segments."""
    text = sms(message(language="en"))
    assert text == (
        "CRITICAL: Order A-1042 was paid 52 h ago and has not shipped (due within 48 h)\n"
        f"Acknowledge: {LINK}\n"
        "or reply 1 1042\n"
        "#1042-3-0"
    )
    assert (segments(text).encoding, segments(text).count) == ("GSM-7", 2)


def test_an_sms_about_what_is_over_asks_for_nothing() -> None:
    """No acknowledge link, no reply; the page instead."""
    over = facts(resolved_at=DUE + 5 * HOUR, reason=Reason.PERSON, resolved_by="李伟")
    assert sms(message(of=over, purpose=Purpose.RESOLVED)) == (
        "已解决：订单 A-1042：付款后未发货，已解决，历时 5 小时（由李伟解决）\n"
        "查看：https://tocsin.example.com/incidents/1042\n"
        "#1042-3-0"
    )


@pytest.mark.parametrize(
    ("purpose", "zh", "en"),
    [
        (Purpose.FALLBACK, "紧急，至今无人确认：", "CRITICAL, NOBODY HAS ACKNOWLEDGED:"),
        (Purpose.HANDOVER, "紧急，已转交给您：", "CRITICAL, HANDED OVER TO YOU:"),
        (Purpose.EXPIRED, "紧急，您的确认已过期：", "CRITICAL, YOUR ACKNOWLEDGEMENT HAS EXPIRED:"),
    ],
)
def test_the_occasion_is_said_first(purpose: Purpose, zh: str, en: str) -> None:
    """A message that is not simply the next step says why it comes."""
    assert sms(message(purpose=purpose)).startswith(zh)
    assert sms(message(purpose=purpose, language="en")).startswith(en)


def test_a_long_sms_loses_only_of_its_sentence() -> None:
    """Link, reply hint and id stay whole; the text has no more segments than allowed."""
    for language, end in (("zh", "…"), ("en", "...")):
        text = sms(message(of=facts(summary=Text.plain("发货延误" * 70)), language=language))
        assert segments(text).count == MOST_SEGMENTS
        first, *rest = text.split("\n")
        assert first.endswith(end)
        assert LINK in rest[0]
        assert rest[-1] == "#1042-3-0"


def test_a_cut_never_halves_a_character() -> None:
    """Combining marks and joined emoji stay with what they belong to."""
    assert cut("ae\u0301x", 2) == "a"
    family = "👩\u200d👧"
    assert cut("a" + family, 2) == "a"
    assert cut("a" + family, 3) == "a"
    assert cut("a" + family, 4) == "a" + family


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("[" * 80, "GSM-7", 160, 1),
        ("[" * 81, "GSM-7", 162, 2),
        ("付" * 70, "UCS-2", 70, 1),
        ("付" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("a" * 69 + "😀", "UCS-2", 71, 2),
    ],
)
def test_segments_are_counted_as_the_air_interface_does(text: str, encoding: str, units: int, count: int) -> None:
    """160 or 70 units alone, 153 or 67 in several; some characters are two units."""
    found = segments(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


def test_a_mail_in_chinese() -> None:
    """The sentence first, then what to do, then the facts with their zone."""
    assert mail_subject(message()) == "[紧急] 订单 A-1042 已付款 52 小时，仍未发货（应在 48 小时内）"
    assert mail_text(message(notes=("15 分钟后通知王芳",))) == (
        "紧急：订单 A-1042 已付款 52 小时，仍未发货（应在 48 小时内）\n"
        "\n"
        "确认（之后不再通知下一位）：\n"
        f"{LINK}\n"
        "\n"
        "查看详情：\n"
        "https://tocsin.example.com/incidents/1042\n"
        "\n"
        "15 分钟后通知王芳\n"
        "期限：3月4日 09:00\n"
        "发现于：3月4日 09:00\n"
        "付款：3月2日 09:00\n"
        "发货：未到（应于 3月4日 09:00）\n"
        "规则：付款后未发货\n"
        "时区：Asia/Shanghai (UTC+8)\n"
        "\n"
        "异常 1042 · 消息 1042-3-0 · Tocsin\n"
    )


def test_a_mail_in_english() -> None:
    """The same, said in English."""
    assert mail_text(message(language="en")) == (
        "Critical: Order A-1042 was paid 52 h ago and has not shipped (due within 48 h)\n"
        "\n"
        "Acknowledge (then nobody else is told):\n"
        f"{LINK}\n"
        "\n"
        "The incident:\n"
        "https://tocsin.example.com/incidents/1042\n"
        "\n"
        "Deadline: Mar 4, 09:00\n"
        "Opened: Mar 4, 09:00\n"
        "Paid: Mar 2, 09:00\n"
        "Shipped: not reached (due Mar 4, 09:00)\n"
        "Rule: Paid, not shipped\n"
        "Time zone: Asia/Shanghai (UTC+8)\n"
        "\n"
        "Incident 1042 · message 1042-3-0 · Tocsin\n"
    )


def test_html_escapes_what_comes_from_outside() -> None:
    """A key with markup in it is shown, not drawn."""
    html = mail_html(message(of=facts(key="<script>alert(1)</script>")))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert f'href="{LINK}"' in html


def test_chat_text_does_not_let_data_make_links() -> None:
    """A key that looks like a markdown link stays text; mentions stand at the end."""
    text = chat(message(of=facts(key="[paid](https://evil.example)")), ("@manager4220",))
    assert "［paid］(https://evil.example)" in text
    assert "[paid]" not in text
    assert text.startswith("#### 紧急\n\n**订单 ")
    assert text.endswith("@manager4220\n\n#1042 · Tocsin")


def test_every_purpose_renders_in_every_form_and_language() -> None:
    """No combination raises: a message that cannot be rendered would be one that is never sent."""
    for purpose in Purpose:
        for language in ("zh", "en"):
            for url in (None, LINK):
                one = message(
                    purpose=purpose, language=language, acknowledge_url=url, incident_url=url, reply_code=None
                )
                for text in (sms(one), mail_subject(one), mail_text(one), mail_html(one), chat(one, ())):
                    assert one.sentence in text or "A-1042" in text


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59 * SECOND, "59 秒", "59 s"),
        (95 * MINUTE, "1 小时 35 分钟", "1 h 35 min"),
        (10 * HOUR + 59 * MINUTE, "10 小时", "10 h"),
        (52 * HOUR, "52 小时", "52 h"),
        (3 * DAY, "3 天", "3 d"),
        (3 * DAY + 4 * HOUR, "3 天 4 小时", "3 d 4 h"),
        (1500 * DAY, "1,500 天", "1,500 d"),
    ],
)
def test_durations_have_the_units_that_matter(length: int, zh: str, en: str) -> None:
    """Rounded down, never more than two units."""
    assert (duration_text(length, "zh"), duration_text(length, "en")) == (zh, en)


def test_zones_are_named_by_their_offset_of_that_day() -> None:
    """Summer time, half hours and UTC itself."""
    winter, summer = (from_datetime(datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 7))
    assert zone_text(winter, ZoneInfo("Europe/Berlin")) == "UTC+1"
    assert zone_text(summer, ZoneInfo("Europe/Berlin")) == "UTC+2"
    assert zone_text(winter, ZoneInfo("America/St_Johns")) == "UTC-3:30"
    assert zone_text(winter, ZoneInfo("UTC")) == "UTC"
    assert moment_text(summer, "en", ZoneInfo("Europe/Berlin"), NOW) == "Jul 1, 02:00"


def test_a_message_does_not_show_its_links_in_a_log() -> None:
    """Whoever has the link can act, so the repr has neither it nor the address."""
    shown = repr(message())
    assert LINK not in shown
    assert "+8613800000001" not in shown
