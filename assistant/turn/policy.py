"""Command -> verdict: plain code decides, over what the log says and what the site's files allow.

Uncertainty is never permission. The order of questions is the order of this file: is it for us, does what it
names exist, is anything missing, may this person, does it make sense now, was it heard well enough, does it
need a yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from assistant.domain.calendar import Calendar
from assistant.domain.speech import digits
from assistant.domain.spoken.language import Language
from assistant.domain.things import Operator
from assistant.domain.values import HERE, MISSING, Command, Decision, Session
from assistant.domain.world import World
from assistant.settings.hardware import Hardware
from assistant.settings.intents import Intent, Intents
from assistant.settings.stations import Channel, Stations
from assistant.turn import naming
from assistant.turn.checks import CHECKS, version
from assistant.turn.ground import ANY_UNIT
from assistant.turn.memory import Memory
from assistant.turn.read import called
from assistant.turn.sayings import ACTED_ON, Sayings, subject
from assistant.turn.understand import MODEL
from assistant.turn.verdict import Allowed, Declined, Missing, Plan, Verdict

UNDO_WITHIN_S = 600.0
"""Who says "undo" later than this means something else by it."""
AT_ONCE = "acts at once"


@dataclass(frozen=True, slots=True)
class Policy:
    """The site's rules over the plant's state."""

    intents: Intents
    hardware: Hardware
    language: Language
    world: World
    calendar: Calendar = Calendar()  # noqa: RUF009 (frozen)
    stations: Stations | None = None
    """What may be asked for where."""

    @property
    def sayings(self) -> Sayings:
        """In which it says what it has decided."""
        return Sayings(self.intents, self.world)

    def decide(
        self, command: Command, session: Session, memory: Memory, now: float, channel: Channel = "terminal"
    ) -> Verdict:
        """What is to become of an action or look-up. `now`: Unix seconds UTC; `channel`: where the words came in."""
        spec = self.intents.by_name.get(command.intent)
        if spec is None:
            return self._not_understood(command)
        named = self._grounded(command, spec, session, memory)
        if not isinstance(named, Command):
            return named
        if not spec.connected:
            return Declined(named, Decision.REFUSED, self.sayings.not_connected(named), "not connected")
        missing = self._missing(named, spec)
        if missing is not None:
            return missing
        refused = self._refused(named, spec, session, channel)
        if refused is not None:
            return refused
        if named.confidence < spec.confidence.ask:
            return Declined(named, Decision.ASK, self.sayings.text(spec, "say_again"), "asked: say again")
        verdict = self._undo(named, spec, session, now) if spec.undoes else self._sensible(named, spec)
        if not isinstance(verdict, Allowed) or not spec.roles:
            return verdict
        # A yes is one of this person's as they were when they were asked.
        return replace(verdict, bound=f"{verdict.bound} {self.world.operators.get(session.badge)}")

    def for_factory(self, command: Command) -> Verdict:
        """What is to become of an action that the factory's own system asks for, about a unit that exists.

        Who may do it is its own business and nobody is there to be asked; whether it makes sense now is decided here
        as for everybody.
        """
        spec = self.intents.by_name.get(command.intent)
        if spec is None or spec.order is None:
            return Declined(command, Decision.REFUSED, f"nothing here can be told to {command.intent}", "not connected")
        return self._sensible(command, spec)

    def at_station(self, command: Command, session: Session) -> Command:
        """The same command with "the oven" as the one oven of the line where it is said.

        Of lots and boards that were about as likely said, it is the one with which this can be done, if it is one only.
        """
        line = self.world.lines.get(self._line_of(session.station))
        for slot, options in command.options.items():
            here = [ident for ident in options if line is not None and ident in line.machines]
            if len(here) == 1:
                left = {name: ids for name, ids in command.options.items() if name != slot}
                command = replace(command, slots={**command.slots, slot: here[0]}, options=left)
                continue
            fit = [ident for ident in options if slot in ("lot", "board") and self._fits(command, slot, ident)]
            if len(fit) == 1:
                left = {name: ids for name, ids in command.options.items() if name != slot}
                slots = {**command.slots, slot: fit[0]}
                command = replace(command, slots=slots, options=left, doubt=command.doubt or "hypotheses")
        return command

    def _fits(self, command: Command, slot: str, ident: str) -> bool:
        """Whether what is commanded could be done with this one now."""
        spec = self.intents.by_name.get(command.intent)
        checks = spec.checks if spec is not None and spec.kind == "action" else ()
        slots = {**command.slots, slot: ident}
        return all(check not in CHECKS or CHECKS[check](self.world, ident, slots) for check in checks)

    # ---- is it for us, and does what it names exist ------------------------------------------------------

    def _not_understood(self, command: Command) -> Verdict:
        match command.doubt:
            case "negated" | "withdrawn" as rule:
                return Declined(command, Decision.IGNORED, self.sayings.shared("negated"), rule)
            case "bare":
                unit = naming.unit(self.world, command.heard["unit"])
                return Declined(command, Decision.ASK, self.sayings.shared("what_with", unit=unit), "asked: what with")
            case "none failed":
                unit = naming.unit(self.world, command.heard["unit"])
                say = self.sayings.shared("none_failed", unit=unit)
                return Declined(command, Decision.REFUSED, say, "refused: none failed")
            case "exception" | "part" as scope:
                return Declined(command, Decision.REFUSED, self.sayings.shared(scope), f"refused: {scope}")
            case "deed":
                return Declined(command, Decision.ASK, self.sayings.shared("say_again"), "asked: say again")
            case "many":
                return Declined(command, Decision.ASK, self.sayings.shared("say_again"), "asked: too many at once")
        if command.by == MODEL and command.confidence < self.intents.shared.leave:
            return Declined(command, Decision.ASK, self.sayings.shared("say_again"), "asked: say again")
        return Declined(command, Decision.IGNORED, "", "not understood")

    def _grounded(self, command: Command, spec: Intent, session: Session, memory: Memory) -> Command | Verdict:
        """The same command with real ids for "here"; or a question about what is not there."""
        for slot, value in command.slots.items():
            if value == MISSING:
                say = self._no_such(slot, command.heard.get(slot, ""))
                return Declined(command, Decision.ASK, say, f"asked: no such {slot}")
        for slot, options in command.options.items():
            if not options:
                return Missing(command, slot, self.sayings.shared("which", noun=slot), f"asked: which {slot}")
            names = naming.listing([naming.unit(self.world, ident) for ident in options], "or")
            return Missing(command, slot, self.sayings.shared("which_of", options=names), f"asked: which {slot}")
        for slot, value in command.slots.items():
            if value == HERE:
                found = self._here(slot, command.heard.get(slot) == ANY_UNIT, spec, session, memory)
                if not found:
                    return Missing(
                        _without(command, slot), slot, self.sayings.shared("which", noun=slot), f"asked: which {slot}"
                    )
                kind = self.world.kind_of(found)
                return replace(command, slots={**_without(command, slot).slots, kind: found})
        return command

    def _no_such(self, slot: str, heard: str) -> str:
        if slot == "period":
            return self.sayings.shared("which_period")
        kind = next((kind for kind in self.language.kinds if kind.kind == slot), None)
        spelled = digits(heard) if heard.isdigit() else heard
        if kind is not None and len(heard) != kind.digits:
            return self.sayings.shared("wrong_length", noun=slot, heard=spelled, digits=str(kind.digits))
        return self.sayings.shared("no_such", thing=f"{slot} {spelled}" if kind is not None else spelled)

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
            question = spec.answers.get("missing") or self.sayings.shared("which", noun=slot)
            return Missing(command, slot, question, f"asked: which {slot}")
        for slot in spec.needs:
            if slot not in command.slots:
                question = spec.needs[slot].format(unit=naming.unit(self.world, subject(command)))
                return Missing(command, slot, question, f"asked: {slot}")
        return None

    def _refused(self, command: Command, spec: Intent, session: Session, channel: Channel) -> Declined | None:
        if not spec.roles:
            return None
        if self.stations is not None and not self.stations.allows(spec.intent, channel, session.station):
            say = self._not_here(self.stations, spec.intent, channel, session.station)
            return Declined(command, Decision.REFUSED, say, f"refused: {channel}")
        operator = self.world.operators.get(session.badge)
        if operator is None:
            return Declined(command, Decision.REFUSED, self.sayings.shared("nobody"), "refused: nobody")
        if operator.role not in spec.roles:
            roles = naming.roles(spec.roles)
            say = self.sayings.shared("not_allowed", roles=roles, role=operator.role)
            return Declined(command, Decision.REFUSED, say, "refused: role")
        return self._owned(command, spec, operator)

    def _not_here(self, stations: Stations, intent: str, channel: Channel, station: str) -> str:
        """That it cannot be asked for here, and where it can."""
        where, named = stations.elsewhere(intent, station)
        if not where:
            return self.sayings.shared("not_anywhere")
        units = naming.listing([naming.unit(self.world, name) for name in named], "or")
        place = self.sayings.shared(f"at_{where}_of" if units else f"at_{where}", units=units)
        return self.sayings.shared(f"not_at_{channel}", place=place)

    def _owned(self, command: Command, spec: Intent, operator: Operator) -> Declined | None:
        """Refused to whom this hold does not belong, or that line."""
        unit = subject(command)
        thing = self.world.thing(unit)
        hold = thing.hold if thing is not None else None
        owners = spec.owners.get(hold.reason, ()) if hold is not None else ()
        if owners and operator.role not in owners:
            roles = naming.roles(owners)
            return Declined(
                command, Decision.REFUSED, self.sayings.say(spec, "owner", command, roles=roles), "refused: owner"
            )
        line = self._line_of(unit)
        if operator.role in spec.own_line and operator.line and line and line != operator.line:
            names = {"line": naming.unit(self.world, line), "own": naming.unit(self.world, operator.line)}
            say = self.sayings.say(spec, "own_line", command, **names)
            return Declined(command, Decision.REFUSED, say, "refused: own line")
        return None

    # ---- does it make sense now, and was it heard well enough --------------------------------------------

    def _sensible(self, command: Command, spec: Intent) -> Verdict:
        unit = subject(command)
        for check in spec.checks:
            if check in CHECKS and not CHECKS[check](self.world, unit, command.slots):
                return Declined(
                    command, Decision.REFUSED, self.sayings.say(spec, check, command), f"refused: check {check}"
                )
        if spec.kind != "action":
            return Allowed(command, unit, (), "", confirm=False, rule="looked up")
        question = self.sayings.say(spec, "confirm", command)
        rule = self._ceremony(command, spec, spec.confirm)
        if self.world.uncertain_at(unit):
            question = self.sayings.shared("unsettled", unit=naming.unit(self.world, unit), question=question)
            rule = "confirm: unsettled" if rule == AT_ONCE else rule
        plans = self._plans(spec, command, unit)
        again = unit if spec.again == "unit" else command.slots.get(spec.again, "")
        known = "".join(letter for letter in again if letter.isdigit())
        if known and rule != AT_ONCE:
            rule = "digits"
        bound = self._bound(unit, plans)
        return Allowed(command, unit, plans, question, rule != AT_ONCE, digits=known, bound=bound, rule=rule)

    def _ceremony(self, command: Command, spec: Intent, confirm: str) -> str:
        """The rule by which an action passes, or is confirmed first."""
        if confirm == "always":
            return "confirm: always"
        return "confirm: unsure" if self.unsure(command, spec) else AT_ONCE

    def unsure(self, command: Command, spec: Intent) -> bool:
        """Whether it was read or heard so that it must be asked back, whatever its intent says."""
        faint = command.confidence < spec.confidence.act
        if command.doubt or faint:
            return True
        names = called(command.text)
        return bool(names) and not names <= self._words()

    def _words(self) -> set[str]:
        """What may stand alone with a capital at an end of a sentence and is nobody's name."""
        lists = self.intents.lists.values()
        forms = [form for values in lists for value, spoken in values.items() for form in (value, *spoken)]
        named = [
            name for table in (self.world.machines, self.world.lines, self.world.products) for name in table.values()
        ]
        forms += [form for thing in named for form in (thing.name, *thing.spoken)]
        skipped = {word for phrase in self.language.skip for word in phrase}
        forms += [sentence for spec in self.intents.by_name.values() for sentence in spec.sentences]
        return skipped | {word for form in forms for word in re.findall(r"[a-z']+", form.lower())}

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
            members = self.world.lines[unit].machines
            return [ident for ident in members if wanted is None or CHECKS[wanted](self.world, ident, slots)]
        machine = self.world.machine_of(unit)
        return [machine] if machine else []

    def _undo(self, command: Command, spec: Intent, session: Session, now: float) -> Verdict:
        last = self.world.actions.get((session.badge, session.station))
        if last is None or now - last.at > UNDO_WITHIN_S or self.world.turns.get(last.turn) == spec.intent:
            return Declined(command, Decision.REFUSED, self.sayings.text(spec, "nothing"), "refused: nothing to undo")
        specs = self.intents.by_name.values()
        done = next((i for i in specs if i.order is not None and i.order.method == last.method), None)
        way = done.undo if done is not None else None
        if done is None or way is None:
            return Declined(command, Decision.REFUSED, self.sayings.text(spec, "cannot"), "refused: cannot be undone")
        inverse = self.intents.by_name[way.intent]
        plans: list[Plan] = []
        for unit in last.units:
            thing = self.world.thing(unit)
            back = replace(command, slots={self.world.kind_of(unit): unit})
            if thing is not None and thing.last_hold is not None:
                back = replace(back, slots={**back.slots, "reason": thing.last_hold.reason})
            checks = [CHECKS[check] for check in inverse.checks if check in CHECKS and not way.method]
            if not all(check(self.world, unit, back.slots) for check in checks):
                return Declined(command, Decision.REFUSED, self.sayings.say(spec, "changed", back), "refused: changed")
            plans += self._plans(inverse, back, unit, way.method)
        names = naming.listing([naming.unit(self.world, unit) for unit in last.units])
        question = self.sayings.text(spec, "confirm", what=way.method or way.intent, unit=names)
        rule = self._ceremony(command, spec, way.confirm)
        return Allowed(
            back,
            unit,
            tuple(plans),
            question,
            rule != AT_ONCE,
            undoes=done.intent,
            named=names,
            bound=self._bound(unit, tuple(plans)),
            rule=rule,
        )


def _without(command: Command, slot: str) -> Command:
    return replace(command, slots={name: value for name, value in command.slots.items() if name != slot})
