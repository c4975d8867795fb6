"""The pages as a browser without script gets them."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.backend import DemoCommand
from escalation.commands import Acknowledge, Resolve
from escalation.incident import Actor, State
from tests.console.conftest import HOUR
from tests.console.shop import Shop, ShownDemo, three_days

INCIDENT = 1
ZHANG = Actor(kind="person", id="zhang-min", channel="link")


def state_of(shop: Shop) -> State:
    with shop.read() as reader:
        return reader.incidents([INCIDENT])[0].state


def test_the_inbox_says_each_incident_as_one_sentence_with_its_next_step(client: TestClient) -> None:
    """The row has the sentence, the severity as a word, the order with its customer, and who hears of it next."""
    page = client.get("/").text
    assert "Order A-1 was paid 49 h ago and has not shipped (due within 48 h)" in page
    assert ">Major<" in page
    assert "Northwind" in page
    assert "Chain has run out" in page


def test_tabs_count_what_they_show(client: TestClient, shop: Shop) -> None:
    """The number on a tab is the number of rows behind it."""
    shop.run(Acknowledge(incident=INCIDENT, actor=ZHANG))
    page = client.get("/?view=acknowledged").text
    assert len(re.findall(r'id="row-\d+"', page)) == 1
    assert re.search(r'Acknowledged <span class="count">1<', page)
    assert re.search(r'Open <span class="count">0<', client.get("/").text)


def test_the_filter_line_narrows_and_says_what_it_does_not_know(client: TestClient) -> None:
    """Known words restrict, unknown ones are named and left out; the line stays in the URL and the field."""
    assert 'id="row-1"' in client.get("/?q=severity:major+key:A-").text
    assert 'id="row-1"' not in client.get("/?q=severity:critical").text
    assert 'id="row-1"' in client.get("/?q=rule:paid-not-shipped+kind:order").text
    assert 'id="row-1"' not in client.get("/?q=A-2").text
    page = client.get("/?q=colour:red").text
    assert "colour:red is not known and was left out" in page
    assert 'value="colour:red"' in page


def test_pages_of_the_inbox_follow_one_another_without_gaps(tmp_path: Path) -> None:
    """Keyset paging over more incidents than a page holds shows each once."""
    shop = Shop(tmp_path, demo=ShownDemo())
    keys = [f"P-{number}@SH" for number in range(130)]
    shop.submit([shop.decoded("updated", key, kind="stock", on_hand=1, reorder_level=2) for key in keys])
    client = TestClient(create_app(shop))
    seen: list[str] = []
    address = "/"
    for _ in range(5):
        page = client.get(address).text
        seen += re.findall(r'id="row-(\d+)"', page)
        link = re.search(r'href="([^"]+)" rel="next"', page)
        if link is None:
            break
        address = link[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 130


def test_the_incident_page_explains_itself(client: TestClient) -> None:
    """Sentence, chain, the order's way, the truth tree with values, the deadline, the timeline, who was told."""
    page = client.get(f"/incidents/{INCIDENT}").text
    for part in (
        "Order A-1 was paid 49 h ago",
        "not shipped.done",
        "shipped.done</code> = no",
        "48 h after Paid",
        "Severity went from minor to major",
        "The chain has run out and nobody has taken it",
        "+8613800000001",
        "delivered",
        "Way of the order",
    ):
        assert part in page, part


def test_acknowledging_works_without_script_and_offers_to_undo(client: TestClient, shop: Shop) -> None:
    """A form, a redirect, a page that says it was done and by whom."""
    answer = client.post(f"/incidents/{INCIDENT}/acknowledge")
    assert answer.status_code == 303
    assert state_of(shop) is State.ACKNOWLEDGED
    page = client.get(answer.headers["location"]).text
    assert "With 李伟" in page
    assert f'action="/incidents/{INCIDENT}/unacknowledge" data-undo' in page
    client.post(f"/incidents/{INCIDENT}/unacknowledge")
    assert state_of(shop) is State.OPEN


def test_a_second_acknowledgement_is_refused_with_who_and_when(client: TestClient, shop: Shop) -> None:
    """Who comes second reads who was first."""
    shop.run(Acknowledge(incident=INCIDENT, actor=ZHANG))
    answer = client.post(f"/incidents/{INCIDENT}/acknowledge")
    assert answer.status_code == 409
    assert "already acknowledged by 张敏 at Mar 11, 13:00" in answer.text


