"""One new asyncua client per connection: over the two pinned certificates where there are some, else on this machine.

asyncua would by itself take any server's certificate, resend what it queued, and read a user's password out of the
address; none of that happens here (pitfalls A1, A6, A8).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from assistant.settings.security import Account, Link, Trust, open_endpoint

T = TypeVar("T")

CONNECT_S = 3.0
"""Connecting must not take longer."""
ANSWER_S = 2.0
"""A machine answers a call in under 0.2 s; after this its answer is missing."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What it comes to, if it comes in time; then it is left alone. Raises TimeoutError, and what `work` raises.

    A task of its own, for asyncua takes cancelling for its own affair: it swallows it while it waits for its tasks to
    end, or raises it later. asyncio.timeout relies on it. On a busy machine the follower of the journal then waited for
    ever or ended without a word, and nothing was heard of any machine again.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    except BaseException:
        _leave(task)
        raise
    if not task.done():
        _leave(task)
        raise TimeoutError
    if task.cancelled():
        raise ConnectionError("the connection ended in the midst of it")
    return task.result()


def _leave(task: asyncio.Future[Any]) -> None:
    task.cancel()
    task.add_done_callback(lambda over: over.cancelled() or over.exception())  # nobody else asks for it


async def connect(endpoint: str, link: Link, account: Account | None, patience: float = 1.0) -> Any:
    """A connected client, never to be used again once it failed; `patience` times the usual time is waited for it.

    Raises ConnectionError when the endpoint must not be connected to or does not answer over these certificates,
    and whatever asyncua raises for the rest.
    """
    from asyncua.client.client import Client

    if why := open_endpoint(endpoint, secured=link.trust is not None):
        raise ConnectionError(why)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    client = Client(endpoint, timeout=ANSWER_S * patience, auto_reconnect=False)
    try:
        await within(CONNECT_S * patience, _connected(client, link, account))
    except TimeoutError as exc:
        _let_go(client)
        if link.trust is None:
            raise
        # A server that cannot decrypt the first message says nothing at all.
        why = f"{endpoint} does not answer; does it hold the key of {link.trust.peer.file}, and trust our certificate?"
        raise ConnectionError(why) from exc
    except BaseException:
        _let_go(client)
        raise
    return client


async def _connected(client: Any, link: Link, account: Account | None) -> None:
    if link.trust is not None:
        await _secure(client, link.trust, account)
    await client.connect()


async def _secure(client: Any, trust: Trust, account: Account | None) -> None:
    """Basic256Sha256, signed and encrypted. The server must prove to hold the key of the pinned certificate.

    The other side's certificate is never asked for: asyncua then encrypts to the pinned one, checks with it, and
    refuses a session whose server shows another.
    """
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
    from asyncua.crypto.uacrypto import CertProperties
    from asyncua.ua import MessageSecurityMode

    if why := trust.problem(time.time()):  # it was good when the assistant started; that may be long ago
        raise ConnectionError(why)
    client.application_uri = trust.own.uri
    if account is not None:
        client.set_user(account.name)
        client.set_password(account.password)
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        CertProperties(trust.own.der, "der"),
        CertProperties(trust.own.key, "pem"),
        server_certificate=CertProperties(trust.peer.der, "der"),
        mode=MessageSecurityMode.SignAndEncrypt,
    )


async def hang_up(client: Any) -> None:
    """Leave politely if the other side still answers; never wait for one that does not."""
    with suppress(Exception):
        await within(1.0, client.disconnect())
        return
    _let_go(client)


def _let_go(client: Any) -> None:
    with suppress(Exception):
        client.disconnect_socket()
