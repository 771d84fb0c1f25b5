"""Hours in which nobody speaks to the assistant: made in seconds, and counted rightly."""

from __future__ import annotations

import asyncio
from itertools import islice

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE
from assistant.bench.hall import MACHINES, OWN, PEOPLE, SHARES, TALK, Hall
from assistant.bench.soundclock import SoundClock
from assistant.bench.talkers import controls, talk_of


def test_a_hall_is_the_same_for_the_same_seed_and_holds_every_kind_that_there_are_clips_of() -> None:
    clip = 0.3 * np.sin(np.arange(RATE) / 9).astype(np.float32)
    hall = Hall({PEOPLE: [clip], TALK: [clip], OWN: [clip]}, seed=3)
    parts = list(islice(hall.parts(), 40))
    again = list(islice(hall.parts(), 3))
    assert {part.kind for part in parts} == set(SHARES)
    assert all(np.isfinite(part.sound).all() and 0 < np.abs(part.sound).max() < 1 for part in parts)
    assert all(np.array_equal(one.sound, two.sound) for one, two in zip(parts, again, strict=False))
    silent = Hall({}, seed=3)
    assert {part.kind for part in islice(silent.parts(), 30)} <= set(SHARES) - {PEOPLE, TALK, OWN}


def test_shares_are_the_whole_time_and_talk_is_what_was_written_as_not_for_it() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0) and MACHINES in SHARES
    talk = talk_of(None)
    assert len(set(talk)) >= 100
    assert len(controls()) >= 2


async def test_whoever_sleeps_by_the_sound_wakes_when_so_much_of_it_has_been_heard() -> None:
    clock, woken = SoundClock(), list[float]()

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (2.0, 0.5, 1.0)]
    await asyncio.sleep(0)
    for at in (0.4, 0.6, 3.0):
        clock.go_on(at)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert woken == [seconds for seconds in (0.5, 1.0, 2.0) if seconds <= at]
    assert all(task.done() for task in tasks) and clock.monotonic() == 3.0
