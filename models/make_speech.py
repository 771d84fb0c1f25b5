# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "kokoro-onnx==0.6.1",
#   "numpy==2.4.6",
#   "onnxruntime==1.32.0",
#   "platformdirs==4.14.8",
#   "pyyaml==6.0.4",
#   "soundfile==0.14.0",
#   "soxr==1.1.0",
# ]
# ///
"""Speech clips by a recipe: sentences in a YAML file, Kokoro's voices, the noise of a line made in code.

::

    assistant models pull speakers/kokoro-82m
    uv run models/make_speech.py models/speech/demo.yaml models/speech/demo
    uv run models/make_speech.py models/speech/commands.yaml tests/speech/commands
    uv run models/make_speech.py models/speech/free.yaml tests/speech/free

The sentence file names a `seed`, `badges` (who speaks with which voice, where a clip says `as`), and `clips`, each
with the words as a person says them (`text`), `speaker` or `as`/`at`, `noise_db` (absent: none), and what they mean
(`intent`, `slots`). Or it names `voices`, `groups` (voice -> row of its own) and `spoken`, [text, intent, slots] each,
said by the voices in turn. The folder gets one FLAC a clip (16 kHz, mono), numbered in order, and `labels.json`. The
same file and weights give the same clips. The voices in RESERVED belong to the final measurement and never speak here.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import platformdirs
import soundfile
import soxr
import yaml
from kokoro_onnx import Kokoro

RESERVED = {"hm_omega", "hf_beta", "af_nova", "bm_lewis", "am_onyx", "im_nicola", "ef_dora", "zf_xiaoni"}
RATE = 16_000
FRAME = 2048
"""Samples a frame, where speech and noise are compared."""
LEAD_S, TAIL_S = 0.3, 0.5
"""Line noise before and after the words, as a microphone would hear it."""
PEAK = 0.5
BITS = 13
"""Of 16; FLAC stores no bits that are zero in every sample, and 78 dB are more than any microphone on a line has."""


def speak(kokoro: Kokoro, text: str, voice: str, speed: float) -> np.ndarray:
    """The words in one voice, float32 mono at RATE. A voice of another language speaks English with its accent."""
    language = "en-gb" if voice.startswith("b") else "en-us"
    samples, rate = kokoro.create(text, voice=voice, speed=speed, lang=language)
    return soxr.resample(samples, rate, RATE)


def line_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """Hum of motors and fans (mains harmonics, each drifting slowly) under the hiss of air; mean power 1."""
    seconds = np.arange(length) / RATE
    hum = np.zeros(length)
    for harmonic in (1, 2, 3, 4, 6, 8, 12):
        drift = 1 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.2, 1.5) * seconds + rng.random()))
        hum += drift * np.sin(2 * np.pi * (50 * harmonic * seconds + rng.random())) / harmonic
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    spectrum *= 1 / (1 + (frequency / 1500) ** 2)  # escaping air: flat, then falling above 1.5 kHz
    hiss = np.fft.irfft(spectrum, length)
    noise = hum / hum.std() + hiss / hiss.std()
    return noise / noise.std()


def loudest(samples: np.ndarray) -> float:
    """Energy of the loudest frame."""
    frames = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    return max(float(np.sum(frame**2)) for frame in frames)


def mix(speech: np.ndarray, noise_db: float | None, rng: np.random.Generator) -> np.ndarray:
    """Speech on the line. `noise_db`: energy of the loudest frame of the speech over that of the noise, in dB."""
    sound = np.pad(speech, (int(LEAD_S * RATE), int(TAIL_S * RATE))).astype(np.float64)
    if noise_db is not None:
        noise = line_noise(len(sound), rng)
        sound += noise * np.sqrt(loudest(speech) / loudest(noise) / 10 ** (noise_db / 10))
    return sound * (PEAK / np.abs(sound).max())


def write(file: Path, samples: np.ndarray) -> None:
    """FLAC of BITS bits in 16."""
    step = 1 << (16 - BITS)
    quantised = (np.round(samples * (32767 / step)) * step).astype(np.int16)
    soundfile.write(file, quantised, RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)


def load_kokoro(weights: Path, voices: set[str], seed: int) -> Kokoro:
    """The model with the voices that are needed, which it wants as one file."""
    onnxruntime.set_seed(seed)  # the model draws breath noise of its own
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2  # on any machine, so that sums are taken in the same order
    session = onnxruntime.InferenceSession(weights / "kokoro-int8.onnx", options, providers=["CPUExecutionProvider"])
    styles = {name: np.fromfile(weights / f"voices/{name}.bin", np.float32).reshape(510, 1, 256) for name in voices}
    with tempfile.NamedTemporaryFile(suffix=".npz") as bundle:
        np.savez(bundle, **styles)
        bundle.flush()
        return Kokoro.from_session(session, bundle.name)


def make(plan: dict[str, Any], weights: Path, folder: Path) -> None:
    """All clips of a sentence file, and their labels."""
    badges = plan.get("badges", {})
    clips = [{"speaker": badges[clip["as"]], **clip} if "as" in clip else clip for clip in plan.get("clips", [])]
    for number, (text, intent, slots) in enumerate(plan.get("spoken", [])):
        speaker = plan["voices"][number % len(plan["voices"])]
        group = {"group": plan["groups"][speaker]} if "groups" in plan else {}
        clips.append({"speaker": speaker, "text": text, "intent": intent, "slots": slots, **group})
    voices = {clip["speaker"] for clip in clips}
    if voices & RESERVED and not plan.get("measures"):
        raise SystemExit(f"reserved for the final measurement: {', '.join(sorted(voices & RESERVED))}")
    kokoro = load_kokoro(weights, voices, plan["seed"])
    folder.mkdir(parents=True, exist_ok=True)
    labels = []
    for number, clip in enumerate(clips, 1):
        rng = np.random.default_rng([plan["seed"], number])
        speech = speak(kokoro, clip["text"], clip["speaker"], speed=rng.uniform(0.95, 1.1))
        file = folder / f"{number:02d}-{clip['intent']}.flac"
        write(file, mix(speech, clip.get("noise_db"), rng))
        labels.append({"file": file.name, "noise_db": None, **clip})
        print(file, clip["speaker"], clip["text"], sep="\t")
    lines = ",\n".join(json.dumps(label) for label in labels)
    (folder / "labels.json").write_text(f"[\n{lines}\n]\n")


def main() -> None:
    """Command line."""
    cache = os.environ.get("LINE_ASSISTANT_MODELS") or Path(platformdirs.user_cache_dir("line-assistant")) / "models"
    parser = argparse.ArgumentParser(description="Speak a sentence file into a folder of clips.")
    parser.add_argument("sentences", type=Path, help="YAML file")
    parser.add_argument("folder", type=Path, help="where the clips go; what is there of the same name is replaced")
    parser.add_argument("--weights", type=Path, default=Path(cache) / "speakers/kokoro-82m")
    args = parser.parse_args()
    make(yaml.safe_load(args.sentences.read_text()), args.weights, args.folder)


if __name__ == "__main__":
    main()
