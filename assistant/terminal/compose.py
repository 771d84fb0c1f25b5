"""Sentences put together from keys, and what can be said here and now.

The terminal has no command of its own: a key leads to a sentence, and the sentence takes the path of every other one.
What is offered is what the site's policy would let pass now, for this person at this station.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.domain.values import Command, Session
from assistant.settings.intents import Intent, Intents
from assistant.terminal.state import State
from assistant.turn import naming
from assistant.turn.memory import Memory
from assistant.turn.policy import Policy
from assistant.turn.sayings import ACTED_ON
from assistant.turn.verdict import Declined

UNIT = "unit"
"""The hole that any of an intent's `one_of` fills."""
_OPTIONAL = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a template: words, and perhaps a hole behind them."""

    words: str
    hole: str = ""
    optional: bool = False
    """Left out as a whole where nothing fills its hole."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can fill a hole."""

    value: str
    """Canonical: `L4712`, `bridging`."""
    words: str
    """As it stands in the sentence: `lot L4712`."""
    note: str = ""
    """What is known of it, to choose by."""


@dataclass(frozen=True, slots=True)
class Possible:
    """One thing that can be said here and now."""

    intent: Intent
    sentence: str
    """With what is really here."""


def parts(typed: str) -> list[Part]:
    """`hold {unit}[, {reason}]` in parts."""
    found: list[Part] = []
    for index, stretch in enumerate(_OPTIONAL.split(typed)):
        for words, hole, _, _ in string.Formatter().parse(stretch):
            found.append(Part(words, hole or "", optional=bool(index % 2)))
    return found


def next_hole(template: Sequence[Part], chosen: Mapping[str, Choice | None]) -> Part | None:
    """The first hole that nothing was chosen for; None when there is none left. A choice of None leaves it out."""
    return next((part for part in template if part.hole and part.hole not in chosen), None)


def sentence(template: Sequence[Part], chosen: Mapping[str, Choice | None]) -> str:
    """The words as far as they are chosen: up to the first hole that is still open."""
    said = ""
    for part in template:
        choice = chosen.get(part.hole) if part.hole else None
        if part.optional and choice is None:
            continue
        said += part.words
        if part.hole and choice is None:
            return said
        said += choice.words if choice is not None else ""
    return said


