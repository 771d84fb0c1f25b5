"""What the language model may write, twice: as a grammar that it is held to, and as a parser that trusts nobody.

`hold lot1 bridging; stop machine2` - an intent, then its slots in the order of the intent's file: `it`, markers of what
was named, values of closed lists; free text stands last, after a colon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.ports import Match
from assistant.settings.intents import Intent, Intents
from assistant.turn.read import MOST_COMMANDS, UNKNOWN

IT = "it"
"""What was last spoken of."""
_MARKER = re.compile(r"([a-z]+)([1-9])")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One command as the model wrote it."""

    intent: str
    slots: Mapping[str, str]
    """Slot -> marker, list value, or free text as the model was shown it; `unit` -> `it`."""


def grammar(template: str, intents: Intents) -> str:
    """The GBNF of a site: `template` (grammars/command.gbnf) with its holes filled."""
    rules: list[str] = []
    noted: list[str] = []
    for name, spec in intents.taught.items():
        parts = [f'"{name}"']
        if _named(spec, intents):
            parts.append(f'(" {IT}")?')
        for slot in spec.slots:
            if slot == spec.free:
                noted.append(f'{_rule("i", name)} ": " free')
            elif slot in intents.lists:
                parts.append(f'(" " {_rule("v", slot)})?')
            else:
                parts.append(f'(" {slot}" marker)?')
        rules.append(f"{_rule('i', name)} ::= {' '.join(parts)}")
    for slot, values in intents.lists.items():
        alternatives = " | ".join(f'"{_shown(value)}"' for value in values)
        rules.append(f"{_rule('v', slot)} ::= {alternatives}")
    commands = " | ".join(_rule("i", name) for name in intents.taught)
    body = "\n".join(line for line in template.splitlines() if not line.startswith("#"))
    body = body.replace("<<commands>>", commands).replace("<<noted>>", " | ".join(noted) or commands)
    return body.replace("<<rules>>", "\n".join(rules))


def written(match: Match, intents: Intents) -> str:
    """What the model would have to write for a sentence that a template matched."""
    spec = intents.by_name[match.intent]
    words = [IT] if "unit" in match.slots else []
    words += [_shown(match.slots[slot]) for slot in spec.slots if slot in match.slots and slot != spec.free]
    words_free = [_shown(word) if word.startswith("x") else word for word in match.slots.get(spec.free, "").split()]
    free = f": {' '.join(words_free)}" if words_free else ""
    return " ".join([spec.intent, *words]) + free


def _shown(value: str) -> str:
    """A value as one word; a marker without the letter that keeps templates from taking it for a word."""
    marker = _MARKER.fullmatch(value.removeprefix("x"))
    return value.removeprefix("x") if marker and value.startswith("x") else value.replace(" ", "_")


def parse(answer: str, intents: Intents) -> tuple[Proposal, ...] | None:
    """The commands of an answer, none for `unknown`; None for what is not an answer."""
    if answer == UNKNOWN:
        return ()
    proposals = [_command(part, intents) for part in answer.split("; ")]
    if not 0 < len(proposals) <= MOST_COMMANDS or None in proposals:
        return None
    whole = tuple(proposal for proposal in proposals if proposal is not None)
    frees = [intents.by_name[proposal.intent].free in proposal.slots for proposal in whole[:-1]]
    return None if any(frees) else whole


def _command(text: str, intents: Intents) -> Proposal | None:
    head, colon, free = text.partition(": ")
    words = head.split(" ")
    spec = intents.by_name.get(words[0])
    if spec is None or not spec.taught or (colon and (not spec.free or not free.strip() or set(free) & {";", "\n"})):
        return None
    slots: dict[str, str] = {}
    left = [slot for slot in spec.slots if slot != spec.free]
    for index, word in enumerate(words[1:]):
        if word == IT and index == 0 and _named(spec, intents):
            slots["unit"] = IT
            continue
        slot = next((slot for slot in left if _fits(word, slot, intents)), None)
        if slot is None:
            return None
        slots[slot] = next((value for value in intents.lists.get(slot, ()) if _shown(value) == word), word)
        left = left[left.index(slot) + 1 :]
    if colon:
        slots[spec.free] = free.strip()
    return Proposal(spec.intent, slots)


def _fits(word: str, slot: str, intents: Intents) -> bool:
    if slot in intents.lists:
        return any(_shown(value) == word for value in intents.lists[slot])
    marker = _MARKER.fullmatch(word)
    return marker is not None and marker[1] == slot


def _named(spec: Intent, intents: Intents) -> Sequence[str]:
    """Slots of an intent that "it" can stand for."""
    return [slot for slot in spec.slots if slot not in intents.lists and slot not in (spec.free, "period", "product")]


def _rule(kind: str, name: str) -> str:
    return f"{kind}-{name.replace('_', '-')}"
