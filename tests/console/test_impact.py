"""What an incident touches and how its deadline was counted, on its page and in the API."""

from pathlib import Path

from starlette.testclient import TestClient

from console.app import create_app
from console.session import COOKIE, Sessions
from console.views.impact import SHOWN
from escalation.claims import Outgoing
from store.queries import IncidentFilter
from streams.instants import HOUR
from tests.console.shop import Shop
from tests.console.test_digests import messages_of

LINE = ({"sku": "P-220", "site": "SH", "qty": 2.0},)


def short_of(shop: Shop, orders: int) -> int:
    """Orders that wait for a stock item, and the incident of the item."""
    for number in range(orders):
        shop.event("placed", f"A/{number}", amount=100.0 * (number + 1), sales_rep="li-wei", lines=[*map(dict, LINE)])
    shop.event("updated", "P-220@SH", kind="stock", sku="P-220", on_hand=4, reorder_level=20)
    return incident_of(shop, "stock-low")


def incident_of(shop: Shop, rule: str) -> int:
    with shop.read() as reader:
        return reader.incident_page(IncidentFilter(rule=rule)).lines[0].incident.id


def page_of(shop: Shop, path: str, language: str = "en") -> str:
    client = TestClient(create_app(shop))
    client.cookies.set(COOKIE, Sessions(shop.settings.session_key).begin("li-wei", shop.now()))
    client.cookies.set("tocsin_language", language)
    return str(client.get(path).text)


def test_the_page_lists_the_most_valuable_orders_with_links(tmp_path: Path) -> None:
    """Owners by name, the value of all, how many more there are; a key with a slash keeps its link whole."""
    shop = Shop(tmp_path)
    page = page_of(shop, f"/incidents/{short_of(shop, SHOWN + 3)}")
    assert f"{SHOWN + 3} open: order" in page
    assert "amount 6,600 in all" in page
    assert "and 3 more" in page
    assert page.index("A/10") < page.index("A/9") and "A/2<" not in page
    assert 'href="/entities/order/A%2F10"' in page
    assert "李伟" in page[page.index("A/10") :]


def test_orders_that_close_are_touched_no_more(tmp_path: Path) -> None:
    """And where none is left, that is said."""
    shop = Shop(tmp_path)
    incident = short_of(shop, 1)
    shop.event("cancelled", "A/0")
    assert "没有未结的订单受影响" in page_of(shop, f"/incidents/{incident}", "zh")


def test_the_api_tells_it_too(tmp_path: Path) -> None:
    """Count and value of all, the orders by value."""
    shop = Shop(tmp_path)
    incident = short_of(shop, 2)
    client = TestClient(create_app(shop), headers={"Authorization": "Bearer let-me-in"})
    (impact,) = client.get(f"/api/incidents/{incident}").json()["impact"]
    assert (impact["kind"], impact["count"], impact["value"], impact["value_field"]) == ("order", 2, 300.0, "amount")
    assert impact["entities"][0] == {"key": "A/1", "owners": ["li-wei"], "value": 200.0}
    shop.event("updated", "P-220@SH", kind="stock", on_hand=40)
    assert client.get(f"/api/incidents/{incident}").json()["impact"] == []


def test_the_page_shows_how_working_time_was_counted(tmp_path: Path) -> None:
    """Interval by interval, the weekend named, in both languages."""
    shop = Shop(
        tmp_path,
        rules="rules: [{id: slow, overdue: shipped, after: paid, within: 12h work}]",
        calendars="calendars: {work: {zone: Asia/Shanghai, hours: {mon-tue: 09:00-18:00}}}",
    )
    shop.event("paid", "A-1")
    shop.pass_time(7 * 24 * HOUR, 24 * HOUR)
    path = f"/incidents/{incident_of(shop, 'slow')}"
    page = page_of(shop, path)
    assert "How it was counted" in page and "Mar 9, 12:00–18:00: 6 h" in page and "Mar 10, 09:00–15:00: 6 h" in page
    assert "计 6 小时" in page_of(shop, path, "zh")


def test_the_page_of_a_group_shows_its_members(tmp_path: Path) -> None:
    """Which orders were counted, with links."""
    shop = Shop(
        tmp_path,
        rules='rules: [{id: many, when: event.type == "change_requested", '
        "count: {at_least: 2, within: 7d, per: channel, distinct: key}}]",
    )
    for key in ("A-1", "A-2"):
        shop.event("placed", key, channel="web")
        shop.event("change_requested", key)
    page = page_of(shop, f"/incidents/{incident_of(shop, 'many')}")
    assert "2 within 7 d; 2 are enough (different key)" in page
    assert 'href="/entities/order/A-1"' in page and 'href="/entities/order/A-2"' in page


def test_messages_say_how_many_orders_it_touches(tmp_path: Path) -> None:
    """In the language of who is told, and with the number of the moment at which it is sent."""
    shop = Shop(tmp_path)
    short_of(shop, 3)
    with shop.store.begin() as transaction:
        work = transaction.work
        head = work.deliveries_of([1])[0]
        (post,) = messages_of(shop).write(work, [Outgoing(head=head, deliveries=(head,))], shop.now())
    assert "涉及 3 个未结订单" in post.message.sentence
