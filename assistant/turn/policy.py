"""Command -> verdict: plain code decides, over what the log says and what the site's files allow.

Uncertainty is never permission. The order of questions is the order of this file: is it for us, does what it
names exist, is anything missing, may this person, does it make sense now, was it heard well enough, does it
need a yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assistant.domain.speech import digits
from assistant.domain.spoken.language import Language
from assistant.domain.things import Machine, Operator
from assistant.domain.values import HERE, MISSING, Command, Decision, Expectation, Session
from assistant.domain.world import World
from assistant.settings.hardware import Hardware
from assistant.settings.intents import Intent, Intents
from assistant.turn import naming
from assistant.turn.checks import CHECKS, version
from assistant.turn.ground import ANY_UNIT
from assistant.turn.memory import Memory
from assistant.turn.read import UNKNOWN
from assistant.turn.understand import MODEL

UNDO_WITHIN_S = 600.0
"""Who says "undo" later than this means something else by it."""
ACTED_ON = ("lot", "board", "machine", "line")
"""Slots that name what an action is about."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One order that a command comes to, without its id."""

    machine: str
    method: str
    args: Mapping[str, str]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Allowed:
    """Policy has nothing against it."""

    command: Command
    unit: str
    """What it is about, or empty."""
    plans: tuple[Plan, ...]
    """Orders to give; empty for what needs no machine."""
    question: str
    """How to ask for a yes."""
    confirm: bool
    """Whether a yes is needed."""
    undoes: str = ""
    """The intent of the action that it takes back, or empty."""
    named: str = ""
    """What is acted on as it is said, where that is more than `unit`."""
    digits: str = ""
    """Of the id of which the last two must be said before it is done; empty where a yes is enough."""
    bound: str = ""
    """Its orders and the state that they are made for: a yes to this is a yes to nothing else."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A slot must be asked for."""

    command: Command
    slot: str
    question: str


@dataclass(frozen=True, slots=True)
class Declined:
    """It ends here, in words."""

    command: Command
    decision: Decision
    say: str


Verdict = Allowed | Missing | Declined


