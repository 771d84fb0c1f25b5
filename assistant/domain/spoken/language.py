"""The rules of a site's `grammars/`, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Words that stand for digits and letters."""

    digits: Mapping[str, int]
    teens: Mapping[str, int]
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    repeats: Mapping[str, int]
    slips: Mapping[str, int]
    """What a recogniser writes for a digit ("for" -> 4)."""
    prepositions: frozenset[str]
    """Slips that are also prepositions, never the last digit of an id."""
    letters: Mapping[str, str]
    """Spelling alphabet."""
    uncounted: tuple[tuple[str, ...], ...] = ()
    """Phrases whose number word counts nothing ("the last one")."""


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words around a time of day."""

    before: frozenset[str]
    joins: frozenset[str]
    halves: Mapping[tuple[str, ...], int]
    """Words -> hours to add to an hour below 12."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Word -> time of day, `noon` -> `12:00`."""
    spans: frozenset[str] = frozenset()
    """Stand between the two ends of a stretch of time."""


@dataclass(frozen=True, slots=True)
class PeriodWords:
    """Words for stretches of time."""

    leads: frozenset[str]
    """Prepositions that belong to it."""
    articles: frozenset[str]
    phrases: Mapping[tuple[str, ...], str]
    """Words -> period; MISSING for what no period expresses."""
    longest: int
    """Most words in a phrase."""
    ago: frozenset[str]
    """Words before an amount of time ("last", "past")."""
    units: Mapping[str, int]
    """Word -> minutes."""
    amounts: tuple[tuple[tuple[str, ...], int], ...]
    """(words, minutes), longest first."""
    half: tuple[str, ...]
    """Words that add half a unit."""
    dates: frozenset[str]
    """Names of days and months."""
    days: tuple[str, ...] = ()
    """Names of the days of the week, Monday first."""
    months: tuple[str, ...] = ()
    """Names of the months, January first."""
    ordinals: Mapping[str, int] = field(default_factory=dict)
    """Words for the days of a month, `third` -> 3."""
    finer: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Words -> finer period (domain.stretches), where the contract's is MISSING or says less."""


@dataclass(frozen=True, slots=True)
class IdKind:
    """What one kind of id looks like."""

    kind: str
    prefix: str
    """Upper case, `L`, `WO-`."""
    digits: int
    """How many digits follow, exactly."""
    nouns: tuple[tuple[str, ...], ...]
    """What people call the thing, as tokens, longest first."""

    def canonical(self, digits: str) -> str:
        """The id of these digits."""
        return f"{self.prefix}{digits}"


@dataclass(frozen=True, slots=True)
class Language:
    """Everything of `grammars/` that reading a sentence needs."""

    numbers: NumberWords
    times: TimeWords
    periods: PeriodWords
    kinds: tuple[IdKind, ...]
    here: Mapping[tuple[str, ...], str]
    """Words -> slot kind of what is at hand (`unit` for any)."""
    fillers: frozenset[str]
    corrections: tuple[tuple[str, ...], ...]
    """Longest first."""
    joins: tuple[tuple[str, ...], ...]
    """Longest first."""
    negations: tuple[tuple[str, ...], ...]
    exceptions: tuple[tuple[str, ...], ...]
    """Words that leave something out of what was said."""
    parts: tuple[tuple[str, ...], ...]
    """Words before a thing that mean only a part of it."""
    requests: tuple[tuple[str, ...], ...]
    """Words that make an order of a question."""
    hedges: tuple[tuple[str, ...], ...]
    """Words of what may be so, was so, is said to be so or is to be so later: beside an order, a reason to ask."""
    there: tuple[tuple[str, ...], ...]
    """Words for the place that was named before."""
    away: tuple[tuple[str, ...], ...]
    """Stands before what something is no longer to be."""
    places: tuple[tuple[str, ...], ...]
    """Stands before the line in which a machine is."""
    around_digits: tuple[tuple[str, ...], ...]
    """Words that may stand around digits that were asked for."""
    slips: Mapping[tuple[str, ...], tuple[str, ...]]
    """A name's words as often written wrongly -> the words meant."""
    skip: tuple[tuple[str, ...], ...]
    hanging: tuple[tuple[str, ...], ...] = ()
    """Words after which a sentence cannot end."""
    examples: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = field(default_factory=dict)
    """Grammar -> (accepts, refuses): what the head of its file promises; only tests read it."""
