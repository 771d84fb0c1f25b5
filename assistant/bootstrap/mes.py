"""The factory's own system, where a site has one: what keeps it and the log in step, and how that stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from assistant.adapters.clock import SystemClock
from assistant.adapters.mes import HttpFactory, MesClient, Outbox, Store, Waiting, waiting
from assistant.adapters.mes.inlet import page
from assistant.adapters.mes.store import look
from assistant.errors import LogError, MesError
from assistant.ports import Clock
from assistant.settings.mes import Mes, secret
from assistant.turn.inlet import Inlet
from assistant.turn.resend import Parked

Task = Coroutine[Any, Any, None]
Again = Callable[[int], Awaitable[Parked]]
"""Sends what is parked at this place in the log."""


async def mes_tasks(
    mes: Mes | None, data: Path, inlet: Inlet, stack: AsyncExitStack, clock: Clock
) -> tuple[list[Task], Again | None]:
    """What is to run beside the core, until the stack closes, and what sends a parked event again; nothing where the
    site has no MES.

    Raises SiteError for a token that is not there. A file of ours that cannot be used costs the MES, not the core.
    """
    if mes is None:
        return [], None
    token = secret(mes)
    try:
        client = MesClient(mes, token, clock)
        stack.push_async_callback(client.aclose)
        store = Store(data)
    except MesError as exc:
        structlog.get_logger(__name__).error("the MES stays unconnected", why=str(exc))
        return [], None
    stack.push_async_callback(store.close)
    tasks: list[Task] = []
    again: Again | None = None
    if chosen := mes.chosen():
        outbox = Outbox(data, chosen, client.deliver, store, clock, new_only=mes.first == "new")
        tasks.append(_seen_to_end(outbox.follow()))
        again = _again(outbox)
    if mes.poll_s:
        tasks.append(_seen_to_end(inlet.follow(HttpFactory(client, store, clock), mes.poll_s)))
    return tasks, again


def _again(outbox: Outbox) -> Again:
    async def again(position: int) -> Parked:
        ident, delivery = await outbox.resend(position)
        return ident, "later" if delivery.verdict == "unclear" else delivery.verdict, delivery.reason

    return again


async def _seen_to_end(task: Task) -> None:
    """A task that ends by a fault of ours says so; nobody else would, for nobody waits for it."""
    try:
        await task
    except Exception:
        structlog.get_logger(__name__).exception("what keeps the MES and the log in step has ended")


@dataclass(frozen=True, slots=True)
class MesState:
    """How it stands between the log and the MES."""

    silent: str
    """Why the MES does not answer; empty when it does."""
    unreadable: str
    """Why it is not known what waits; empty when it is."""
    waiting: Waiting


async def mes_state(mes: Mes, data: Path) -> MesState:
    """Ask the MES without telling or taking anything, and look at what waits. Raises SiteError."""
    clock, silent, unreadable, left = SystemClock(), "", "", Waiting(0, 0.0, ())
    try:
        left = waiting(data, mes.chosen())
    except (MesError, LogError) as exc:
        unreadable = str(exc)
    try:
        client = MesClient(mes, secret(mes), clock)
        async with aclosing(client):
            if mes.poll_s:
                place, _ = look(data)
                after = place.cursor if place is not None else ""
                page(await client.fetch(after, 1), after, clock.now())
            else:
                await client.ping()
    except MesError as exc:
        silent = str(exc)
    return MesState(silent, unreadable, left)
