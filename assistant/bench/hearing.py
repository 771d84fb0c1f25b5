"""Hearing: any folder of recordings through our ear and the site's templates, beside faster-whisper's `transcribe`.

The folder holds `labels.json`: a list with `file`, `intent` and `slots` for each recording (or an object with these by
file), where a slot `?` is an id that does not exist; and, if they are known, `noise_db` (the noise that is in it
already) and `group` (rows of their own, such as `accent`).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from assistant.adapters import audiofile, endpoint
from assistant.adapters.audiofile import Samples
from assistant.adapters.whisper import BEAM, Whisper
from assistant.bench import Figure, Share, noise
from assistant.bootstrap import Site, first_entities, first_world, repairer, vocabulary
from assistant.domain.values import MISSING, Command, Hypothesis, Session, Transcript
from assistant.errors import AudioError
from assistant.settings.intents import Intents
from assistant.turn.dialogue import Dialogue
from assistant.turn.interpret import Interpreter

NOTE = "faster_whisper.WhisperModel.transcribe, its defaults, int8, beam 5, language en, all segments read"
SEED = 4712
"""Of the machine noise that is mixed in."""
Ear = Callable[[Samples], tuple[tuple[Hypothesis, ...], str]]
"""Samples -> what was heard, and whether words may be missing at an edge (Transcript.cut)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one recording came to, beside what was said."""

    right: bool
    """Intent and every slot but free text; of an id that does not exist, that it is said to be none."""
    wrong: bool
    """An action of another kind or on another thing than was said."""
    unasked: bool
    """Such an action that no question would have gone before."""
    invented: bool
    """An id that was said and does not exist became one that does."""


@dataclass(slots=True)
class Tally:
    """Counts of one ear."""

    right: Counter[str] = field(default_factory=Counter)
    n: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    unasked: int = 0
    invented: int = 0
    ghosts: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, told: Told, rows: Sequence[str], *, ghost: bool) -> None:
        """Count one recording in these rows."""
        for row in rows:
            self.right[row] += told.right
            self.n[row] += 1
        self.wrong += told.wrong
        self.unasked += told.unasked
        self.invented += told.invented
        self.ghosts += ghost


def measure(
    site: Site,
    model: Path,
    clips: Path,
    *,
    folder: Path | None = None,
    mix: Sequence[float] = (),
    threads: int = 2,
    peer: Path | None = None,
) -> Iterator[Figure | Share]:
    """Commands right, and the time to a transcript; `mix`: also with machine noise at so many dB. Raises AudioError.

    `peer`: the model that faster-whisper runs beside it; None: it doesn't.
    """
    labels = labels_of(clips)
    mended = repairer(site, folder)
    whisper, prompt = Whisper(model, threads=threads), vocabulary(site)

    def ours(samples: Samples) -> tuple[tuple[Hypothesis, ...], str]:
        utterance = endpoint.trim(samples)
        offer = mended.offer if mended is not None else None
        return tuple(whisper.transcribe(utterance, prompt, offer)), utterance.cut

    ears: dict[str, Ear] = {"ours": ours}
    if peer is not None:
        ears["faster-whisper"] = _peer(peer, threads)
    tallies = {name: Tally() for name in ears}
    judge = _judge(site)
    for number, label in enumerate(labels):
        samples = audiofile.read(clips / label["file"])
        if number == 0:  # everything loads and warms up outside the measurement
            for ear in ears.values():
                ear(samples)
        for decibels in (None, *mix):
            sound = samples if decibels is None else noise.mixed(samples, _noise(len(samples), number), decibels)
            rows = _rows(label, decibels)
            for name, ear in ears.items():
                started = time.perf_counter()
                heard, cut = ear(sound)
                tallies[name].ms.append(1000 * (time.perf_counter() - started))
                tallies[name].add(judge(heard, cut, label), rows, ghost=MISSING in label["slots"].values())
    yield from _report(tallies)


def _noise(length: int, number: int) -> Samples:
    return noise.machines(length, SEED, number)


def _rows(label: dict[str, Any], decibels: float | None) -> list[str]:
    known = label.get("noise_db")
    level = decibels if decibels is not None else known
    said = "as recorded" if decibels is None and "noise_db" not in label else "clean" if level is None else ""
    row = said or f"in noise at {level:g} dB"
    return [row, f"{label['group']}, {row}"] if label.get("group") else [row]


def _report(tallies: dict[str, Tally]) -> Iterator[Figure | Share]:
    mine, other = tallies["ours"], tallies.get("faster-whisper")
    if other is not None:
        pairs = [one / two for one, two in zip(mine.ms, other.ms, strict=True)]
        yield Figure("hear one clip", median(mine.ms), median(other.ms), median(pairs), len(pairs), "ms", NOTE)
    for name, tally in tallies.items():
        for row, n in tally.n.items():
            yield Share(f"{name}, {row}", tally.right[row], n)
        n = sum(n for row, n in tally.n.items() if "," not in row)
        yield Share(f"{name}, an action of another kind or on another thing than was said", tally.wrong, n)
        yield Share(f"{name}, the same without a question before it", tally.unasked, n)
        if tally.ghosts:
            yield Share(f"{name}, ids that don't exist that became one that does", tally.invented, tally.ghosts)


def _judge(site: Site) -> Callable[[tuple[Hypothesis, ...], str, dict[str, Any]], Told]:
    entities = first_entities(first_world(site.plant), site.reader.language)
    interpreter = Interpreter(site.reader)

    def judge(heard: tuple[Hypothesis, ...], cut: str, label: dict[str, Any]) -> Told:
        transcript = Transcript("", Session(), heard, "voice", cut=cut)
        return told(interpreter.by_templates(transcript, Dialogue(), entities)[0], cut, label, site.intents)

    return judge


def told(command: Command, cut: str, label: dict[str, Any], intents: Intents) -> Told:
    """What a reading comes to beside a label."""
    spec = intents.by_name.get(command.intent)
    free = spec.free if spec is not None else ""
    said = {slot: value for slot, value in label["slots"].items() if slot != free}
    read = {slot: value for slot, value in command.slots.items() if slot != free}
    ghosts = [slot for slot, value in said.items() if value == MISSING]
    action = spec is not None and spec.kind == "action" and MISSING not in read.values() and not command.options
    # Understanding less than was said (a reason missed) is asked about; another deed or thing is the danger.
    wrong = action and (
        command.intent != label["intent"] or any(said.get(slot, value) != value for slot, value in read.items())
    )
    sure = spec is not None and not (command.doubt or cut or command.confidence < spec.confidence.act)
    whole = spec is not None and all(slot in read for slot in spec.needs)
    unasked = wrong and sure and whole and spec is not None and spec.confirm == "never" and not spec.again
    invented = any(read.get(slot, MISSING) != MISSING for slot in ghosts)
    return Told((command.intent, read) == (label["intent"], said), wrong, unasked, invented)


def _peer(model: Path, threads: int) -> Ear:
    from faster_whisper import WhisperModel

    whisper: Any = WhisperModel(
        str(model), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )

    def transcribe(samples: Samples) -> tuple[tuple[Hypothesis, ...], str]:
        segments, _ = whisper.transcribe(samples, beam_size=BEAM, language="en")
        text = " ".join(segment.text.strip() for segment in segments)
        return ((Hypothesis(text),) if text else ()), ""

    return transcribe


def labels_of(clips: Path) -> list[dict[str, Any]]:
    """What a folder says of its recordings. Raises AudioError."""
    file = clips / "labels.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        labels: list[dict[str, Any]] = (
            [{"file": name, **label} for name, label in content.items()] if isinstance(content, dict) else content
        )
        for number, label in enumerate(labels, 1):
            if not isinstance(label["file"], str) or not isinstance(label["slots"], dict) or "intent" not in label:
                raise AudioError(f"{file}: recording {number}: `file`, `intent` and `slots` are needed")
    except OSError as exc:
        raise AudioError(f"{clips}: no recordings with labels.json ({exc.strerror or exc})") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise AudioError(f"{file}: not a list of recordings with `file`, `intent` and `slots` ({exc})") from exc
    return labels
