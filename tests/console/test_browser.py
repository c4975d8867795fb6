"""A real browser: the keyboard's way to an acknowledgement, a phone without script, nothing wider than the screen."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from console.app import create_app
from escalation.incident import State
from store.queries import IncidentFilter
from tests.conftest import need_program
from tests.console.shop import Shop, ShownDemo, three_days

pytestmark = pytest.mark.browser
HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Shop]]:
    """A shop whose demo signs everybody in as 李伟, served on a free port."""
    shop = Shop(tmp_path_factory.mktemp("shop"), demo=ShownDemo())
    three_days(shop)
    server = uvicorn.Server(
        uvicorn.Config(create_app(shop), port=0, log_level="error", timeout_graceful_shutdown=1, ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", shop
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = str(need_program("chromium", "chromium-browser"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A page in its own context, and what it complains of."""
    page = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en"} | options).new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def test_the_keyboard_reaches_from_the_inbox_to_an_acknowledgement(browser: Browser, running: tuple[str, Shop]) -> None:
    """j moves, Enter opens, a acknowledges; the page says who has it, and no script or policy complains."""
    url, shop = running
    page, complaints = open_page(browser)
    page.goto(url)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#rows > .row").nth(1).get_attribute("data-id")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/incidents/{second}")
    page.keyboard.press("a")
    page.wait_for_selector("#done")
    with shop.read() as reader:
        incident = reader.incidents([int(str(second))])[0]
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, "li-wei")
    assert complaints == []


def test_new_rows_wait_behind_a_bar_and_changed_ones_mark_themselves(
    browser: Browser, running: tuple[str, Shop]
) -> None:
    """While the list is read nothing moves: the order of the rows stays, the news says how many."""
    url, shop = running
    page, complaints = open_page(browser)
    page.goto(url)
    page.wait_for_timeout(300)  # the stream
    before = page.locator("#rows > .row").evaluate_all("rows => rows.map(row => row.id)")
    shop.event("updated", "P-777@SH", kind="stock", on_hand=1, reorder_level=2)
    page.wait_for_selector(".newbar")
    assert "1" in page.inner_text(".newbar")
    shop.event("updated", "A-1071", customer="Renamed", urgent=True)
    shop.event("shipped", "A-1071")
    page.wait_for_selector(".row.changed")
    assert page.locator("#rows > .row").evaluate_all("rows => rows.map(row => row.id)") == before
    assert complaints == []


def test_a_phone_without_script_acknowledges_by_link(browser: Browser, running: tuple[str, Shop]) -> None:
    """One large button does it; it is as wide as a thumb needs."""
    url, shop = running
    with shop.read() as reader:
        line = reader.incident_page(IncidentFilter(states=(State.OPEN,)), order="worst").lines[0]
    path = shop.links.acknowledge_path(line.incident.id, "zhang-min", 1, shop.now() + HOUR)
    page, _ = open_page(
        browser, viewport={"width": 390, "height": 844}, java_script_enabled=False, is_mobile=True, has_touch=True
    )
    page.goto(url + path)
    box = page.locator("button.huge").bounding_box()
    assert box is not None and box["height"] >= 44 and box["width"] >= 300
    page.locator("button.huge").tap()
    page.wait_for_selector(".done.big")
    with shop.read() as reader:
        assert reader.incidents([line.incident.id])[0].acknowledged_by == "zhang-min"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_is_wider_than_a_phone(browser: Browser, running: tuple[str, Shop], language: str) -> None:
    """At 390 px nothing scrolls sideways, in both languages, and nothing complains."""
    url, shop = running
    with shop.read() as reader:
        incident = reader.incident_page(IncidentFilter(), order="worst").lines[0].incident
    page, complaints = open_page(browser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.context.add_cookies([{"name": "tocsin_language", "value": language, "url": url}])
    for path in (
        "/",
        f"/incidents/{incident.id}",
        f"/entities/order/{incident.firing.key}",
        "/events/refused",
        "/rules",
        "/demo",
        "/sign-in",
        shop.links.acknowledge_path(incident.id, None, 1, shop.now() + HOUR),
    ):
        page.goto(url + path)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider == 0, path
    assert complaints == []
