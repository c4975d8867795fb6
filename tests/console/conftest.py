"""A shop with a few orders, and a client that is signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.session import COOKIE, Sessions
from tests.console.shop import OPENED, Shop

HOUR = 3_600_000_000


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    """Every shop that a test opens is closed behind it."""
    before = len(OPENED)
    yield
    while len(OPENED) > before:
        OPENED.pop().store.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Order A-1 is paid and an hour overdue for shipping, told to 李伟; nobody has acknowledged it."""
    shop = Shop(tmp_path / "shop")
    shop.event("placed", "A-1", customer="Northwind", amount=120, sales_rep="li-wei")
    shop.event("paid", "A-1")
    shop.pass_time(44 * HOUR, 44 * HOUR)
    shop.pass_time(5 * HOUR, HOUR // 4)
    return shop


@pytest.fixture
def stranger(shop: Shop) -> Iterator[TestClient]:
    with TestClient(create_app(shop), headers={"Accept-Language": "en"}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def client(shop: Shop, stranger: TestClient) -> TestClient:
    """As 李伟, from a page of the console."""
    stranger.cookies.set(COOKIE, Sessions(shop.settings.session_key).begin("li-wei", shop.now()))
    stranger.cookies.set("tocsin_language", "en")
    stranger.headers["Origin"] = "http://testserver"
    return stranger
