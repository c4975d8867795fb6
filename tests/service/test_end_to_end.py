"""The main job over real HTTP: event in, deadline passes, people told by the real clients, acknowledged by link."""

import re
import time
from pathlib import Path

import httpx

from streams.clock import WallClock
from streams.instants import format_instant
from tests.service.running import event, running

_NEXT_STEP_AFTER = 3.0  # seconds, as the chain says


def test_the_main_job(tmp_path: Path) -> None:
    """A paid order is not shipped in time: one SMS, one mail and one chat message leave, the link in the SMS
    acknowledges, and the next step of the chain is never taken."""
    with running(tmp_path) as (service, providers):
        now = format_instant(WallClock().now())
        answer = service.post_events(event("A-1", "placed", now, customer="ACME"), event("A-1", "paid", now))
        assert answer.status_code == 200, answer.text
        inbox = providers.inbox
        assert [one.to for one in inbox.wait_for(1, "sms", 15)] == ["+8613800000001"]
        assert [one.to for one in inbox.wait_for(1, "mail", 15)] == ["li.wei@example.com"]
        assert len(inbox.wait_for(1, "chat", 15)) == 1  # the fake takes only what is rightly signed
        taken_at = time.monotonic()

        sms = inbox.received("sms")[0]
        assert "A-1" in sms.text
        link = re.search(r"https?://\S+/a/\S+", sms.text)
        assert link is not None
        with httpx.Client(timeout=10) as phone:  # no cookie, no key
            assert phone.get(link[0]).status_code == 200
            state = service.client.get("/api/incidents/1").json()
            assert state["state"] == "open", "looking at the page must not acknowledge"
            assert phone.post(link[0], headers={"Origin": service.url}).is_success
        state = service.client.get("/api/incidents/1").json()
        assert (state["state"], state["acknowledged_by"]) == ("acknowledged", "li-wei")

        time.sleep(max(0.0, taken_at + _NEXT_STEP_AFTER + 2.0 - time.monotonic()))
        assert [one.to for one in inbox.received("sms")] == ["+8613800000001"], "the next step was taken"
        assert len(inbox.received("mail")) == len(inbox.received("chat")) == 1
        posts = [one for one in providers.twilio.requests if one.method == "POST"]
        assert len(posts) == 1 and "twilio-python" in posts[0].headers["user-agent"]


def test_without_an_answer_the_next_person_is_told(tmp_path: Path) -> None:
    """Nobody acknowledges: after the wait the next step is taken, once."""
    with running(tmp_path) as (service, providers):
        now = format_instant(WallClock().now())
        assert service.post_events(event("A-2", "paid", now)).is_success
        told = [one.to for one in providers.inbox.wait_for(2, "sms", 20)]
        assert told == ["+8613800000001", "+8613800000003"]


def test_a_refused_event_says_where_and_why_and_the_others_are_kept(tmp_path: Path) -> None:
    """The good events of a batch are taken; the bad one is answered with its position, field and reason."""
    with running(tmp_path) as (service, _):
        now = format_instant(WallClock().now())
        answer = service.post_events(event("A-3", "placed", now), event("A-4", "plased", now))
        assert answer.status_code == 207, answer.text
        assert "plased" in answer.text and "unknown_type" in answer.text
        listed = service.client.get("/api/events/refused").json()
        assert "plased" in str(listed)
        forged = service.client.post("/api/events", json=event("A-5", "placed", now), headers={"X-API-Key": "no"})
        assert forged.status_code == 401
