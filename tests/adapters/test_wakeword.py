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
    LOOKED_S,
    NOTICED,
    QUIET,
    REFRACTORY_S,
    SIZE,
    WEIGHT,
    WINDOW,
    Embedder,
    Head,
    OwnWakeword,
    best,
    odds,
    self_test,
    wakes,
    windowed,
)
from assistant.adapters.weights import Weights
from assistant.adapters.whisper import Whisper
from assistant.errors import EngineError, ModelError
from assistant.ports import FRAME, Maybe
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


def noticed(wakeword: OwnWakeword, sound: Samples, likeness: float | None = None) -> list[tuple[Maybe, bool]]:
    """What it notices of a recording, and whether that was the phrase, with an ear that always says the same."""
    found = (wakeword.feed(sound[at : at + FRAME]) for at in range(0, len(sound) - FRAME + 1, FRAME))
    return [(maybe, wakeword.said(maybe, likeness)) for maybe in found if maybe is not None]


def woken(wakeword: OwnWakeword, sound: Samples, likeness: float | None = None) -> int:
    return sum(said for _, said in noticed(wakeword, sound, likeness))


@pytest.mark.parametrize("likeness", [None, 0.0])
def test_a_phrase_wakes_once(embedder: Embedder, head: Head, clip: Samples, likeness: float | None) -> None:
    assert woken(OwnWakeword(embedder, head), np.concatenate([hiss(FIRST_S), clip, hiss(1.0)]), likeness) == 1


def test_it_wakes_again_after_its_rest(embedder: Embedder, head: Head, clip: Samples) -> None:
    once = np.concatenate([clip, hiss(REFRACTORY_S + 1.0)])
    assert woken(OwnWakeword(embedder, head), np.concatenate([hiss(FIRST_S), once, once])) == 2


def test_nothing_is_noticed_before_two_seconds_of_real_sound(embedder: Embedder, head: Head, clip: Samples) -> None:
    sound = np.concatenate([clip, hiss(FIRST_S)])[: int(FIRST_S * RATE)]
    assert noticed(OwnWakeword(embedder, head), sound) == []


def test_the_ear_is_given_the_phrase_at_an_even_level_when_it_is_over(
    embedder: Embedder, head: Head, clip: Samples
) -> None:
    sound = np.concatenate([hiss(FIRST_S), 0.1 * clip, hiss(1.0)])
    ((maybe, _),) = noticed(OwnWakeword(embedder, head), sound, 0.0)
    given = np.asarray(maybe.sound)
    assert len(given) == int(LOOKED_S * RATE) and np.abs(given).max() == pytest.approx(0.5)
    whole = sound / np.abs(given).max()
    at = int(np.correlate(whole, given).argmax())
    end, over = at + len(given), int(FIRST_S * RATE) + len(clip)
    assert over - 0.1 * RATE < end < over + 0.4 * RATE


def test_an_ear_that_hears_other_words_keeps_it_asleep_and_it_notices_the_next(
    embedder: Embedder, head: Head, clip: Samples
) -> None:
    sound = np.concatenate([hiss(FIRST_S), clip, hiss(1.0), clip, hiss(1.0)])
    found = noticed(OwnWakeword(embedder, head), sound, -20.0)
    assert len(found) >= 2 and not any(said for _, said in found)


def test_what_the_head_alone_is_not_sure_of_counts_with_an_ear_that_is(
    embedder: Embedder, head: Head, clip: Samples
) -> None:
    wakeword = OwnWakeword(embedder, head)
    weak = Maybe(head.least_odds - NOTICED, clip)
    assert wakeword.said(weak, 0.0) and not wakeword.said(weak, -0.1) and not wakeword.said(weak, None)
    sure = Maybe(head.least_odds, clip)
    assert wakeword.said(sure, None) and not wakeword.said(sure, -NOTICED / WEIGHT - 0.1)


def test_a_recording_wakes_where_the_phrase_is_over(
    embedder: Embedder, head: Head, clip: Samples, whisper_folder: Path
) -> None:
    lead = int(FIRST_S * RATE)
    sound = np.concatenate([hiss(FIRST_S), clip, hiss(2.0)])
    for ear in (None, Whisper(whisper_folder)):
        (at,) = wakes(OwnWakeword(embedder, head), ear, sound)
        assert lead + len(clip) - RATE // 2 < at < lead + len(clip) + RATE // 2


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


@pytest.mark.parametrize(("probability", "expected"), [(0.5, 0.0), (0.731, 1.0), (0.0, -20.7), (1.0, 20.7)])
def test_odds_are_always_a_number(probability: float, expected: float) -> None:
    assert odds(probability) == pytest.approx(expected, abs=0.1)


def test_recordings_shorter_than_a_window_have_none(embedder: Embedder) -> None:
    assert windowed(embedder.all(hiss(1.0))).shape == (0, WINDOW, SIZE)
    assert windowed(embedder.all(hiss(0.0))).shape == (0, WINDOW, SIZE)


def test_a_phrase_without_a_head_is_no_wake_word_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.wakeword(None, "good evening") is None
    assert isinstance(bootstrap.wakeword(None), OwnWakeword)
