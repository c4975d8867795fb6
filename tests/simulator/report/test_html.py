"""The page: all in one file, both languages, nothing that a key could inject."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from simulator.report.document import Head, Table
from simulator.report.html import html_of, write_html
from tests.simulator.report.documents import HOSTILE, ORDERS, chart, days, document, text


def test_it_is_one_file_that_asks_for_nothing():
    """No address of anything outside, a policy that would forbid it, and the hashes of what it does run."""
    page = html_of(document(), "en")
    assert set(re.findall(r"https?://[^\s\"'<>]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"\bsrc=|@import|url\(", page)
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)[0].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert " style=" not in page and " onclick=" not in page


def test_keys_are_shown_never_run():
    """What looks like markup in a key is text, in tables, charts and titles."""
    page = html_of(document(ORDERS, chart("line", days(2), title=text(HOSTILE))), "zh")
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&amp;amp;" in page
    assert "\x00" not in page and "\u202e" not in page


def test_the_page_is_well_formed():
    """Each tag is closed in its order."""
    checker = _Nesting()
    checker.feed(html_of(document(), "zh"))
    assert checker.open == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_are_there_and_one_shows_first(language):
    """Each text twice, marked with its language; the one asked for is chosen."""
    page = html_of(document(), language)
    assert '<span lang="zh">nothing can be late（中文）</span><span lang="en">nothing can be late</span>' in page
    assert f'<html lang="{language}">' in page
    assert re.search(rf'id="{language}"[^>]* checked', page)
    assert page.count(" checked") == 1


def test_figures_have_their_raw_values_to_sort_by():
    """Durations and shares are written for people and sorted as numbers; what is missing sorts as nothing."""
    page = html_of(document(ORDERS), "en")
    assert '<td data-v="180000000000"><span lang="zh">50 小时</span><span lang="en">50 h</span></td>' in page
    assert '<td data-v="0.0414">4.1%</td>' in page
    assert '<td data-v="">–</td>' in page


def test_days_are_written_without_a_time_that_says_nothing():
    """A column of days has dates only."""
    page = html_of(document(ORDERS), "en")
    assert ">2026-03-02</td>" in page and ">2026-03-02 00:00</td>" not in page


def test_very_long_tables_say_how_much_they_leave_out():
    """The first 2,000 rows are there, and the number of the others."""
    table = Table(
        name="long", title=text("long"), heads=(Head(label=text("key")),), rows=[(f"A-{n}",) for n in range(2_345)]
    )
    page = html_of(document(table), "en")
    assert page.count("<tr>") == 2_001
    assert "These are the first 2,000 rows; 345 more were left out, and the JSON report has all" in page


def test_charts_and_tables_without_anything_say_so(tmp_path):
    """An empty report is a page too, and tells how many charts were drawn."""
    drawn: list[int] = []
    empty = Table(name="none", title=text("none"), heads=(Head(label=text("key")),), rows=[])
    missing = chart("line", [{"x": 0, "y": None}], name="missing")
    write_html(document(empty, chart("bar", []), missing), tmp_path / "r.html", "en", progress=drawn.append)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No rows" in page and page.count(">Nothing to draw<") == 2 and drawn == [1, 1]


class _Nesting(HTMLParser):
    """The tags that are open, in order."""

    EMPTY = frozenset({"meta", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
