"""Signed links that let their bearer do one thing without signing in, until they expire: for one incident, or a digest.

A token is PURPOSE.INCIDENT.PERSON.VERSION.EXPIRY.SIGNATURE: numbers in base 36, EXPIRY in seconds, the signature
HMAC-SHA256 cut to 128 bits (RFC 2104 allows half), so that it stays short in an SMS. It is signed, not secret: whoever
has the link sees no more than the incident's number, the person's id and until when it is good. VERSION of a digest is
VERSION-N: with INCIDENT that is the id of its message.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import digest
from typing import Final

from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

from streams.instants import SECOND, Instant

PATH: Final = "/a/"
DIGEST_PATH: Final = "/d/"
_SHORTEST_SECRET: Final = 16
_LONGEST_TOKEN: Final = 500
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class LinkError(Exception):
    """Base: the link cannot be used. The text is for the log; the page has words of its own."""


class LinkBroken(LinkError):
    """Changed on the way, cut, signed with another secret, or never ours."""


class LinkExpired(LinkError):
    """It was good until `claims.expires_at`."""

    def __init__(self, claims: "Claims") -> None:
        super().__init__(f"the link of incident {claims.incident} has expired")
        self.claims = claims


class LinkPurpose(StrEnum):
    """One letter each, as it stands in the token."""

    ACKNOWLEDGE = "a"
    DIGEST = "d"  # see all incidents of a digest, acknowledge them, and undo that


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`version` is the escalation's version when the message was made: an old message cannot skip a later step.

    `person` None: the link went to a group chat, so the page asks who it is.
    """

    purpose: LinkPurpose
    incident: int
    person: str | None
    version: int
    expires_at: Instant  # whole seconds
    n: int | None = None  # of a digest only: (incident, version, n) is its first delivery


class _ShortHmac(SigningAlgorithm):
    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return digest(key, value, sha256)[:16]


class Links:
    """Makes and reads tokens. `secrets`: the one to sign with last, older ones that are still good before it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or any(len(secret) < _SHORTEST_SECRET for secret in secrets):
            raise ValueError(f"a secret for links needs at least {_SHORTEST_SECRET} characters")
        self._signer = Signer(list(secrets), salt="tocsin.links", sep=".", digest_method=sha256, algorithm=_ShortHmac())

    def token(self, claims: Claims) -> str:
        parts = (
            claims.purpose.value,
            _base36(claims.incident),
            "" if claims.person is None else _person_part(claims.person),
            _base36(claims.version) + ("" if claims.n is None else f"-{_base36(claims.n)}"),
            _base36(claims.expires_at // SECOND),
        )
        return self._signer.sign(".".join(parts)).decode("ascii")

    def acknowledge_path(self, incident: int, person: str | None, version: int, expires_at: Instant) -> str:
        """What comes after the service's public URL."""
        claims = Claims(
            purpose=LinkPurpose.ACKNOWLEDGE, incident=incident, person=person, version=version, expires_at=expires_at
        )
        return PATH + self.token(claims)

    def digest_path(self, incident: int, version: int, n: int, person: str | None, expires_at: Instant) -> str:
        """What comes after the service's public URL; of the digest whose first delivery is (incident, version, n)."""
        claims = Claims(
            purpose=LinkPurpose.DIGEST, incident=incident, person=person, version=version, n=n, expires_at=expires_at
        )
        return DIGEST_PATH + self.token(claims)

    def read(self, token: str, purpose: LinkPurpose, now: Instant) -> Claims:
        """The claims of a good token for this purpose. Raises LinkBroken, LinkExpired (at expires_at it is over)."""
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            raise LinkBroken("no link of ours")
        try:
            claims = _claims(self._signer.unsign(token).decode("ascii"))
        except BadSignature:
            raise LinkBroken("the signature does not fit") from None
        except ValueError:
            raise LinkBroken("signed, but not readable") from None
        if claims.purpose is not purpose:
            raise LinkBroken(f"the link is for {claims.purpose.name.lower()}")
        if now >= claims.expires_at:
            raise LinkExpired(claims)
        return claims


def _claims(text: str) -> Claims:
    """Raises ValueError."""
    purpose, incident, person, place, expiry = text.split(".")
    version, dash, n = place.partition("-")
    return Claims(
        purpose=LinkPurpose(purpose),
        incident=int(incident, 36),
        person=_person_of(person),
        version=int(version, 36),
        expires_at=int(expiry, 36) * SECOND,
        n=int(n, 36) if dash else None,
    )


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a number in a link is not negative")
    digits = ""
    while number >= 36:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return _DIGITS[number] + digits


def _person_part(person: str) -> str:
    """The id as it is, or, with other characters than a URL keeps, a tilde and its base64."""
    if _PLAIN.fullmatch(person):
        return person
    return "~" + base64.urlsafe_b64encode(person.encode()).decode("ascii").rstrip("=")


def _person_of(part: str) -> str | None:
    if not part:
        return None
    if not part.startswith("~"):
        return part
    encoded = part[1:]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