@dataclass(frozen=True, slots=True)
class Policy:
    """The site's rules over the plant's state."""

    intents: Intents
    hardware: Hardware
    language: Language
    world: World

    def decide(self, command: Command, session: Session, memory: Memory, now: float) -> Verdict:
        """What is to become of an action or look-up. `now`: Unix seconds UTC."""
        spec = self.intents.by_name.get(command.intent)
        if spec is None:
            return self._not_understood(command)
        named = self._grounded(command, spec, session, memory)
        if not isinstance(named, Command):
            return named
        if not spec.connected:
            return Declined(named, Decision.REFUSED, self.not_connected(named))
        missing = self._missing(named, spec)
        if missing is not None:
            return missing
        refused = self._refused(named, spec, session)
        if refused is not None:
            return refused
        if named.confidence < spec.confidence.ask:
            return Declined(named, Decision.ASK, self._text(spec, "say_again"))
        if spec.undoes:
            return self._undo(named, spec, session, now)
        return self._sensible(named, spec)

    def at_station(self, command: Command, session: Session) -> Command:
        """The same command with "the oven" as the one oven of the line where it is said."""
        line = self.world.lines.get(self._line_of(session.station))
        for slot, options in command.options.items():
            here = [ident for ident in options if line is not None and ident in line.machines]
            if len(here) == 1:
                left = {name: ids for name, ids in command.options.items() if name != slot}
                command = replace(command, slots={**command.slots, slot: here[0]}, options=left)
        return command

    # ---- is it for us, and does what it names exist ------------------------------------------------------

    def _not_understood(self, command: Command) -> Verdict:
        match command.doubt:
            case "negated" | "withdrawn":
                return Declined(command, Decision.IGNORED, self._shared("negated"))
            case "bare":
                unit = naming.unit(self.world, command.heard["unit"])
                return Declined(command, Decision.ASK, self._shared("what_with", unit=unit))
            case "exception" | "part" as scope:
                return Declined(command, Decision.REFUSED, self._shared(scope))
            case "many":
                return Declined(command, Decision.ASK, self._shared("say_again"))
        if command.by == MODEL and command.confidence < self.intents.shared.leave:
            return Declined(command, Decision.ASK, self._shared("say_again"))
        return Declined(command, Decision.IGNORED, "")

    def _grounded(self, command: Command, spec: Intent, session: Session, memory: Memory) -> Command | Verdict:
        """The same command with real ids for "here"; or a question about what is not there."""
        for slot, value in command.slots.items():
            if value == MISSING:
                return Declined(command, Decision.ASK, self._no_such(slot, command.heard.get(slot, "")))
        for slot, options in command.options.items():
            names = naming.listing([naming.unit(self.world, ident) for ident in options], "or")
            return Missing(command, slot, self._shared("which_of", options=names))
        for slot, value in command.slots.items():
            if value == HERE:
                found = self._here(slot, command.heard.get(slot) == ANY_UNIT, spec, session, memory)
                if not found:
                    return Missing(_without(command, slot), slot, self._shared("which", noun=slot))
                kind = self.world.kind_of(found)
                return replace(command, slots={**_without(command, slot).slots, kind: found})
        return command

    def _no_such(self, slot: str, heard: str) -> str:
        if slot == "period":
            return self._shared("which_period")
        kind = next((kind for kind in self.language.kinds if kind.kind == slot), None)
        spelled = digits(heard) if heard.isdigit() else heard
        if kind is not None and len(heard) != kind.digits:
            return self._shared("wrong_length", noun=slot, heard=spelled, digits=str(kind.digits))
        return self._shared("no_such", thing=f"{slot} {spelled}" if kind is not None else spelled)

    def _here(self, slot: str, any_kind: bool, spec: Intent, session: Session, memory: Memory) -> str:
        """What the operator is working on: "it" is what was last spoken of, "this lot" what is at the station."""
        kinds = [kind for kind in spec.one_of or spec.slots if kind in ACTED_ON] if any_kind else [slot]
        spoken_of = memory.unit if self.world.kind_of(memory.unit) in kinds else ""
        machine = self.world.machines.get(session.station)
        board = self.world.boards.get(machine.board) if machine is not None else None
        at_hand = {
            "machine": session.station if machine is not None else "",
            "line": self._line_of(session.station),
            "board": board.id if board is not None else "",
            "lot": board.lot if board is not None else "",
        }
        there = next((at_hand[kind] for kind in kinds if at_hand.get(kind)), "")
        return (spoken_of or there) if any_kind else (there or spoken_of)

    def _line_of(self, station: str) -> str:
        machine = self.world.machines.get(station)
        return machine.line if machine is not None else station if station in self.world.lines else ""

    # ---- is anything missing, and may this person --------------------------------------------------------

    def _missing(self, command: Command, spec: Intent) -> Missing | None:
        if spec.one_of and not any(slot in command.slots for slot in spec.one_of):
            slot = spec.one_of[0]
            question = spec.answers.get("missing") or self._shared("which", noun=slot)
            return Missing(command, slot, question)
        for slot in spec.needs:
            if slot not in command.slots:
                question = spec.needs[slot].format(unit=naming.unit(self.world, subject(command)))
                return Missing(command, slot, question)
        return None

    def _refused(self, command: Command, spec: Intent, session: Session) -> Declined | None:
        if not spec.roles:
            return None
        operator = self.world.operators.get(session.badge)
        if operator is None:
            return Declined(command, Decision.REFUSED, self._shared("nobody"))
        if operator.role not in spec.roles:
            roles = naming.listing([_role(role) for role in spec.roles], "or")
            say = self._shared("not_allowed", roles=roles, role=operator.role)
            return Declined(command, Decision.REFUSED, say)
        return self._owned(command, spec, operator)

    def _owned(self, command: Command, spec: Intent, operator: Operator) -> Declined | None:
        """Refused to whom this hold does not belong, or that line."""
        unit = subject(command)
        thing = self.world.thing(unit)
        hold = thing.hold if thing is not None else None
        owners = spec.owners.get(hold.reason, ()) if hold is not None else ()
        if owners and operator.role not in owners:
            roles = naming.listing([_role(role) for role in owners], "or")
            return Declined(command, Decision.REFUSED, self.say(spec, "owner", command, roles=roles))
        line = self._line_of(unit)
        if operator.role in spec.own_line and operator.line and line and line != operator.line:
            names = {"line": naming.unit(self.world, line), "own": naming.unit(self.world, operator.line)}
            return Declined(command, Decision.REFUSED, self.say(spec, "own_line", command, **names))
        return None

    # ---- does it make sense now, and was it heard well enough --------------------------------------------

    def _sensible(self, command: Command, spec: Intent) -> Verdict:
        unit = subject(command)
        for check in spec.checks:
            if check in CHECKS and not CHECKS[check](self.world, unit, command.slots):
                return Declined(command, Decision.REFUSED, self.say(spec, check, command))
        if spec.kind != "action":
            return Allowed(command, unit, (), "", confirm=False)
        question = self.say(spec, "confirm", command)
        unsure = bool(command.doubt) or command.confidence < spec.confidence.act
        confirm = spec.confirm == "always" or unsure
        plans = self._plans(spec, command, unit)
        again = unit if spec.again == "unit" else command.slots.get(spec.again, "")
        known = "".join(letter for letter in again if letter.isdigit())
        return Allowed(command, unit, plans, question, confirm, digits=known, bound=self._bound(unit, plans))

    def _bound(self, unit: str, plans: tuple[Plan, ...]) -> str:
        """What a yes is a yes to: the orders as they would be given, and the state of what they are about."""
        orders = [(plan.machine, plan.method, sorted(plan.args.items())) for plan in plans]
        return f"{orders} {version(self.world, unit)}"

    def _plans(self, spec: Intent, command: Command, unit: str, method: str = "") -> tuple[Plan, ...]:
        order = spec.order
        if order is None:
            return ()
        name = method or order.method
        declared = self.hardware.methods[name]
        plans: list[Plan] = []
        for machine in self._machines(order.at, unit, name, command.slots):
            for item in list(self.world.machines[machine].alarms) if order.each else [""]:
                values = {**command.slots, "unit": unit, "each": item}
                args = {arg: values.get(order.args.get(arg, arg), "") for arg in declared.args}
                plans.append(Plan(machine, name, args, declared.expectation(args)))
        return tuple(plans)

    def _machines(self, at: str, unit: str, method: str, slots: Mapping[str, str]) -> list[str]:
        """Which machines an order goes to."""
        role, _, kind = at.partition(":")
        if role == "kind":
            return [machine.id for machine in self.world.machines.values() if machine.kind == kind][:1]
        if unit in self.world.lines:
            # A line is its machines; the ones that are so already are left alone.
            wanted = {"stop": "not_stopped", "start": "stopped", "changeover": "not_set_up"}.get(method)
            machines = self.world.lines[unit].machines
            return [ident for ident in machines if wanted is None or CHECKS[wanted](self.world, ident, slots)]
        machine = self.world.machine_of(unit)
        return [machine] if machine else []

    def _undo(self, command: Command, spec: Intent, session: Session, now: float) -> Verdict:
        last = self.world.actions.get((session.badge, session.station))
        if last is None or now - last.at > UNDO_WITHIN_S or self.world.turns.get(last.turn) == spec.intent:
            return Declined(command, Decision.REFUSED, self._text(spec, "nothing"))
        specs = self.intents.by_name.values()
        done = next((i for i in specs if i.order is not None and i.order.method == last.method), None)
        way = done.undo if done is not None else None
        if done is None or way is None:
            return Declined(command, Decision.REFUSED, self._text(spec, "cannot"))
        inverse = self.intents.by_name[way.intent]
        plans: list[Plan] = []
        for unit in last.units:
            thing = self.world.thing(unit)
            back = replace(command, slots={self.world.kind_of(unit): unit})
            if thing is not None and thing.last_hold is not None:
                back = replace(back, slots={**back.slots, "reason": thing.last_hold.reason})
            checks = [CHECKS[check] for check in inverse.checks if check in CHECKS and not way.method]
            if not all(check(self.world, unit, back.slots) for check in checks):
                return Declined(command, Decision.REFUSED, self.say(spec, "changed", back))
            plans += self._plans(inverse, back, unit, way.method)
        names = naming.listing([naming.unit(self.world, unit) for unit in last.units])
        question = self._text(spec, "confirm", what=way.method or way.intent, unit=names)
        unsure = bool(command.doubt) or command.confidence < spec.confidence.act
        return Allowed(
            back,
            unit,
            tuple(plans),
            question,
            way.confirm == "always" or unsure,
            undoes=done.intent,
            named=names,
            bound=self._bound(unit, tuple(plans)),
        )

    # ---- words -------------------------------------------------------------------------------------------

    def not_connected(self, command: Command) -> str:
        """What was understood, and that nothing comes of it here."""
        words = [naming.value(command.intent)]
        for slot, word in command.slots.items():
            words.append(naming.unit(self.world, word) if self.world.kind_of(word) else naming.value(word))
            if slot == "period":
                words[-1] = naming.period(word)
        return self._shared("not_connected", what=", ".join(words))

    def say(self, spec: Intent, key: str, command: Command, named: str = "", **more: str) -> str:
        """One of the intent's answers about a command, from what is so now; `named` instead of the unit's name."""
        unit = subject(command)
        thing = self.world.thing(unit)
        held = thing.hold.reason if thing is not None and thing.hold is not None else ""
        machine = self.world.machines.get(unit)
        defect, product = command.slots.get("defect", ""), command.slots.get("product", "")
        why = command.slots.get("reason") or self.world.scrapped(unit) or ""
        boards = [one.board for one in self._of_line(unit) if one.board]
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

    def _of_line(self, unit: str) -> list[Machine]:
        line = self.world.lines.get(unit)
        return [self.world.machines[ident] for ident in line.machines] if line is not None else []

    def _text(self, spec: Intent, key: str, **holes: str) -> str:
        return self.intents.text(spec.intent, key, holes)

    def _shared(self, key: str, **holes: str) -> str:
        return self.intents.text(UNKNOWN, key, holes)


def subject(command: Command) -> str:
    """The id that a command is about, or empty."""
    return next((command.slots[slot] for slot in (*ACTED_ON, "order") if slot in command.slots), "")


def _without(command: Command, slot: str) -> Command:
    return replace(command, slots={name: value for name, value in command.slots.items() if name != slot})


def _role(role: str) -> str:
    return role if role == "quality" else f"a {role}"
