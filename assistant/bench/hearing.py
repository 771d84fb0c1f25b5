"""Hearing: any folder of recordings through our ear and the site's templates, beside two others through the same.

The folder holds `labels.json`: a list with `file`, `intent` and `slots` for each recording (or an object with these by
file), where a slot `?` is an id that does not exist; and, if they are known, `noise_db` (the noise that is in it
already), `speaker` (a Kokoro voice: the recording is synthetic) and `group` (rows of their own).

The others: faster-whisper's own `transcribe`, and PocketSphinx, which hears the site's sentences as one closed grammar
and nothing else, and is given the speech alone as our ear is.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from assistant.adapters import audiofile, endpoint, sphinx
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.whisper import BEAM, Whisper
from assistant.bench import Figure, Mean, Share, Value, closed, noise
from assistant.bench.sentences import calibration_error, in_bins
from assistant.bootstrap import Site, first_entities, first_world, repairer, vocabulary
from assistant.domain.endpointing import FRAME_MS, PAUSE
from assistant.domain.spoken.sounds import Sounds
from assistant.domain.values import MISSING, Command, Hypothesis, Session, Transcript
from assistant.errors import AudioError
from assistant.settings import language
from assistant.settings.intents import Intents
from assistant.settings.paths import shipped_site, site_folder
from assistant.turn.dialogue import Dialogue
from assistant.turn.interpret import Interpreter
from assistant.turn.read import UNKNOWN

NOTE = "faster_whisper.WhisperModel.transcribe, its defaults, int8, beam 5, language en, all segments read"
SEED = 4712
"""Of the noise that is mixed in where none is named, and of what is drawn for an interval."""
OURS, WHISPER, SPHINX = "ours", "faster-whisper", "PocketSphinx"
ABOUT_3_S = (2.5, 3.5)
"""Seconds of a recording that counts as a command of three seconds."""
THREADS = 2
"""Of either ear."""
DRAWS = 2000
"""Of recordings, for the interval of a mean."""
ROOMS = ("line", "cafe")
"""Where noise is from: machines; a café and its kitchen."""
_KOKORO = re.compile(r"([a-z])[fm]_[a-z]+")
"""A voice's name: its first letter is its language, `a` and `b` English."""
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
    confidence: float | None = None
    """Of what was read, 0 to 1; None where nothing was."""


@dataclass(slots=True)
class Tally:
    """Counts of one ear."""

    right: Counter[str] = field(default_factory=Counter)
    n: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    wrong: int = 0
    unasked: int = 0
    invented: int = 0
    ghosts: int = 0
    ms: list[float] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    noisy: dict[int, list[bool]] = field(default_factory=dict)
    """Recording -> whether it was right, at each level of noise."""
    graded: list[tuple[float, bool]] = field(default_factory=list)
    """Of each command that was read, how sure it was, and whether it was right."""

    def add(self, told: Told, rows: Sequence[str], *, ghost: bool) -> None:
        """Count one recording in these rows."""
        for row in rows:
            self.right[row] += told.right
            self.n[row] += 1
        self.heard += 1
        self.wrong += told.wrong
        self.unasked += told.unasked
        self.invented += told.invented
        if told.confidence is not None:
            self.graded.append((told.confidence, told.right))
        self.ghosts += ghost


def measure(
    site: Site,
    whisper: Whisper,
    clips: Path,
    *,
    folder: Path | None = None,
    mix: Sequence[float] = (),
    room: str = "line",
    seed: int = SEED,
    part: tuple[int, int] = (1, 1),
    peer: Path | None = None,
) -> Iterator[Figure | Share | Mean | Value | tuple[str, str]]:
    """Commands right, and the time to a transcript; notes are pairs of name and text.

    `whisper`: our ear, with THREADS as the other has. `mix`: also with noise of a `room` (one of ROOMS) at so many dB;
    another `seed` is other noise. `part`: which of how many parts of the recordings, of which each is heard as it is
    when all are. `peer`: the model that faster-whisper runs beside ours; None: there is neither it nor PocketSphinx.
    Raises AudioError, ModelError.
    """
    labels = labels_of(clips)
    sounds = [audiofile.read(clips / label["file"]) for label in labels]
    ears: dict[str, Ear] = {OURS: _ours(site, whisper, folder)}
    if peer is not None:
        ears[WHISPER] = _peer(peer)
        if why := sphinx.missing():
            yield SPHINX, f"not measured: {why}"
        else:
            ears[SPHINX] = _closed(site, folder)
    tallies = {name: Tally() for name in ears}
    judge = _judge(site)
    for ear in ears.values():  # everything loads and warms up outside the measurement
        ear(sounds[0]) if sounds else None
    chosen = range(part[0] - 1, len(labels), part[1])
    for number in chosen:
        label, samples = labels[number], sounds[number]
        for decibels in (None, *mix):
            sound = samples
            if decibels is not None:
                others = [*sounds[:number], *sounds[number + 1 :]]
                sound = noise.mixed(samples, _noise(room, len(samples), seed, number, others), decibels)
            for name, ear in ears.items():
                tally, started, worked = tallies[name], time.perf_counter(), time.process_time()
                heard, cut = ear(sound)
                tally.processor_ms.append(1000 * (time.process_time() - worked))
                tally.ms.append(1000 * (time.perf_counter() - started))
                found = judge(heard, cut, label)
                tally.add(found, _rows(label, decibels, room), ghost=MISSING in label["slots"].values())
                if decibels is not None:
                    tally.noisy.setdefault(number, []).append(found.right)
    lasting = [len(sounds[number]) / RATE for number in chosen for _ in (None, *mix)]
    yield from _times(tallies, lasting)
    yield from _report(tallies, room)
    yield from _sureness(tallies[OURS].graded)


