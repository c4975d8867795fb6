"""One HTTP exchange with a provider, and which of its failures mean that nothing was sent."""

import logging
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

import httpx

from notifiers.hang_up import HangUp
from notifiers.message import Permanent, Temporary, Unknown
from streams.instants import DAY, SECOND, Instant, Micros, from_datetime

LARGEST_ANSWER: Final = 256 * 1024
_LONGEST_RETRY_AFTER: Final = DAY
_LONGEST_ERROR: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    text: str


class NotDelivered(Exception):
    """No answer. `outcome` says whether the request may have arrived."""

    def __init__(self, outcome: Temporary | Permanent | Unknown) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


class _Warnings(logging.Filter):
    """httpx writes the URL of each request at level INFO, and some URLs are secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_WARNINGS: Final = _Warnings()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Reading all certificates takes longer than a request; all channels trust the same ones."""
    return httpx.create_ssl_context()


class Exchange:
    """An HTTP client for one channel: its timeout bounds the whole exchange. Follows no redirects.

    Connections are not kept: a provider that closes an idle one at the wrong moment would leave us not knowing whether
    the request arrived.
    """

    def __init__(self, timeout: Micros) -> None:
        logging.getLogger("httpx").addFilter(_WARNINGS)  # the same one again changes nothing
        self._seconds = timeout / SECOND
        self._client = httpx.Client(
            timeout=self._seconds,
            verify=_trusted(),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            # Fakes and local gateways are reached directly, whatever proxy this machine uses for the rest.
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        )

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int | float | bool | None] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        data: Mapping[str, object] | None = None,
        auth: tuple[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> Answer:
        """The answer, whatever its status. Raises NotDelivered; `secrets` are masked in what it says."""
        masked = tuple(secrets)
        end = time.monotonic() + self._seconds
        hang_up = HangUp(self._seconds)
        try:
            with (
                hang_up,
                self._client.stream(
                    method,
                    url,
                    params=params,
                    headers=headers,
                    content=content,
                    data=data,
                    auth=auth,
                    extensions={"trace": _watching(hang_up)},
                ) as response,
            ):
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise NotDelivered(Unknown(error="the answer is too long"))
                    if time.monotonic() > end:
                        raise NotDelivered(Unknown(error="no complete answer in time"))
                text = body.decode(response.encoding or "utf-8", errors="replace")
                return Answer(status=response.status_code, headers=response.headers, text=text)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise NotDelivered(Temporary(error=_said("no connection", error, masked))) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
            raise _not_an_address() from None
        except httpx.HTTPError as error:
            raise NotDelivered(Unknown(error=_said("no answer", error, masked))) from None

    def close(self) -> None:
        self._client.close()


def _watching(hang_up: HangUp) -> Callable[[str, Mapping[str, Any]], None]:
    """What httpcore calls at each step of a request (its extension "trace")."""

    def trace(step: str, told: Mapping[str, Any]) -> None:
        if step in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            hang_up.watch(told["return_value"].get_extra_info("socket"))

    return trace


def _said(what: str, error: Exception, secrets: Iterable[str]) -> str:
    detail = str(error) or type(error).__name__
    return mask(f"{what}: {detail}", secrets)[:_LONGEST_ERROR]


def mask(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, also where they stand encoded as in a URL."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _not_an_address() -> NotDelivered:
    """The error says nothing of the URL, which may be a secret."""
    return NotDelivered(Permanent(error="the channel's URL cannot be used as one", code="bad_url"))


def secrets_of_url(url: str) -> tuple[str, ...]:
    """What must not be shown of a URL that is a secret: all of it, and its path, query and password by themselves."""
    parts = urlsplit(url)
    longer = (part for part in (parts.path, parts.query, parts.password or "") if len(part) > 3)
    values = (value for pair in parts.query.split("&") for value in pair.partition("=")[2:] if len(value) > 3)
    return (url, *longer, *values)


def rebase(url: str, base_url: str | None) -> str:
    """The URL at another place: scheme, host and a path before its own are those of `base_url`. Raises NotDelivered."""
    try:
        own, base = urlsplit(url), urlsplit(base_url or url)
    except ValueError:
        raise _not_an_address() from None
    if base_url is None:
        return url
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + own.path, own.query, ""))


def retry_after(headers: Mapping[str, str], now: Instant) -> Micros | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds or a date; at most a day. None: not given or not readable."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * SECOND, _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        return min(max(0, from_datetime(moment) - now), _LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError):
        return None


def refusal(answer: Answer, now: Instant, secrets: Iterable[str]) -> Temporary | Permanent:
    """What a status that is not 2xx means where the provider defines nothing better."""
    error = mask(f"HTTP {answer.status} {answer.text.strip()}", secrets)[:_LONGEST_ERROR].strip()
    code = str(answer.status)
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return Temporary(error=error, code=code, retry_after=retry_after(answer.headers, now))
    return Permanent(error=error, code=code)
