"""The report in a real browser, from a disk: its numbers, tables, both languages, paper, and nothing from a network."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from service.commands import replay
from simulator.report.html import write_html
from tests.conftest import need_program, shared_data
from tests.service.commands import run
from tests.simulator.report.documents import HEAT, HOSTILE, LINES, NAMED, chart, days, document
from tests.simulator.test_northwind import MODEL, ORDER_RULES, ORDERS_MAP, UNTIL, count

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = str(need_program("chromium", "chromium-browser"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def parts_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of each kind of part, with keys that would do harm if they could."""
    path = tmp_path_factory.mktemp("report") / "parts.html"
    write_html(document(*document().sections[0].parts, LINES, NAMED, HEAT, chart("step", days(30))), path, "en")
    return path


@pytest.fixture(scope="module")
def northwind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of `tocsin replay --report` on the real history."""
    table = shared_data("northwind", "orders.csv")
    folder = tmp_path_factory.mktemp("northwind")
    (folder / "rules").mkdir()
    (folder / "model.yaml").write_text(MODEL.split("  stock:")[0], encoding="utf-8")
    (folder / "rules" / "orders.yaml").write_text(ORDER_RULES, encoding="utf-8")
    (folder / "orders.map.yaml").write_text(ORDERS_MAP, encoding="utf-8")
    options = ["-w", folder, "--map", folder / "orders.map.yaml", "--until", UNTIL]
    result = run(replay, table, *options, "--report", folder / "report.html")
    assert (result.exit_code, result.stderr) == (0, "")
    return folder / "report.html"


class Opened:
    """A page in its own context: what it complained of, and what it asked for besides itself and its own data."""

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:
        self.complaints: list[str] = []
        self.asked: list[str] = []
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        context.route(re.compile("^(?!file:|data:)"), lambda route: route.abort())
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.itself = path.as_uri()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def assert_quiet(self) -> None:
        assert self.complaints == []
        assert [url for url in self.asked if url != self.itself and not url.startswith("data:")] == []


def column(page: Page, table: str, place: int) -> list[str]:
    """The cells that are seen, as they are seen."""
    cells = page.locator(f"#table-{table} tbody tr:visible td:nth-child({place})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_northwind_shows_37_late_and_21_unshipped_orders(browser: Browser, northwind: Path) -> None:
    """In the first figures, in the row of the rule, and order by order in the table of incidents."""
    opened = Opened(browser, northwind)
    page = opened.page
    facts = {
        box.locator("dt").inner_text(): box.locator("dd").first.inner_text()
        for box in page.locator("#summary .facts > div").all()
    }
    assert (facts["Incidents"], facts["Resolved"], facts["Open at the end"]) == ("58", "37", "21")
    row = page.locator("#table-rules tbody tr").first.locator("td").all_inner_texts()
    assert row[3:7] == ["58", "37", "21", "58"]
    page.get_by_text("Show all 58 rows").click()
    counted = count(shared_data("northwind", "orders.csv"))
    resolved = dict(zip(column(page, "incidents", 1), column(page, "incidents", 6), strict=True))
    assert {key for key, end in resolved.items() if end == "–"} == {key for key, _ in counted.unshipped}
    late = {key: shipped for key, _, shipped in counted.late}
    assert {key: end for key, end in resolved.items() if end != "–"} == late
    assert (len(late), len(resolved)) == (37, 58)
    opened.assert_quiet()


def test_tables_sort_by_click_and_by_keyboard(browser: Browser, parts_page: Path) -> None:
    """By number, not by letters; names with their numbers in order; nothing is last; the head says which way."""
    opened = Opened(browser, parts_page)
    page = opened.page
    heads = page.locator("#table-orders th")
    heads.nth(1).locator("button").click()
    assert column(page, "orders", 2) == ["16 d", "50 h", "3 h", "–"]
    assert heads.nth(1).get_attribute("aria-sort") == "descending"
    heads.nth(0).locator("button").focus()
    page.keyboard.press("Enter")
    assert column(page, "orders", 1)[-2:] == ["A-9", "A-10"]
    assert [head.get_attribute("aria-sort") for head in heads.all()] == ["ascending", "none", "none", "none"]
    page.keyboard.press("Space")
    assert column(page, "orders", 1)[:2] == ["A-10", "A-9"]
    heads.nth(3).locator("button").click()
    heads.nth(3).locator("button").click()
    assert column(page, "orders", 4) == ["4.1%", "50%", "–", "–"]
    opened.assert_quiet()


def test_long_tables_are_short_until_asked_and_can_be_filtered(browser: Browser, northwind: Path) -> None:
    """20 rows, or all; a filter finds a row among those not shown, and sorting keeps it."""
    opened = Opened(browser, northwind)
    page = opened.page
    keys = column(page, "incidents", 1)
    assert len(keys) == 20
    page.locator("#table-incidents input[type=search]").fill("10264")
    assert column(page, "incidents", 1) == ["10264"]
    page.locator("#table-incidents input[type=search]").fill("")
    page.locator("#table-incidents .more label").click()
    assert len(column(page, "incidents", 1)) == 58
    opened.assert_quiet()


def test_one_language_at_a_time_with_or_without_script(browser: Browser, parts_page: Path) -> None:
    """The switch changes every text, title and chart, also where no script may run; the page remembers nothing."""
    for script in (True, False):
        opened = Opened(browser, parts_page, java_script_enabled=script)
        page = opened.page
        assert "中文" not in page.locator("main").inner_text()
        assert page.locator(".drawing[lang=en]").first.is_visible()
        page.locator("label[for=zh]").click()
        assert "nothing can be late（中文）" in page.locator("main").inner_text()
        assert page.locator("h1").inner_text() == "report（中文）"
        assert not page.locator(".drawing[lang=en]").first.is_visible()
        assert page.locator(".drawing[lang=zh]").first.is_visible()
        if script:
            assert (page.title(), page.locator("html").get_attribute("lang")) == ("report（中文）", "zh")
        page.reload()
        assert page.locator("h1").inner_text() == "report"
        opened.assert_quiet()


def test_keys_that_look_like_scripts_stay_keys(browser: Browser, parts_page: Path) -> None:
    """They are read as they are, and none of them runs."""
    opened = Opened(browser, parts_page)
    dialogs: list[str] = []
    opened.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    assert column(opened.page, "orders", 1)[0] == HOSTILE.rstrip("\u202e\x00")
    assert dialogs == []
    opened.assert_quiet()


def test_columns_and_marks_say_what_they_are(browser: Browser, parts_page: Path) -> None:
    """Pointing at a head or a bar, or coming to the head with the keyboard, shows what it counts."""
    opened = Opened(browser, parts_page)
    page = opened.page
    page.locator("#table-orders th").nth(1).hover()
    assert page.locator(".tip").inner_text() == "how long it was open"
    page.locator("#chart-a-heat .drawing[lang=en] .wide [aria-label='10 · Tue · 10']").hover()
    assert page.locator(".tip").inner_text() == "10 · Tue · 10"
    page.locator("#table-orders th button").nth(1).focus()
    assert page.locator(".tip").inner_text() == "how long it was open"
    opened.assert_quiet()


def test_charts_and_tables_are_saved_from_the_page(browser: Browser, parts_page: Path) -> None:
    """SVG and PNG of a chart, drawn here with the reader's own fonts, and CSV in which no key is a formula."""
    opened = Opened(browser, parts_page, accept_downloads=True)
    page = opened.page

    def saved(part: str, kind: str) -> bytes:
        with page.expect_download() as download:
            page.locator(f"{part} [data-save={kind}]").click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        return Path(download.value.path()).read_bytes()

    assert b"<svg" in saved("#chart-a-heat", "svg")
    assert saved("#chart-a-heat", "png").startswith(b"\x89PNG")
    figures = list(csv.reader(StringIO(saved("#chart-a-heat", "csv").decode("utf-8-sig"))))
    assert figures[:2] == [["hour", "weekday", "incidents"], ["10", "Mon", "10"]]
    rows = list(csv.reader(StringIO(saved("#table-orders", "csv").decode("utf-8-sig"))))
    assert rows[0] == ["order", "lasted (h)", "opened", "share"]
    assert rows[1][1:] == ["50", "2026-03-02", "0.5"]
    assert rows[2] == ["'=1+2", "3", "2026-03-03", ""]
    opened.assert_quiet()


def test_it_prints_on_a4_without_buttons(browser: Browser, northwind: Path) -> None:
    """A PDF of a few pages; on paper there are neither buttons nor a switch, and it is light."""
    opened = Opened(browser, northwind, color_scheme="dark")
    page = opened.page
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8
    page.emulate_media(media="print")
    assert not page.locator("button[data-save]").first.is_visible()
    assert not page.locator(".languages").is_visible()
    assert page.locator("#table-incidents .more").inner_text() == "Not all of the 58 rows are shown here"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    ground = "getComputedStyle(document.querySelector('.drawing svg rect')).fill"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    assert page.evaluate(ground) == "rgb(28, 30, 33)"
    opened.assert_quiet()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wider_than_a_phone(browser: Browser, northwind: Path, parts_page: Path, language: str) -> None:
    """At 390 px nothing scrolls sideways but tables in themselves, and charts have letters that can be read."""
    for path in (northwind, parts_page):
        opened = Opened(browser, path, **PHONE)
        page = opened.page
        page.locator(f"label[for={language}]").tap()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        narrow = page.locator(f".drawing[lang={language}] .narrow svg").first.bounding_box()
        assert narrow is not None and 320 <= narrow["width"] <= 374
        opened.assert_quiet()
