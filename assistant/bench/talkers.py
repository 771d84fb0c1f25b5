"""Clips for hours in which nobody speaks to the assistant: others' talk by many voices, its own answers, and, now and
then, somebody who does speak to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assistant.adapters.audiofile import Samples, read
from assistant.adapters.kokoro import RESERVED, Kokoro
from assistant.adapters.piper import Piper
from assistant.adapters.speakers import Speaker, Speakers
from assistant.adapters.weights import Weights
from assistant.bench.hall import OWN, TALK
from assistant.bench.sentences import sentences
from assistant.bootstrap.wake import CLIPS, SPEAKERS, voices, wake_folder
from assistant.domain.speech import verbalise
from assistant.errors import AudioError, ModelError
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, shipped_site, site_folder
from assistant.settings.wake import measure_plan
from assistant.turn.read import UNKNOWN

PATIENCE_S = 300.0
MOST_TALK = 150
"""Sentences of others."""
EACH = 3
"""Of the written ones every third, for each costs some seconds to make."""
PLAIN = ("en-us+m3", "en-gb+f2", "en-gb-scotland+m1", "en-us+f4", "en-gb-x-rp+m5")
"""Voices of espeak-ng's that say every third one of them: quickly made, and unlike the others."""
STEP = 7
"""Of Kokoro's voices each STEPth is next, so that neighbours in the list, which are alike, are not neighbours here."""


def others(site: Path | None, answers: Sequence[str]) -> dict[str, list[Samples]]:
    """Talk and our own voice (hall.TALK, hall.OWN), made once and kept; talk is what was written, by hand and to be
    mistaken for commands if anything is, as not for the assistant. Raises EngineError, SiteError."""
    listed = manifest.load(site_folder(site, "models"))
    weights = Weights(listed, cache_dir())
    kokoro, names = None, [""]
    try:
        kokoro = Kokoro(weights.ensure(SPEAKERS))
        names = sorted(set(voices(listed)) - RESERVED)
    except ModelError:
        pass  # espeak-ng alone
    speakers = Speakers(kokoro, own_voice(site), cache_dir() / CLIPS)
    try:
        talk = []
        for number, text in enumerate(talk_of(site)):
            plain = kokoro is None or number % 3 == 2
            who = Speaker("espeak", (PLAIN[number % len(PLAIN)],), 1.1)
            if not plain:
                who = Speaker("kokoro", (names[number * STEP % len(names)],), 1.05)
            talk.append(speakers.say(verbalise(text), who))
        spoken = [speakers.say(verbalise(text), Speaker("own")) for text in answers]
    finally:
        speakers.close()
    return {TALK: [clip for clip in talk if len(clip)], OWN: [clip for clip in spoken if len(clip)]}


def own_voice(site: Path | None) -> Piper:
    """The assistant's own, with patience: no other one may speak for it here. Raises ModelError, SiteError."""
    listed = manifest.load(site_folder(site, "models"))
    voice = next(Weights(listed, cache_dir()).ensure(listed.default("voice")).glob("*.onnx"))
    return Piper(voice, answer_s=PATIENCE_S)


def talk_of(site: Path | None) -> list[str]:
    """What people say to each other: small talk, and mostly sentences that only seem to be meant for it."""
    plain = [*measure_plan(wake_folder(site)).speech]
    seeming = [
        said.text
        for name in ("blind.tsv", "fresh.tsv", "dev.tsv")
        for said in sentences(shipped_site() / "tests" / "meaning" / name)
        if said.commands[0][0] == UNKNOWN
    ]
    return [*plain, *seeming[::EACH]][:MOST_TALK]


def controls() -> list[Samples]:
    """Somebody does speak to it: an order that is carried out first, then questions. Raises AudioError."""
    folder = shipped_site() / "tests" / "speech" / "wake"
    try:
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise AudioError(f"{folder}: no recordings with labels.json ({exc})") from exc
    orders = [label["file"] for label in labels if "hold" in label["text"]]
    asks = [label["file"] for label in labels if "status" in label["text"]]
    return [read(folder / file) for file in (*orders[:1], *asks)]
