"""The wake word on voices and sentences that no head was trained on: misses, false wakes an hour, cost.

The phrase is said by the eight reserved voices (recordings in tests/speech/wake). Other speech by the same voices is
made where Kokoro is in place, once, and kept; our own voice, machines and music are made anew; real speech is a folder
of recordings that the caller names.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from assistant import bootstrap
from assistant.adapters import audiofile, endpoint, soundscape
from assistant.adapters.audiofile import RATE, Samples, levelled
from assistant.adapters.kokoro import RESERVED, Kokoro
from assistant.adapters.piper import Piper
from assistant.adapters.speakers import Speaker, Speakers
from assistant.adapters.wakecurve import Point, curve, places
from assistant.adapters.wakeword import FIRST_S, STEP, Embedder, Head, OwnWakeword, best, wakes, windowed
from assistant.adapters.weights import Weights
from assistant.adapters.whisper import Whisper
from assistant.bench import Rate, Share
from assistant.bootstrap.wake import CLIPS, EMBEDDING, SPEAKERS, head_file, wake_folder
from assistant.domain.spoken.address import addressed
from assistant.errors import AudioError, ModelError
from assistant.ports import FRAME
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, site_folder
from assistant.settings.wake import Measure, file_name, load, measure_plan

NOISE_S, PART_S = 1800.0, 30.0
"""Of each kind of noise an equal part."""
PASSES = 4
"""How often other speech is heard: as it is, then in noise of three levels."""
LEVELS_DB = (None, 20.0, 10.0, 5.0)
GAP_S = 0.4
BEFORE_S, AFTER_S = 1.8, 3.0
"""Of a false wake, what the ear is given."""
PLAIN_VOICES = (("en-us+klatt2", 1.1, 40), ("en-gb+linda", 1.0, 50), ("en-us+rob", 0.95, 55), ("en-gb+steph", 1.2, 60))
"""Voice, speed and pitch of speakers of espeak-ng's that no head is trained on."""
HOWS = {"clean": None, "at 10 dB": 10.0, "at 5 dB": 5.0}
COST_S = 60.0
Said = dict[str, list[tuple[Samples, float]]]


def measure(site: Path | None, clips: Path, real: Path | None) -> Iterator[Share | Rate | Point | str]:
    """`clips`: recordings of the phrase; `real`: a folder of other speech. The plain text rows are notes.

    Raises ModelError, AudioError, SiteError.
    """
    folder = site_folder(site, "models")
    listed, plan, recipe = manifest.load(folder), measure_plan(wake_folder(site)), load(wake_folder(site))
    weights = Weights(listed, cache_dir())
    embedder = Embedder(weights.ensure(EMBEDDING))
    head = Head.load(head_file(site, file_name(recipe.phrase)))
    ear = _ear(site)
    rng = np.random.default_rng(plan.seed)
    if ear is None:
        yield "no ear here: what the head notices is not looked at again"

    def woken(sound: Samples) -> list[int]:
        return wakes(OwnWakeword(embedder, head), ear, sound)

    said = _said(embedder, head, clips, rng)
    for how, heard in said.items():
        woke = [sound for sound, _ in heard if woken(sound)]
        yield Share(f'"{head.phrase}", unseen voices, {how}', len(woke), len(heard))
        yield Share("  by the head alone", sum(score >= head.threshold for _, score in heard), len(heard))
        if ear is not None and how != "at 5 dB":
            yield Share("  woken, its words begin with the phrase too", sum(_called(ear, head, woke)), len(woke))
    others: list[Samples] = []
    everywhere: list[Samples] = []
    for name, tracks in _tracks(weights, listed, plan, real, rng):
        scored = [head.score(windowed(embedder.all(track))) for track in tracks]
        others += scored
        found = [_around(track, woken(track)) for track in tracks]
        everywhere += [sound for each in found for sound in each]
        yield Rate(f"false wakes: {name}", sum(map(len, found)), _hours(tracks))
        yield Rate("  by the head alone", sum(len(places(one, head.threshold)) for one in scored), _hours(tracks))
    yield Rate("false wakes: all of these", len(everywhere), _scored_hours(others))
    if ear is not None:
        called = sum(_called(ear, head, everywhere))
        yield Rate("  of these, its words begin with the phrase too", called, _scored_hours(others))
    yield from curve({how: [score for _, score in said[how]] for how in HOWS}, others)
    yield _cost(embedder, head, rng)


def _ear(site: Path | None) -> Whisper | None:
    """None without its weights."""
    try:
        return bootstrap.whisper(site)
    except ModelError:
        return None


def _called(ear: Whisper, head: Head, sounds: Sequence[Samples]) -> Iterator[bool]:
    """Whether each transcript begins with the phrase."""
    for sound in sounds:
        heard = ear.transcribe(endpoint.trim(sound), ())
        yield any(addressed(hypothesis.text, head.phrase) is not None for hypothesis in heard)


def _around(track: Samples, ends: Sequence[int]) -> list[Samples]:
    """What the ear would be given of each wake: from before it to some seconds after."""
    return [track[max(0, at - int(BEFORE_S * RATE)) : at + int(AFTER_S * RATE)] for at in ends]


def _said(
    embedder: Embedder, head: Head, clips: Path, rng: np.random.Generator
) -> dict[str, list[tuple[Samples, float]]]:
    """By how: each recording as it was heard, in noise once in each kind, and its best score."""
    labels: list[dict[str, Any]]
    try:
        labels = json.loads((clips / "labels.json").read_text())
    except (OSError, ValueError) as exc:
        raise AudioError(f"{clips}: no recordings with labels.json ({exc})") from exc
    found: Said = {how: [] for how in HOWS}
    for label in labels:
        clip = audiofile.read(clips / label["file"])
        for how, ratio in HOWS.items():
            for kind in soundscape.NOISES if ratio is not None else ("",):
                sound = in_line(clip, ratio, rng, kind)
                found[how].append((sound, best(embedder, head, sound)))
    return found


