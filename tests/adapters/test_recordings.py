"""Kept sound: as it was heard, for its owner only, and gone when its time is over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import audiofile
from assistant.adapters.recordings import SWEEP_EVERY_S, Recordings
from assistant.domain.values import Utterance
from assistant.errors import AudioError
from tests.fakes.stepped_clock import SteppedClock

TURN, OTHER = "a" * 32, "b" * 32
SOUND = Utterance(np.sin(np.arange(16000) / 9).astype(np.float32) / 2, 1.0)
HOUR = 3600.0


def test_a_turns_sound_is_kept_as_it_was_heard_and_for_its_owner_only(tmp_path: Path) -> None:
    kept = Recordings(tmp_path / "audio", HOUR)
    kept.keep(TURN, SOUND, 1000.0)
    found = kept.find(TURN)
    assert found is not None and found[1] == 1000.0 + HOUR
    file = found[0]
    assert np.allclose(audiofile.read(file), SOUND.samples, atol=1e-4)  # type: ignore[arg-type]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert kept.find(OTHER) is None


def test_nothing_is_kept_and_nothing_made_where_the_site_keeps_none(tmp_path: Path) -> None:
    kept = Recordings(tmp_path / "audio", 0.0)
    kept.keep(TURN, SOUND, 1000.0)
    assert kept.find(TURN) is None and not (tmp_path / "audio").exists()
    assert kept.sweep(1000.0) == 0 and kept.kept(0.0).files == 0


@pytest.mark.parametrize("turn", ["../../etc/passwd", "", "A" * 32, "a" * 31, f"{'a' * 32}/x"])
def test_what_is_no_turns_id_names_no_file(tmp_path: Path, turn: str) -> None:
    kept = Recordings(tmp_path / "audio", HOUR)
    kept.keep(turn, SOUND, 1000.0)
    assert kept.find(turn) is None and not list(tmp_path.rglob("*.flac"))


def test_a_sweep_deletes_what_is_over_its_limit_and_nothing_else(tmp_path: Path) -> None:
    kept = Recordings(tmp_path, HOUR)
    kept.keep(TURN, SOUND, 1000.0)
    kept.keep(OTHER, SOUND, 2000.0)
    (tmp_path / "somebody elses.flac").write_bytes(b"x")
    assert kept.sweep(1000.0 + HOUR - 1) == 0
    assert kept.kept(1000.0 + HOUR).overdue == 1
    assert kept.sweep(1000.0 + HOUR) == 1
    assert kept.find(TURN) is None and kept.find(OTHER) is not None
    assert Recordings(tmp_path, 0.0).sweep(2000.0) == 1, "switched off: what was kept goes too"
    assert [file.name for file in tmp_path.iterdir()] == ["somebody elses.flac"]


async def test_it_sweeps_at_the_start_and_every_hour(tmp_path: Path) -> None:
    clock = SteppedClock()
    kept = Recordings(tmp_path, 1.5 * SWEEP_EVERY_S)
    kept.keep(TURN, SOUND, clock.now() - 1.5 * SWEEP_EVERY_S)
    kept.keep(OTHER, SOUND, clock.now())
    following = asyncio.create_task(kept.follow(clock))
    await asyncio.sleep(0)
    assert kept.find(TURN) is None and kept.find(OTHER) is not None
    for _ in range(3):  # the clock goes on an hour each time
        await asyncio.sleep(0)
    following.cancel()
    assert kept.find(OTHER) is None


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "audio").write_text("a file")
    with pytest.raises(AudioError, match="cannot be kept"):
        Recordings(tmp_path / "audio", HOUR).keep(TURN, SOUND, 1000.0)
