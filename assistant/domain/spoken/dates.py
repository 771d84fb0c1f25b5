"""What the words for a stretch of time mean beyond the contract's periods: "last Tuesday", "overnight", "in March".

The contract has no period for most of these, so a command says MISSING; which stretch is meant only a clock can say
(domain.stretches). Here the words become a finer period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain.spoken.language import Language, NumberWords, PeriodWords
from assistant.domain.spoken.numbers import readings
from assistant.domain.spoken.periods import AND, BETWEEN, TO, period
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import tokenize
from assistant.domain.stretches import RANGE

SINCE = "since"
ENDINGS = ("st", "nd", "rd", "th")
"""Of a number that is written as digits, where it says which one."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a command's period was said."""

    finer: str = ""
    """The finer period that the words mean; empty where the contract's says it all, or nobody knows."""
    exact: tuple[bool, ...] = ()
    """Of each time of day, whether it was said as a clock with 24 hours has it."""


def said(text: str, value: str, language: Language) -> Said:
    """How the period `value` stands in the sentence that it was read from."""
    tokens = canonical_times(tokenize(text, language), language)
    best: Said | None = None
    for index in range(len(tokens)):
        found = period(tokens, index, language)
        if found is None or found[0] != value:
            continue
        here = tokens[index : found[1]]
        times = [text[token.start : token.end].lower().split() for token in here if ":" in token.text]
        exact = tuple(_exact(words, language) for words in times)
        one = Said(finer([token.text for token in here], language.periods, language.numbers), exact)
        if one.finer:  # "line one last Tuesday": what begins at "one" means nothing
            return one
        best = best or one
    return best or Said()


def finer(words: Sequence[str], rules: PeriodWords, numbers: NumberWords) -> str:
    """The finer period of these words, or empty."""
    if both := _from_to(words, rules, numbers):
        return both
    since = SINCE in words[:1]
    while words:
        known = rules.finer.get(tuple(words)) or _date(words, rules, numbers)
        if known:
            return f"{SINCE}:{known}" if since and known.startswith(("weekday", "date")) else known
        if words[0] not in rules.leads and words[0] not in rules.articles:
            return ""
        words = words[1:]
    return ""


def _from_to(words: Sequence[str], rules: PeriodWords, numbers: NumberWords) -> str:
    """`from monday to wednesday`: both days, joined by RANGE; empty for anything else."""
    words = words[1:] if BETWEEN in words[:1] else words
    at = next((index for index, word in enumerate(words) if index and word in (*TO, AND)), 0)
    ends = [finer(side, rules, numbers) for side in (words[:at], words[at + 1 :])] if at else []
    return RANGE.join(ends) if ends and all(end.startswith(("weekday", "date")) for end in ends) else ""


def _date(words: Sequence[str], rules: PeriodWords, numbers: NumberWords) -> str:
    """`last tuesday`, `third of march`, `march`."""
    *before, name = words
    if name in rules.days:
        way = {"": "", "this": "", "next": "+"}.get(" ".join(before), "-" if before and before[0] in rules.ago else "?")
        return "" if way == "?" else f"weekday:{rules.days.index(name)}{way}"
    if name in rules.months:
        month = f"{rules.months.index(name) + 1:02d}"
        counted = [word for word in before if word not in ("of", "the")]
        if not counted or (counted[0] in rules.ago and len(counted) == 1):
            return f"month:{month}"
        day = _counted(counted, rules, numbers)
        return f"date:{month}-{day:02d}" if day else ""
    return ""


def _counted(words: Sequence[str], rules: PeriodWords, numbers: NumberWords) -> int:
    """`third`, `24th`, `twenty fourth`, `24` as a day of a month; 0 for none."""
    total = 0
    for word in words:
        found = readings([word], numbers)
        if word not in ENDINGS:
            total += rules.ordinals.get(word) or (int(found[0]) if found else 100)
    return total if 0 < total <= 31 else 0


def _exact(words: Sequence[str], language: Language) -> bool:
    """`06:00`, `oh six hundred`, `six in the morning`, `noon`; not `six`, `6:30` or `half past six`."""
    phrase = " ".join(words).replace(".", "")
    halves = (" ".join(words) for words in language.times.halves)
    return (
        phrase in language.times.named
        or phrase[:1] == "0"
        or language.numbers.digits.get(words[0]) == 0
        or any(word in language.numbers.scales for word in words)
        or any(f" {half}" in f" {phrase}" for half in halves)
    )
