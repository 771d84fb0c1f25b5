"""Hearing: our ear beside faster-whisper's own `transcribe`, same weights, beam, threads and clips, clip by clip."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from assistant.adapters import audiofile, endpoint
from assistant.adapters.audiofile import Samples
from assistant.adapters.whisper import BEAM, Whisper
from assistant.bench import Figure, Share
from assistant.bootstrap import Site, first_entities, first_world, vocabulary
from assistant.domain.values import Hypothesis, Session, Transcript
from assistant.errors import AudioError
from assistant.turn.dialogue import Dialogue
from assistant.turn.interpret import Interpreter

NOTE = "faster_whisper.WhisperModel.transcribe, its defaults, int8, beam 5, language en, all segments read"


def measure(site: Site, model: Path, clips: Path, threads: int = 2) -> tuple[Figure, Sequence[Share]]:
    """Time to a transcript, and commands right (intent and every slot but free text) through the same templates."""
    labels = _labels(clips)
    ours, theirs = Whisper(model, threads=threads), _peer(model, threads)
    prompt, right = vocabulary(site), _judge(site)
    mine: list[float] = []
    other: list[float] = []
    hits, peer_hits = [0, 0], [0, 0]
    wrong = 0
    for number, label in enumerate(labels):
        samples = audiofile.read(clips / label["file"])
        if number == 0:  # both load and warm up outside the measurement
            ours.transcribe(endpoint.trim(samples), prompt)
            theirs(samples)
        started = time.perf_counter()
        heard = ours.transcribe(endpoint.trim(samples), prompt)
        mine.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        text = theirs(samples)
        other.append(1000 * (time.perf_counter() - started))
        noisy = label["noise_db"] is not None
        good, acted = right(tuple(heard), label)
        hits[noisy] += good
        wrong += acted
        peer_hits[noisy] += right((Hypothesis(text),) if text else (), label)[0]
    noise = [sum(label["noise_db"] is None for label in labels), sum(label["noise_db"] is not None for label in labels)]
    figure = Figure("hear one clip", median(mine), median(other), median(mine) / median(other), len(labels), "ms", NOTE)
    shares = [
        Share("ours, synthetic, clean", hits[0], noise[0]),
        Share("ours, synthetic, in noise", hits[1], noise[1]),
        Share("faster-whisper, synthetic, clean", peer_hits[0], noise[0]),
        Share("faster-whisper, synthetic, in noise", peer_hits[1], noise[1]),
        Share("ours, an action of another kind or on another thing than was said", wrong, len(labels)),
    ]
    return figure, shares


def _judge(site: Site) -> Callable[[tuple[Hypothesis, ...], dict[str, Any]], tuple[bool, bool]]:
    """(whether it was understood, whether it came to an action that was not said)."""
    entities = first_entities(first_world(site.plant), site.reader.language)
    interpreter, specs = Interpreter(site.reader), site.intents.by_name

    def right(heard: tuple[Hypothesis, ...], label: dict[str, Any]) -> tuple[bool, bool]:
        transcript = Transcript("", Session(), heard, "voice")
        command = interpreter.by_templates(transcript, Dialogue(), entities)[0]
        free = specs[command.intent].free if command.intent in specs else ""
        said = {slot: value for slot, value in label["slots"].items() if slot != free}
        read = {slot: value for slot, value in command.slots.items() if slot != free}
        good = (command.intent, read) == (label["intent"], said)
        action = command.intent in specs and specs[command.intent].kind == "action" and "?" not in read.values()
        # Understanding less than was said (a reason missed) is asked about; another deed or thing is the danger.
        other = command.intent != label["intent"] or any(said.get(slot, value) != value for slot, value in read.items())
        return good, action and other

    return right


def _peer(model: Path, threads: int) -> Callable[[Samples], str]:
    from faster_whisper import WhisperModel

    whisper: Any = WhisperModel(
        str(model), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )

    def transcribe(samples: Samples) -> str:
        segments, _ = whisper.transcribe(samples, beam_size=BEAM, language="en")
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


def _labels(clips: Path) -> list[dict[str, Any]]:
    try:
        labels: list[dict[str, Any]] = json.loads((clips / "labels.json").read_text())
    except (OSError, ValueError) as exc:
        raise AudioError(f"{clips}: no recordings with labels.json ({exc})") from exc
    return labels
