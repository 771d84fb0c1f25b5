"""What stands in a machine's journal: which kinds of events are believed, and one entry as one of them."""

from __future__ import annotations

import msgspec
import structlog

from assistant.domain import events as e

REPORTED = frozenset(
    payload.type
    for payload in (
        e.MachineStateChanged,
        e.AlarmRaised,
        e.AlarmAcknowledged,
        e.AlarmCleared,
        e.BoardArrived,
        e.BoardDeparted,
        e.BoardScrapped,
        e.LotScrapped,
        e.MachineSetUp,
        e.BoardInspected,
        e.LotHeld,
        e.LotReleased,
        e.BoardHeld,
        e.BoardReleased,
        e.MachineHeld,
        e.MachineReleased,
        e.BoardSentToRework,
        e.BoardWithdrawnFromRework,
        e.PasteMeasured,
        e.PartsPlaced,
        e.BoardHeated,
        e.ReelChanged,
        e.LotCreated,
        e.WorkOrderCreated,
    )
)
"""What a machine may report. A journal that tells of turns, operators or orders to machines is not believed; of lots
and work orders it may tell of new ones (domain.world)."""

_log = structlog.get_logger(__name__)


class _Entry(msgspec.Struct, frozen=True):
    """One line of the plant's journal."""

    source: str
    subject: str
    time: float
    type: str
    data: msgspec.Raw


def event_of(entry: str, ident: str) -> e.Event | None:
    """A journal entry as an event; None, and a line in the log, for one that is not a machine's to report.

    Its id comes from its place in the journal: what a machine writes can take no other event's place.
    """
    try:
        fields = msgspec.json.decode(entry, type=_Entry)
        if fields.type not in REPORTED or not fields.source.startswith("/machines/"):
            raise ValueError(f"{fields.type} of {fields.source} is not a machine's to report")
        data = msgspec.json.decode(fields.data, type=e.EVENT_TYPES[fields.type])
    except ValueError as exc:  # msgspec's errors are ValueErrors too
        _log.warning("journal entry skipped", entry=entry[:200], why=str(exc))
        return None
    return e.Event(ident, fields.source, fields.subject, fields.time, data)
