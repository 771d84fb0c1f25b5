"""A site's sentences as one closed grammar, for a recogniser that hears nothing else.

What the site's templates and lists say, word for word; ids as the digit sequences of what exists, in the ways that
people say them; stretches of time as the site's fixed phrases and amounts. Left out is what a closed grammar cannot
say: sentences with free text, a recogniser's slips, several commands in one breath, corrections.

The grammar is handed over as its least automaton: written as JSGF, the sentences of a coffee order come to 17,600
states and 625,000 empty transitions, with which PocketSphinx takes minutes for one clip.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hassil import Alternative, Expression, ListReference, Permutation, RuleReference, TextChunk, parse_sentence

from assistant.bootstrap import Site
from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities

OF = ";"
"""Among an intent's rules, whose they are; no rule can have that name."""
_WORD = re.compile(r"[a-z']+")
_SAID_OTHERWISE = ("o", "tree", "fower", "fife", "nought", "niner")
"""Words for digits that the dictionary has as something else, or that hardly anybody says."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """Deterministic, without empty transitions; it starts in state 0."""

    steps: tuple[Mapping[str, int], ...]
    """State -> word -> state."""
    ends: frozenset[int]

    @property
    def words(self) -> set[str]:
        """Every word in it."""
        return {word for step in self.steps for word in step}

    def takes(self, said: Sequence[str]) -> bool:
        """Whether it is one of its sentences."""
        state: int | None = 0
        for word in said:
            state = self.steps[state].get(word) if state is not None else None
        return state in self.ends


def grammar(site: Site, entities: Entities) -> Automaton:
    """All sentences of a site."""
    return least(_Builder(site, entities).all())


class _Builder:
    """An automaton with empty transitions, part by part."""

    def __init__(self, site: Site, entities: Entities) -> None:
        self._site, self._language = site, site.reader.language
        self._things = dict(_things(site.reader.language, entities))
        self._small: dict[tuple[str, str], Automaton] = {}
        """Lists and rules at their smallest: each stands in many sentences."""
        self.steps: list[list[tuple[str, int]]] = [[]]

    def all(self) -> tuple[list[list[tuple[str, int]]], int]:
        """State -> (word, or nothing, and state), and the end; it starts in state 0."""
        polite = [" ".join(words) for words in self._language.skip if all(map(_WORD.fullmatch, words))]
        start, end = self._optional(0, polite), self._new()
        for spec in self._site.intents.by_name.values():
            rules = {**self._site.intents.shared.rules, **spec.rules, OF: spec.intent}
            for text in spec.templates:
                if not (spec.free and f"{{{spec.free}}}" in text):
                    self._step(self._template(start, text, rules), "", end)
        return self.steps, self._optional(end, polite)

    def _new(self) -> int:
        self.steps.append([])
        return len(self.steps) - 1

    def _step(self, start: int, word: str, end: int) -> int:
        self.steps[start].append((word, end))
        return end

    def _optional(self, start: int, forms: Iterable[str]) -> int:
        end = self._new()
        for form in ("", *forms):
            self._step(self._said(start, form.split()), "", end)
        return end

    def _said(self, start: int, words: Iterable[str]) -> int:
        for word in words:
            start = self._step(start, word, self._new())
        return start

    def _template(self, start: int, text: str, rules: Mapping[str, str]) -> int:
        return self._part(start, parse_sentence(text).expression, rules)

    def _part(self, start: int, part: Expression, rules: Mapping[str, str]) -> int:
        """Where it ends."""
        match part:
            case TextChunk():
                return self._said(start, _WORD.findall(part.text.lower()))
            case ListReference():
                name = part.list_name
                return self._copied(start, ("", name), lambda at: self._listed(at, name))
            case RuleReference():
                rule = part.rule_name
                return self._copied(start, (rules.get(OF, ""), rule), lambda at: self._template(at, rules[rule], rules))
            case Permutation():
                return self._in_any_order(start, part.items, rules)
            case Alternative():
                end = self._new()
                for item in part.items:
                    self._step(self._part(start, item, rules), "", end)
                return self._step(start, "", end) if part.is_optional else end
            case _:
                for item in getattr(part, "items", ()):
                    start = self._part(start, item, rules)
                return start

    def _copied(self, start: int, key: tuple[str, str], make: Callable[[int], int]) -> int:
        """What is made once, from a start to the end that is given back, put in here."""
        if key not in self._small:
            before, self.steps = self.steps, [[]]
            self._small[key] = least((self.steps, make(0)))
            self.steps = before
        small, first = self._small[key], len(self.steps)
        self.steps += [[(word, first + to) for word, to in step.items()] for step in small.steps]
        self._step(start, "", first)
        end = self._new()
        for state in small.ends:
            self._step(first + state, "", end)
        return end

    def _in_any_order(self, start: int, items: Sequence[Expression], rules: Mapping[str, str]) -> int:
        """Each item once: a state for each set of items that were said."""
        said = {frozenset[int](): start}
        for size in range(len(items)):
            for done in [key for key in said if len(key) == size]:
                for number in set(range(len(items))) - done:
                    after = said.setdefault(done | {number}, self._new())
                    self._step(self._part(said[done], items[number], rules), "", after)
        return said[frozenset(range(len(items)))]

    def _listed(self, start: int, name: str) -> int:
        end = self._new()
        if name in self._things:
            for words in self._things[name]:
                self._step(self._said(start, words), "", end)
            return end
        for value, forms in self._site.intents.lists[name].items():
            for form in forms or (value,):
                self._step(self._template(start, form, {}), "", end)
        return end


def least(automaton: tuple[list[list[tuple[str, int]]], int]) -> Automaton:
    """The smallest deterministic automaton with the same sentences."""
    steps, ends = _determined(*automaton)
    classes = [int(state in ends) for state in range(len(steps))]
    while True:
        seen: dict[tuple[int, frozenset[tuple[str, int]]], int] = {}
        finer = [
            seen.setdefault((classes[state], frozenset((w, classes[to]) for w, to in steps[state].items())), len(seen))
            for state in range(len(steps))
        ]
        if len(seen) == len(set(classes)):
            break
        classes = finer
    # Classes are numbered as they are met, so that the start is 0 again.
    chosen = {state_class: state for state, state_class in reversed(list(enumerate(finer)))}
    found = [{word: finer[to] for word, to in steps[chosen[number]].items()} for number in range(len(chosen))]
    return Automaton(tuple(found), frozenset(finer[state] for state in ends))


def _determined(steps: Sequence[Sequence[tuple[str, int]]], end: int) -> tuple[list[dict[str, int]], set[int]]:
    def closed(states: Iterable[int]) -> frozenset[int]:
        found = set(states)
        todo = list(found)
        while todo:
            for word, to in steps[todo.pop()]:
                if not word and to not in found:
                    found.add(to)
                    todo.append(to)
        # Only what a word leads on from tells sets apart.
        return frozenset(state for state in found if state == end or any(word for word, _ in steps[state]))

    first = closed([0])
    numbers, made, ends = {first: 0}, [dict[str, int]()], set[int]()
    todo = deque([first])
    while todo:
        states = todo.popleft()
        if end in states:
            ends.add(numbers[states])
        leads: dict[str, set[int]] = {}
        for state in states:
            for word, to in steps[state]:
                if word:
                    leads.setdefault(word, set()).add(to)
        for word, targets in leads.items():
            after = closed(targets)
            if after not in numbers:
                numbers[after] = len(made)
                made.append({})
                todo.append(after)
            made[numbers[states]][word] = numbers[after]
    return made, ends


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
    return [words for words in said if all(map(_WORD.fullmatch, words))]


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