def in_line(clip: Samples, ratio_db: float | None, rng: np.random.Generator, kind: str = "") -> Samples:
    """After some seconds of the line (a machine's noise, or near silence), and before some more of it."""
    sound = np.pad(clip.astype(np.float64), (int(FIRST_S * RATE), RATE))
    return levelled(in_noise(sound, ratio_db, rng, kind))


def in_noise(
    sound: soundscape.Sound, ratio_db: float | None, rng: np.random.Generator, kind: str = ""
) -> soundscape.Sound:
    """With one kind of noise (of soundscape.NOISES, else any), or with what a microphone hears of nothing."""
    if ratio_db is None:
        return sound + 0.0005 * rng.standard_normal(len(sound))
    noise = soundscape.NOISES[kind or str(rng.choice(list(soundscape.NOISES)))]
    return soundscape.mixed(sound, noise(len(sound), rng), ratio_db)


def _tracks(
    weights: Weights, listed: manifest.Manifest, plan: Measure, real: Path | None, rng: np.random.Generator
) -> Iterator[tuple[str, list[Samples]]]:
    """Kinds of sound without the phrase, by name."""
    try:
        own = Piper(next(weights.ensure(listed.default("voice")).glob("*.onnx")))
        speakers = Speakers(Kokoro(weights.ensure(SPEAKERS)), own, cache_dir() / CLIPS)
    except ModelError as exc:
        speakers = None
        yield f"speech by unseen voices: not measured ({exc})", []
    if speakers is not None:
        try:
            for name, texts in (("what resembles the phrase", plan.near), ("other speech", plan.speech)):
                made = [speakers.say(text, one) for text, one in _dealt(texts, KOKORO)]
                yield f"{name}, unseen voices", _passes(made, rng)
            made = [speakers.say(text, one) for text, one in _dealt(plan.speech, PLAIN)]
            yield "plain voices (espeak-ng)", _passes(made, rng)
            made = [speakers.say(text, Speaker("own")) for text in plan.speech]
            yield "our own voice", _passes(made, rng)
        finally:
            speakers.close()
    if real is not None:
        files = sorted(file for file in real.iterdir() if file.suffix in (".flac", ".wav"))
        yield f"real people ({real.name})", _passes([audiofile.read(file) for file in files], rng)
    for name, kind in soundscape.NOISES.items():
        count = round(NOISE_S / PART_S / len(soundscape.NOISES))
        yield name, [levelled(kind(int(PART_S * RATE), rng)) for _ in range(count)]


KOKORO = [Speaker("kokoro", (voice,)) for voice in sorted(RESERVED)]
PLAIN = [Speaker("espeak", (voice,), speed, pitch) for voice, speed, pitch in PLAIN_VOICES]


def _dealt(texts: Sequence[str], people: Sequence[Speaker]) -> list[tuple[str, Speaker]]:
    """Each text by one of the people, who take turns."""
    return [(text, people[number % len(people)]) for number, text in enumerate(texts)]


def _passes(clips: Sequence[Samples], rng: np.random.Generator) -> list[Samples]:
    """All clips one after the other, in order and then three times mixed up, each time in more noise."""
    tracks = []
    for ratio in LEVELS_DB:
        parts: list[Samples] = [np.zeros(int(FIRST_S * RATE), np.float32)]
        for place in rng.permutation(len(clips)):
            clip = clips[place]
            parts += [levelled(clip), np.zeros(int(GAP_S * RATE), np.float32)]
        tracks.append(levelled(in_noise(np.concatenate(parts).astype(np.float64), ratio, rng)))
    return tracks


def _hours(tracks: Sequence[Samples]) -> float:
    return sum(map(len, tracks)) / RATE / 3600


def _scored_hours(scored: Sequence[Samples]) -> float:
    return sum(map(len, scored)) * STEP / RATE / 3600


def _cost(embedder: Embedder, head: Head, rng: np.random.Generator) -> str:
    """Processor time over sound, frame by frame as a headset gives them."""
    embedder.reset()
    wakeword, sound = OwnWakeword(embedder, head), (0.1 * rng.standard_normal(int(COST_S * RATE))).astype(np.float32)
    started = time.process_time()
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        wakeword.feed(sound[at : at + FRAME])
    return f"{100 * (time.process_time() - started) / COST_S:.1f} % of one core (n={len(sound) // FRAME} frames)"


def record(site: Path | None, folder: Path) -> int:
    """Make the recordings of the phrase by the reserved voices, one FLAC each and labels.json; returns how many."""
    models = site_folder(site, "models")
    plan, recipe = measure_plan(wake_folder(site)), load(wake_folder(site))
    kokoro = Kokoro(Weights(manifest.load(models), cache_dir()).ensure(SPEAKERS), seed=plan.seed)
    labels = []
    folder.mkdir(parents=True, exist_ok=True)
    for voice in sorted(RESERVED):
        for number, text in enumerate(plan.said, 1):
            words = text.format(recipe.phrase.capitalize())
            sound, file = kokoro.speak(words, (voice,)), folder / f"{voice}-{number}.flac"
            held = io.BytesIO()
            soundfile.write(held, sound * (0.5 / np.abs(sound).max()), RATE, format="FLAC", subtype="PCM_16")
            file.write_bytes(held.getvalue())
            labels.append({"file": file.name, "speaker": voice, "text": words})
    (folder / "labels.json").write_text("[\n" + ",\n".join(map(json.dumps, labels)) + "\n]\n")
    return len(labels)
