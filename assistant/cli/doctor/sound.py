"""Headsets: what PortAudio sees, and whether one of the site's profiles fits."""

from __future__ import annotations

from pathlib import Path

from assistant.cli.doctor.finding import Finding
from assistant.errors import AudioError

REMEDY = "plug one in; assistant devices shows what there is, assistant devices --check tries it"


async def look(site: Path | None) -> Finding:
    """Whether `assistant run` would find a headset."""
    from assistant.adapters.sound import devices
    from assistant.bootstrap.headset import load_headsets, places
    from assistant.domain.values import Session

    known = load_headsets(site)
    try:
        listed = await devices()
    except AudioError as exc:
        return Finding("headset", "missing", f"{exc}; the terminal serves", REMEDY)
    found = places(known, listed, Session())
    if not found:
        return Finding("headset", "missing", f"none among {len(listed)} sound devices; the terminal serves", REMEDY)
    return Finding("headset", "ok", ", ".join(place.profile for place in found))
