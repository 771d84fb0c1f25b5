"""Spoken numbers as digit strings: every reading that the words allow, likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from assistant.domain.spoken.language import NumberWords
from assistant.domain.spoken.tokens import Token, starts

MOST_READINGS = 32
"""A dozen digits with three tens in them have eight readings; more is babble."""


def is_number(word: str, numbers: NumberWords) -> bool:
    """Whether a word can begin or end a number."""
    return word.isdigit() or word in numbers.digits or word in numbers.teens or word in numbers.tens


def run_length(tokens: Sequence[Token], start: int, numbers: NumberWords, *, slips: bool = False) -> int:
    """How many tokens from `start` on are one spoken number; with `slips`, slipped digits belong to it.

    "and" belongs only after a scale ("hundred and twelve"); a trailing "and", "double" or preposition does not, nor
    does the "one" of "the last one".
    """
    index = start
    end = start
    while index < len(tokens):
        word = tokens[index].text
        if is_number(word, numbers) or (word in numbers.scales and index > start):
            index += 1
            end = index
        elif word in numbers.repeats or (word == "and" and index > start and tokens[index - 1].text in numbers.scales):
            index += 1
        elif slips and word in numbers.slips:
            index += 1
            if word not in numbers.prepositions:
                end = index
        else:
            break
    return 0 if end == start + 1 and _uncounted(tokens, start, numbers) else end - start


def _uncounted(tokens: Sequence[Token], at: int, numbers: NumberWords) -> bool:
    """It stands in one of the phrases in which a number word counts nothing."""
    return any(
        word == tokens[at].text and starts(tokens, at - place, [phrase])
        for phrase in numbers.uncounted
        for place, word in enumerate(phrase[: at + 1])
    )


def readings(words: Sequence[str], numbers: NumberWords) -> list[str]:
    """Digit strings that `words` (one whole run) can stand for, likeliest first, at most MOST_READINGS.

    `forty seven twelve` -> 4712, 40712; `one oh two` -> 102; empty when the words are no number.
    """
    if not words:
        return []
    return list(dict.fromkeys(islice(_sequence(tuple(words), numbers), MOST_READINGS)))


def _sequence(words: tuple[str, ...], numbers: NumberWords) -> Iterator[str]:
    if not words:
        yield ""
        return
    for digits, used in _group(words, numbers):
        for rest in _sequence(words[used:], numbers):
            yield digits + rest


def _group(words: tuple[str, ...], numbers: NumberWords) -> Iterator[tuple[str, int]]:
    """One number at the front: (digits, words used), longest sense first."""
    for value, used in _scaled(words, numbers, 1000):
        yield str(value), used
    head = words[0]
    if head in numbers.repeats and len(words) > 1:
        digit = _digit(words[1], numbers)
        if digit is not None:
            yield digit * numbers.repeats[head], 2
        elif words[1].isdigit() and len(words[1]) > 2:
            # A recogniser writes "triple two four six" as "triple 246". ("Double 12" may be a twelve, twice.)
            yield words[1][0] * (numbers.repeats[head] - 1) + words[1], 2
        return
    if head in numbers.tens:
        if len(words) > 1:
            unit = _digit(words[1], numbers)
            if unit not in (None, "0") and not words[1].isdigit():
                # Twenty-two is never 20 and 2: "board ten twenty-two" lacks a digit and is not board 10202.
                yield str(numbers.tens[head] + int(unit or 0)), 2
                return
        yield str(numbers.tens[head]), 1
    elif head in numbers.teens:
        yield str(numbers.teens[head]), 1
    elif head.isdigit():
        yield head, 1
    else:
        digit = _digit(head, numbers)
        if digit is not None:
            yield digit, 1


def _scaled(words: tuple[str, ...], numbers: NumberWords, most: int) -> Iterator[tuple[int, int]]:
    """`forty seven hundred and twelve`: a value with a scale word in it, at most `most` as scale."""
    for count, used in _below_hundred(words, numbers):
        if used >= len(words):
            continue
        scale = numbers.scales.get(words[used])
        if scale is None or scale > most:
            continue
        base, index = count * scale, used + 1
        rest = words[index + 1 :] if index < len(words) and words[index] == "and" else words[index:]
        skipped = len(words) - len(rest)
        tails = list(_scaled(rest, numbers, scale // 10)) if scale == 1000 else []
        tails += [tail for tail in _below_hundred(rest, numbers) if tail[0] < scale]
        if tails and rest:
            value, more = max(tails, key=lambda tail: tail[1])
            yield base + value, skipped + more
        yield base, index


def _below_hundred(words: tuple[str, ...], numbers: NumberWords) -> list[tuple[int, int]]:
    """Values below 100 at the front, (value, words used), longest first."""
    if not words:
        return []
    head = words[0]
    if head in numbers.tens:
        unit = _digit(words[1], numbers) if len(words) > 1 else None
        both = [(numbers.tens[head] + int(unit), 2)] if unit not in (None, "0") and unit is not None else []
        return [*both, (numbers.tens[head], 1)]
    if head in numbers.teens:
        return [(numbers.teens[head], 1)]
    if head.isdigit() and len(head) <= 2:
        return [(int(head), 1)]
    digit = _digit(head, numbers)
    return [(int(digit), 1)] if digit is not None else []


def _digit(word: str, numbers: NumberWords) -> str | None:
    if len(word) == 1 and word.isdigit():
        return word
    value = numbers.digits.get(word, numbers.slips.get(word))
    return None if value is None else str(value)
