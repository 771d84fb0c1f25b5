"""The factory's own system (MES) over HTTP: an outbox that tells it, an inlet that asks it.

Both directions speak CloudEvents 1.0 (docs/mes.md). `mes.db` in the data folder holds how far both are, so that a
restart goes on where the last process was: nothing is left out, and what is said twice bears the same key.
"""

from __future__ import annotations

from assistant.adapters.mes.client import Delivery, MesClient
from assistant.adapters.mes.inlet import HttpFactory
from assistant.adapters.mes.outbox import Outbox, Waiting, waiting
from assistant.adapters.mes.store import Parked, Store

__all__ = ["Delivery", "HttpFactory", "MesClient", "Outbox", "Parked", "Store", "Waiting", "waiting"]
