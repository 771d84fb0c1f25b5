"""What Whisper says twice though it was said once, and what it says over and over though it was not said at all.

Decoding goes on after the words have ended: the last sentence again, whole or begun ("Stop line two. Stop line
two."), and on noise one word for ever ("oh oh oh oh"). The first is cut, the second is no speech.
"""

from __future__ import annotations

import re
import zlib

WORDS_A_SECOND = 6.0
"""Nobody says more; of 100 people ordering coffee the fastest said 5.8 a second of voice."""
MOST_COMPRESSION = 2.4
"""How far zlib may pack a text (Whisper's own threshold, openai/whisper `transcribe`)."""
SHORTEST_PACKED = 60
"""Characters below which zlib's ratio says nothing."""

_STUTTER = re.compile(r"([^\W\d_]{1,3})\1{5,}")
"""Inside a word: "nuhuhuhuhuhuh"."""
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_NUMBER_WORDS = """
    oh o zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand double triple and
"""
_NUMBERS = frozenset(_NUMBER_WORDS.split())
"""An id may well be "four seven four seven": numbers are never taken for a repeat."""


def words(text: str) -> list[str]:
    """The words of a text without case and punctuation."""
    return _WORD.findall(text.lower())


def without_repeat(text: str, *, cut_off: bool = False) -> str:
    """The text without what its end says again. `cut_off`: decoding ended at its length limit, mid-sentence."""
    while (end := _end(text, cut_off)) is not None:
        text = text[:end].rstrip(" ,;-")
    return text


def looping(text: str, once: str, voiced_s: float) -> bool:
    """Whether a text, `once` without repeats, says the same over and over, faster than anybody could in `voiced_s`."""
    said = words(text)[:-1]  # the last may be cut off
    periodic = any(len(said) > size and said[size:] == said[:-size] for size in (1, 2))
    if periodic and len(said) > max(2.0, 1 + WORDS_A_SECOND * voiced_s):
        return True
    raw = once.lower().encode()
    packed = len(raw) / len(zlib.compress(raw))
    return bool(_STUTTER.search(once.lower())) or (len(raw) >= SHORTEST_PACKED and packed > MOST_COMPRESSION)


def _end(text: str, cut_off: bool) -> int | None:
    """Where a text must end so that its tail is said once; None when it is."""
    found = list(_WORD.finditer(text))
    said = [match.group().lower() for match in found]
    if cut_off and len(said) > 1:
        # The last word was cut off with the rest: take it for the one that it begins.
        said[-1] = next((word for word in said[:-1] if word.startswith(said[-1])), said[-1])
    for size in range(1, len(said)):
        again = _again(said, size)
        unit = said[len(said) - again - size : len(said) - again]
        if not again or all(word.isdigit() or word in _NUMBERS for word in unit):
            continue
        whole = again + size == len(said)
        between = text[found[-again - 1].end() : found[-again].start()]
        stopped = any(mark in between for mark in ".?!")
        if again >= size:
            # Twice: a sentence, or all there is. A short end ("two two") must come three times to be no speech.
            repeat = size >= 3 or whole or stopped or again >= 2 * size
        else:
            # Begun again: only after a full stop or where decoding was stopped, for "lot 4712, no, lot 4712" is speech.
            repeat = whole and size >= 2 and (stopped or cut_off)
        if repeat:
            first = len(said) - again
            return _with_marks(text, found[first - 1].end(), found[first].start())
    return None


def _again(said: list[str], size: int) -> int:
    """How many words at the end are the same as those `size` before them."""
    again = 0
    while again + size < len(said) and said[-1 - again] == said[-1 - again - size]:
        again += 1
    return again


def _with_marks(text: str, end: int, following: int) -> int:
    """The end of a word and of the punctuation that belongs to it."""
    while end < following and not text[end].isspace():
        end += 1
    return end
