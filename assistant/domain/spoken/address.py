"""Whether somebody's words begin with the wake phrase: the second look at what the wake word heard.

Pure text. A recogniser writes a phrase in its own ways ("hey, for men", "Foreman"), so what counts is how it sounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.domain.values import Hypothesis

NEAR, NEAR_LATER = 0.2, 0.1
"""Of a phrase's sounds, how much may differ: where the words begin with it, and where something comes before it."""
MOST = 2.4
"""However long a phrase is: one consonant, and some vowels."""
BEGUN = 0.4
"""Words that are nearer by more than this to the phrase without its first word do not hold that word."""
BEFORE = 2
"""Words that may come before it: what was still being said when it began, or what noise was taken for."""
STOPS = ("t", "d")
RUN_ON, RUN_INTO = 0.5, 0.75
"""What it costs that a last n is heard with one of these after it ("foremant", "form and"), or as one ("format")."""
ROUNDING = 1e-9
VOWEL, GONE, CONSONANT = 0.3, 0.5, 2.0
"""What it costs to take a vowel for another; to miss one or hear one more; the same of a consonant, which tells words
apart ("hey Norman")."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SPELLED = (
    ("ph", "f"),
    ("wh", "w"),
    ("ck", "k"),
    ("mb", "m"),
    ("kn", "n"),
    ("ng", "n"),
    ("ey", "E"),
    ("ay", "E"),
    ("ai", "E"),
    ("ei", "E"),
    ("our", "or"),
    ("oor", "or"),
    ("ore", "or"),
    ("oar", "or"),
    ("x", "ks"),
    ("q", "k"),
    ("c", "k"),
    ("4", "for"),
)
_CLOSE = {frozenset(pair): 0.5 for pair in ("mn", "fv", "bp", "dt", "gk", "sz", "hk", "hp")} | {frozenset("nr"): 1.0}
"""Consonants that are taken for each other: "Pay foreman", "K-forman", "hey former"."""
_VOWELS = frozenset("aeiouyE")


@dataclass(frozen=True, slots=True)
class Address:
    """Words that begin with the phrase."""

    rest: str
    """What follows it, as written; empty: nothing but the phrase."""


def addressed(text: str, phrase: str) -> Address | None:
    """What `text` says after the phrase; None when it does not begin with anything that sounds like it.

    The phrase's last word is enough (its first one may have been lost before the recording began), as a word of its own
    at the very beginning.
    """
    words = list(_WORD.finditer(text))
    wanted, last, tail = sound(phrase), sound(phrase.split()[-1]), sound(" ".join(phrase.split()[1:]))
    best: tuple[float, int] | None = None
    for first in range(min(BEFORE, len(words)) + 1):
        for count in range(1, len(phrase.split()) + 3):
            heard = words[first : first + count]
            if len(heard) < count:
                break
            said = sound("".join(word[0] for word in heard))
            far = _far(said, wanted)
            begun = not tail or far <= _far(said, tail) + BEGUN
            near = begun and far <= min(MOST, len(wanted) * (NEAR if first == 0 else NEAR_LATER)) + ROUNDING
            if first == 0 and count == 1 and len(last) > MOST_LOST and distance(said, last) / len(last) <= NEAR_LATER:
                near = True
            if near and (best is None or far < best[0]):
                best = far, heard[-1].end()
    return Address(text[best[1] :].lstrip(" ,.;:!?-\u2013\u2014\u2026")) if best else None


def spoken_to(heard: Sequence[Hypothesis], phrase: str) -> tuple[Hypothesis, ...] | None:
    """What was heard, best first, without the phrase; None when the best of it does not begin with it."""
    if not heard or addressed(heard[0].text, phrase) is None:
        return None
    return without(heard, phrase)


def without(heard: Sequence[Hypothesis], phrase: str) -> tuple[Hypothesis, ...]:
    """The same, whether or not it begins with the phrase; nothing, where the best of it is the phrase alone.

    A log-probability is a mean over all that was said. The phrase is the same in each, so what lies between two of them
    is the rest's alone, and that is shorter: as if it had been said without the phrase, they lie further apart.
    """
    rests = [(one, addressed(one.text, phrase)) for one in heard]
    if not rests or (rests[0][1] is not None and not rests[0][1].rest):
        return ()
    best, found = rests[0]
    wider = len(best.text) / len(found.rest) if found is not None else 1.0
    return tuple(
        replace(one, text=rest, logprob=best.logprob + wider * (one.logprob - best.logprob))
        for one, after in rests
        if (rest := one.text if after is None else after.rest)
    )


MOST_LOST = 4
"""A last word of no more sounds than this is not enough."""


def sound(words: str) -> str:
    """Letters that stand for how words sound, roughly."""
    letters = "".join(word[0] for word in _WORD.finditer(words.lower())).replace("'", "").replace("\u2019", "")
    for written, said in _SPELLED:
        letters = letters.replace(written, said)
    return re.sub(r"(.)\1+", r"\1", letters)


def distance(one: str, two: str) -> float:
    """The least cost of making one row of sounds of the other."""
    row = [0.0]
    for letter in two:
        row.append(row[-1] + _gone(letter))
    for letter in one:
        above, row = row, [row[0] + _gone(letter)]
        for place, other in enumerate(two):
            row.append(
                min(above[place] + _taken(letter, other), above[place + 1] + _gone(letter), row[-1] + _gone(other))
            )
    return row[-1]


def _far(said: str, wanted: str) -> float:
    """How far what was said is from what is wanted, which runs into the next word: its last n may sound like a t."""
    far = distance(said, wanted)
    if wanted.endswith("n") and said[-1:] in STOPS:
        ended = RUN_ON if said[-2:-1] == "n" else RUN_INTO
        far = min(far, ended + distance(said[:-1].removesuffix("n") + "n", wanted))
    return far


def _gone(letter: str) -> float:
    return GONE if letter in _VOWELS or letter in "hr" else CONSONANT


def _taken(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        return VOWEL
    return _CLOSE.get(frozenset((one, other)), CONSONANT)
