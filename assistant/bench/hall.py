"""Hours of a hall in which nobody speaks to the assistant: people, machines, its own answers, music, near silence.

Every clip comes again and again, each time at another speed (which makes it another person's), level and distance, in
another noise. The same seed gives the same hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.adapters import soundscape
from assistant.adapters.audiofile import RATE, Samples, resampled

PEOPLE, TALK, OWN, MACHINES, MUSIC, STILL = (
    "real people",
    "synthetic talk",
    "our own voice",
    "machines",
    "music",
    "still",
)
SHARES: Mapping[str, float] = {PEOPLE: 0.28, TALK: 0.24, OWN: 0.12, MACHINES: 0.2, MUSIC: 0.08, STILL: 0.08}
"""Of the time, where there are clips of that kind."""
PART_S = (15.0, 45.0)
"""How long it goes on in one manner."""
GAP_S = (0.2, 4.0)
"""Between two utterances; mostly a short one."""
SPEEDS = (0.88, 1.14)
PEAK_DB = (-32.0, -3.0)
"""How loud the loudest sample of a part is, full scale being 0."""
RATIO_DB = (0.0, 30.0)
"""Of speech over the noise around it, by the loudest frame."""
NOISY, ROOMY, CROWDED = 0.7, 0.6, 0.15
"""How often speech is in noise, in a room that is heard, and several people speak at once."""
FLOOR = 0.0003
"""What a microphone makes of nothing."""
MACHINERY = tuple(name for name in soundscape.NOISES if name != "music")


@dataclass(frozen=True, slots=True)
class Part:
    """Some seconds of the hall."""

    kind: str
    """One of SHARES."""
    sound: Samples
    """float32, shape (n,), RATE Hz."""


@dataclass(frozen=True, slots=True)
class Hall:
    """Who and what can be heard there."""

    clips: Mapping[str, Sequence[Samples]]
    """Utterances by kind (PEOPLE, TALK, OWN); a kind without any is never heard."""
    seed: int = 0

    def parts(self) -> Iterator[Part]:
        """For ever."""
        rng = np.random.default_rng(self.seed)
        kinds = [kind for kind in SHARES if self.clips.get(kind) or kind not in (PEOPLE, TALK, OWN)]
        weights = np.array([SHARES[kind] for kind in kinds])
        while True:
            kind = str(rng.choice(kinds, p=weights / weights.sum()))
            length = int(RATE * rng.uniform(*PART_S))
            yield Part(kind, _levelled(self._sound(kind, length, rng), rng))

    def _sound(self, kind: str, length: int, rng: np.random.Generator) -> soundscape.Sound:
        match kind:
            case "still":
                return np.zeros(length)
            case "music":
                return soundscape.music(length, rng)
            case "machines":
                return machinery(length, rng)
        clips = self.clips[kind]
        crowded = kind != OWN and rng.random() < CROWDED
        said = soundscape.babble(clips, length, rng) if crowded else _said(clips, length, rng)
        if rng.random() < ROOMY:
            said = soundscape.through_microphone(soundscape.in_room(said, rng)[:length], rng)
        if rng.random() < NOISY:
            noise = soundscape.music(length, rng) if rng.random() < 0.2 else machinery(length, rng)
            said = soundscape.mixed(said, noise, rng.uniform(*RATIO_DB))
        return said


def machinery(length: int, rng: np.random.Generator) -> soundscape.Sound:
    """One machine, or two."""
    names = rng.choice(MACHINERY, size=int(rng.integers(1, 3)), replace=False)
    sounds = [soundscape.NOISES[str(name)](length, rng) for name in names]
    return np.asarray(sum(rng.uniform(0.3, 1.0) * one / max(float(np.std(one)), 1e-9) for one in sounds))


def _said(clips: Sequence[Samples], length: int, rng: np.random.Generator) -> soundscape.Sound:
    """One utterance after the other."""
    sound, at = np.zeros(length), 0
    while at < length:
        clip = clips[int(rng.integers(len(clips)))]
        faster = resampled(clip, int(RATE * rng.uniform(*SPEEDS)))[: length - at]
        sound[at : at + len(faster)] = faster * (rng.uniform(0.4, 1.0) / max(float(np.abs(clip).max()), 1e-6))
        at += len(faster) + int(RATE * min(rng.exponential(1.0) + GAP_S[0], GAP_S[1]))
    return sound


def _levelled(sound: soundscape.Sound, rng: np.random.Generator) -> Samples:
    peak = 10 ** (rng.uniform(*PEAK_DB) / 20)
    scaled = sound * (peak / max(float(np.abs(sound).max()), 1e-9))
    return np.asarray(scaled + FLOOR * rng.standard_normal(len(sound)), np.float32)
