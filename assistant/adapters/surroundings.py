"""Whether a place is fit for voice today: how loud it is, against how loud somebody speaks there, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.endpoint import clipped
from assistant.adapters.silero import VoiceActivity
from assistant.domain.endpointing import STILL_VOICE, VOICE
from assistant.errors import AudioError
from assistant.ports import FRAME, Frame, Microphone

LOUD = 2048
"""Samples a frame where speech and noise are compared, as `bench hearing` mixes them."""
SPOKEN_DB = -20.0
"""Loudest frame of speech into a microphone at the mouth, full scale 0: what is taken where nobody spoke."""
FIT_DB, CARE_DB = 12.0, 5.0
"""Speech above noise from which nearly all is heard, and below which too little is (`bench hearing --noise`)."""
LEAST_SPOKEN_S = 0.5
TOO_CLIPPED = 0.001
SHORTEST_S = 3.0
"""Of sound that says something about a place."""
DEAD_DB = -110.0


@dataclass(frozen=True, slots=True)
class Place:
    """What was measured in some seconds of a place."""

    seconds: float
    noise_db: float
    """Loudest frame in which nobody spoke, root mean square, dB below full scale."""
    speech_db: float | None
    """Loudest frame in which somebody did; None: nobody did."""
    voiced_s: float
    clipped: float
    """Share of samples at full scale, 0 to 1."""

    @property
    def above_db(self) -> float:
        """Speech above noise; where nobody spoke, of somebody who speaks into a microphone at the mouth."""
        return (SPOKEN_DB if self.speech_db is None else self.speech_db) - self.noise_db

    @property
    def verdict(self) -> str:
        """`fit`, `care`, `unfit`, or `dead`: the microphone gives nothing."""
        if self.noise_db <= DEAD_DB and self.speech_db is None:
            return "dead"
        return "fit" if self.above_db >= FIT_DB else "care" if self.above_db >= CARE_DB else "unfit"


def measured(samples: Samples) -> Place:
    """Of float32 mono at RATE. Raises AudioError when there is too little of it, EngineError."""
    if len(samples) < SHORTEST_S * RATE:
        raise AudioError(f"{len(samples) / RATE:.1f} s of sound; {SHORTEST_S:.0f} s are needed to judge a place")
    voice = VoiceActivity()
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    probability = np.array([voice(frame) for frame in frames])
    each = LOUD // FRAME
    whole = len(frames) // each
    powers = np.mean(frames[: whole * each].reshape(whole, -1) ** 2, axis=1)
    heard = probability[: whole * each].reshape(whole, each).max(axis=1)
    spoken, quiet = powers[heard >= VOICE], powers[heard < STILL_VOICE]
    voiced_s = float(np.sum(probability >= VOICE)) * FRAME / RATE
    talked = voiced_s >= LEAST_SPOKEN_S and len(spoken) > 0
    noise = _db(float(np.max(quiet)) if len(quiet) else float(np.min(powers)))
    return Place(len(samples) / RATE, noise, _db(float(np.max(spoken))) if talked else None, voiced_s, clipped(samples))


def words(place: Place) -> Iterator[str]:
    """The verdict and what follows from it, a sentence each."""
    spoke = "you are" if place.speech_db is not None else "somebody at the microphone would be"
    level = f"the noise is at {place.noise_db:.0f} dB, {spoke} {place.above_db:.0f} dB above it"
    match place.verdict:
        case "dead":
            yield "The microphone gives nothing: is it muted, or is it another one?"
            return
        case "fit":
            yield f"This place is fit for voice today: {level}."
        case "care":
            yield f"Voice works here with care: {level}. Speak close to the microphone; more will be asked back."
        case _:
            yield f"This place is not fit for voice today: {level}. Use the terminal, or move away from the noise."
    if place.speech_db is None:
        yield "Nobody spoke while it listened; say a sentence meanwhile to measure your own voice."
    if place.clipped > TOO_CLIPPED:
        yield f"The sound is overdriven ({place.clipped:.1%} of it at full scale): turn the microphone down."


async def listen(microphone: Microphone, seconds: float) -> Samples:
    """So many seconds of what a microphone hears from now on. Raises AudioError."""
    kept: list[Samples] = []
    async for item in microphone.frames():
        if isinstance(item, Frame):
            kept.append(np.asarray(item.samples, np.float32))
        if len(kept) * FRAME >= seconds * RATE:
            break
    return np.concatenate(kept) if kept else np.zeros(0, np.float32)


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))
