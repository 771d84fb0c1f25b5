"""A site's sentences as one closed grammar, for a recogniser that hears nothing else.

What the site's templates and lists say, word for word; ids as the digit sequences of what exists, in the ways that
people say them; stretches of time as the site's fixed phrases and amounts. Left out is what a closed grammar cannot
say: sentences with free text, a recogniser's slips, several commands in one breath, corrections.

The grammar is handed over as its least automaton: written as JSGF, the sentences of a coffee order come to 17,600
states and 625,000 empty transitions, with which PocketSphinx takes minutes for one clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.adapters.sentences import WORD, Automaton, least, sentences
from assistant.bootstrap import Site
from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities

_SAID_OTHERWISE = ("o", "tree", "fower", "fife", "nought", "naught", "niner")
"""Words for digits that the dictionary has as something else, or that hardly anybody says."""


def grammar(site: Site, entities: Entities) -> Automaton:
    """All sentences of a site."""
    language = site.reader.language
    polite = [" ".join(words) for words in language.skip if all(map(WORD.fullmatch, words))]
    return least(sentences(site.intents.by_name.values(), site.intents, dict(_things(language, entities)), polite))


def _things(language: Language, entities: Entities) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """What is a marker in templates -> the ways to say it."""
    here: dict[str, list[tuple[str, ...]]] = {}
    for words, what in language.here.items():
        here.setdefault(what, []).append(words)
    for kind in language.kinds:
        ids = sorted(entities.ids.get(kind.kind, ()))
        said = [spoken for ident in ids for spoken in _digits(ident.removeprefix(kind.prefix), language)]
        named = [(*noun, *spoken) for noun in kind.nouns for spoken in said]
        yield kind.kind, _plain([*named, *here.get(kind.kind, [])])
    one = _one(language)
    for what in ("machine", "line", "product"):
        names = [words for words, name in entities.names.items() if name.kind == what]
        spoken_names = [tuple(one.get(word, word) for word in words) for words in names]
        yield what, _plain([*spoken_names, *here.get(what, [])])
    yield "unit", here.get("unit", [])
    numbers = language.numbers
    yield "number", _plain((word,) for word in (*one.values(), *numbers.teens, *numbers.tens))
    yield "period", _plain(_periods(language))


def _plain(said: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [words for words in said if all(map(WORD.fullmatch, words))]


def _one(language: Language) -> dict[str, str]:
    """Digit -> the word for it."""
    words = [(word, digit) for word, digit in language.numbers.digits.items() if word not in _SAID_OTHERWISE]
    return {str(digit): word for word, digit in reversed(words)}


def _digits(digits: str, language: Language) -> Iterator[tuple[str, ...]]:
    """How a number is said: digit by digit, two alike as a double one, in pairs."""
    one = _one(language)
    two: dict[str, tuple[str, ...]] = {str(number): (word,) for word, number in language.numbers.teens.items()}
    for word, ten in reversed([*language.numbers.tens.items()]):  # the first spelling of each wins
        two |= {str(ten): (word,), **{str(ten + int(digit)): (word, one[digit]) for digit in one if digit != "0"}}
    zeros = [word for word, digit in language.numbers.digits.items() if digit == 0 and word not in _SAID_OTHERWISE]
    for zero in zeros if "0" in digits else zeros[:1]:
        single = {**one, "0": zero}
        yield tuple(single[digit] for digit in digits)
        for at in range(len(digits) - 1):
            if digits[at] == digits[at + 1]:
                alike = ("double", single[digits[at]])
                yield (*(single[d] for d in digits[:at]), *alike, *(single[d] for d in digits[at + 2 :]))
        # "forty-seven twelve", "ten two thirty-one"
        for odd in range(len(digits) % 2, len(digits) + 1, 2) if len(digits) % 2 else (-1,):
            parts = _paired(digits, odd - 1 if odd > 0 else None)
            if all(len(part) == 1 or part in two for part in parts):
                yield tuple(word for part in parts for word in (two[part] if len(part) == 2 else (single[part],)))


def _paired(digits: str, alone: int | None) -> list[str]:
    """Pairs of digits, but for one that stands alone."""
    before = digits[:alone] if alone is not None else digits
    after = digits[alone + 1 :] if alone is not None else ""
    middle = [digits[alone]] if alone is not None else []
    return [
        *(before[at : at + 2] for at in range(0, len(before), 2)),
        *middle,
        *(after[at : at + 2] for at in range(0, len(after), 2)),
    ]


def _periods(language: Language) -> Iterator[tuple[str, ...]]:
    periods = language.periods
    phrases = [*periods.phrases]
    hours = [*_one(language).values(), "ten", "eleven", "twelve"] if periods.units else []
    amounts = [*(amount for amount, _ in periods.amounts), *((hour,) for hour in hours)]
    for ago in periods.ago:
        for unit in periods.units:
            phrases += [("the", ago, unit), (ago, unit)]
            phrases += [(*front, ago, *amount, unit) for amount in amounts for front in ((), ("the",))]
    yield from phrases
    for lead in periods.leads:
        yield from ((lead, *phrase) for phrase in phrases)
    yield from (("since", hour) for hour in hours)
    yield from (("between", first, "and", last) for first in hours for last in hours)
