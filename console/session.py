"""Who is signed in: a signed cookie that holds the person's id and when they signed in."""

from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from streams.instants import DAY, SECOND, Instant, Micros

COOKIE: Final = "tocsin_session"
LASTS: Final[Micros] = 30 * DAY


class Sessions:
    """Makes and reads the cookie's value."""

    def __init__(self, key: bytes) -> None:
        self._serializer = URLSafeSerializer(key, salt="tocsin.session")

    def begin(self, person: str, now: Instant) -> str:
        return self._serializer.dumps([person, now // SECOND])

    def person(self, cookie: str | None, now: Instant) -> str | None:
        """Whose cookie it is; None: nobody's, changed, or too old."""
        if not cookie:
            return None
        try:
            found = self._serializer.loads(cookie)
        except BadData:
            return None
        match found:
            case [str(person), int(begun)] if 0 <= now - begun * SECOND + SECOND <= LASTS:
                return person
            case _:
                return None