def _ours(site: Site, whisper: Whisper, folder: Path | None) -> Ear:
    mender, prompt = repairer(site, folder), vocabulary(site)

    def ours(samples: Samples) -> tuple[tuple[Hypothesis, ...], str]:
        utterance = endpoint.trim(samples)
        return tuple(whisper.transcribe(utterance, prompt, mender)), utterance.cut

    return ours


def _closed(site: Site, folder: Path | None) -> Ear:
    """PocketSphinx over the site's sentences."""
    grammar = closed.grammar(site, first_entities(first_world(site.plant), site.reader.language))
    sounds = Sounds(language.sounds(site_folder(folder, "grammars"), shipped_site() / "grammars"))
    recogniser = sphinx.Sphinx(grammar.steps, grammar.ends, lambda word: sounds.of([word]))

    def hears(samples: Samples) -> tuple[tuple[Hypothesis, ...], str]:
        speech: Samples = np.asarray(endpoint.trim(samples).samples, np.float32)
        text = recogniser.transcribe(speech) if len(speech) else ""
        return ((Hypothesis(text),) if text else ()), ""

    return hears


def _noise(room: str, length: int, seed: int, number: int, others: Sequence[Samples]) -> Samples:
    if room == "cafe" and others:
        return noise.counter(length, seed, number, others)
    return noise.machines(length, seed, number)


def _rows(label: Mapping[str, Any], decibels: float | None, room: str) -> list[str]:
    known = label.get("noise_db")
    level = decibels if decibels is not None else known
    said = "as recorded" if decibels is None and "noise_db" not in label else "clean" if level is None else ""
    where = "café and kitchen" if room == "cafe" and decibels is not None else "noise"
    voice = _KOKORO.fullmatch(str(label.get("speaker", "")))
    kind = "synthetic" if voice is not None else "people"
    row = f"{kind}, {said or f'in {where} at {level:g} dB'}"
    groups = [str(label["group"])] if label.get("group") else []
    if voice is not None:
        groups.append("native voices" if voice[1] in "ab" else "voices whose first language is another")
    return [row, *(f"{group}, {row}" for group in groups)]


def _times(tallies: Mapping[str, Tally], lasting: Sequence[float]) -> Iterator[Figure | Value]:
    """How long ours took beside faster-whisper; on a busy machine only processor time tells."""
    mine, other = tallies[OURS], tallies.get(WHISPER)
    short = [at for at, seconds in enumerate(lasting) if ABOUT_3_S[0] <= seconds <= ABOUT_3_S[1]]
    every: Mapping[str, Sequence[int]] = {"one clip": range(len(lasting)), "a recording of about 3 s": short}
    for name, places in every.items():
        for what, ours, theirs in (
            ("", mine.ms, other.ms if other is not None else []),
            (", processor time", mine.processor_ms, other.processor_ms if other is not None else []),
        ):
            if not places:
                continue
            if other is not None:
                pairs = [ours[at] / theirs[at] for at in places]
                both = median(ours[at] for at in places), median(theirs[at] for at in places)
                yield Figure(f"hear {name}{what}", *both, median(pairs), len(pairs), "ms", NOTE)
            else:
                yield Value(f"hear {name}{what} (n={len(places)})", median(ours[at] for at in places), "ms")
    if short:
        waited = PAUSE * FRAME_MS + median(mine.ms[at] for at in short)
        yield Value(f"last voiced sample to the transcript, about 3 s (n={len(short)})", waited, "ms")


def _report(tallies: Mapping[str, Tally], room: str) -> Iterator[Share | Mean]:
    for name, tally in tallies.items():
        for row, n in tally.n.items():
            yield Share(f"{name}, {row}", tally.right[row], n)
        if tally.noisy:
            yield _mean(f"{name}, mean over {'café and kitchen' if room == 'cafe' else 'noise'}", tally.noisy)
        yield Share(f"{name}, an action of another kind or on another thing than was said", tally.wrong, tally.heard)
        yield Share(f"{name}, the same without a question before it", tally.unasked, tally.heard)
        if tally.ghosts:
            yield Share(f"{name}, ids that don't exist that became one that does", tally.invented, tally.ghosts)


def _sureness(graded: Sequence[tuple[float, bool]]) -> Iterator[tuple[str, str]]:
    """Whether what it says of its own certainty holds, in ten bins."""
    if not graded:
        return
    yield (
        f"{OURS}, calibration error of the confidence",
        f"{calibration_error(graded):.1f} points in ten bins, of {len(graded)} commands read",
    )
    for found in in_bins(graded):
        said, share = (sum(column) / len(found) for column in zip(*found, strict=True))
        yield f"  of {len(found)} of these, said and right", f"{said:.0%}, {share:.0%}"


def _mean(name: str, noisy: Mapping[int, Sequence[bool]]) -> Mean:
    """Of levels; the recordings were drawn from many, so its interval is theirs."""
    right = np.array([np.mean(found) for found in noisy.values()])
    rng = np.random.default_rng(SEED)
    draws = np.sort(rng.choice(right, (DRAWS, len(right))).mean(axis=1))
    low, high = draws[int(0.025 * DRAWS)], draws[int(0.975 * DRAWS)]
    levels = [one for found in noisy.values() for one in found]
    return Mean(name, sum(levels), len(levels), len(right), float(low), float(high))


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
    sureness = None if command.intent == UNKNOWN else command.confidence
    return Told((command.intent, read) == (label["intent"], said), wrong, unasked, invented, sureness)


def _peer(model: Path) -> Ear:
    from faster_whisper import WhisperModel

    whisper: Any = WhisperModel(
        str(model), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True
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
