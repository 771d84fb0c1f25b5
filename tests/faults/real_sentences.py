"""Sentences written by people, mutated so that their meaning stays: the fuzz campaign's other half."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache

from assistant.bench.sentences import Sentence, sentences
from assistant.domain.values import HERE, MISSING
from assistant.settings.paths import shipped_site
from tests.faults.utterances import Deed, Utterance

LINES = {
    "SMT-1": ("PRN-1", "SPI-1", "PNP-1", "PNP-2", "OVN-1", "AOI-1"),
    "SMT-2": ("PRN-2", "SPI-2", "PNP-3", "PNP-4", "OVN-2", "AOI-2"),
}
ACTIONS = {"hold", "release", "rework", "scrap", "stop", "start", "acknowledge", "call", "note", "changeover", "undo"}
WHOLE = set(
    """no not don't dont never none nothing nobody without except but apart other than zero oh one two three four five
    six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty
    forty fifty sixty seventy eighty ninety hundred thousand double triple to too for of on off up down yes undo sorry
    mean wait scratch strike""".split()
)
"""Words that a typo would turn into another meaning."""


@cache
def written() -> Sequence[Sentence]:
    """What people wrote, with what it means; the file that may be worked with."""
    return sentences(shipped_site() / "tests" / "meaning" / "dev.tsv")


def mutated(rng: random.Random) -> Utterance:
    """A written sentence with slips of the keyboard, fillers and other marks in it."""
    sentence = rng.choice(written())
    free = any("text" in slots for _, slots in sentence.commands)
    text = sentence.text
    for _ in range(rng.randrange(1, 4)):
        text = rng.choice(MUTATIONS[:2] if free else MUTATIONS)(rng, text)
    deeds: set[Deed] = set()
    for intent, slots in sentence.commands:
        deeds |= _deeds(intent, slots)
    return Utterance("written", text, frozenset(deeds))


def _deeds(intent: str, slots: Mapping[str, str]) -> set[Deed]:
    """What a command may lead to, wherever it is said."""
    if intent not in ACTIONS:
        return set()
    if intent == "undo":
        return {("*", "*")}
    named = [slots[slot] for slot in ("lot", "board", "machine", "line", "unit") if slot in slots]
    if not named or HERE in named or "*" in named:
        return {(intent, "*")}
    if MISSING in named:
        return set()
    return {(intent, machine) for unit in named for machine in LINES.get(unit, (unit,))} | {(intent, named[0])}


def _filler(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    words.insert(rng.randrange(len(words) + 1), rng.choice(("uh", "um,", "er", "hmm", "please", "uhm")))
    return " ".join(words)


def _case(rng: random.Random, text: str) -> str:
    return rng.choice((str.upper, str.lower, str.title))(text) if "'" not in text else text.upper()


def _typo(rng: random.Random, text: str) -> str:
    """One word with two letters swapped, one doubled or one lost; never a number or a word of another kind."""
    spots = [m for m in re.finditer(r"[A-Za-z]{4,}", text) if m.group().lower() not in WHOLE]
    if not spots:
        return text
    spot = rng.choice(spots)
    at = spot.start() + rng.randrange(1, len(spot.group()) - 1)
    return rng.choice(
        (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1 :],
        )
    )


def _marks(rng: random.Random, text: str) -> str:
    return rng.choice(("{}!", "{}...", "  {}  ", "{}\n", "- {}", "({})", "{} \u2026", "\u200b{}\u200b")).format(text)


MUTATIONS = (_marks, _case, _filler, _typo)
