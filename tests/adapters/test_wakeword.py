"""The wake word: what its head hears and does not, and what it never does, with the real models."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant import bootstrap
from assistant.adapters import audiofile
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.wakeword import (
    FIRST_S,
    HEARD,
    QUIET,
    REFRACTORY_S,
    SIZE,
    WINDOW,
    Embedder,
    Head,
    OwnWakeword,
    best,
    self_test,
    windowed,
)
from assistant.adapters.weights import Weights
from assistant.errors import EngineError, ModelError
from assistant.ports import FRAME
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, shipped_site

HEAD = shipped_site() / "models" / "wake" / "hey_foreman.npz"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    weights = Weights(manifest.load(shipped_site() / "models"), cache_dir())
    return Embedder(weights.ensure("wake/embedding"))


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load(HEAD)


@pytest.fixture(scope="module")
def clip() -> Samples:
    return audiofile.read(HEAD.with_suffix(".flac"))


def hiss(seconds: float, level: float = 0.001) -> Samples:
    return (level * np.random.default_rng(1).standard_normal(int(seconds * RATE))).astype(np.float32)


def scores(wakeword: OwnWakeword, sound: Samples) -> list[float]:
    return [wakeword.feed(sound[at : at + FRAME]) for at in range(0, len(sound) - FRAME + 1, FRAME)]


def test_a_phrase_wakes_once(embedder: Embedder, head: Head, clip: Samples) -> None:
    embedder.reset()
    heard = scores(OwnWakeword(embedder, head), np.concatenate([hiss(FIRST_S), clip, hiss(1.0)]))
    assert sum(score >= HEARD for score in heard) == 1


def test_it_wakes_again_after_its_rest(embedder: Embedder, head: Head, clip: Samples) -> None:
    embedder.reset()
    once = np.concatenate([clip, hiss(REFRACTORY_S + 1.0)])
    heard = scores(OwnWakeword(embedder, head), np.concatenate([hiss(FIRST_S), once, once]))
    assert sum(score >= HEARD for score in heard) == 2


def test_nothing_wakes_before_two_seconds_of_real_sound(embedder: Embedder, head: Head, clip: Samples) -> None:
    embedder.reset()
    heard = scores(OwnWakeword(embedder, head), np.concatenate([clip, hiss(FIRST_S)])[: int(FIRST_S * RATE)])
    assert heard
    assert set(heard) == {0.0}


@pytest.mark.parametrize("level", [0.0, 0.001, 0.05, 0.5])
def test_noise_and_silence_do_not_wake(embedder: Embedder, head: Head, level: float) -> None:
    assert best(embedder, head, hiss(FIRST_S + 4, level)) < QUIET


def test_fed_in_frames_it_hears_what_it_hears_at_once(embedder: Embedder, clip: Samples) -> None:
    sound = np.concatenate([hiss(FIRST_S), clip])
    whole = embedder.all(sound)
    embedder.reset()
    parts = [one for at in range(0, len(sound), FRAME) for one in embedder.feed(sound[at : at + FRAME])]
    np.testing.assert_array_equal(np.stack(parts), whole)


def test_the_self_test_refuses_what_does_not_hear_or_always_hears(
    embedder: Embedder, head: Head, clip: Samples
) -> None:
    self_test(embedder, head, clip)
    with pytest.raises(EngineError, match="does not work on this machine"):
        self_test(embedder, head, hiss(1.0))
    always = replace(head, arrays={**head.arrays, "out_bias": head.arrays["out_bias"] + 100})
    with pytest.raises(EngineError, match="does not work on this machine"):
        self_test(embedder, always, clip)


def test_samples_that_are_no_numbers_are_an_error_and_not_silence(embedder: Embedder, head: Head) -> None:
    with pytest.raises(EngineError, match="no numbers"):
        OwnWakeword(embedder, head).feed(np.full(FRAME, np.nan, np.float32))


def test_a_head_comes_back_as_it_was_saved(tmp_path: Path, head: Head) -> None:
    head.save(tmp_path / "again.npz")
    again = Head.load(tmp_path / "again.npz")
    windows = np.random.default_rng(0).standard_normal((5, WINDOW, SIZE)).astype(np.float32)
    np.testing.assert_array_equal(again.score(windows), head.score(windows))
    assert (again.phrase, again.threshold) == (head.phrase, head.threshold)


def test_no_head_is_unpickled(tmp_path: Path) -> None:
    file = tmp_path / "bad.npz"
    marker = tmp_path / "ran"

    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return (marker.touch, ())

    for content in (pickle.dumps(Bad()), b"", b"PK\x03\x04", HEAD.read_bytes()[:5000]):
        file.write_bytes(content)
        with pytest.raises(ModelError, match="is no wake-word head"):
            Head.load(file)
    np.savez(file, phrase=np.array("x"), threshold=np.array(0.5), mean=np.array([Bad()], dtype=object))
    with pytest.raises(ModelError, match="is no wake-word head"):
        Head.load(file)
    assert not marker.exists()


def test_the_threshold_is_half_on_the_ports_scale(head: Head) -> None:
    assert head.mapped(head.threshold) == HEARD
    assert head.mapped(0.0) == 0.0
    assert head.mapped(1.0) == pytest.approx(1.0)
    assert head.mapped(head.threshold * 0.999) < HEARD


def test_recordings_shorter_than_a_window_have_none(embedder: Embedder) -> None:
    assert windowed(embedder.all(hiss(1.0))).shape == (0, WINDOW, SIZE)
    assert windowed(embedder.all(hiss(0.0))).shape == (0, WINDOW, SIZE)


def test_a_phrase_without_a_head_is_no_wake_word_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.wakeword(None, "good evening") is None
    assert isinstance(bootstrap.wakeword(None), OwnWakeword)
