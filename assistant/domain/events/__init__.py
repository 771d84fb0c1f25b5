"""What happened: the event types of this house, each a small frozen record.

An event is a CloudEvents 1.0 record plus its place in the log. Types are past tense (`lot.held`); where
IPC-CFX (IPC-2591) has a message of the same meaning its name stands in `cfx`, and the field meanings follow it.
A new type is a new class here: the store, the command line and the tests find it by reflection.
"""

from __future__ import annotations

from assistant.domain.events.event import EVENT_TYPES, Event, Payload
from assistant.domain.events.factory import FACTORY, HoldRequested, RequestAnswered
from assistant.domain.events.machines import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    BoardArrived,
    BoardDeparted,
    BoardHeld,
    BoardInspected,
    BoardReleased,
    BoardScrapped,
    BoardSentToRework,
    BoardWithdrawnFromRework,
    LotHeld,
    LotReleased,
    LotScrapped,
    MachineHeld,
    MachineReleased,
    MachineSetUp,
    MachineStateChanged,
)
from assistant.domain.events.site import (
    LineInstalled,
    LotCreated,
    LotShipped,
    MachineInstalled,
    OperatorRegistered,
    ProductIntroduced,
    WorkOrderCreated,
)
from assistant.domain.events.turns import (
    CallAnswered,
    CallEscalated,
    CallRaised,
    ConnectionLost,
    ConnectionRestored,
    NoteTaken,
    OrderAccepted,
    OrderDone,
    OrderFailed,
    OrderRejected,
    OrderRequested,
    OrderUncertain,
    TurnAnswered,
    TurnHeard,
)

__all__ = [
    "EVENT_TYPES",
    "FACTORY",
    "AlarmAcknowledged",
    "AlarmCleared",
    "AlarmRaised",
    "BoardArrived",
    "BoardDeparted",
    "BoardHeld",
    "BoardInspected",
    "BoardReleased",
    "BoardScrapped",
    "BoardSentToRework",
    "BoardWithdrawnFromRework",
    "CallAnswered",
    "CallEscalated",
    "CallRaised",
    "ConnectionLost",
    "ConnectionRestored",
    "Event",
    "HoldRequested",
    "LineInstalled",
    "LotCreated",
    "LotHeld",
    "LotReleased",
    "LotScrapped",
    "LotShipped",
    "MachineHeld",
    "MachineInstalled",
    "MachineReleased",
    "MachineSetUp",
    "MachineStateChanged",
    "NoteTaken",
    "OperatorRegistered",
    "OrderAccepted",
    "OrderDone",
    "OrderFailed",
    "OrderRejected",
    "OrderRequested",
    "OrderUncertain",
    "Payload",
    "ProductIntroduced",
    "RequestAnswered",
    "TurnAnswered",
    "TurnHeard",
    "WorkOrderCreated",
]
