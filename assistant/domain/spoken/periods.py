"""Stretches of time as people say them ("over the past couple of hours") -> a period, or MISSING.

Runs on tokens whose times of day are `HH:MM` already (domain.spoken.times). What is plainly a stretch of time and
cannot be expressed ("last Tuesday") is MISSING, so that it is asked about and never silently left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.domain.spoken.language import Language, NumberWords, PeriodWords
from assistant.domain.spoken.numbers import is_number, readings, run_length
from assistant.domain.spoken.tokens import Token
from assistant.domain.values import MISSING

ORDINALS = frozenset("first second third".split())
AMBIGUOUS = frozenset(["march", "may"])
"""Months that are verbs, where nothing announces a date."""
TO, BETWEEN, AND = ("to", "until", "till", "through"), "between", "and"


def period(tokens: Sequence[Token], index: int, language: Language) -> tuple[str, int] | None:
    """(period, index after its last token) of the stretch of time that begins at `index`, or None."""
    words, rules = tuple(token.text for token in tokens[index:]), language.periods
    best: tuple[str, int] | None = None
    for start in _starts(words, rules):
        rest = words[start:]
        for found in (
            _clock(rest, words[:start]),
            _phrase(rest, rules),
            _ago(tokens[index + start :], rules, language.numbers),
            _dates(rest, words[:start], rules, language.numbers),
        ):
            if found is not None and (best is None or start + found[1] > best[1]):
                best = found[0], start + found[1]
    return None if best is None else (best[0], index + best[1])


def _starts(words: Sequence[str], rules: PeriodWords) -> list[int]:
    """Where the stretch itself may begin: here, after a preposition, after its article."""
    starts = [0]
    if words and words[0] in rules.leads:
        starts.append(1)
    if words[starts[-1] : starts[-1] + 1] and words[starts[-1]] in rules.articles:
        starts.append(starts[-1] + 1)
    return starts


def _phrase(words: Sequence[str], rules: PeriodWords) -> tuple[str, int] | None:
    for length in range(min(rules.longest, len(words)), 0, -1):
        value = rules.phrases.get(tuple(words[:length]))
        if value is not None:
            return value, length
    return None


def _ago(tokens: Sequence[Token], rules: PeriodWords, numbers: NumberWords) -> tuple[str, int] | None:
    """`last two hours`, `past couple of hours`, `last half an hour`."""
    if not tokens or tokens[0].text not in rules.ago:
        return None
    words = tuple(token.text for token in tokens)
    for phrase, minutes in rules.amounts:
        if words[1 : 1 + len(phrase)] == phrase:
            return _last(minutes), 1 + len(phrase)
    length = run_length(tokens, 1, numbers)
    found = readings(words[1 : 1 + length], numbers)
    end = 1 + length
    half = words[end : end + len(rules.half)] == rules.half and bool(rules.half)
    end += len(rules.half) if half else 0
    if not found or end >= len(words) or words[end] not in rules.units:
        return None
    unit = rules.units[words[end]]
    minutes = int(found[0]) * unit + (unit // 2 if half else 0)
    return (_last(minutes) if unit > 1 else f"last:{minutes}m"), end + 1


def _last(minutes: int) -> str:
    return f"last:{minutes}m" if minutes % 60 else f"last:{minutes // 60}h"


def _clock(words: Sequence[str], lead: Sequence[str]) -> tuple[str, int] | None:
    """`since 06:00`, `between 06:00 and 08:00`, `from 06:00 to 08:00`."""
    if lead:
        return None
    match words[:4]:
        case ("between" | "from", first, "and" | "to" | "until" | "till", second) if ":" in first and ":" in second:
            if first.startswith("12:") and int(second[:2]) < 12:  # "from noon to one"
                second = f"{int(second[:2]) + 12}{second[2:]}"
            return (f"between:{first}-{second}" if _is_time(first) and _is_time(second) else MISSING), 4
        case (first, "to" | "until" | "till", second, *_) if (
            len(first) == len(second) == 5 and _is_time(first) and _is_time(second)
        ):
            return f"between:{first}-{second}", 3
    match words[:2]:
        case ("since" | "after" | "from", first) if ":" in first:
            return (f"since:{first}" if _is_time(first) else MISSING), 2
        case ("at" | "before" | "until" | "till" | "by" | "around", first) if ":" in first:
            return MISSING, 2
    return None


def _is_time(text: str) -> bool:
    hours, _, minutes = text.partition(":")
    return len(text) == 5 and hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60


def _dates(
    words: Sequence[str], lead: Sequence[str], rules: PeriodWords, numbers: NumberWords
) -> tuple[str, int] | None:
    """`last tuesday`, `from monday to wednesday`, `between monday and wednesday`: named, and not expressible."""
    between = words[:1] == (BETWEEN,)
    end = _date(words[between:], lead or words[:between], rules, numbers)
    if end is None:
        return None
    end += between
    if words[end : end + 1] and words[end] in (*TO, *([AND] if between else [])):
        last = _date(words[end + 1 :], words[end : end + 1], rules, numbers)
        if last is not None:
            return MISSING, end + 1 + last
    return None if between else (MISSING, end)


def _date(words: Sequence[str], lead: Sequence[str], rules: PeriodWords, numbers: NumberWords) -> int | None:
    """Index after the last word of `tuesday`, `last tuesday`, `the third of march`; None for what is no date."""
    for index, word in enumerate(words[:5]):
        if word in rules.dates:
            return index + 1 if lead or index or word not in AMBIGUOUS else None
        counted = is_number(word, numbers) or word in ORDINALS or word.endswith(("th", "nd", "rd"))
        if not counted and word not in ("of", "the", "this", "next", "week") and word not in rules.ago:
            return None
    return None
