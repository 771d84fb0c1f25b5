"""What a site's files declare."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


@dataclass(frozen=True, slots=True)
class LineInstalled(Payload, type="line.installed"):
    """Subject: the line."""

    name: str
    """As it is said: `line one`."""
    machines: tuple[str, ...]
    """Machine ids in the order that boards pass them."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class MachineInstalled(Payload, type="machine.installed"):
    """Subject: the machine."""

    name: str
    """As it is said: `printer one`."""
    kind: str
    """`printer`, `spi`, `placer`, `oven`, `aoi`, `rework` or `ict`, or what the site says."""
    line: str = ""
    """The line it stands in; empty for a shared machine."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class ProductIntroduced(Payload, type="product.introduced"):
    """Subject: the product (part number of the assembly)."""

    name: str
    """As it is said: `the controller board`."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class WorkOrderCreated(
    Payload, type="workorder.created", cfx="CFX.InformationSystem.WorkOrderManagement.WorkOrdersCreated"
):
    """Subject: the work order."""

    product: str
    """What is made."""
    line: str
    """Where."""
    status: str
    """`next`, `running` or `done`; the same order comes again with another."""


@dataclass(frozen=True, slots=True)
class LotCreated(Payload, type="lot.created"):
    """Subject: the lot."""

    order: str
    """Its work order."""
    product: str
    """What it will be."""
    line: str
    """Where it is to be made."""
    boards: tuple[str, ...] = ()
    """The boards in it, in the order they enter the line."""


@dataclass(frozen=True, slots=True)
class OperatorRegistered(Payload, type="operator.registered"):
    """Subject: the badge."""

    role: str
    """`operator`, `quality` or `supervisor`."""
    line: str = ""
    """Where they work; empty for the whole plant."""


@dataclass(frozen=True, slots=True)
class OperatorRoleChanged(Payload, type="operator.role_changed"):
    """Subject: the badge. What was asked of its bearer before is asked of somebody else, as it were: it is void."""

    role: str
    """The role from now on; empty: none any more, the badge is nobody's here."""
    line: str = ""
    """Where they work from now on; empty for the whole plant."""
    previous: str = ""
    """The role before."""


@dataclass(frozen=True, slots=True)
class LotShipped(Payload, type="lot.shipped"):
    """Subject: the lot. It has left the house: nothing here can touch it any more."""

    to: str = ""
    """Where to, as the sender says, or empty."""