def test_resolving_asks_for_the_reason_and_keeps_it(client: TestClient, shop: Shop) -> None:
    """Without a reason nothing is done; with one it is in the audit trail and on the page."""
    assert client.post(f"/incidents/{INCIDENT}/resolve", data={"reason": "  "}).status_code == 422
    assert state_of(shop) is State.OPEN
    client.post(f"/incidents/{INCIDENT}/resolve", data={"reason": "Moved to <Friday>"})
    assert state_of(shop) is State.RESOLVED
    assert "Moved to &lt;Friday&gt;" in client.get(f"/incidents/{INCIDENT}").text


def test_a_refused_form_keeps_what_was_typed(client: TestClient, shop: Shop) -> None:
    """The reason that was typed stands in the field again where resolving came too late."""
    client.post(f"/incidents/{INCIDENT}/acknowledge")
    answer = client.post(f"/incidents/{INCIDENT}/hand_over", data={"to": "nobody-known"})
    assert answer.status_code == 409
    assert "there is no such person" in answer.text
    assert '<details class="more" open>' in answer.text


def test_handing_over_and_escalating_are_said(client: TestClient) -> None:
    """The page after it names the new owner."""
    client.post(f"/incidents/{INCIDENT}/hand_over", data={"to": "ana"})
    assert "With Ana Ruiz" in client.get(f"/incidents/{INCIDENT}").text
    assert client.post(f"/incidents/{INCIDENT}/escalate").status_code == 409  # the chain has run out


def test_marked_rows_are_acknowledged_together(client: TestClient, shop: Shop) -> None:
    """Several boxes of one form; what cannot be acknowledged is said."""
    shop.event("updated", "P-1@SH", kind="stock", on_hand=1, reorder_level=2)
    answer = client.post("/inbox/acknowledge", data={"marked": ["1", "2", "99"]})
    assert answer.status_code == 409
    assert "Incident 99: there is no such incident" in answer.text
    with shop.read() as reader:
        assert {one.state for one in reader.incidents([1, 2])} == {State.ACKNOWLEDGED}


def test_how_many_were_acknowledged_together_is_said_in_the_same_list(client: TestClient, shop: Shop) -> None:
    """The filter stays in the address; a made-up number is not repeated."""
    answer = client.post("/inbox/acknowledge", data={"marked": ["1"], "q": "key:A"})
    assert answer.headers["location"] == "/?q=key%3AA&acknowledged=1"
    assert "1 acknowledged, listed under Mine" in client.get(answer.headers["location"]).text
    assert "listed under Mine" not in client.get("/?acknowledged=x").text


