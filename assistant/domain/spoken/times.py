"""Times of day as people say them, after a word that announces one ("since half past eight")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.domain.spoken.language import Language, NumberWords
from assistant.domain.spoken.numbers import is_number, readings, run_length
from assistant.domain.spoken.tokens import Token

DAY = 24 * 60


def canonical_times(tokens: Sequence[Token], language: Language) -> list[Token]:
    """The same tokens, each announced time of day replaced by one token `HH:MM`."""
    result: list[Token] = []
    index = 0
    announced = span = False
    while index < len(tokens):
        # "Half past six to quarter past eight" needs no word before it.
        alone = not announced and _spans(tokens[index:], language)
        found = _time(tokens[index:], language) if announced or alone else None
        if found is None:
            word = tokens[index].text
            # "between six and eight": the word that joins the two announces the second.
            announced = word in language.times.before or (span and word in language.times.joins)
            span = word in ("between", "from") or (span and word not in language.times.joins)
            result.append(tokens[index])
            index += 1
        else:
            minutes, used = found
            last = tokens[index + used - 1]
            text = f"{minutes // 60:02d}:{minutes % 60:02d}"
            result.append(replace(tokens[index], text=text, end=last.end, pause=last.pause))
            index += used
            announced, span = False, span or alone
    return result


def _spans(tokens: Sequence[Token], language: Language) -> bool:
    """Whether two times that are nothing else stand here, joined: `half past six to quarter past eight`."""
    first = _plain(tokens, language)
    if not first or first >= len(tokens) or tokens[first].text not in language.times.spans:
        return False
    return bool(_plain(tokens[first + 1 :], language))


def _plain(tokens: Sequence[Token], language: Language) -> int:
    """Tokens of what can only be a time of day, at the front; 0 when it may be a number."""
    words = [token.text for token in tokens[:5]]
    said = ":" in "".join(words[:1]) or (words[:1] and words[0] in language.times.named)
    said = said or _offset(words, language.numbers)[0] is not None or "o'clock" in words[:3]
    found = _time(tokens, language) if said else None
    return 0 if found is None else found[1]


def _time(tokens: Sequence[Token], language: Language) -> tuple[int, int] | None:
    """(minutes since midnight, tokens used) of a time of day at the front."""
    words = [token.text for token in tokens]
    named = language.times.named.get(words[0]) if words else None
    if named is not None:
        return int(named[:2]) * 60 + int(named[3:]), 1
    offset, used = _offset(words, language.numbers)
    hour = _hour(tokens[used:], language.numbers) if offset is not None else None
    hour = hour or _clock(tokens, language.numbers)
    if hour is None:
        return None
    if hour[2]:
        offset, used = 0, 0
    minutes, used = hour[0] + (offset or 0), used + hour[1]
    for phrase, add in sorted(language.times.halves.items(), key=lambda item: -len(item[0])):
        if tuple(words[used : used + len(phrase)]) == phrase:
            return minutes % (DAY // 2) + add * 60, used + len(phrase)
    return minutes % DAY, used


def _offset(words: Sequence[str], numbers: NumberWords) -> tuple[int | None, int]:
    """`half past`, `a quarter to`, `ten past`, `twenty minutes to`: minutes and words used; (None, 0) for none."""
    index = 1 if words[:1] == ["a"] else 0
    if words[index : index + 1] in (["half"], ["quarter"]):
        amount, index = (30 if words[index] == "half" else 15), index + 1
        if amount == 30 and is_number("".join(words[index : index + 1]), numbers):
            return amount, index  # "half three" is half past three
    else:
        length = 0
        while length < 2 and index + length < len(words) and words[index + length] not in ("past", "to", "minutes"):
            length += 1
        found = readings(words[index : index + length], numbers)
        if not found or int(found[0]) >= 60:
            return None, 0
        amount, index = int(found[0]), index + length
        if words[index : index + 1] == ["minutes"]:
            index += 1
    match words[index : index + 1]:
        case ["past"]:
            return amount, index + 1
        case ["to"]:
            return -amount, index + 1
    return None, 0


def _hour(tokens: Sequence[Token], numbers: NumberWords) -> tuple[int, int, bool] | None:
    """A whole hour after an offset: (minutes, tokens used, False)."""
    length = run_length(tokens, 0, numbers)
    found = readings([token.text for token in tokens[:length]], numbers)
    hours = [int(digits) for digits in found if len(digits) <= 2 and int(digits) < 24]
    return (hours[0] * 60, length, False) if hours else None


def _clock(tokens: Sequence[Token], numbers: NumberWords) -> tuple[int, int, bool] | None:
    """`16:45`, `six o'clock`, `nine oh five`, `oh six hundred`, `six`: (minutes, tokens used, True)."""
    if not tokens:
        return None
    head, _, tail = tokens[0].text.partition(":")
    if tail:
        return (int(head) * 60 + int(tail), 1, True) if int(head) < 24 and int(tail) < 60 else None
    whole = run_length(tokens, 0, numbers)
    # "Zero six hundred and zero eight hundred" are two times, though "and" may stand inside a number.
    ends = [at for at in range(1, whole) if tokens[at].text == "and"]
    for length in (whole, *ends):
        found = readings([token.text for token in tokens[:length]], numbers)
        used = length + (length < len(tokens) and tokens[length].text == "o'clock")
        for digits in found:
            hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
            if len(digits) <= 4 and int(hours) < 24 and int(minutes) < 60:
                return int(hours) * 60 + int(minutes), used, True
    return None
