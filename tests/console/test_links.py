"""Signed links: what they let through, what they refuse, and how."""

import pytest

from console.links import PATH, Claims, LinkBroken, LinkExpired, LinkPurpose, Links
from streams.instants import DAY, SECOND, parse_instant
from tests.notifiers.samples import SHANGHAI

SECRET = "a secret of at least sixteen characters"
NOW = parse_instant("2026-03-04T13:00:00", SHANGHAI)
LINKS = Links([SECRET])


def claims(**changes: object) -> Claims:
    fields: dict[str, object] = {
        "purpose": LinkPurpose.ACKNOWLEDGE,
        "incident": 1042,
        "person": "li-wei",
        "version": 3,
        "expires_at": NOW + DAY,
    }
    return Claims(**{**fields, **changes})  # type: ignore[arg-type]


def read(token: str, now: int = NOW, links: Links = LINKS) -> Claims:
    return links.read(token, LinkPurpose.ACKNOWLEDGE, now)


@pytest.mark.parametrize("person", ["li-wei", "Li_Wei", "李伟", "a.b~c d/e?f", "x" * 60, None])
@pytest.mark.parametrize("incident", [0, 1, 35, 36, 10**12])
def test_what_is_signed_is_read(person: str | None, incident: int) -> None:
    """Any person id, any incident, and the group's link without a person."""
    signed = claims(person=person, incident=incident)
    assert read(LINKS.token(signed)) == signed


@pytest.mark.parametrize("person", ["li-wei", "张敏", None])
def test_a_link_fits_into_an_sms(person: str | None) -> None:
    """Under 90 characters of path, of characters that a phone takes as part of a link."""
    path = LINKS.acknowledge_path(10**9, person, 120, NOW + DAY)
    assert path.startswith(PATH)
    assert len(path) < 90
    assert all(letter.isalnum() or letter in "/._-~" for letter in path) and path.isascii()
    assert read(path.removeprefix(PATH)).person == person


def test_a_change_anywhere_breaks_it() -> None:
    """Each character counts; so does each that is missing or added."""
    token = LINKS.token(claims())
    for place, letter in enumerate(token[:-1]):  # the last one carries two bits only
        for other in ("A", "b", "."):
            if other != letter:
                with pytest.raises(LinkBroken):
                    read(token[:place] + other + token[place + 1 :])
    for broken in (token[:-1], token[1:], token + "x", "", ".", "a.1", token.split(".")[0], "ä" + token, "x" * 10_000):
        with pytest.raises(LinkBroken):
            read(broken)


def test_fields_cannot_be_moved_between_each_other() -> None:
    """A dot in a person's id does not become a border."""
    token = LINKS.token(claims(person="a.b"))
    assert token.count(".") == 5
    assert read(token).person == "a.b"


def test_it_expires() -> None:
    """Good until then, over at it; the error still says whose it was."""
    expiring = claims(expires_at=NOW + 10 * SECOND)
    token = LINKS.token(expiring)
    assert read(token, NOW + 10 * SECOND - 1) == expiring
    with pytest.raises(LinkExpired) as caught:
        read(token, NOW + 10 * SECOND)
    assert caught.value.claims == expiring


def test_a_broken_link_is_broken_even_when_it_would_have_expired() -> None:
    """Nobody learns from the error what an unsigned link would have been."""
    token = LINKS.token(claims(expires_at=NOW - DAY))
    with pytest.raises(LinkBroken):
        read("b" + token[1:])


def test_it_is_for_one_purpose() -> None:
    """A token signed for something else does not acknowledge."""
    token = LINKS.token(claims())
    forged = LINKS._signer.sign("z" + token[1:].rpartition(".")[0]).decode()
    with pytest.raises(LinkBroken):
        read(forged)


def test_secrets_can_be_exchanged() -> None:
    """While both are known old links are good; then they are not; new ones are signed with the last."""
    old, both = LINKS, Links([SECRET, "the new secret of this service"])
    new = Links(["the new secret of this service"])
    assert read(old.token(claims()), links=both) == claims()
    assert read(both.token(claims()), links=new) == claims()
    with pytest.raises(LinkBroken):
        read(old.token(claims()), links=new)


@pytest.mark.parametrize("secrets", [[], [""], ["short"], [SECRET, "short"]])
def test_a_weak_secret_is_refused(secrets: list[str]) -> None:
    """Guessing it must not be easier than guessing the signature."""
    with pytest.raises(ValueError, match="16 characters"):
        Links(secrets)