def test_the_entity_page_shows_events_with_their_lateness(client: TestClient, shop: Shop) -> None:
    """An event that came late says by how much; the reached node says how late it was."""
    shop.event("shipped", "A-1", at=shop.now() - HOUR // 2)
    page = client.get("/entities/order/A-1").text
    assert "came late by 30 min" in page
    assert "30 min late" in page
    assert "No open incidents" in page


def test_keys_with_slashes_and_blanks_have_a_page(client: TestClient, shop: Shop) -> None:
    """Whatever a key holds, its page is reached by the link in the list."""
    shop.event("updated", "P 1/2&3@SH", kind="stock", on_hand=1, reorder_level=2)
    link = re.search(r'href="(/entities/stock/[^"]+)"', client.get("/").text)
    assert link is not None
    assert "P 1/2&amp;3@SH" in client.get(link[1].replace("&amp;", "&")).text


def test_refused_events_are_listed_and_sent_again(client: TestClient, shop: Shop) -> None:
    """It says what came of sending again: refused once more with the reason, or taken."""
    bad = shop.decoder.decode(
        b'{"source": "x", "id": "1", "key": "A-9", "type": "flown"}', now=shop.now(), position="f:3"
    )
    good = shop.decoder.decode(b"{", now=shop.now(), position="f:4")
    shop.submit([bad, good])
    page = client.get("/events/refused").text
    assert "flown" in page and "f:3" in page and "not_json" in page
    answer = client.post("/events/refused/1")
    assert answer.status_code == 409
    assert "Refused again" in answer.text
    assert client.post("/events/refused/99").status_code == 404


def test_links_from_messages_show_on_get_and_act_on_post(stranger: TestClient, shop: Shop) -> None:
    """Scanners follow links, so GET changes nothing; POST acknowledges without a sign-in, from whatever origin."""
    path = shop.links.acknowledge_path(INCIDENT, "zhang-min", 1, shop.now() + HOUR)
    page = stranger.get(path)
    assert page.status_code == 200 and "订单 A-1" in page.text  # in the receiver's language
    assert state_of(shop) is State.OPEN
    done = stranger.post(path, headers={"Origin": "null"})
    assert "升级链已停止" in done.text
    with shop.read() as reader:
        assert reader.incidents([INCIDENT])[0].acknowledged_by == "zhang-min"
    assert stranger.post(path).status_code == 200  # twice by the same person is no error


def test_a_link_says_when_it_is_too_late(stranger: TestClient, shop: Shop) -> None:
    """Acknowledged by somebody else, resolved, expired, broken: each in words, none an error page."""
    path = shop.links.acknowledge_path(INCIDENT, "ana", 1, shop.now() + HOUR)
    shop.run(Acknowledge(incident=INCIDENT, actor=ZHANG))
    answer = stranger.post(path)
    assert answer.status_code == 409 and "already acknowledged by 张敏" in answer.text
    assert "张敏 acknowledged it" in stranger.get(path).text
    shop.run(Resolve(incident=INCIDENT, actor=ZHANG, comment="done"))
    assert "nothing is left to do" in stranger.get(path).text
    assert stranger.get(path.replace("/a.1.", "/a.2.")).status_code == 404
    shop.clock.move_by(2 * HOUR)
    expired = stranger.get(path)
    assert expired.status_code == 410 and "This link has expired" in expired.text


def test_a_link_in_a_group_chat_asks_who_it_is(stranger: TestClient, shop: Shop) -> None:
    """Nobody is acknowledged for; who is chosen is taken down."""
    path = shop.links.acknowledge_path(INCIDENT, None, 1, shop.now() + HOUR)
    assert "Who are you?" in stranger.get(path).text
    assert stranger.post(path).status_code == 409
    assert state_of(shop) is State.OPEN
    stranger.post(path, data={"person": "ana"})
    assert state_of(shop) is State.ACKNOWLEDGED


def test_signing_in_needs_the_password_and_leads_back(tmp_path: Path) -> None:
    """A stranger is sent to sign in; a wrong password is refused; a good one leads to the page that was wanted."""
    shop = Shop(tmp_path, password="open sesame")
    client = TestClient(create_app(shop), headers={"Origin": "http://testserver"}, follow_redirects=False)
    sent = client.get("/?q=A-1")
    assert sent.headers["location"] == "/sign-in?next=/%3Fq%3DA-1"
    form = {"person": "ana", "password": "guess", "next": "/?q=A-1"}
    assert client.post("/sign-in", data=form).status_code == 403
    answer = client.post("/sign-in", data=form | {"password": "open sesame"})
    assert answer.headers["location"] == "/?q=A-1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert client.get("/").status_code == 200
    client.post("/sign-out")
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_never_leads_elsewhere(tmp_path: Path, target: str) -> None:
    """Only paths of our own are followed."""
    client = TestClient(create_app(Shop(tmp_path)), headers={"Origin": "http://testserver"}, follow_redirects=False)
    answer = client.post("/sign-in", data={"person": "ana", "next": target})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_forms_of_other_sites_do_nothing(client: TestClient, shop: Shop, origin: str | None) -> None:
    """The session alone is not enough: the form has to come from a page of ours."""
    del client.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    assert client.post(f"/incidents/{INCIDENT}/acknowledge", headers=headers).status_code == 403
    assert state_of(shop) is State.OPEN


def test_sessions_end_and_cannot_be_forged(stranger: TestClient, shop: Shop) -> None:
    """An old or changed cookie is nobody's."""
    client = stranger
    client.headers["Origin"] = "http://testserver"
    client.post("/sign-in", data={"person": "ana"})
    assert client.get("/").status_code == 200
    shop.clock.move_by(31 * 24 * HOUR)
    assert client.get("/").status_code == 303
    client.cookies.clear()
    client.cookies.set("tocsin_session", "WyJhbmEiLDE3Nzk5OTk5OTld.AAAA")
    assert client.get("/").status_code == 303


def test_the_language_is_chosen_by_switch_person_browser_and_setting(stranger: TestClient, shop: Shop) -> None:
    """The switch wins, then the person's own, then Accept-Language, then the service's."""
    assert 'lang="en"' in stranger.get("/sign-in").text
    assert 'lang="zh-CN"' in stranger.get("/sign-in", headers={"Accept-Language": "fr, zh;q=0.9, en;q=0.5"}).text
    assert 'lang="en"' in stranger.get("/sign-in", headers={"Accept-Language": "fr"}).text
    stranger.headers["Origin"] = "http://testserver"
    stranger.post("/sign-in", data={"person": "li-wei"})
    assert 'lang="zh-CN"' in stranger.get("/").text
    stranger.post("/preferences", data={"language": "en", "theme": "dark"})
    page = stranger.get("/").text
    assert 'lang="en"' in page and 'data-theme="dark"' in page


def test_errors_have_an_id_that_the_log_has_too(
    client: TestClient, shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken page is a page of ours, and its id leads to the log; a link's token stays out of it."""
    monkeypatch.setattr(shop, "read", lambda: (_ for _ in ()).throw(RuntimeError("disk")))
    broken = TestClient(create_app(shop), cookies=dict(client.cookies), raise_server_exceptions=False)
    answer = broken.get("/")
    found = re.search(r'class="id">([0-9a-f]{8})<', answer.text)
    assert answer.status_code == 500 and found is not None
    assert found[1] in caplog.text
    assert broken.get("/api/incidents").json()["error"] == "internal error"
    path = shop.links.acknowledge_path(INCIDENT, "ana", 1, shop.now() + HOUR)
    broken.get(path)
    assert path.rpartition("/")[2] not in caplog.text


def test_unknown_addresses_are_a_page_of_ours(client: TestClient) -> None:
    """Also for incidents, entities and verbs that there are not."""
    for path in ("/nothing", "/incidents/99", "/entities/order/none", "/incidents/9999999999999999999999", "/demo"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "There is no such page" in answer.text
    assert client.post(f"/incidents/{INCIDENT}/explode").status_code == 404


def test_pages_let_nothing_in_from_elsewhere(client: TestClient) -> None:
    """Strict policy, no inline script or style, every address of our own."""
    for path in ("/", f"/incidents/{INCIDENT}", "/entities/order/A-1", "/events/refused", "/sign-in"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text), path
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', answer.text):
            assert address.startswith(("/", "#", "tel:")), (path, address)


def test_the_demo_s_page_shows_what_can_be_tried_once_there_is_something(tmp_path: Path) -> None:
    """Each command stands as it is to be pasted, with what it shows; without any there is no such section."""
    quiet = TestClient(create_app(Shop(tmp_path / "quiet", demo=ShownDemo()))).get("/demo").text
    assert "三个月的历史" not in quiet
    command = DemoCommand(command="tocsin why history.parquet", text={"zh": "共同点", "en": "what late orders share"})
    shop = Shop(tmp_path / "full", demo=ShownDemo(commands=[command]))
    page = TestClient(create_app(shop)).get("/demo").text
    assert "三个月的历史" in page
    assert "<code>tocsin why history.parquet</code>" in page
    assert "共同点" in page


def test_pages_are_small_and_static_files_are_kept(tmp_path: Path) -> None:
    """Page, style and scripts together stay below 60 KB as they travel; files with a version are kept for good."""
    shop = Shop(tmp_path, demo=ShownDemo())
    three_days(shop)
    client = TestClient(create_app(shop))
    for path in ("/", "/incidents/10"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        size = int(answer.headers["content-length"])
        for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)):
            asset = client.get(address, headers={"Accept-Encoding": "gzip"})
            assert "immutable" in asset.headers["cache-control"]
            size += int(asset.headers["content-length"])
        assert size < 60_000, (path, size)
