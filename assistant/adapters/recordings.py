"""The sound of turns, kept for a while: one FLAC file a turn in the data folder, named by the turn's id."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from assistant.adapters.audiofile import RATE
from assistant.domain.values import Utterance
from assistant.errors import AudioError
from assistant.ports import Clock

FOLDER = "audio"
"""In the data folder."""
SWEEP_EVERY_S = 3600.0
_NAME = re.compile(r"[0-9a-f]{32}")
"""A turn's id; nothing else becomes a file's name."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """How much there is."""

    files: int
    bytes: int
    overdue: int
    """Files that are older than the limit: no core has run since."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings of one data folder. Nothing is made there before there is something to keep."""

    folder: Path
    keep_s: float
    """Seconds until a recording is deleted; 0: none is kept."""

    def keep(self, turn: str, utterance: Utterance, now: float) -> None:
        """Keep a turn's sound. `now`: Unix seconds. Raises AudioError.

        Only the user who runs the assistant can read it.
        """
        if self.keep_s <= 0 or not _NAME.fullmatch(turn):
            return
        import soundfile

        sound = io.BytesIO()
        try:
            soundfile.write(sound, np.asarray(utterance.samples, np.float32), RATE, format="FLAC", subtype="PCM_16")
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file(turn), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sound.getvalue())
            os.utime(self._file(turn), (now, now))
        except soundfile.SoundFileError as exc:
            raise AudioError(f"the sound cannot be kept: {exc}") from exc
        except OSError as exc:
            raise AudioError(f"{self.folder}: the sound cannot be kept: {exc.strerror or exc}") from exc

    def find(self, turn: str) -> tuple[Path, float] | None:
        """A turn's recording, and when it is to be deleted (Unix seconds); None when there is none."""
        file = self._file(turn)
        if not _NAME.fullmatch(turn) or not file.is_file():
            return None
        return file, file.stat().st_mtime + self.keep_s

    def kept(self, now: float) -> Kept:
        """How much is kept."""
        stats = [stat for _, stat in self._all()]
        overdue = sum(stat.st_mtime + self.keep_s <= now for stat in stats)
        return Kept(len(stats), sum(stat.st_size for stat in stats), overdue)

    def sweep(self, now: float) -> int:
        """Delete what is older than the limit; how many that were."""
        old = [file for file, stat in self._all() if stat.st_mtime + self.keep_s <= now]
        for file in old:
            try:
                file.unlink(missing_ok=True)
            except OSError as exc:
                _log.warning("a recording cannot be deleted", file=str(file), why=exc.strerror)
        return len(old)

    async def follow(self, clock: Clock) -> None:
        """Sweep now, and every hour from now on."""
        while True:
            self.sweep(clock.now())
            await clock.sleep(SWEEP_EVERY_S)

    def _file(self, turn: str) -> Path:
        return self.folder / f"{turn}.flac"

    def _all(self) -> Iterator[tuple[Path, os.stat_result]]:
        """The recordings; a file of another name is somebody else's."""
        for file in self.folder.glob("*.flac"):
            if _NAME.fullmatch(file.stem):
                with suppress(FileNotFoundError):
                    yield file, file.lstat()
