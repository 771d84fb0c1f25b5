"""The weights, and the language model that runs on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.doctor.finding import Finding

if TYPE_CHECKING:
    from assistant.bootstrap import Site


def weights(site: Path | None) -> Iterator[Finding]:
    """Whether each file is there, and the one that it should be."""
    from assistant.adapters.weights import Weights
    from assistant.settings import manifest
    from assistant.settings.paths import cache_dir, site_folder

    listed = manifest.load(site_folder(site, "models"))
    cache = Weights(listed, cache_dir())
    for name, model in listed.models.items():
        if not model.default:
            continue
        bad = [found for found in cache.look(name, hashed=True) if found.state != "ok"]
        why = ", ".join(f"{found.weight.file} is {found.state}" for found in bad)
        state = "ok" if not bad else "missing" if all(found.state == "missing" for found in bad) else "broken"
        yield Finding(f"weights of {name}", state, why, f"run: assistant models pull {name}" if bad else "")


async def understanding(site: Site) -> Finding:
    """Whether free words are understood: the model loaded, and asked."""
    from assistant import bootstrap
    from assistant.errors import EngineError

    if site.meaning is None:
        why = "no language model, the templates understand alone"
        return Finding("understanding", "missing", why, "run: assistant models pull")
    async with AsyncExitStack() as stack:
        by = bootstrap.understander(site, stack)
        assert by is not None
        try:
            await by.model.complete("status of lot1")
        except EngineError as exc:
            remedy = "run make setup: its engine is compiled there"
            return Finding("understanding", "broken", f"{exc}; the templates understand alone", remedy)
    if not site.meaning.plan.adapter:
        return Finding("understanding", "missing", "no adapter for this site's intents, free words are mostly guessed")
    return Finding("understanding", "ok")
