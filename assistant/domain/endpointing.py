"""Where a command begins and ends, by the probability of a voice in each frame: one table, no sound and no clock.

::

    quiet ──voice──> onset ──enough──> speaking ──silence──> pausing ──pause──> paused ──over──> quiet
      ^                │ began            ^  ^                  │ voice   paused   │ resumed    ended
      └────silence─────┘                  │  └──────────────────┘                  │
                                          └─────────────────voice──────────────────┘

and from every state in which somebody speaks, `cap` ends it.

A transcript is made at `paused`, while the silence goes on, and decides how long that silence has to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

FRAME_MS = 32
"""Of one probability."""
VOICE = 0.5
"""Probability from which a frame begins speech, or takes it up again after a pause."""
STILL_VOICE = 0.35
"""And from which it goes on: a voice fades, and the detector's own authors let it (snakers4/silero-vad)."""
LEAST_VOICED = 3
"""Frames, 96 ms: shorter is a click; "stop" and "no" are 150 ms and more (pitfalls V3)."""
PAUSE = 4
"""Frames, 128 ms, after which a transcript is worth its time."""
TAILS: Mapping[str, int] = {"complete": 8, "open": 19, "hanging": 38}
"""Frames of silence that end a command, 256, 608 and 1,216 ms, by what its transcript looks like."""
LONGEST = 250
"""Frames, eight seconds, from the first voiced one: a command is no speech."""

Words = Literal["complete", "hanging", "open"]
Kind = Literal["began", "paused", "resumed", "ended"]


class Phase(StrEnum):
    """Where in a command the stream is."""

    QUIET = "quiet"
    ONSET = "onset"
    SPEAKING = "speaking"
    PAUSING = "pausing"
    PAUSED = "paused"


class Sign(StrEnum):
    """What a frame means, with those before it."""

    VOICE = "voice"
    ENOUGH = "enough"
    SILENCE = "silence"
    PAUSE = "pause"
    OVER = "over"
    CAP = "cap"


TABLE: Mapping[tuple[Phase, Sign], tuple[Phase, Kind | None]] = {
    (Phase.QUIET, Sign.VOICE): (Phase.ONSET, None),
    (Phase.QUIET, Sign.SILENCE): (Phase.QUIET, None),
    (Phase.ONSET, Sign.VOICE): (Phase.ONSET, None),
    (Phase.ONSET, Sign.ENOUGH): (Phase.SPEAKING, "began"),
    (Phase.ONSET, Sign.SILENCE): (Phase.QUIET, None),
    (Phase.SPEAKING, Sign.VOICE): (Phase.SPEAKING, None),
    (Phase.SPEAKING, Sign.SILENCE): (Phase.PAUSING, None),
    (Phase.SPEAKING, Sign.CAP): (Phase.QUIET, "ended"),
    (Phase.PAUSING, Sign.VOICE): (Phase.SPEAKING, None),
    (Phase.PAUSING, Sign.SILENCE): (Phase.PAUSING, None),
    (Phase.PAUSING, Sign.PAUSE): (Phase.PAUSED, "paused"),
    (Phase.PAUSING, Sign.CAP): (Phase.QUIET, "ended"),
    (Phase.PAUSED, Sign.VOICE): (Phase.SPEAKING, "resumed"),
    (Phase.PAUSED, Sign.SILENCE): (Phase.PAUSED, None),
    (Phase.PAUSED, Sign.OVER): (Phase.QUIET, "ended"),
    (Phase.PAUSED, Sign.CAP): (Phase.QUIET, "ended"),
}
"""What each sign does in each state, and what is told of it."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far a command has come."""

    phase: Phase = Phase.QUIET
    frames: int = 0
    """Since its first voiced one, that one included."""
    voiced: int = 0
    """Of these, with a voice."""
    silent: int = 0
    """Frames of silence at its end."""
    words: Words | None = None
    """What the transcript that was made in this pause looks like; None: there is none yet."""

    def transcribed(self, words: Words) -> Course:
        """The same, knowing its transcript; one that comes when speech has gone on says nothing."""
        return replace(self, words=words) if self.phase is Phase.PAUSED else self


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame brought about."""

    kind: Kind | None
    why: str = ""
    """Of `ended`: `complete`, `silence`, `hanging` or `cap`."""
    course: Course = Course()
    """At `ended`: the course that ended here."""


def step(course: Course, probability: float) -> tuple[Course, Step]:
    """The course after a frame with a voice of this `probability` (0 to 1), and what that frame brought about."""
    least = VOICE if course.phase in (Phase.QUIET, Phase.PAUSED) else STILL_VOICE
    counted = _counted(course, voice=probability >= least)
    sign = _sign(counted)
    phase, kind = TABLE[course.phase, sign]
    if kind == "ended":
        return Course(), Step(kind, _why(counted, sign), counted)
    if phase is Phase.QUIET:
        return Course(), Step(None)
    words = counted.words if phase is Phase.PAUSED else None
    return replace(counted, phase=phase, words=words), Step(kind)


def _counted(course: Course, *, voice: bool) -> Course:
    if course.phase is Phase.QUIET and not voice:
        return course
    silent = 0 if voice else course.silent + 1
    return replace(course, frames=course.frames + 1, voiced=course.voiced + voice, silent=silent)


def _sign(course: Course) -> Sign:
    """Of the newest frame, which `course` counts already in the phase before it."""
    match course.phase:
        case Phase.QUIET:
            return Sign.VOICE if course.voiced else Sign.SILENCE
        case Phase.ONSET:
            if course.silent:
                return Sign.SILENCE
            return Sign.ENOUGH if course.voiced >= LEAST_VOICED else Sign.VOICE
    if course.phase is Phase.PAUSED and course.silent >= TAILS[course.words or "open"]:
        return Sign.OVER
    if course.frames >= LONGEST:
        return Sign.CAP
    if not course.silent:
        return Sign.VOICE
    return Sign.PAUSE if course.phase is Phase.PAUSING and course.silent >= PAUSE else Sign.SILENCE


def _why(course: Course, sign: Sign) -> str:
    if sign is Sign.CAP:
        return "cap"
    return "silence" if course.words in (None, "open") else course.words
