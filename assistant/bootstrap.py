"""The one place that constructs anything: files become settings, settings become engines, engines a core."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.domain import events as e
from assistant.domain.declare import declared
from assistant.settings.plant import Plant


def declarations(plant: Plant, now: float) -> Iterator[e.Event]:
    """What the site's file says of the plant, as events; the log keeps the ones that it does not have."""
    for line in plant.lines:
        yield declared(line.id, e.LineInstalled(line.name, line.machines, line.spoken), now)
    for machine in plant.machines:
        installed = e.MachineInstalled(machine.name, machine.kind, plant.line_of(machine.id), machine.spoken)
        yield declared(machine.id, installed, now)
    for product in plant.products:
        yield declared(product.id, e.ProductIntroduced(product.name, product.spoken), now)
    orders = {order.id: order for order in plant.workorders}
    for order in plant.workorders:
        yield declared(order.id, e.WorkOrderCreated(order.product, order.line, order.status), now)
    for lot in plant.lots:
        order = orders[lot.order]
        yield declared(lot.id, e.LotCreated(lot.order, order.product, order.line, lot.board_ids()), now)
    for operator in plant.operators:
        yield declared(operator.id, e.OperatorRegistered(operator.role, operator.line), now)
