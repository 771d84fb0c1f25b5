"""The hand-over sheet of a data folder, from its log alone: no core need be up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.bootstrap.answers import answers_from
from assistant.bootstrap.known import known_of
from assistant.bootstrap.site import Site
from assistant.domain.spoken.periods import period as spoken
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import tokenize
from assistant.domain.stretches import stretch
from assistant.domain.values import MISSING
from assistant.errors import UsageError
from assistant.turn import naming
from assistant.turn.handover import Handover, asked, handover


def sheet(site: Site, data: Path, period: str, now: float) -> tuple[Handover, Callable[[str], str]]:
    """What happened in `period` (canonical, as people say it, or empty for the shift), and how things are called.

    Raises UsageError, LogError.
    """
    found = known_of(data)
    known = answers_from(site, found.world, found.views)
    command = asked(_meant(site, period, now), period)
    return handover(known, command, now), lambda ident: naming.unit(known.world, ident)


def _meant(site: Site, period: str, now: float) -> str:
    """The canonical period; `last Tuesday` stays what it is as words, and is known by them."""
    if not period or stretch(period, site.calendar, now) is not None:
        return period
    language = site.reader.language
    tokens = canonical_times(tokenize(period, language), language)
    found = spoken(tokens, 0, language) if tokens else None
    if found is None or found[1] < len(tokens):
        raise UsageError(f"--period {period}: not a time; it takes, for example, overnight, since six, or since:06:00")
    return MISSING if found[0] == MISSING else found[0]
