"""Fixtures that several folders share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.weights import Weights
from assistant.errors import ModelError
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, shipped_site
from tests.processes import Line, a_line


def weights(role: str, *, base: bool = False) -> Path:
    """The folder of a role's default model, or of the one that it is made from; without it the test fails, for it
    proves nothing without."""
    loaded = manifest.load(shipped_site() / "models")
    name = loaded.default(role)
    try:
        return Weights(loaded, cache_dir()).ensure(loaded.base(name) if base else name)
    except ModelError as exc:
        pytest.fail(f"{exc} (or: make setup)")


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    return weights("speech")


@pytest.fixture(scope="session")
def base_folder() -> Path:
    """The ear as it came, without this project's adapter."""
    return weights("speech", base=True)


@pytest.fixture(scope="session")
def voice_folder() -> Path:
    return weights("voice")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The reference plant in a process of its own."""
    with a_line(tmp_path_factory.mktemp("line")) as running:
        yield running