class Composer:
    """Offers what can fill a hole."""

    def __init__(self, policy: Policy, state: State) -> None:
        self._policy, self._state = policy, state

    @property
    def intents(self) -> Intents:
        """The site's."""
        return self._policy.intents

    def key(self, intent: str) -> str:
        """The key that begins an intent, or empty."""
        spec = self.intents.by_name.get(intent)
        return spec.key if spec is not None else ""

    def keyed(self, session: Session) -> list[Intent]:
        """Intents with a key that this person may use; the safe side first, questions last."""
        operator = self._state.world.operators.get(session.badge)
        role = operator.role if operator is not None else ""
        mine = [
            spec
            for spec in self.intents.by_name.values()
            if spec.key and spec.connected and (not spec.roles or role in spec.roles)
        ]
        kinds = ("action", "lookup", "dialogue")
        return sorted(
            mine,
            key=lambda spec: (kinds.index(spec.kind), spec.confirm != "never", spec.undo is None, spec.intent),
        )

    def about(self, ident: str, session: Session, now: float) -> list[Intent]:
        """What this person can do with one thing now, or ask about it."""
        kind = self._state.world.kind_of(ident)
        return [
            spec
            for spec in self.keyed(session)
            if f"{{{UNIT}}}" in spec.typed and kind in spec.slots and self._passes(spec, {kind: ident}, session, now)
        ]

    def choice(self, ident: str) -> Choice:
        """One thing, ready to fill a hole."""
        return Choice(ident, naming.unit(self._state.world, ident), self._note(ident))

    def choices(self, spec: Intent, hole: str, session: Session, chosen: Mapping[str, str], now: float) -> list[Choice]:
        """What can fill a hole here and now, the nearest first. `chosen`: slots so far. `now`: Unix seconds UTC."""
        if hole in self.intents.lists and hole not in ACTED_ON:
            return [Choice(value, forms[0] if forms else value) for value, forms in self.intents.lists[hole].items()]
        kinds = [kind for kind in (spec.one_of or spec.slots) if kind in ACTED_ON] if hole == UNIT else [hole]
        if hole == UNIT and not kinds:
            kinds = [kind for kind in spec.slots if kind in ACTED_ON]
        world = self._state.world
        found = [
            ident
            for ident in self._near(session, kinds)
            if world.kind_of(ident) in kinds
            and self._passes(spec, {**chosen, world.kind_of(ident): ident}, session, now)
        ]
        return [self.choice(ident) for ident in found]

    def possible(self, session: Session, now: float) -> Iterator[Possible]:
        """What policy would let pass now, each with a sentence about what is really here; look-ups with their example.

        Dialogue words are left out: they depend on what was asked.
        """
        for spec in sorted(self.intents.by_name.values(), key=lambda one: (one.kind != "action", one.intent)):
            if spec.kind == "dialogue" or not spec.connected:
                continue
            if not spec.typed:
                if spec.kind == "lookup" or self._passes(spec, {}, session, now):
                    yield Possible(spec, spec.example)
                continue
            said = self._example(spec, session, now)
            if said:
                yield Possible(spec, said)

    def _example(self, spec: Intent, session: Session, now: float) -> str:
        template, chosen = parts(spec.typed), dict[str, Choice | None]()
        if not any(part.hole for part in template):
            return sentence(template, chosen) if self._passes(spec, {}, session, now) else ""
        while (part := next_hole(template, chosen)) is not None:
            if part.hole == spec.free:
                chosen[part.hole] = Choice("", "…")
                continue
            slots = self.slots(chosen)
            offered = self.choices(spec, part.hole, session, slots, now)
            if not offered and not part.optional:
                return ""
            chosen[part.hole] = offered[0] if offered and not part.optional else None
        slots = self.slots(chosen)
        return sentence(template, chosen) if self._passes(spec, slots, session, now) else ""

    def slots(self, chosen: Mapping[str, Choice | None]) -> dict[str, str]:
        """Choices as slots."""
        world = self._state.world
        pairs = [(hole, choice.value) for hole, choice in chosen.items() if choice is not None]
        return {(world.kind_of(value) if hole == UNIT else hole): value for hole, value in pairs}

    def _passes(self, spec: Intent, slots: Mapping[str, str], session: Session, now: float) -> bool:
        """Whether policy has nothing against it yet; what is still open is filled in with whatever passes."""
        world = self._state.world
        open_slots = [slot for slot in (*spec.needs, *spec.one_of[:1]) if slot not in slots]
        fillers: list[dict[str, str]] = [{}]
        for slot in open_slots:
            if slot in spec.one_of and any(one in slots for one in spec.one_of):
                continue
            tables = {"product": list(world.products), "line": list(world.lines), "machine": list(world.machines)}
            values = list(self.intents.lists.get(slot, ()))[:1] or tables.get(slot) or ["…"]
            fillers = [{**filler, slot: value} for filler in fillers for value in values]
        for filler in fillers:
            command = Command(spec.intent, {**slots, **filler})
            if not isinstance(self._policy.decide(command, session, Memory(), now), Declined):
                return True
        return False

    def _near(self, session: Session, kinds: Sequence[str]) -> list[str]:
        """All that can be chosen, the nearest first; of boards those in a machine and, of late, with a story."""
        world = self._state.world
        station = world.machines.get(session.station)
        line = world.lines.get(station.line if station is not None else session.station)
        order: list[str] = []
        for ident in ([station.id] if station is not None else []) + list(line.machines if line is not None else ()):
            machine = world.machines[ident]
            board = world.boards.get(machine.board)
            here = {"machine": ident, "board": machine.board, "lot": board.lot if board is not None else ""}
            order += [here[kind] for kind in kinds if kind in here]
        order += [line.id] if line is not None else []
        order += [ident for ident, _, _, _ in self._state.holds()]
        order += [machine for machine, _ in self._state.alarms()]
        order += [board.id for board in world.boards.awake.values() if board.verdict == "failed" or board.rework]
        order += [*world.machines, *world.lots, *world.lines, *world.products]
        return list(dict.fromkeys(ident for ident in order if ident))

    def _note(self, ident: str) -> str:
        """What one would choose it by."""
        world = self._state.world
        thing = world.thing(ident)
        if thing is not None and thing.hold is not None:
            return f"on hold, {naming.value(thing.hold.reason)}"
        if ident in world.machines:
            machine = world.machines[ident]
            return naming.listing([alarm.text for alarm in machine.alarms.values()]) or machine.state
        if ident in world.boards:
            board = world.boards[ident]
            where = f"in {board.machine}" if board.inside else "in rework" if board.rework else board.verdict
            return ", ".join(filter(None, [where, *map(naming.value, board.defects)]))
        if ident in world.lots:
            return world.lots[ident].product
        return ident
