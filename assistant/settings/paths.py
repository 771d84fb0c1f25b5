"""Where things are: the data folder, the shipped site, the cache of weights."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from assistant.errors import SiteError, UsageError

APP = "line-assistant"
SITE_FOLDERS = ("intents", "grammars", "hardware", "models")
"""The folders that make a site; one that another site lacks is taken from the shipped one."""


def data_dir(chosen: Path | None, *, make: bool = True) -> Path:
    """The data folder, made if need be (0700: it holds the log and the core's socket)."""
    path = chosen if chosen is not None else Path(platformdirs.user_data_dir(APP))
    if not make:
        return path.resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageError(f"--data {path}: {exc.strerror or exc}") from exc
    return path.resolve()


def cache_dir() -> Path:
    """Where weights are kept between runs (LINE_ASSISTANT_MODELS, else the platform's cache); may not exist yet."""
    chosen = os.environ.get("LINE_ASSISTANT_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir(APP)) / "models"


def shipped_site() -> Path:
    """The site that comes with the code: the checkout's top level, or `assistant/site` in a wheel."""
    package = Path(__file__).resolve().parent.parent
    return package / "site" if (package / "site").is_dir() else package.parent


def site_folder(site: Path | None, name: str) -> Path:
    """One of SITE_FOLDERS of the chosen site. Raises SiteError for a site that is not a folder."""
    if site is not None:
        if not site.is_dir():
            raise SiteError(site, "no such folder", key="--site")
        if (site / name).is_dir():
            return site / name
    return shipped_site() / name
