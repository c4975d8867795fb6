"""An incident whose deadline crosses days of which nobody knows whether they are holidays."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.session import COOKIE, Sessions
from streams.instants import HOUR, parse_instant
from streams.text import Language
from tests.console.shop import SHANGHAI, Shop

CALENDARS = 'calendars: {work: {hours: {mon-sun: "00:00-24:00"}, holidays: CN}}'
RULES = "rules: [{id: late, overdue: shipped, after: paid, within: 2h work, owner: li-wei}]"


def shown(folder: Path, year: int, language: Language) -> tuple[str, object]:
    """The page of an incident of that year, and the record that is kept with it."""
    start = parse_instant(f"{year}-05-20 12:00", SHANGHAI)
    shop = Shop(folder, start=start, language=language, rules=RULES, calendars=CALENDARS)
    shop.event("paid", "A-1")
    shop.pass_time(3 * HOUR, 3 * HOUR)
    with TestClient(create_app(shop), headers={"Accept-Language": language}) as client:
        client.cookies.set(COOKIE, Sessions(shop.settings.session_key).begin("li-wei", shop.now()))
        client.cookies.set("tocsin_language", language)
        page = client.get("/incidents/1").text
    with shop.read() as reader:
        detail = reader.incident_detail(1)
    assert detail is not None
    return page, detail.explanations[0].record["deadline"]["unknown_holidays"]


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "不知道 2060 年的节假日"), ("en", "does not know the holidays of 2060")]
)
def test_the_page_and_the_record_say_so(tmp_path: Path, language: Language, said: str) -> None:
    """The page warns in the reader's language, and the record names calendar, country and year."""
    page, unknown = shown(tmp_path, 2060, language)
    assert said in page
    assert isinstance(unknown, list)
    assert [(one["calendar"], one["country"], one["year"]) for one in unknown] == [("work", "CN", 2060)]


def test_days_that_are_known_need_no_warning(tmp_path: Path) -> None:
    """Nothing is said where the holidays of the year are known."""
    page, unknown = shown(tmp_path, 2025, "en")
    assert "does not know the holidays" not in page and unknown == []
