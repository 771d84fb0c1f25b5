"""Answers as they are read aloud: ids digit by digit, times and units in words, data never as markup.

English, like the voice. Numbers that count stay numbers; the voice reads those well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

MOST_CHARACTERS = 600
"""Nobody listens to more at once; also a bound on what a note can make the voice do."""
NOUNS: Mapping[str, str] = {"L": "lot", "B": "board", "WO": "work order"}
"""What an id's prefix says, so that "L4712" is read with its noun and "lot L4712" with no second one."""

REPEATS = {2: "double", 3: "triple"}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
BLURRED = ("board",)
"""Nouns that the voice blurs where a sentence begins with them: "Board two" is heard as "four two", "Board nine" as
"order nine", and behind an article neither is."""
MONTHS = "January February March April May June July August September October November December".split()
UNITS = {
    "µm": "micrometre",
    "μm": "micrometre",
    "um": "micrometre",
    "mm": "millimetre",
    "°C": "degree",
    "°": "degree",
    "%": "percent",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
}
"""Unit -> its name for one of it (both code points that look like micro)."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[@-~]")
_MARKUP = re.compile(r"\[\[.*?\]\]|<[^<>]{0,200}>|[\[\]<>{}|\\^~`_]", re.DOTALL)
_DATE = re.compile(r"(?<!\d)(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:(T)(?=\d)|(?!\d))")
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?Z?(?:(-)(?=\d{1,2}:\d)|(?!\d|:\d))")
# A capital, then capitals and digits, hyphens inside, at least one digit.
_ID = re.compile(r"(?<![\w.,-])(?=[A-Z-]*\d)[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*(?![\w-])")
_PREFIXED = re.compile(r"([A-Z]+)-?(\d+)")
# Digits that name and do not count: behind a noun, stuck to letters ("x12", but not "12 V" or "2nd"), or very many.
_NUMBERED = re.compile(r"\b((?:lots?|boards?|(?:work )?orders?|badge)(?: number)?) (\d{2,})\b", re.IGNORECASE)
_STUCK = re.compile(r"(?<=[^\W\d_])(\d+)")
_LONG = re.compile(r"\d{5,}")
_BEFORE_LETTERS = re.compile(r"(\d)(?=[^\W\d_])(?!(?:st|nd|rd|th)\b)")
_MINUS = re.compile(r"(?<![\w)-])[-\u2212](?=\d)")
# At least two digits: an id and no count.
_SAID = "|".join((*DIGITS, *REPEATS.values()))
_BEGINS = re.compile(rf"(^|[.:!?] )({'|'.join(BLURRED)}) (?=(?:(?:{_SAID})\b ?){{2}})", re.IGNORECASE)
_UNITS = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_MEASURE = re.compile(rf"(?P<number>\d+(?:[.,]\d+)*) ?(?P<unit>{_UNITS})(?![\w/])")
_DECIMAL = re.compile(r"(?<![\w.])(\d+)\.(\d+)(?!\.?\w)")


def verbalise(text: str, nouns: Mapping[str, str] = NOUNS) -> str:
    """The text as words for the voice, at most MOST_CHARACTERS long. `nouns`: id prefix -> what it is called."""
    text = plain(text)
    text = _DATE.sub(_date, text)
    text = _TIME.sub(_time, text)
    text = _ID.sub(lambda found: _ident(found, nouns), text)
    text = _NUMBERED.sub(lambda found: f"{found[1]} {digits(found[2])}", text)
    text = _STUCK.sub(lambda found: f" {digits(found[1])} ", text)
    text = _MINUS.sub("minus ", text)
    text = _MEASURE.sub(_measure, text)
    text = _DECIMAL.sub(lambda found: f"{_count(found[1])} point {_one_by_one(found[2])}", text)
    text = _LONG.sub(lambda found: digits(found[0]), text)
    text = _BEFORE_LETTERS.sub(r"\1 ", text)
    return _shortened(_led(" ".join(text.split())))


def plain(text: str) -> str:
    """One line without control characters, phonemes (Piper's `[[…]]`) or tags: data cannot change how it is said.

    What is far beyond anything that would be said is left out.
    """
    text = _ESCAPE.sub(" ", text[: 4 * MOST_CHARACTERS])
    text = "".join(char if char.isprintable() else " " for char in text)
    while (without := _MARKUP.sub(" ", text)) != text:
        text = without
    return " ".join(text.split())


def digits(number: str) -> str:
    """`4712` -> `four seven one two`, `4711` -> `four seven double one`.

    Of two like digits in a row one is lost easily, on a person as on a recogniser.
    """
    return " ".join(said for digit, run in groupby(number) for said in _times(DIGITS[int(digit)], len(list(run))))


def _times(digit: str, many: int) -> Iterator[str]:
    """A digit so many times, in threes and twos where there are several."""
    while many > 1:
        size = 2 if many in (2, 4) else 3
        yield f"{REPEATS[size]} {digit}"
        many -= size
    if many:
        yield digit


def _one_by_one(number: str) -> str:
    return " ".join(DIGITS[int(digit)] for digit in number)


def clock(hour: int, minute: int) -> str:
    """`2:14` -> `two fourteen`, `6:00` -> `six o'clock`, `22:05` -> `twenty-two oh five`."""
    if minute == 0:
        return "midnight" if hour == 0 else f"{_small(hour)} o'clock"
    return f"{_small(hour)} {'oh ' if minute < 10 else ''}{_small(minute)}"


def _small(number: int) -> str:
    """0 to 99 in words."""
    if number < 10:
        return DIGITS[number]
    if number < 20:
        return TEENS[number - 10]
    return TENS[number // 10] + (f"-{DIGITS[number % 10]}" if number % 10 else "")


def _count(number: str) -> str:
    return _small(int(number)) if len(number) < 3 else number


def _date(found: re.Match[str]) -> str:
    year, month, day = found[1], int(found[2]), int(found[3])
    return f"{MONTHS[month - 1]} {_small(day)}, {_year(year)}{', ' if found[4] else ''}"


def _year(year: str) -> str:
    """`2026` -> `twenty twenty-six`, `2005` -> `twenty oh five`."""
    if year[1:3] == "00" or year.endswith("00"):
        return _one_by_one(year)
    return f"{_small(int(year[:2]))} {'oh ' if year[2] == '0' else ''}{_small(int(year[2:]))}"


def _time(found: re.Match[str]) -> str:
    seconds = f" and {_small(int(found[3]))} seconds" if found[3] and int(found[3]) else ""
    return clock(int(found[1]), int(found[2])) + seconds + (" to " if found[4] else "")


def _ident(found: re.Match[str], nouns: Mapping[str, str]) -> str:
    prefixed = _PREFIXED.fullmatch(found[0])
    noun = nouns.get(prefixed[1]) if prefixed else None
    if prefixed is None or noun is None:
        return _spelled(found[0])
    said = digits(prefixed[2])
    before = found.string[: found.start()].rstrip().lower()
    if before.endswith((noun, f"{noun}s")):  # "lot L4712" has its noun
        return said
    return f"{noun.capitalize() if not before else noun} {said}"


def _led(words: str) -> str:
    """With an article before the ids that begin a sentence with a noun of BLURRED."""
    return _BEGINS.sub(lambda found: f"{found[1]}{'The' if found[2].istitle() else 'the'} {found[2].lower()} ", words)


def _spelled(ident: str) -> str:
    """`OP-17` -> `O P one seven`."""
    return " ".join(digits(run) if run[0].isdigit() else run for run in re.findall(r"\d+|[A-Z]", ident))


def _measure(found: re.Match[str]) -> str:
    one = UNITS[found["unit"]]
    return f"{found['number']} {one if found['number'] == '1' or one == 'percent' else one + 's'}"


def _shortened(text: str) -> str:
    """At most MOST_CHARACTERS, whole words, an ellipsis where some were left out."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
