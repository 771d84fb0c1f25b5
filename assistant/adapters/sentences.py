"""A site's sentences as states and words, from its templates and lists.

Left out is what they cannot say by themselves: sentences with free text, a recogniser's slips, several commands in one
breath, corrections.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hassil import Alternative, Expression, ListReference, Permutation, RuleReference, TextChunk, parse_sentence

from assistant.settings.intents import Intent, Intents

OF = ";"
"""Among an intent's rules, whose they are; no rule can have that name."""
WORD = re.compile(r"[a-z']+")
Steps = list[list[tuple[str, int]]]
"""State -> (word, or nothing, and state); it starts in state 0."""


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


def sentences(
    specs: Iterable[Intent],
    intents: Intents,
    things: Mapping[str, Sequence[Sequence[str]]],
    polite: Sequence[str] = (),
) -> tuple[Steps, int]:
    """All sentences of some of a site's intents: steps, and the state at the end.

    `things`: what is a marker in templates -> the ways to say it; `polite`: what may stand before and after.
    """
    return _Builder(intents, things).all(specs, polite)


class _Builder:
    """An automaton with empty transitions, part by part."""

    def __init__(self, intents: Intents, things: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._intents, self._things = intents, things
        self._small: dict[tuple[str, str], Automaton] = {}
        """Lists and rules at their smallest: each stands in many sentences."""
        self.steps: Steps = [[]]

    def all(self, specs: Iterable[Intent], polite: Sequence[str]) -> tuple[Steps, int]:
        """Steps, and the state at the end."""
        start, end = self._optional(0, polite), self._new()
        for spec in specs:
            rules = {**self._intents.shared.rules, **spec.rules, OF: spec.intent}
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
                return self._said(start, WORD.findall(part.text.lower()))
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
        for value, forms in self._intents.lists[name].items():
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
