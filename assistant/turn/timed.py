"""What was said of a time, once there is a clock: "last Tuesday" as the day that this is now."""

from __future__ import annotations

from dataclasses import replace

from assistant.domain.calendar import Calendar
from assistant.domain.spoken.dates import said
from assistant.domain.spoken.language import Language
from assistant.domain.stretches import NO_SHIFT, certain, stretch
from assistant.domain.values import MISSING, Command


def timed(command: Command, language: Language, calendar: Calendar, now: float) -> Command:
    """The same command with a certain period for one that no period of the contract says; reading it knew no clock.

    A time that nobody understands stays MISSING and is asked about. `now`: Unix seconds UTC.
    """
    if command.slots.get("period") != MISSING:
        return command
    finer = said(command.text, MISSING, language).finer
    found = stretch(finer, calendar, now) if finer else None
    if found is None:
        return command
    period = finer if found.trouble == NO_SHIFT else certain(found, calendar)
    heard = {slot: words for slot, words in command.heard.items() if slot != "period"}
    return replace(command, slots={**command.slots, "period": period}, heard=heard)
