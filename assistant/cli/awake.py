"""Whether a recording is for the assistant, as on a headset: it begins with the wake phrase, or answers a question."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.domain.spoken.address import spoken_to, without
from assistant.domain.values import Answer, Decision, Hypothesis, Session
from assistant.turn.conversation import FOLLOW_UP_S, LISTEN_S

NO_WAKE_WORD, NOTHING_ELSE = "no wake word", "wake word alone"
"""Why nothing was heard, in the terms of Heard.rejected."""


class Awake:
    """What is remembered between recordings, by who speaks where."""

    def __init__(self, phrase: str, *, always: bool = False) -> None:
        """`always`: no wake word is needed; one that is said is taken off all the same."""
        self._phrase, self._always = phrase, always
        self._until: dict[Session, float] = {}

    def heard(self, said: Sequence[Hypothesis], session: Session) -> tuple[tuple[Hypothesis, ...], str]:
        """What of it is meant for the assistant, without the wake phrase, and why nothing is, or empty."""
        if not said:
            return (), ""
        waited = time.monotonic() <= self._until.get(session, 0.0)
        words = without(said, self._phrase) if self._always or waited else spoken_to(said, self._phrase)
        if words is None:
            return (), NO_WAKE_WORD
        if not words:
            # Whoever called it speaks next.
            self._until[session] = time.monotonic() + LISTEN_S
            return (), NOTHING_ELSE
        return words, ""

    def answered(self, answer: Answer, session: Session) -> None:
        """A question waits for its answer, which needs no wake word; what was not for it leaves all as it was."""
        decisions = [one.decision for one in (answer, *answer.also)]
        if Decision.CONFIRM in decisions or Decision.ASK in decisions:
            self._until[session] = time.monotonic() + FOLLOW_UP_S
        elif answer.decision is not Decision.IGNORED:
            self._until.pop(session, None)
