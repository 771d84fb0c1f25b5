"""What the ear is taught, batch by batch: each clip in another room, noise, level and pitch each time it is heard.

Used by train.py; run nothing here.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np

from assistant.adapters import soundscape
from assistant.adapters.audiofile import RATE
from assistant.adapters.whisper import HOP, PADDING_FRAMES, Whisper

SILENCES = (150, 200, 150, PADDING_FRAMES)
"""Frames behind the sound, batch by batch; PADDING_FRAMES at the line."""
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPOKEN = {str(digit): word for digit, word in enumerate(ONES)} | {"0": "(?:zero|oh)", "9": "niner?"}
MARKS = re.compile(r"[,.?!;:]+")
IDS = re.compile(r"\b(?:(?:(?:double|triple) )?\d+\b ?)+")
SINGLE = re.compile(r"(?<=[a-zA-Z] )[1-9]\b(?! ?\d)")


def bare(label: str, said: str) -> str:
    """As Whisper writes after a prompt of bare names: no marks, a small letter first, single numbers as words.

    An id with "double" or "triple" in it is written in words as it was said, others in digits.
    """
    text, heard = MARKS.sub("", label), MARKS.sub("", said).lower()
    for run in (run for run in IDS.findall(text) if "double" in run or "triple" in run):
        pattern = " ".join(SPOKEN.get(part, part) for part in re.findall(r"[a-z]+|\d", run))
        if found := re.search(pattern, heard):
            text = text.replace(run.strip(), found.group(), 1)
    text = SINGLE.sub(lambda match: ONES[int(match.group())], text)
    first, _, rest = text.partition(" ")
    keep = first.isupper() or first.startswith("I'")
    return text if keep else f"{first[:1].lower()}{first[1:]} {rest}".strip()


class Clips:
    """What was said, and how it is heard."""

    def __init__(self, folder: Path, whisper: Whisper, prompt: list[str], card: dict) -> None:
        self.rows, self.sounds = [], []
        for file in sorted((folder / "clips").glob("*.json")):
            self.rows.append(json.loads(file.read_text()))
            self.sounds.append(np.load(file.with_suffix(".npy")))
        self.others = [number for number, row in enumerate(self.rows) if not row["numbers"]]
        self.whisper, self.prompt, self.card = whisper, prompt, card

    def clip(self, number: int, silence: int, rng: np.random.Generator) -> tuple[np.ndarray, list[int], list[int]]:
        """mel, what the decoder is told first, and what it is to write; number -1: noise without a voice.

        `silence`: frames of it behind the sound.
        """
        card = self.card
        if number < 0:
            sound = self._noise(int(RATE * rng.uniform(0.5, 6)), rng, babble=False)
        else:
            sound = self._said(number, rng)
        peak = float(np.exp(rng.uniform(np.log(0.02), np.log(0.8))))
        sound = (sound * (peak / max(float(np.abs(sound).max()), 1e-6))).astype(np.float32)
        mel = self.whisper._features(sound, padding=silence * HOP)
        told = rng.random()
        names = self.prompt
        if told < card["prompt"]["none"]:
            names = []
        elif told < card["prompt"]["none"] + card["prompt"]["other"]:
            every = [*self.prompt, *card["prompt"]["names"]]
            names = [str(name) for name in rng.choice(every, int(rng.integers(3, 30)), replace=False)]
        head = self.whisper._head(names)
        tokenizer = self.whisper._tokenizer
        row = self.rows[number]
        label = bare(row["label"], row["said"]) if names else row["label"]
        words = tokenizer.encode(f" {label}") if number >= 0 else []
        return mel[:, : mel.shape[1] // 2 * 2], head, [*words, tokenizer.eot]

    def _said(self, number: int, rng: np.random.Generator) -> np.ndarray:
        clip = self.sounds[number].astype(np.float64) / 32767
        length = int(len(clip) / np.exp(rng.uniform(-0.13, 0.13)))  # another throat, another haste
        clip = np.interp(np.linspace(0, len(clip) - 1, length), np.arange(len(clip)), clip)
        before, after = (int(RATE * rng.uniform(*span)) for span in ((0.05, 0.6), (0.1, 0.5)))
        sound = np.pad(clip, (before, after))
        length = len(sound)
        if rng.random() < 0.5:
            sound = soundscape.in_room(sound, rng)[:length]
        if rng.random() < self.card["noisy"]:
            sound = soundscape.mixed(sound, self._noise(length, rng, babble=True), rng.uniform(*self.card["noise_db"]))
        if rng.random() < 0.4:
            sound = soundscape.through_microphone(sound, rng)
        return sound

    def _noise(self, length: int, rng: np.random.Generator, *, babble: bool) -> np.ndarray:
        if babble and rng.random() < 0.1 and self.others:
            some = [self.sounds[int(rng.choice(self.others))] / 32767 for _ in range(4)]
            return soundscape.babble(some, length, rng, 4)
        kinds = list(soundscape.NOISES.values())
        sound = kinds[int(rng.integers(len(kinds)))](length, rng)
        if rng.random() < 0.3:
            more = kinds[int(rng.integers(len(kinds)))](length, rng)
            sound = sound / max(sound.std(), 1e-9) + rng.uniform(0.2, 1) * more / max(more.std(), 1e-9)
        return sound


def batch_of(step: int, lengths: list[int], batch: int, seed: int) -> list[int]:
    """Clips alike in length, every clip once a round, each round in another order: nothing but the step decides."""
    turn, place = divmod(step, len(lengths) // batch)
    rng = random.Random(f"{seed} {turn}")
    order = list(range(len(lengths)))
    rng.shuffle(order)
    batches = []
    for at in range(0, len(order), 8 * batch):
        bucket = sorted(order[at : at + 8 * batch], key=lengths.__getitem__)
        batches += [bucket[i : i + batch] for i in range(0, len(bucket), batch)]
    batches = [one for one in batches if len(one) == batch]
    rng.shuffle(batches)
    return batches[place]
