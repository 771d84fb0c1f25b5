"""The digits of an id in a run of number words: whole or not at all, never padded, cut only where somebody paused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from assistant.domain.spoken.language import IdKind, Language, NumberWords
from assistant.domain.spoken.numbers import readings, run_length
from assistant.domain.spoken.tokens import Token


def until_pause(tokens: Sequence[Token], at: int, run: int, kind: IdKind, numbers: NumberWords) -> int:
    """Tokens of the number at `at`: "lot four seven two two, two boards" has a whole id before its pause.

    Only where the number goes on as another word's ("two boards") and has too many digits as one.
    """
    words = [token.text for token in tokens[at : at + run]]
    goes_on = at + run < len(tokens) and run and not tokens[at + run - 1].pause
    if not goes_on or any(len(digits) == kind.digits for digits in readings(words, numbers)):
        return run
    for length in range(1, run):
        whole = any(len(digits) == kind.digits for digits in readings(words[:length], numbers))
        if tokens[at + length - 1].pause and whole:
            return length
    return run


def choose(found: Sequence[str], kind: IdKind, live: Set[str]) -> str:
    """Of all readings, one of the right length: a live one before others, the likelier before others."""
    whole = [digits for digits in found if len(digits) == kind.digits]
    return next((digits for digits in whole if kind.canonical(digits) in live), whole[0] if whole else "")


def digits_of(run: Sequence[Token], numbers: NumberWords, kind: IdKind, live: Set[str]) -> tuple[str, int]:
    """(digits, tokens used) of the id that a run begins with; ("", 0) when it is none.

    Only a list of whole ids is cut, and only at its pauses ("4712, 4713"): one digit too many stays wrong.
    """
    words = [token.text for token in run]
    digits = choose(readings(words, numbers), kind, live) or _said_twice(words, numbers, kind)
    if digits:
        return digits, len(run)
    for cut in range(1, len(run)):
        if run[cut - 1].pause and digits_of(run[cut:], numbers, kind, live)[0]:
            digits = choose(readings(words[:cut], numbers), kind, live)
            if digits:
                return digits, cut
    return "", 0


def restated(tokens: Sequence[Token], at: int, language: Language, ids: Mapping[str, Set[str]]) -> int:
    """Tokens of the last digits of an id, said alone and then again in full: `twelve, forty-seven twelve`.

    Only where there is a pause between them, and only where a correction stands before them is it asked for. 0: none.
    """
    run = run_length(tokens, at, language.numbers)
    for cut in range(1, run):
        if not tokens[at + cut - 1].pause:
            continue
        part = readings([token.text for token in tokens[at : at + cut]], language.numbers)
        for kind in language.kinds:
            live = ids.get(kind.kind, frozenset())
            whole, _ = digits_of(tokens[at + cut : at + run], language.numbers, kind, live)
            if any(len(digits) < len(whole) and whole.endswith(digits) for digits in part):
                return cut
    return 0


def _said_twice(words: Sequence[str], numbers: NumberWords, kind: IdKind) -> str:
    """`4712 four seven one two`: numeral and words of the same id glued together by the recogniser."""
    for cut in range(1, len(words)):
        if words[cut - 1].isdigit() == words[cut].isdigit():
            continue  # the same form twice is a stammer or a loop: not ours to mend
        first, second = readings(words[:cut], numbers), readings(words[cut:], numbers)
        both = [digits for digits in first if digits in second and len(digits) == kind.digits]
        if both:
            return both[0]
    return ""
