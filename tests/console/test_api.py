"""The JSON API: events in, refused events, incidents, provider callbacks."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from console.api import intake
from streams.embedded import Busy, Stopped
from tests.console.shop import Shop

KEY = {"Authorization": "Bearer let-me-in"}


def event(id_: str, **changes: object) -> dict[str, object]:
    return {
        "source": "wms",
        "id": id_,
        "key": "A-7",
        "type": "placed",
        "occurred_at": "2026-03-10T01:00:00Z",
    } | changes


def test_a_key_is_needed(stranger: TestClient) -> None:
    """Without one, or with a wrong one, nothing is taken; both ways to give it work."""
    assert stranger.post("/api/events", json=event("1")).status_code == 401
    assert stranger.post("/api/events", json=event("1"), headers={"X-API-Key": "wrong"}).status_code == 401
    assert stranger.post("/api/events", json=event("1"), headers=KEY).status_code == 200
    assert stranger.post("/api/events", json=event("2"), headers={"X-API-Key": "let-me-in"}).status_code == 200


def test_good_events_of_a_batch_are_kept_and_bad_ones_said(stranger: TestClient, shop: Shop) -> None:
    """Each refused event is answered with its place, field and reason, and stored; the others are taken."""
    batch = [event("1"), event("2", type="flown"), event("3", data={"amount": "12"}), event("4", data={"colour": 1})]
    answer = stranger.post("/api/events", json=batch, headers=KEY)
    assert answer.status_code == 207
    body = answer.json()
    assert (body["taken"], body["undeclared_fields"]) == (2, ["colour"])
    assert [(one["index"], one["field"], one["code"]) for one in body["refused"]] == [
        (1, "type", "unknown_type"),
        (2, "amount", "wrong_type"),
    ]
    assert body["refused"][0]["position"] == "body item 2"
    listed = stranger.get("/api/events/refused", headers=KEY).json()
    assert [one["code"] for one in listed["refused"]] == ["wrong_type", "unknown_type"]
    with shop.read() as reader:
        assert reader.entity_detail("order", "A-7") is not None


def test_json_lines_and_cloudevents_are_taken(stranger: TestClient, shop: Shop) -> None:
    """JSON lines, and CloudEvents structured, binary and as a batch."""
    lines = "\n".join(json.dumps(event(str(number), key="L-1")) for number in range(3))
    jsonl = {"Content-Type": "application/x-ndjson"}
    assert stranger.post("/api/events", content=lines, headers=KEY | jsonl).json()["taken"] == 3
    cloud = {
        "specversion": "1.0",
        "id": "c1",
        "source": "shop",
        "type": "order.paid.v1",
        "subject": "C-1",
        "time": "2026-03-10T01:00:00Z",
        "data": {"amount": 5},
    }
    structured = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    assert stranger.post("/api/events", content=json.dumps(cloud), headers=KEY | structured).json()["taken"] == 1
    batch = json.dumps([cloud | {"id": "c2"}, cloud | {"id": "c3"}])
    batched = {"Content-Type": "application/cloudevents-batch+json"}
    assert stranger.post("/api/events", content=batch, headers=KEY | batched).json()["taken"] == 2
    binary = {f"ce-{name}": str(value) for name, value in cloud.items() if name != "data"} | {"ce-id": "c4"}
    sent = stranger.post("/api/events", content=b'{"amount": 6}', headers=KEY | binary)
    assert sent.json()["taken"] == 1
    with shop.read() as reader:
        detail = reader.entity_detail("order", "C-1")
    assert detail is not None and detail.entity.values["amount"] == 6.0


def test_too_large_busy_and_stopping_are_said(
    stranger: TestClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """413 with a limit, 429 and 503 with when to come back; nothing is taken."""
    monkeypatch.setattr(intake, "LARGEST_BODY", 1000)
    assert stranger.post("/api/events", content=b"x" * 1001, headers=KEY).status_code == 413
    assert stranger.post("/api/events", content=iter([b"x" * 600, b"x" * 600]), headers=KEY).status_code == 413
    monkeypatch.setattr(intake, "MOST_EVENTS", 3)
    for many in (b"[1,1,1,1]", b"1\n1\n\n1\n1"):
        assert stranger.post("/api/events", content=many, headers=KEY).status_code == 413
    assert stranger.get("/api/events/refused", headers=KEY).json()["refused"] == []
    assert stranger.post("/api/events", json=[event("1"), event("2"), event("3")], headers=KEY).json()["taken"] == 3
    for error, status in ((Busy("full"), 429), (Stopped("stopping"), 503)):
        shop.refuses = error
        answer = stranger.post("/api/events", json=event("1"), headers=KEY)
        assert answer.status_code == status and int(answer.headers["retry-after"]) >= 1
    assert stranger.post("/api/events", content=b"", headers=KEY).status_code == 400


def test_an_event_that_is_no_json_is_refused_not_lost(stranger: TestClient) -> None:
    """422: none was taken; what came is kept as it came."""
    answer = stranger.post("/api/events", content=b"{oops", headers=KEY)
    assert answer.status_code == 422
    listed = stranger.get("/api/events/refused", headers=KEY).json()
    assert listed["refused"][0]["raw"] == "{oops"
    number = listed["refused"][0]["number"]
    assert stranger.post(f"/api/events/refused/{number}/resend", headers=KEY).status_code == 422
    assert stranger.post("/api/events/refused/999/resend", headers=KEY).status_code == 404


def test_incidents_are_listed_and_shown(stranger: TestClient) -> None:
    """The filter line of the console works here too; one incident has its audit, deliveries and explanations."""
    listed = stranger.get("/api/incidents?q=rule:paid-not-shipped", headers=KEY).json()
    assert (listed["total"], listed["incidents"][0]["key"], listed["next"]) == (1, "A-1", None)
    one = stranger.get("/api/incidents/1", headers=KEY).json()
    assert one["severity"] == "major" and one["opened_at"].endswith("Z")
    assert one["explanations"][0]["record"]["rule"] == "paid-not-shipped"
    assert {"opened", "step"} <= {row["what"] for row in one["audit"]}
    assert one["deliveries"][0]["state"] == "delivered"
    assert stranger.get("/api/incidents/99", headers=KEY).status_code == 404


def test_people_act_through_the_api(stranger: TestClient) -> None:
    """Machines say for whom they act; a refusal has its code, who and when."""

    def do(verb: str, **body: str) -> Any:
        return stranger.post(f"/api/incidents/1/{verb}", json=body, headers=KEY)

    assert do("acknowledge").status_code == 422
    assert do("acknowledge", person="nobody").status_code == 422
    assert do("acknowledge", person="ana").json()["acknowledged_by"] == "ana"
    refused = do("acknowledge", person="li-wei")
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["by"]) == ("already_acknowledged", "ana")
    assert do("hand_over", person="ana").json()["field"] == "to"
    assert do("hand_over", person="ana", to="li-wei").json()["owner"] == "li-wei"
    assert do("resolve", person="ana", reason="done").json()["state"] == "resolved"
    assert do("reopen", person="ana").json()["state"] == "open"
    assert do("explode", person="ana").status_code == 404
    assert stranger.post("/api/incidents/99/acknowledge", json={"person": "ana"}, headers=KEY).status_code == 404
    assert stranger.post("/api/incidents/1/acknowledge", content=b"[1]", headers=KEY).status_code == 400


def test_a_session_acts_as_its_person_from_our_pages_only(client: TestClient) -> None:
    """Whatever the body says, it is who is signed in; another site's page is refused."""
    assert client.post("/api/incidents/1/acknowledge", headers={"Origin": "https://evil.example"}).status_code == 401
    assert client.post("/api/incidents/1/acknowledge", json={"person": "ana"}).json()["acknowledged_by"] == "li-wei"


def test_twilio_callbacks_count_only_when_signed(
    stranger: TestClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unsigned or changed means refused; a signed status reaches the delivery."""
    monkeypatch.setenv("TOCSIN_TEST_TWILIO", "a token")
    path = "/callbacks/twilio/1-1-0"
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    signature = RequestValidator("a token").compute_signature("http://testserver" + path, form)
    assert stranger.post(path, data=form).status_code == 403
    signed = {"X-Twilio-Signature": signature}
    assert stranger.post(path, data=form | {"MessageStatus": "delivered"}, headers=signed).status_code == 403
    assert shop.reported == []
    assert stranger.post(path, data=form, headers=signed).status_code == 204
    assert [(one.delivery, one.status, one.provider_id) for one in shop.reported] == [("1-1-0", "undelivered", "SM1")]


def test_errors_of_the_api_are_json(stranger: TestClient) -> None:
    """Also where there is no such address."""
    assert stranger.get("/api/nothing", headers=KEY).json() == {"error": "Not Found"}
    assert stranger.get("/api/events", headers=KEY).status_code == 405
