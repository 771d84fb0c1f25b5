"""`grammars/`: the rules for spoken numbers, times, ids and phrases, read into the domain's `Language`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from assistant.domain.spoken.language import IdKind, Language, NumberWords, PeriodWords, TimeWords
from assistant.domain.spoken.sounds import table
from assistant.domain.spoken.tokens import words
from assistant.domain.values import MISSING
from assistant.errors import SiteError
from assistant.settings import yaml


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What each grammar promises; only tests read it."""

    accepts: dict[str, str] = {}
    refuses: tuple[str, ...] = ()


class _Numbers(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True):
    digits: dict[str, int]
    teens: dict[str, int]
    tens: dict[str, int]
    scales: dict[str, int]
    repeats: dict[str, int]
    slips: dict[str, int]
    prepositions: tuple[str, ...]
    letters: dict[str, str]
    uncounted: tuple[str, ...] = ()


class _Times(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True):
    before: tuple[str, ...]
    joins: tuple[str, ...]
    halves: dict[str, int]
    named: dict[str, str] = {}
    spans: tuple[str, ...] = ()


class _Periods(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True):
    leads: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    phrases: dict[str, tuple[str, ...]] = {}
    ago: tuple[str, ...] = ()
    units: dict[str, int] = {}
    amounts: dict[str, int] = {}
    half: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    ordinals: dict[str, int] = {}
    finer: dict[str, tuple[str, ...]] = {}


class _Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    prefix: str
    digits: int
    nouns: tuple[str, ...]


class _Ids(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True):
    kinds: dict[str, _Kind] = {}
    here: dict[str, tuple[str, ...]] = {}


class _Phrases(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True):
    fillers: tuple[str, ...]
    corrections: tuple[str, ...]
    joins: tuple[str, ...]
    negations: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    around_digits: tuple[str, ...] = ()
    hedges: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    slips: dict[str, str]
    skip: tuple[str, ...]
    hanging: tuple[str, ...] = ()


def load(folder: Path) -> Language:
    """Read a site's `grammars/`. Raises SiteError."""
    numbers = yaml.read(folder / "numbers.yaml", _Numbers)
    times = yaml.read(folder / "times.yaml", _Times)
    periods_file = folder / "periods.yaml"
    periods = yaml.read(periods_file, _Periods) if periods_file.is_file() else _Periods()
    ids = yaml.read(folder / "ids.yaml", _Ids)
    phrases = yaml.read(folder / "phrases.yaml", _Phrases)
    heads = {"numbers": numbers, "times": times, "periods": periods, "ids": ids, "phrases": phrases}
    return Language(
        numbers=NumberWords(
            digits=numbers.digits,
            teens=numbers.teens,
            tens=numbers.tens,
            scales=numbers.scales,
            repeats=numbers.repeats,
            slips=numbers.slips,
            prepositions=frozenset(numbers.prepositions),
            letters=numbers.letters,
            uncounted=tuple(words(phrase) for phrase in numbers.uncounted),
        ),
        times=TimeWords(
            before=frozenset(times.before),
            joins=frozenset(times.joins),
            spans=frozenset(times.spans),
            named=times.named,
            halves={words(phrase): hours for phrase, hours in times.halves.items()},
        ),
        periods=_period_words(periods),
        kinds=tuple(
            IdKind(kind, spec.prefix, spec.digits, _longest_first(spec.nouns)) for kind, spec in ids.kinds.items()
        ),
        here={words(phrase): kind for kind, phrases_ in ids.here.items() for phrase in phrases_},
        fillers=frozenset(phrases.fillers),
        corrections=_longest_first(phrases.corrections),
        joins=_longest_first(phrases.joins),
        exceptions=_longest_first(phrases.exceptions),
        parts=_longest_first(phrases.parts),
        requests=_longest_first(phrases.requests),
        there=_longest_first(phrases.there),
        away=_longest_first(phrases.away),
        places=_longest_first(phrases.places),
        hedges=_longest_first(phrases.hedges),
        around_digits=_longest_first(phrases.around_digits),
        negations=_longest_first(phrases.negations),
        slips={words(wrong): words(right) for wrong, right in phrases.slips.items()},
        skip=_longest_first(phrases.skip),
        hanging=_longest_first(phrases.hanging),
        examples={name: (head.accepts, head.refuses) for name, head in heads.items()},
    )


def sounds(*folders: Path) -> dict[str, str]:
    """How words sound, from the first of `folders` that has a `sounds.txt`; empty where none has. Raises SiteError."""
    for folder in folders:
        file = folder / "sounds.txt"
        if file.is_file():
            try:
                return table(file.read_text(encoding="utf-8").splitlines())
            except ValueError as exc:
                raise SiteError(file, "not a word and its phones", line=int(str(exc))) from exc
    return {}


def _period_words(spec: _Periods) -> PeriodWords:
    finer = {words(phrase): value for value, phrases_ in spec.finer.items() for phrase in phrases_}
    phrases = dict.fromkeys(finer, MISSING)
    phrases |= {words(phrase): value for value, phrases_ in spec.phrases.items() for phrase in phrases_}
    amounts = sorted(((words(phrase), minutes) for phrase, minutes in spec.amounts.items()), key=lambda a: -len(a[0]))
    return PeriodWords(
        leads=frozenset(spec.leads),
        articles=frozenset(spec.articles),
        phrases=phrases,
        longest=max(map(len, phrases), default=0),
        ago=frozenset(spec.ago),
        units=spec.units,
        amounts=tuple(amounts),
        half=words(spec.half[0]) if spec.half else (),
        dates=frozenset((*spec.days, *spec.months)),
        days=spec.days,
        months=spec.months,
        ordinals=spec.ordinals,
        finer=finer,
    )


def _longest_first(phrases: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((words(phrase) for phrase in phrases), key=len, reverse=True))
