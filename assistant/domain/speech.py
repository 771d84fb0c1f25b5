"""Answers as they are read aloud: ids digit by digit, times and units in words, data never as markup.

English, like the voice. Numbers that count stay numbers; the voice reads those well.
"""

from __future__ import annotations

import re

MOST_CHARACTERS = 600
"""Nobody listens to more at once; also a bound on what a note can make the voice do."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty")
UNITS = {
    "µm": "micrometres",
    "μm": "micrometres",
    "um": "micrometres",
    "mm": "millimetres",
    "°C": "degrees",
    "%": "percent",
    "ms": "milliseconds",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
}

_ID = re.compile(r"\b(?:(lot|board)\s+)?([A-Z]{1,4})-?(\d{1,6})\b")
_NOUNS = {"L": "lot", "B": "board", "WO": "work order"}
_TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)\b")
_MEASURE = re.compile(r"(\d)\s*(" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")(?![A-Za-z])")
_DECIMAL = re.compile(r"\b(\d+)\.(\d+)\b")
_MARKUP = re.compile(r"\[\[.*?\]\]|<[^<>]{0,200}>|[\[\]<>{}|\\^~`]", re.DOTALL)
_LONG = re.compile(r"\b\d{5,}\b")


def verbalise(text: str) -> str:
    """The text as words for the voice, at most MOST_CHARACTERS long."""
    text = plain(text)
    text = _ID.sub(_spelled, text)
    text = _TIME.sub(lambda found: clock(int(found[1]), int(found[2])), text)
    text = _MEASURE.sub(lambda found: f"{found[1]} {UNITS[found[2]]}", text)
    text = _DECIMAL.sub(lambda found: f"{found[1]} point {digits(found[2])}", text)
    text = _LONG.sub(lambda found: digits(found[0]), text)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def plain(text: str) -> str:
    """Without control characters, phoneme brackets (Piper's `[[…]]`) or tags: data cannot change how it is said."""
    text = "".join(char if char.isprintable() else " " for char in text)
    while (without := _MARKUP.sub(" ", text)) != text:
        text = without
    return " ".join(text.split())


def digits(number: str) -> str:
    """`4712` -> `four seven one two`."""
    return " ".join(DIGITS[int(digit)] for digit in number)


def clock(hour: int, minute: int) -> str:
    """`2:14` -> `two fourteen`, `6:00` -> `six o'clock`, `22:05` -> `twenty-two oh five`."""
    if minute == 0:
        return "midnight" if hour == 0 else f"{_small(hour)} o'clock"
    return f"{_small(hour)} {'oh ' if minute < 10 else ''}{_small(minute)}"


def _small(number: int) -> str:
    if number < 10:
        return DIGITS[number]
    if number < 20:
        return TEENS[number - 10]
    return TENS[number // 10] + (f"-{DIGITS[number % 10]}" if number % 10 else "")


def _spelled(found: re.Match[str]) -> str:
    noun, prefix, number = found[1], found[2], found[3]
    known = _NOUNS.get(prefix)
    said = f"{known} {digits(number)}" if known else f"{' '.join(prefix)} {digits(number)}"
    if found.start() == 0 and known and not noun:
        said = said[:1].upper() + said[1:]
    # "work order WO-1007" and "lot L4712" already have their noun.
    before = found.string[: found.start()].rstrip().lower()
    return digits(number) if known and before.endswith(known) else said
