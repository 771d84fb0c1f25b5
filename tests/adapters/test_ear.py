"""Hearing off the event loop."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from assistant import bootstrap
from assistant.adapters import audiofile, ear
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.ear import Ear
from assistant.adapters.endpoint import trim
from assistant.adapters.whisper import Whisper
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import EngineError, ModelError
from assistant.ports import Mender

CLIPS = Path(__file__).parent.parent / "speech" / "commands"
LABELS = json.loads((CLIPS / "labels.json").read_text())


def clip(intent: str) -> Samples:
    """The first clean clip of an intent."""
    label = next(x for x in LABELS if x["intent"] == intent and x["noise_db"] is None)
    return audiofile.read(CLIPS / label["file"])


def test_the_taught_ear_hears_alone_where_the_one_before_it_is_not_in_place(
    whisper_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whisper_folder, tmp_path / "speech" / whisper_folder.name)
    monkeypatch.setenv("LINE_ASSISTANT_MODELS", str(tmp_path))
    with capture_logs() as logs:
        alone = bootstrap.whisper(None)
    assert [line["event"] for line in logs] == ["no second ear"]
    assert alone.transcribe(trim(clip("hold")))
    with pytest.raises(ModelError):
        bootstrap.whisper(None, "base")


async def test_the_ear_loads_its_model_once_and_says_why_it_heard_nothing(whisper_folder: Path) -> None:
    loads: list[int] = []

    def load() -> Whisper:
        loads.append(1)
        return Whisper(whisper_folder)

    hearing = Ear(load)
    silent = await hearing.hear(np.zeros(RATE, np.float32))
    spoken = await hearing.hear(clip("hold"))
    hearing.close()
    assert (silent.hypotheses, silent.rejected) == ((), "silence")
    assert spoken.hypotheses and spoken.rejected == "" and len(loads) == 1


class Hangs:
    """ports.Transcriber that never comes back, until it is let go."""

    rejected = ""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def transcribe(
        self, utterance: Utterance, prompt: Sequence[str] = (), mender: Mender | None = None
    ) -> Sequence[Hypothesis]:
        self.go_on.wait(30)
        return ()

    def likeness(self, sound: object, phrase: str) -> float:
        self.go_on.wait(30)
        return 0.0


async def test_an_engine_that_hangs_is_given_up_and_the_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "DEADLINE_S", 0.2)
    engine = Hangs()
    hearing = Ear(lambda: engine)
    other = asyncio.create_task(asyncio.sleep(0, "alive"))
    with pytest.raises(EngineError, match="took longer"):
        await hearing.hear(np.zeros(RATE, np.float32))
    assert await other == "alive"
    engine.go_on.set()
    hearing.close()


async def test_an_ear_that_is_busy_does_not_keep_the_wake_word_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "LIKENESS_S", 0.1)
    engine = Hangs()
    hearing = Ear(lambda: engine)
    with pytest.raises(EngineError, match="took longer"):
        await hearing.likeness(np.zeros(RATE, np.float32), "hey foreman")
    engine.go_on.set()
    monkeypatch.setattr(ear, "LIKENESS_S", 20.0)
    assert await hearing.likeness(np.zeros(RATE, np.float32), "hey foreman") == 0.0
    hearing.close()


async def test_weights_that_load_slowly_cost_no_recording_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "DEADLINE_S", 0.5)
    engine = Hangs()
    engine.go_on.set()

    def load() -> Hangs:
        threading.Event().wait(0.8)
        return engine

    hearing = Ear(load)
    assert (await hearing.transcribe(Utterance(np.zeros(RATE, np.float32), 1.0))).hypotheses == ()
    hearing.close()
