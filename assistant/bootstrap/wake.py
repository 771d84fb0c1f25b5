"""The wake word: hearing one, and teaching this machine another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import structlog

from assistant.adapters import audiofile, scenes
from assistant.adapters.audiofile import RATE, Samples, levelled
from assistant.adapters.casting import Line, cast
from assistant.adapters.kokoro import RESERVED, Kokoro
from assistant.adapters.piper import Piper
from assistant.adapters.soundscape import NOISES, mixed
from assistant.adapters.speakers import Speakers
from assistant.adapters.wakecurve import Point, chosen, curve
from assistant.adapters.wakehead import Examples, Halves, train
from assistant.adapters.wakeword import FIRST_S, Embedder, Head, OwnWakeword, best, self_test, windowed
from assistant.adapters.weights import Weights
from assistant.errors import AssistantError, ModelError
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, site_folder
from assistant.settings.wake import file_name, load

EMBEDDING, SPEAKERS = "wake/embedding", "speakers/kokoro-82m"
HEADS, CLIPS = "wake/heads", "wake/clips"
"""Below the cache: the heads that were trained on this machine, and what was said for that."""
LEAST = 20
CHECKED = 0.2
"""Clips by the voices that only choose the threshold: a share of the amount, and not fewer than LEAST."""
PART_S = 20.0
CLIPS_A_PART = 8
HEADS_AVERAGED, STEPS = 3, 2000
HOWS = {"clean": None, "10 dB": 10.0, "5 dB": 5.0}
"""Machines' noise that the phrase is checked in, louder than where it should work: people differ more than voices."""
AFTER_S = 1.5
"""Of the words that follow the phrase at once, as mostly they do."""
SELF_TEST_MARGIN = 0.8
"""Of the way from its threshold to certainty: how well the clip of the self-test has to be heard."""

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is made of the clips."""

    said: int = 6
    """How often each clip of the phrase is laid into another scene."""
    other: int = 4
    """The same of the rest."""
    noise_s: float = 1200.0
    """Noise without any voice, in seconds."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it."""

    head: Head
    clip: Samples
    """One time the phrase is said, for the start-up self-test."""
    points: Sequence[Point]
    """The curve, by voices that no head was trained on."""
    point: Point
    """Of these, the one whose threshold the head has."""


def wake_folder(site: Path | None) -> Path:
    """Where recipe and heads lie: a site's own `models/wake`, else the shipped one."""
    own = site_folder(site, "models")
    return own if (own / "wake").is_dir() else site_folder(None, "models")


def wake_phrase(site: Path | None) -> str:
    """What headsets of a site listen for. Raises SiteError."""
    return load(wake_folder(site)).phrase


def needed(site: Path | None) -> None:
    """Raises ModelError, with the command to run, where weights for training are missing."""
    listed = manifest.load(site_folder(site, "models"))
    weights = Weights(listed, cache_dir())
    wanted = [EMBEDDING, SPEAKERS, listed.default("voice")]
    if missing := [name for name in wanted if weights.missing([name])]:
        raise ModelError(f"{', '.join(missing)}: not in place; run: assistant models pull {' '.join(missing)}")


def wakeword(site: Path | None, phrase: str | None = None) -> OwnWakeword | None:
    """What hears the site's phrase, or another; None, and a word in the log, where it does not work here.

    Push-to-talk works without. Raises SiteError, UsageError.
    """
    models = site_folder(site, "models")
    wanted = phrase if phrase is not None else wake_phrase(site)
    name = file_name(wanted)
    try:
        file = head_file(site, name)
        embedder = Embedder(Weights(manifest.load(models), cache_dir()).ensure(EMBEDDING))
        head = Head.load(file)
        self_test(embedder, head, audiofile.read(file.with_suffix(".flac")))
    except AssistantError as exc:
        structlog.get_logger(__name__).warning("no wake word; push to talk", phrase=wanted, why=str(exc))
        return None
    return OwnWakeword(embedder, head)


def head_file(site: Path | None, name: str) -> Path:
    """The head of a name: one trained on this machine before the one that is shipped. Raises ModelError."""
    for folder in (cache_dir() / HEADS, wake_folder(site) / "wake"):
        if (file := folder / f"{name}.npz").is_file():
            return file
    phrase = name.replace("_", " ")
    raise ModelError(f'no head for "{phrase}"; run: assistant models train-wake "{phrase}"')


def voices(listed: manifest.Manifest) -> list[str]:
    """Names of the voices of SPEAKERS."""
    return [weight.file[7:-4] for weight in listed.models[SPEAKERS].files if weight.file.startswith("voices/")]


def train_wake(site: Path | None, phrase: str, amount: int, kept: Path, progress: Progress) -> Trained:
    """Make the speech, learn the phrase, choose the threshold. `kept`: where the clips stay, for the next time.

    The weights that it needs must be in place. Raises ModelError, EngineError, SiteError, UsageError.
    """
    phrase = " ".join(file_name(phrase).split("_"))
    folder = site_folder(site, "models")
    recipe, listed = load(wake_folder(site)), manifest.load(folder)
    weights = Weights(listed, cache_dir())
    embedder, kokoro = Embedder(weights.ensure(EMBEDDING)), Kokoro(weights.ensure(SPEAKERS))
    own = Piper(next(weights.ensure(listed.default("voice")).glob("*.onnx")))
    teach = [name for name in sorted(voices(listed)) if name not in RESERVED and name not in recipe.check]
    speakers = Speakers(kokoro, own, kept)
    try:
        taught = _spoken(speakers, cast(recipe, phrase, teach, amount, seed=0, own=True), "speech to learn", progress)
        count = max(LEAST, round(CHECKED * amount))
        heard = cast(recipe, phrase, recipe.check, count, seed=1, own=False)
        checked = _spoken(speakers, heard, "speech to check with", progress)
    finally:
        speakers.close()
    examples = learnt(embedder, taught, recipe.seed, progress)
    done = iter(range(1, HEADS_AVERAGED * STEPS + 1))
    head = train(
        phrase,
        examples,
        heads=HEADS_AVERAGED,
        steps=STEPS,
        seed=recipe.seed,
        step=lambda: progress("learning", next(done), HEADS_AVERAGED * STEPS),
    )
    points = measured(embedder, head, checked, recipe.seed, progress)
    point = chosen(points)
    head = replace(head, threshold=point.threshold)
    return Trained(head, _example(embedder, head, checked), points, point)


