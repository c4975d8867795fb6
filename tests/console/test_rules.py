"""The page of the rules, the banner that says what is wrong with the files, and reading them again."""

import pytest
from starlette.testclient import TestClient

from console.backend import FilesState, RefusedFiles, ShownProblem, Sweep
from rules.errors import Place
from rules.versions import RuleVersion
from streams.embedded import Busy
from streams.instants import HOUR
from streams.text import Text
from tests.console.shop import Shop

KEY = {"Authorization": "Bearer let-me-in"}


def refuse(shop: Shop, count: int = 2) -> None:
    problem = ShownProblem(
        place=Place(file="rules/shipping.yaml", line=3, column=11, width=3),
        message=Text(zh="未知的字段 amuont", en="unknown field amuont"),
        line="    when: <amuont> > 5",
    )
    shop.files = FilesState(since=shop.now() - HOUR, refused=RefusedFiles(at=shop.now(), problems=[problem] * count))


def test_every_rule_is_listed_with_how_it_does(client: TestClient, shop: Shop) -> None:
    """Live ones first; the number of open incidents leads to them."""
    rules = list(shop.workspace.rules.values())
    with shop.store.begin() as transaction:
        transaction.keep_rule_versions(
            [
                RuleVersion(
                    rule=rules[0].id,
                    version=rules[0].version,
                    mode="live",
                    definition="{}",
                    added_at=at,
                    retired_at=end,
                )
                for at, end in ((1, 2), (2, None))
            ],
            shop.now(),
        )
    page = client.get("/rules").text
    assert all(rule.version in page for rule in rules)
    assert 'href="/?q=rule%3Apaid-not-shipped"' in page
    assert "1</strong> open" in page
    assert page.rindex(">live<") < page.index(">shadow<")


def test_refused_files_are_said_on_every_page(client: TestClient, shop: Shop) -> None:
    """With what keeps running, and a link to the list with file, line and column; none is said when all is well."""
    assert "keep running" not in client.get("/").text
    refuse(shop)
    for path in ("/", "/events/refused", "/incidents/1"):
        page = client.get(path).text
        assert "The files on disk have 2 errors" in page and 'href="/rules"' in page
    page = client.get("/rules").text
    assert "rules/shipping.yaml:3:11" in page and "unknown field amuont" in page
    assert "when: <mark>&lt;am</mark>uont&gt; &gt; 5" in page
    refuse(shop, 1)
    assert "have 1 error and" in client.get("/").text


def test_strangers_hear_nothing_of_the_files(stranger: TestClient, shop: Shop) -> None:
    """Neither before they sign in, nor from the link of a message."""
    refuse(shop)
    assert "errors" not in stranger.get("/sign-in").text


def test_a_sweep_shows_how_far_it_has_come(client: TestClient, shop: Shop) -> None:
    """On its page as a bar, elsewhere in one line."""
    shop.files = FilesState(since=shop.now(), sweep=Sweep(left=300, total=1200))
    assert '<progress value="900" max="1200"' in client.get("/rules").text
    assert "300 of 1,200 left" in client.get("/").text


def test_the_files_are_read_again_on_demand(client: TestClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says what came of it."""
    answer = client.post("/rules/reload")
    assert (answer.status_code, shop.reloads) == (200, 1)
    assert "in force" in answer.text
    refuse(shop)
    assert client.post("/rules/reload").status_code == 409

    def busy() -> None:
        raise Busy("not now")

    monkeypatch.setattr(shop, "reload", busy)
    assert client.post("/rules/reload").status_code == 503
    assert client.post("/api/rules/reload", headers=KEY).status_code == 503


def test_machines_read_them_again_with_a_key(stranger: TestClient, shop: Shop) -> None:
    """The answer lists what is wrong, with the line."""
    assert stranger.post("/api/rules/reload").status_code == 401
    assert stranger.post("/api/rules/reload", headers=KEY).json()["result"] == "applied"
    refuse(shop, 1)
    answer = stranger.post("/api/rules/reload", headers=KEY)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("rules/shipping.yaml", 3, 11)
    assert (problem["message"]["en"], problem["text"]) == ("unknown field amuont", "    when: <amuont> > 5")
