"""Which sentences of a closed grammar sound most like what was heard, from end to end.

"I'm like a triple sharp right roast cappuccino" is strange in three places, and "put" is a word of the site that no
sentence begins with: word by word nothing can be mended there. Here the phones of what was heard are laid along all
sentences of the grammar at once, phone after phone, and of the ways to do that only the cheapest are followed.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from assistant.domain.spoken.sounds import PHONES, Sounds, gone, taken

Costs = npt.NDArray[np.float32]
SPARE = 4
"""Phones that may be heard beyond those of a word."""
WORD_FAR = 0.6
"""How far a word may be from the phones that it is laid along, a phone of the longer."""
UNSAID = 1.3
"""What a word may cost of which nothing was heard: "a", "of"."""
ENDS = 2
"""Ways to end one word that are followed, from where it begins."""
WAYS = 3
"""Ways to one place in the sentence and in what was heard."""
WIDTH = 32
"""Places in sentences that are followed from each phone on, the likeliest."""
BEHIND = 3.0
"""How much more they may have cost than the likeliest."""
NEVER = 1e6
Way = tuple[float, tuple[str, ...]]
"""What it cost so far, and the words."""


class Nearest:
    """Looks through one grammar."""

    def __init__(self, steps: Sequence[Sequence[tuple[str, int]]], end: int, sounds: Sounds) -> None:
        """`steps`: state -> (word, or nothing, and state), starting in state 0; a word in braces is a hole."""
        self._steps, self._end, self._sounds = steps, end, sounds
        self._after: dict[frozenset[int], dict[str, frozenset[int]]] = {}

    @cached_property
    def _words(self) -> dict[str, int]:
        """Word -> its number."""
        words = {word for step in self._steps for word, _ in step if word and not word.startswith("{")}
        return {word: number for number, word in enumerate(sorted(words))}

    @cached_property
    def _spelled(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Phones of each word by number, shape (words, longest), and how many they are."""
        said = [[_NUMBER[phone] for phone in self._sounds.of([word])] for word in self._words]
        lengths = np.array([len(phones) for phones in said])
        padded = np.zeros((len(said), int(lengths.max(initial=1))), np.int64)
        for row, phones in zip(padded, said, strict=True):
            row[: len(phones)] = phones
        return padded, lengths

    @cached_property
    def _small(self) -> dict[str, float]:
        """Words of which nothing need be heard -> what that costs."""
        costs = {word: sum(gone(phone) for phone in self._sounds.of([word])) for word in self._words}
        return {word: cost for word, cost in costs.items() if cost <= UNSAID}

    def sentences(self, heard: Sequence[str], most: float) -> list[tuple[float, tuple[str, ...]]]:
        """(cost, words) of sentences that cost no more than `most`, the nearest first.

        `heard`: one phone each, or a hole in braces, which is that hole of the grammar and nothing else.
        """
        arcs = self._arcs(heard)
        places: list[_Place] = [_Place() for _ in range(len(heard) + 1)]
        places[0].add(self._closed([0]), 0.0, ())
        for at, here in enumerate(places):
            self._unsaid(here, arcs[at])
            if at == len(heard):
                break
            hole = heard[at].startswith("{")
            for state, ways in here.kept(most):
                if not hole:
                    lost = gone(heard[at])
                    for cost, words in ways:
                        places[at + 1].add(state, cost + lost, words)
                for word, after in self._leads(state).items():
                    if word.startswith("{"):
                        for cost, words in ways if word == heard[at] else ():
                            places[at + 1].add(after, cost, (*words, word))
                        continue
                    for length, far in arcs[at].get(word, ()):
                        there = places[at + length]
                        for cost, words in ways:
                            if cost + far > there.least + BEHIND:
                                break
                            there.add(after, cost + far, (*words, word))
        found: dict[tuple[str, ...], float] = {}
        for state, ways in places[-1].ways.items():
            for cost, words in ways if self._end in state else ():
                if cost <= most:
                    found[words] = min(cost, found.get(words, cost))
        return sorted((cost, words) for words, cost in found.items())

    def _unsaid(self, here: _Place, arcs: Mapping[str, Sequence[tuple[int, float]]]) -> None:
        """Also where words lead to of which nothing was heard."""
        for state, ways in here.kept(NEVER):
            for word, after in self._leads(state).items():
                if word in self._small:
                    for cost, words in ways:
                        here.add(after, cost + self._small[word], (*words, word))

    def _arcs(self, heard: Sequence[str]) -> list[dict[str, list[tuple[int, float]]]]:
        """Where it begins -> word -> (phones that it is laid along, cost) of the best ways."""
        spelled, lengths = self._spelled
        count, longest = spelled.shape
        reach = longest + SPARE
        size = len(heard)
        numbers = [_NUMBER.get(phone, -1) for phone in heard] + [-1] * reach
        along = np.array([numbers[at : at + reach] for at in range(size + 1)])  # (starts, reach)
        extra = np.where(along < 0, NEVER, _GONE[along]).astype(np.float32)
        row = np.zeros((count, size + 1, reach + 1), np.float32)
        row[:, :, 1:] = np.cumsum(extra, axis=1)
        costs = np.full_like(row, NEVER)
        for place in range(longest):
            phones = spelled[:, place]
            lost = _GONE[phones][:, None]
            swapped = np.where(along[None] < 0, NEVER, _TAKEN[phones[:, None, None], along[None]])
            below = np.empty_like(row)
            below[:, :, 0] = row[:, :, 0] + lost
            for end in range(reach):
                below[:, :, end + 1] = np.minimum(
                    np.minimum(row[:, :, end] + swapped[:, :, end], row[:, :, end + 1] + lost),
                    below[:, :, end] + extra[None, :, end],
                )
            row = below
            costs = np.where((lengths == place + 1)[:, None, None], row, costs)
        allowed = WORD_FAR * np.maximum(lengths[:, None], np.arange(reach + 1)[None])
        allowed[:, 0] = -1.0
        best = np.argsort(costs, axis=2)[:, :, :ENDS]
        names = list(self._words)
        found: list[dict[str, list[tuple[int, float]]]] = [{} for _ in range(size + 1)]
        chosen = np.take_along_axis(costs, best, axis=2)
        fits = chosen <= np.take_along_axis(np.broadcast_to(allowed[:, None, :], costs.shape), best, axis=2)
        for word, start, rank in zip(*np.nonzero(fits), strict=True):
            arc = (int(best[word, start, rank]), float(chosen[word, start, rank]))
            found[start].setdefault(names[word], []).append(arc)
        return found

    def _leads(self, state: frozenset[int]) -> dict[str, frozenset[int]]:
        """Word -> where it leads from a set of states; made when it is first asked for."""
        if state not in self._after:
            leads: dict[str, set[int]] = {}
            for one in state:
                for word, to in self._steps[one]:
                    if word:
                        leads.setdefault(word, set()).add(to)
            self._after[state] = {word: self._closed(to) for word, to in leads.items()}
        return self._after[state]

    def _closed(self, states: Sequence[int] | set[int]) -> frozenset[int]:
        """These states and what is reached from them without a word."""
        found = set(states)
        todo = list(found)
        while todo:
            for word, to in self._steps[todo.pop()]:
                if not word and to not in found:
                    found.add(to)
                    todo.append(to)
        return frozenset(one for one in found if one == self._end or any(word for word, _ in self._steps[one]))


