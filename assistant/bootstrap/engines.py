"""Ear, voice and language model of a site, as far as their files are in place."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from assistant.adapters import adapted
from assistant.adapters.ear import Ear
from assistant.adapters.espeak import Espeak
from assistant.adapters.llama import ANSWER_S, Llama, Plan
from assistant.adapters.piper import Piper
from assistant.adapters.recordings import FOLDER, Recordings
from assistant.adapters.sentences import sentences
from assistant.adapters.templates import MARKED
from assistant.adapters.voices import FirstVoice
from assistant.adapters.weights import Weights
from assistant.adapters.whisper import Whisper
from assistant.bootstrap.site import Site, first_entities, first_world, plain
from assistant.domain.spoken.sounds import Sounds
from assistant.errors import ModelError, UsageError
from assistant.ports import Voice
from assistant.settings import language, manifest
from assistant.settings.evidence import Evidence
from assistant.settings.paths import cache_dir, shipped_site, site_folder
from assistant.turn.nearest import Nearest
from assistant.turn.repair import Repairer
from assistant.turn.understand import Calibration, Understander


def understander(site: Site, stack: AsyncExitStack) -> Understander | None:
    """What reads sentences that no template fits; its process starts with the first one and ends with `stack`."""
    if site.meaning is None:
        return None
    meaning = site.meaning
    return _understander(site, meaning.plan, meaning.calibration, stack, meaning.answer_s)


def untrained(site: Site, stack: AsyncExitStack) -> Understander | None:
    """The same with the base model as it came, for comparison."""
    if site.meaning is None:
        return None
    trained = site.meaning.plan
    plan = plain(trained.model, trained.grammar, site.intents, site.reader, site.plant)
    return _understander(site, plan, Calibration(), stack)


def _understander(
    site: Site, plan: Plan, calibration: Calibration, stack: AsyncExitStack, answer_s: float = ANSWER_S
) -> Understander:
    model = Llama(plan, answer_s=answer_s)
    stack.push_async_callback(model.close)
    return Understander(model, site.reader.language, site.intents, calibration)


def whisper(site: Path | None, chosen: str | None = None, *, threads: int = 1) -> Whisper:
    """The model of a site's default ear, of another id's last part (`tiny.en`), or of a folder. Raises ModelError.

    One that was taught has, for what is unclear, the one that it was taught from beside it, where that is in place.
    Raises UsageError where nothing is called so.
    """
    models = site_folder(site, "models")
    loaded = manifest.load(models)
    ids = {name.partition("/")[2]: name for name, model in loaded.models.items() if model.role == "speech"}
    name = loaded.default("speech") if chosen is None else ids.get(chosen, "")
    if name:
        weights = Weights(loaded, cache_dir())
        taught, base, second = adapted.ready(weights, name, models), loaded.base(name), None
        if base != name:
            try:
                second = Whisper(weights.ensure(base), threads=threads)
            except ModelError as exc:
                structlog.get_logger(__name__).warning("no second ear", why=str(exc))
        return Whisper(taught, threads=threads, second=second)
    if chosen is not None and Path(chosen).is_dir():
        return Whisper(Path(chosen), threads=threads)
    raise UsageError(f"--model {chosen}: neither a folder nor one of {', '.join(ids)}")


def untaught(site: Path | None) -> Path:
    """The folder of the model that the default ear was taught from; of itself, where it was not. Raises ModelError."""
    loaded = manifest.load(site_folder(site, "models"))
    return Weights(loaded, cache_dir()).ensure(loaded.base(loaded.default("speech")))


def repairer(site: Site, folder: Path | None) -> Repairer | None:
    """What offers sentences that sound like what was heard; None where no words have sounds. Raises SiteError."""
    spelled = language.sounds(site_folder(folder, "grammars"), shipped_site() / "grammars")
    if not spelled:
        return None
    sounds, entities = Sounds(spelled), first_entities(first_world(site.plant), site.reader.language)
    holes = {kind: [(f"{{{kind}}}",)] for kind in MARKED}
    # A yes is never made of what only sounds like one.
    deeds = [spec for spec in site.intents.by_name.values() if spec.kind != "dialogue"]
    nearest = Nearest(*sentences(deeds, site.intents, holes), sounds)
    return Repairer(site.reader, site.intents, sounds, entities, nearest)


def ear(site: Path | None, chosen: str | None, read: Site | None = None, *, within_s: float | None = None) -> Ear:
    """An ear with the model that is `chosen` (see whisper), loaded with the first utterance.

    `read`: the site's files, so that words that make no sentence there are mended by their sound. `within_s`: for one
    utterance, where nobody waits for it.
    """
    mender = repairer(read, site) if read is not None else None
    return Ear(lambda: whisper(site, chosen), mender, within_s=within_s)


def recordings(kept: Evidence, data: Path) -> Recordings:
    """The sound of turns that a site keeps in a data folder, if it keeps any."""
    return Recordings(data / FOLDER, kept.keep_audio_hours * 3600.0)


def voice(site: Path | None) -> FirstVoice:
    """Piper where its voice is in place, and espeak-ng behind it."""
    loaded = manifest.load(site_folder(site, "models"))
    voices: list[Voice] = [Espeak()]
    try:
        folder = Weights(loaded, cache_dir()).ensure(loaded.default("voice"))
        voices.insert(0, Piper(next(folder.glob("*.onnx"))))
    except (ModelError, KeyError, StopIteration) as exc:
        structlog.get_logger(__name__).warning("no Piper voice", why=str(exc))
    return FirstVoice(voices)