Clips = dict[str, list[Samples]]
"""By kind: `phrase`, `near`, `speech`."""


def _spoken(speakers: Speakers, lines: Sequence[Line], what: str, progress: Progress) -> Clips:
    clips: Clips = {"phrase": [], "near": [], "speech": []}
    for number, line in enumerate(lines, 1):
        clip = speakers.say(line.text, line.speaker)
        if len(clip):
            clips[line.kind].append(clip)
        progress(what, number, len(lines))
    return clips


def learnt(embedder: Embedder, clips: Clips, seed: int, progress: Progress, amount: Amount = Amount()) -> Examples:
    """The clips in many rooms and noises, as embeddings."""
    rng = np.random.default_rng([seed, 2])
    people = clips["near"] + clips["speech"]
    said: list[Halves] = []
    total = amount.said * len(clips["phrase"])
    for number in range(total):
        scene = scenes.said(clips["phrase"][number % len(clips["phrase"])], people, rng)
        said.append(scenes.ending(windowed(embedder.all(scene.sound)), scene.end).astype(np.float16))
        progress("the phrase in rooms and noise", number + 1, total)
    other: list[Halves] = []
    for number in range(amount.other):
        broken = [scenes.broken_off(clip, rng) for clip in clips["phrase"] if rng.random() < 0.3]
        parts = _parts(people + broken, rng)
        for place, part in enumerate(parts, 1):
            other.append(embedder.all(scenes.other(part, people, rng)).astype(np.float16))
            progress("other speech", number * len(parts) + place, amount.other * len(parts))
    for number in range(int(amount.noise_s / PART_S)):
        sound = scenes.dressed(scenes.noise(int(PART_S * RATE), people, rng), people, rng)
        other.append(embedder.all(sound).astype(np.float16))
        progress("noise", number + 1, int(amount.noise_s / PART_S))
    return Examples(np.concatenate(said), np.concatenate(other), scenes.starts_of([len(one) for one in other]))


def measured(
    embedder: Embedder,
    head: Head,
    clips: Clips,
    seed: int,
    progress: Progress,
    amount: Amount = Amount(),
) -> list[Point]:
    """The curve of a head over clips that it was not trained on."""
    rng = np.random.default_rng([seed, 3])
    people = clips["near"] + clips["speech"]
    found: dict[str, list[float]] = {how: [] for how in HOWS}
    for number, clip in enumerate(clips["phrase"], 1):
        for how, ratio in HOWS.items():
            found[how].append(best(embedder, head, in_line(_followed(clip, people, rng), ratio, rng)))
        progress("checking", number, len(clips["phrase"]))
    tracks = [
        embedder.all(scenes.other(part, people, rng)) for _ in range(amount.other) for part in _parts(people, rng)
    ]
    for _ in range(int(amount.noise_s / PART_S)):
        tracks.append(embedder.all(scenes.dressed(scenes.noise(int(PART_S * RATE), people, rng), people, rng)))
    return curve(found, [head.score(windowed(track)) for track in tracks])


def in_line(clip: Samples, ratio_db: float | None, rng: np.random.Generator) -> Samples:
    """The phrase at an even level after line noise (or near silence) and before some more of it."""
    lead, tail = int(FIRST_S * RATE), int(0.8 * RATE)
    sound = np.pad(clip.astype(np.float64), (lead, tail))
    kind = str(rng.choice(list(NOISES)))
    sound = (
        sound + 0.0005 * rng.standard_normal(len(sound))
        if ratio_db is None
        else mixed(sound, NOISES[kind](len(sound), rng), ratio_db)
    )
    return levelled(sound)


def _followed(clip: Samples, people: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """The phrase, and at once somebody's words, equally loud."""
    words = people[int(rng.integers(len(people)))][: int(AFTER_S * RATE)]
    gap = np.zeros(int(RATE * rng.uniform(0.0, 0.2)), np.float32)
    return np.concatenate([clip, gap, words * (np.abs(clip).max() / max(float(np.abs(words).max()), 1e-6))])


def _parts(clips: Sequence[Samples], rng: np.random.Generator) -> list[list[Samples]]:
    order = rng.permutation(len(clips))
    return [[clips[place] for place in order[at : at + CLIPS_A_PART]] for at in range(0, len(order), CLIPS_A_PART)]


def _example(embedder: Embedder, head: Head, clips: Clips) -> Samples:
    """A clip that the head hears well; raises ModelError when there is none, for then it has learned nothing."""
    wanted = head.threshold + SELF_TEST_MARGIN * (1 - head.threshold)
    for clip in clips["phrase"]:
        lead = np.zeros(int(FIRST_S * RATE), np.float32)
        if best(embedder, head, np.concatenate([lead, clip, lead])) > wanted:
            return clip
    raise ModelError(f'"{head.phrase}" was not learned: none of the clips to check with is heard; try a longer phrase')
