"""How good a headset's sound is, in figures and in words: what a person wants to know at the start of a shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.adapters.audiofile import Samples
from assistant.adapters.endpoint import trim

QUIETEST_DB, LOUDEST_DB = -42.0, -9.0
"""Level of speech, root mean square against full scale, between which it is heard well."""
WELL_DB, HARDLY_DB = 20.0, 10.0
"""Speech above noise: from the first on all works, below the second hardly anything does."""
MOST_CLIPPED = 0.001
FLOOR_DB = -120.0


@dataclass(frozen=True, slots=True)
class Check:
    """What was measured."""

    noise_db: float
    """Level while nobody spoke."""
    speech_db: float
    """Level of the voiced part; FLOOR_DB when nobody spoke."""
    voiced_s: float
    """Seconds of speech."""
    clipped: float
    """Share of samples at full scale, 0 to 1."""

    @property
    def above_db(self) -> float:
        """Speech above noise."""
        return self.speech_db - self.noise_db


def measured(quiet: Samples, spoken: Samples) -> Check:
    """From a stretch in which nobody spoke and one in which somebody did (float32 mono, 16 kHz)."""
    utterance = trim(spoken)
    voice = np.asarray(utterance.samples, np.float32)
    # The loudest two thirds of the pieces: pauses between words are no part of how loud somebody speaks.
    pieces = [float(np.mean(voice[at : at + 512] ** 2)) for at in range(0, max(0, len(voice) - 511), 512)]
    loud = sorted(pieces)[len(pieces) // 3 :]
    speech = _db(float(np.mean(loud))) if loud and utterance.voiced_s else FLOOR_DB
    return Check(_db(float(np.mean(quiet**2)) if len(quiet) else 0.0), speech, utterance.voiced_s, utterance.clipped)


def advice(check: Check) -> Sequence[str]:
    """What is wrong, and the one thing to do about each; empty when all is well."""
    if not check.voiced_s:
        return ["I heard nobody speak. Is the microphone muted, or is it another headset's?"]
    found = []
    if check.clipped > MOST_CLIPPED or check.speech_db > LOUDEST_DB:
        found.append("Too loud, it distorts. Turn the microphone down, or move it away from the mouth.")
    elif check.speech_db < QUIETEST_DB:
        found.append("Too soft. Bring the microphone nearer to the mouth, or turn it up.")
    if check.above_db < HARDLY_DB:
        found.append("The noise is nearly as loud as you. Move the microphone to the mouth; use the button today.")
    elif check.above_db < WELL_DB:
        found.append("There is a lot of noise. Bring the microphone nearer; the button is surer than the wake word.")
    return found


def _db(power: float) -> float:
    return max(FLOOR_DB, 10 * float(np.log10(power))) if power > 0 else FLOOR_DB
