"""From the desk to the page that a digest's link leads to."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from console.app import create_app
from console.viewer import make_viewer
from console.views.chain import Next, next_of
from console.views.naming import Names
from console.views.timeline import entries_of
from escalation.claims import Outgoing
from escalation.commands import Acknowledge, Resolve
from escalation.desk import Desk
from escalation.incident import Actor, State
from escalation.outbox import DeliveryResult
from notifiers.message import Message
from notifiers.templates import sms
from service.messages import Messages
from store.queries import IncidentFilter
from streams.firing import Change, Firing, Severity, Stage, Transition
from streams.instants import DAY, MINUTE
from tests.console.shop import Shop

ZHANG = Actor(kind="person", id="zhang-min", channel="console")
SEVERITIES = (Severity.MINOR, Severity.CRITICAL, Severity.MAJOR)


def opening(shop: Shop, key: str, severity: Severity) -> Transition:
    firing = Firing(
        rule="paid-not-shipped",
        version="1",
        kind="order",
        key=key,
        number=1,
        opened_at=shop.now() - DAY,
        detected_at=shop.now(),
        stages=(Stage(severity, shop.now() - DAY),),
    )
    return Transition(change=Change.OPENED, at=shop.now(), firing=firing, baseline=True)


def announced(shop: Shop, owner: str = "li-wei") -> list[Message]:
    """Three orders that were overdue before the rule was: the digests that leave, accepted by their providers."""
    for number in (1, 2, 3):
        shop.event("placed", f"A-{number}", sales_rep=owner, customer=f"Customer {number}")
        shop.event("paid", f"A-{number}")
    outgoing: list[Outgoing] = []
    with shop.store.begin() as transaction:
        desk = Desk(transaction.work, shop.workspace.contacts, shop.workspace.rules)
        openings = [opening(shop, f"A-{number}", severity) for number, severity in enumerate(SEVERITIES, 1)]
        desk.tick(openings, (), (), shop.now())
        desk.announce_baseline(shop.now())
        outgoing = desk.claim(shop.now(), 100)
        posts = messages_of(shop).write(transaction.work, outgoing, shop.now())
    shop.clock.move_by(MINUTE)
    for one in outgoing:
        shop.report(DeliveryResult(delivery=one.head.id, outcome="accepted"))
    return [post.message for post in posts]


def messages_of(shop: Shop) -> Messages:
    return Messages(
        model=shop.workspace.model,
        rules=shop.workspace.rules,
        contacts=shop.workspace.contacts,
        links=shop.links,
        url=shop.settings.url,
        language="en",
    )


def path_of(message: Message) -> str:
    return str(message.acknowledge_url).removeprefix("http://testserver")


@pytest.fixture
def empty_shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


@pytest.fixture
def phone(empty_shop: Shop) -> Iterator[TestClient]:
    with TestClient(create_app(empty_shop), headers={"Accept-Language": "en"}, follow_redirects=False) as client:
        yield client


def states(shop: Shop) -> list[State]:
    with shop.read() as reader:
        return [incident.state for incident in reader.incidents([1, 2, 3])]


def test_one_message_tells_of_all_with_a_link_that_an_sms_can_carry(empty_shop: Shop) -> None:
    """The worst first, each by its name."""
    (message,) = announced(empty_shop)
    assert [one.incident_id for one in message.listed] == [2, 3, 1]
    assert message.severity is Severity.CRITICAL
    text = sms(message)
    assert text.startswith("紧急，汇总：3 个此前已发生的异常：订单 A-2（付款后未发货）、订单 A-3")
    assert re.search(r"http://testserver/d/d\.\S+", text)


def test_the_page_acknowledges_what_nobody_has_and_takes_it_back(empty_shop: Shop, phone: TestClient) -> None:
    """GET changes nothing; what somebody else has or resolved stays theirs; undo gives back what was just taken."""
    (message,) = announced(empty_shop)
    path = path_of(message)
    empty_shop.run(Acknowledge(incident=3, actor=ZHANG))
    page = phone.get(path)
    assert page.status_code == 200 and "全部确认（2 个）" in page.text and "以 李伟 的身份" in page.text
    assert page.text.count('href="/incidents/') == 3
    assert states(empty_shop) == [State.OPEN, State.OPEN, State.ACKNOWLEDGED]
    done = phone.post(path, headers={"Origin": "null"})
    assert done.status_code == 200 and "您已确认 2 个" in done.text
    with empty_shop.read() as reader:
        assert [one.acknowledged_by for one in reader.incidents([1, 2, 3])] == ["li-wei", "li-wei", "zhang-min"]
    (undo,) = re.findall(r'name="undo" value="([\d,]+)"', done.text)
    assert "已撤销确认" in phone.post(path, data={"undo": f"{undo},3,99", "person": "li-wei"}).text
    assert states(empty_shop) == [State.OPEN, State.OPEN, State.ACKNOWLEDGED]
    for id_ in (1, 2):
        empty_shop.run(Resolve(incident=id_, actor=ZHANG, comment="done"))
    assert "都已有人确认或已解决" in phone.get(path).text


def test_in_a_group_the_page_asks_who_it_is(empty_shop: Shop, phone: TestClient) -> None:
    """Nobody is acknowledged for."""
    (message,) = announced(empty_shop)
    claims = path_of(message).split(".")
    path = empty_shop.links.digest_path(2, int(claims[3].split("-")[0], 36), 0, None, empty_shop.now() + DAY)
    assert "Who are you?" in phone.get(path).text
    assert phone.post(path).status_code == 409
    assert states(empty_shop) == [State.OPEN] * 3
    assert "3 are yours now" in phone.post(path, data={"person": "ana"}).text


def test_a_link_is_for_its_digest_only_and_ends(empty_shop: Shop, phone: TestClient) -> None:
    """Changed, expired, of another purpose, of a digest that never was: a page that says so."""
    (message,) = announced(empty_shop)
    path = path_of(message)
    assert phone.get(path.replace("/d/d.2.", "/d/d.3.")).status_code == 404
    assert phone.get(path.replace("/d/", "/a/")).status_code == 404
    until = empty_shop.now() + DAY
    assert phone.get(empty_shop.links.digest_path(1, 40, 0, "li-wei", until)).status_code == 404
    single = empty_shop.links.acknowledge_path(1, "li-wei", 1, until)
    assert phone.post(single.replace("/a/", "/d/")).status_code == 404
    empty_shop.clock.move_by(8 * DAY)
    assert phone.get(path).status_code == 410
    assert states(empty_shop) == [State.OPEN] * 3


def test_pages_say_that_it_was_announced_and_that_nothing_follows_by_itself(empty_shop: Shop) -> None:
    """The timeline, the next step, and the tag in the list."""
    announced(empty_shop)
    viewer = make_viewer(empty_shop.settings, None, {}, "", empty_shop.now())
    names = Names(workspace=empty_shop.workspace, viewer=viewer)
    with empty_shop.read() as reader:
        detail = reader.incident_detail(1)
        assert detail is not None
        kind = names.kind("order")
        titles = [(entry.title, entry.lines) for entry in entries_of(detail.audit, (), kind, names)]
        next_ = next_of(detail.incident, names.directory(detail.incident, detail.values), names)
        assert reader.incident_page(IncidentFilter()).lines[0].incident.is_baseline
    assert next_ is not None and (next_.text, next_.at) == ("Escalates only by hand", None)
    assert [title for title, _ in titles] == ["Announced in a digest to 李伟", "Opened as minor"]
    assert any("accepted" in line for line in titles[0][1])
    empty_shop.run(Acknowledge(incident=1, actor=ZHANG))
    with empty_shop.read() as reader:
        taken = reader.incidents([1])[0]
    assert next_of(taken, names.directory(taken, {}), names) == Next(text="Announced again", at=taken.ack_expires_at)


def test_the_list_marks_them(empty_shop: Shop, phone: TestClient) -> None:
    """So that who looks at the inbox knows why nobody is being told."""
    announced(empty_shop)
    empty_shop.settings = replace(empty_shop.settings, demo=True, demo_person="ana")
    assert phone.get("/").text.count("began earlier") == 3
    page = phone.get("/incidents/1").text
    assert "began earlier" in page and "rules or history have changed" in page and "the data came late" not in page