class _Place:
    """Where what was heard has been laid along sentences up to one phone."""

    __slots__ = ("least", "ways")

    def __init__(self) -> None:
        self.ways: dict[frozenset[int], list[Way]] = {}
        """State -> the cheapest ways to it, the cheapest first."""
        self.least = NEVER

    def add(self, state: frozenset[int], cost: float, words: tuple[str, ...]) -> None:
        """One more way, if it is among the cheapest."""
        if cost > self.least + BEHIND:
            return
        self.least = min(self.least, cost)
        ways = self.ways.setdefault(state, [])
        if len(ways) == WAYS and ways[-1][0] <= cost:
            return
        for index, (before, said) in enumerate(ways):
            if said == words:
                if before <= cost:
                    return
                del ways[index]
                break
        insort(ways, (cost, words))
        del ways[WAYS:]

    def kept(self, most: float) -> list[tuple[frozenset[int], list[Way]]]:
        """What is followed from here."""
        order = sorted(self.ways.items(), key=lambda item: item[1][0][0])[:WIDTH]
        return [(state, list(ways)) for state, ways in order if ways[0][0] <= min(most, self.least + BEHIND)]


_NUMBER = {phone: number for number, phone in enumerate(sorted(PHONES))}
_GONE: Costs = np.array([gone(phone) for phone in sorted(PHONES)], np.float32)
_TAKEN: Costs = np.array([[taken(one, two) for two in sorted(PHONES)] for one in sorted(PHONES)], np.float32)
