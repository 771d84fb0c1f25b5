"""The factory's own system (MES), where there is one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.doctor.finding import Finding

if TYPE_CHECKING:
    from assistant.settings.mes import Mes

MOST_PARKED = 5
"""Parked events told of, the newest."""


async def look(mes: Mes, data: Path) -> list[Finding]:
    """Whether the factory's own system answers, and what it has not got."""
    from assistant import bootstrap

    state = await bootstrap.mes_state(mes, data)
    remedy = "see that it is up, and endpoint, token and ca in hardware/mes.yaml"
    found = [Finding("MES", "broken", state.silent, remedy) if state.silent else Finding("MES", "ok")]
    left = state.waiting
    if state.unreadable:
        found.append(Finding("MES outbox", "broken", state.unreadable, "see that this user may read the data folder"))
    elif not left.count:
        found.append(Finding("MES outbox", "ok", "nothing waits"))
    else:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(left.oldest))
        why = f"{left.count} {'event waits' if left.count == 1 else 'events wait'}, the oldest from {since}"
        found.append(Finding("MES outbox", "ok", why))
    for one in left.parked[-MOST_PARKED:]:
        why = f"{one.type} at position {one.position} was refused ({one.reason}) and is parked"
        found.append(Finding("MES outbox", "broken", why, "tell who runs the MES; it is in the log as before"))
    return found
