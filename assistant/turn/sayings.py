"""What is said of a command: the site's own answers, with what is so now in their holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain.values import Command
from assistant.domain.world import World
from assistant.settings.intents import Intent, Intents
from assistant.turn import naming
from assistant.turn.checks import machines
from assistant.turn.read import UNKNOWN

ACTED_ON = ("lot", "board", "machine", "line")
"""Slots that name what an action is about."""


@dataclass(frozen=True, slots=True)
class Sayings:
    """The answers of the site's intents over the plant's state."""

    intents: Intents
    world: World

    def together(self, commands: Sequence[Command]) -> str:
        """One question about several things, where they differ in nothing but the thing; else empty."""
        first, spec = commands[0], self.intents.by_name[commands[0].intent]
        asked = {(command.intent, self.say(spec, "confirm", command, named="these")) for command in commands}
        names = naming.listing([naming.unit(self.world, subject(command)) for command in commands])
        return self.say(spec, "confirm", first, named=names) if len(asked) == 1 else ""

    def not_connected(self, command: Command) -> str:
        """What was understood, and that nothing comes of it here."""
        words = [naming.value(command.intent)]
        for slot, word in command.slots.items():
            words.append(naming.unit(self.world, word) if self.world.kind_of(word) else naming.value(word))
            if slot == "period":
                words[-1] = naming.period(word)
        return self.shared("not_connected", what=", ".join(words))

    def say(self, spec: Intent, key: str, command: Command, named: str = "", **more: str) -> str:
        """One of the intent's answers about a command, from what is so now; `named` instead of the unit's name."""
        unit = subject(command)
        thing = self.world.thing(unit)
        held = thing.hold.reason if thing is not None and thing.hold is not None else ""
        machine = self.world.machines.get(unit)
        defect, product = command.slots.get("defect", ""), command.slots.get("product", "")
        why = command.slots.get("reason") or self.world.scrapped(unit) or ""
        boards = [one.board for one in machines(self.world, unit) if one.board]
        holes = {
            **more,
            "unit": named or (naming.unit(self.world, unit) if unit else "the station"),
            "reason": naming.value(command.slots.get("reason") or held),
            "for_defect": f" for {naming.value(defect)}" if defect else "",
            "for_reason": f", {naming.value(why)}" if why else "",
            "who": naming.value(command.slots.get("who", "")),
            "at_unit": f" at {named or naming.unit(self.world, unit)}" if unit else "",
            "product": naming.unit(self.world, product) if product else "",
            "product_id": product,
            "boards": f"{len(boards)} {'board' if len(boards) == 1 else 'boards'}",
            "text": command.slots.get("text", "").rstrip(".?!"),
            "state": machine.state if machine is not None else "",
            "alarms": naming.listing([alarm.text for alarm in machine.alarms.values()]) if machine is not None else "",
        }
        return self.intents.text(spec.intent, key, holes)

    def text(self, spec: Intent, key: str, **holes: str) -> str:
        """One of the intent's answers with these holes filled."""
        return self.intents.text(spec.intent, key, holes)

    def shared(self, key: str, **holes: str) -> str:
        """One of the answers that belong to no intent."""
        return self.intents.text(UNKNOWN, key, holes)


def subject(command: Command) -> str:
    """The id that a command is about, or empty."""
    return next((command.slots[slot] for slot in (*ACTED_ON, "order") if slot in command.slots), "")
