"""An independent witness: an OPC UA client and a ledger reader that share no code with what they check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.settings.hardware import Hardware


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it was answered."""

    answer: Mapping[str, Any]
    """The fields of the command line's contract."""
    problems: tuple[str, ...]
    """How it differs from what was expected."""


async def testify(hardware: Hardware, machines: Sequence[str], ledger: Path, turns: Sequence[Turn]) -> list[str]:
    """What was said against what the plant says of itself; every disagreement in words."""
    entries = _read(ledger)
    return [*_ledger(entries, turns), *_now(entries, await _plant(hardware, machines))]


def _read(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []


def _ledger(entries: Sequence[Mapping[str, Any]], turns: Sequence[Turn]) -> list[str]:
    """Each order at most once; each order belongs to a turn that said so; nothing done that was not said."""
    problems: list[str] = []
    done = Counter(entry["order"] for entry in entries if entry["result"] == "done")
    problems += [f"order {order} was carried out {count} times" for order, count in done.items() if count > 1]
    said: dict[str, str] = {}
    for number, turn in enumerate(turns, start=1):
        decision, events = turn.answer["decision"], set(turn.answer["events"])
        orders = {entry["order"] for entry in entries if entry["order"] in events}
        said |= dict.fromkeys(orders, decision)
        if decision == "done" and any(order not in done for order in orders):
            problems.append(f"turn {number} said done, and the ledger has no such deed")
        if decision not in ("done", "uncertain") and any(order in done for order in orders):
            problems.append(f"turn {number} said {decision}, and the ledger has a deed of it")
    problems += [f"order {order} was carried out and nobody was told" for order in done if order not in said]
    return problems


def _now(entries: Sequence[Mapping[str, Any]], plant: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The last deed on each thing is what its machine still shows."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for entry in entries:
        if entry["result"] == "done":
            about = "run" if entry["method"] in ("Stop", "Start") else "thing"
            last[about, entry["args"].get("unit", entry["args"].get("alarm", entry["machine"]))] = entry
    problems = []
    for (_, unit), entry in last.items():
        shown = plant[entry["machine"]]
        held, queue, alarms = shown["held"] or (), shown["queue"] or (), shown["alarms"] or ()
        right = {
            "Hold": unit in held,
            "Release": unit not in held,
            "Stop": shown["state"] == "stopped",
            "Start": shown["state"] != "stopped",
            "Rework": unit in queue,
            "Withdraw": unit not in queue,
            "Acknowledge": unit not in alarms,
        }[entry["method"]]
        if not right:
            problems.append(f"{entry['machine']} does not show the {entry['method']} of {unit}")
    return problems


async def _plant(hardware: Hardware, machines: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Every variable of every machine, read now by a client of its own."""
    from asyncua.client.client import Client

    async with Client(hardware.endpoint, timeout=5) as client:
        index = await client.get_namespace_index(hardware.namespace)
        shown: dict[str, dict[str, Any]] = {}
        for machine in machines:
            nodes = {name: f"ns={index};s={p.format(machine=machine)}" for name, p in hardware.variables.items()}
            values = await client.read_values([client.get_node(node) for node in nodes.values()])
            shown[machine] = dict(zip(nodes, values, strict=True))
        return shown
