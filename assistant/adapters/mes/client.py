"""One request at a time to the MES, through httpx: bounded in time and size, and its answer sorted into what it means.

httpx's time-outs are of single reads, so a server that drips bytes would outlast them: the whole request has a
deadline of its own. No redirect is followed and no proxy of the environment used: the token goes to one host.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import quote

import httpx

from assistant.errors import MesError
from assistant.ports import Clock
from assistant.settings.mes import Mes

STRUCTURED = "application/cloudevents+json; charset=utf-8"
"""CloudEvents HTTP binding 3.2: the whole event is the body."""
KEY = "Idempotency-Key"
"""draft-ietf-httpapi-idempotency-key-header: a quoted string."""
MOST_BYTES = 1024 * 1024
"""Of an answer; a longer one is not read."""
MOST_WORDS = 4096
"""Of an answer to a delivery, of which only the status counts."""
WORDS_S = 1.0
"""How long those words may take once the status is known."""
AGAIN = frozenset({401, 403, 404, 405, 407, 408, 421, 423, 425, 426, 429})
"""4xx that say nothing about the event (not let in, wrong path, not now): it is kept and tried again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one try to deliver an event."""

    verdict: Literal["delivered", "refused", "later", "unclear"]
    """`unclear`: 409 that does not name our key; it may be in the making there, or clash."""
    reason: str = ""
    """Why not delivered."""
    after_s: float = 0.0
    """Seconds that the MES asks to wait (Retry-After); 0 when it says nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    phrase: str
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    """Whether the body was read to its end."""


class MesClient:
    """A connection to the MES of one site."""

    def __init__(self, mes: Mes, token: str, clock: Clock) -> None:
        """Raises MesError for certificates that cannot be read, or an address that none can be reached at."""
        self._mes, self._clock = mes, clock
        try:
            self._url = httpx.URL(f"{mes.endpoint.rstrip('/')}/events")
        except (httpx.InvalidURL, ValueError) as exc:
            raise MesError(f"{mes.endpoint} is no address ({exc})") from exc
        headers = {"Accept-Encoding": "identity", "User-Agent": "line-assistant"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            trusted = ssl.create_default_context(cafile=mes.ca or None)
        except OSError as exc:  # includes ssl.SSLError
            raise MesError(f"certificates in {mes.ca or 'the system'} cannot be read: {exc.strerror or exc}") from exc
        self._web = httpx.AsyncClient(
            verify=trusted,
            headers=headers,
            timeout=httpx.Timeout(mes.answer_s, connect=mes.connect_s),
            follow_redirects=False,
            trust_env=False,
        )

    async def deliver(self, body: bytes, key: str) -> Delivery:
        """Post one event; sorted into what is to be done next. Raises MesError when there is no answer."""
        headers = {"Content-Type": STRUCTURED, KEY: f'"{key}"'}
        answer = await self._ask("POST", most=MOST_WORDS, status_is_all=True, content=body, headers=headers)
        if 200 <= answer.status < 300:
            return Delivery("delivered")
        reason = _said(answer)
        if answer.status == 409:
            known = answer.headers.get(KEY, "").strip().strip('"') == key
            return Delivery("delivered") if known else Delivery("unclear", reason, self._wait(answer))
        if 400 <= answer.status < 500 and answer.status not in AGAIN:
            return Delivery("refused", reason)
        return Delivery("later", reason, self._wait(answer))

    async def fetch(self, after: str, limit: int) -> bytes:
        """What the MES has to say after a place, as JSON. Raises MesError."""
        answer = await self._ask(
            "GET",
            most=MOST_BYTES,
            status_is_all=False,
            params={"after": after, "limit": str(limit)},
            headers={"Accept": "application/json"},
        )
        if answer.status != 200:
            raise MesError(_said(answer))
        if not answer.whole:
            raise MesError(f"its answer is longer than {MOST_BYTES} bytes")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise MesError("its answer is compressed, which was not asked for")
        return answer.body

    async def ping(self) -> None:
        """Whether it answers and lets us in, without telling or taking anything. Raises MesError."""
        answer = await self._ask("OPTIONS", most=MOST_WORDS, status_is_all=True)
        if answer.status in (401, 403, 404, 407) or answer.status >= 500:
            raise MesError(_said(answer))

    async def aclose(self) -> None:
        """Hang up."""
        await self._web.aclose()

    async def _ask(
        self,
        method: str,
        *,
        most: int,
        status_is_all: bool,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        request = self._web.build_request(method, self._url, content=content, params=params, headers=headers)
        deadline = self._mes.connect_s + self._mes.answer_s
        try:
            async with asyncio.timeout(deadline):
                answer = await self._web.send(request, stream=True)
                try:
                    body, whole = await _read(answer, most, WORDS_S if status_is_all else None)
                finally:
                    await answer.aclose()
        except TimeoutError as exc:
            raise MesError(f"no answer in {deadline:g} s") from exc
        except httpx.TransportError as exc:
            raise MesError(_why(exc)) from exc
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as exc:
            raise MesError(f"no usable answer ({type(exc).__name__})") from exc
        return _Answer(answer.status_code, answer.reason_phrase, answer.headers, body, whole)

    def _wait(self, answer: _Answer) -> float:
        """Retry-After (RFC 9110, 10.2.3) in seconds; 0 where there is none that makes sense."""
        said = answer.headers.get("Retry-After", "").strip()
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - self._clock.now())
        except (ValueError, TypeError, OverflowError):
            return 0.0


def key_of(source: str, ident: str) -> str:
    """`/machines/PRN-1#e1`: the name by which a receiver knows an event again, safe in a header."""
    return f"{quote(source, safe='/:._~-')}#{quote(ident, safe='/:._~-')}"


def plain(text: str, most: int = 200) -> str:
    """Somebody else's words on one line, without what a terminal would act on."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * most])
    return " ".join(kept.split())[:most]


async def _read(answer: httpx.Response, most: int, seconds: float | None) -> tuple[bytes, bool]:
    """The body as far as `most`. With `seconds` it may also break off or take too long: its status is known."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for block in answer.aiter_raw():
                body += block
                if len(body) > most:
                    return bytes(body[:most]), False
    except (TimeoutError, httpx.HTTPError):
        if seconds is None:
            raise
        return bytes(body), False
    return bytes(body), True


def _said(answer: _Answer) -> str:
    words = plain(answer.body.decode(errors="replace"))
    status = f"it answers {answer.status} {plain(answer.phrase, 40)}".rstrip()
    return f"{status}: {words}" if words else status


def _why(exc: httpx.TransportError) -> str:
    if isinstance(exc, httpx.ConnectTimeout | httpx.ConnectError):
        return f"no connection ({plain(str(exc)) or type(exc).__name__})"
    if isinstance(exc, httpx.TimeoutException):
        return f"no answer in time ({type(exc).__name__})"
    return f"cut off ({plain(str(exc)) or type(exc).__name__})"
