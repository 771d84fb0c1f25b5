"""Learning a phrase: what is learned from, what is learned, and what it is judged by."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import scenes, soundscape
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.casting import cast
from assistant.adapters.kokoro import RESERVED, sounds, trimmed
from assistant.adapters.wakecurve import REFRACTORY, Point, chosen, curve, most_an_hour, wakes
from assistant.adapters.wakehead import Examples, train
from assistant.adapters.wakeword import FIRST_S, SIZE, STEP, WINDOW
from assistant.errors import SiteError, UsageError
from assistant.settings import wake
from assistant.settings.paths import shipped_site

VOICES = ("af_heart", "am_michael", "bf_emma")


def shipped() -> wake.Recipe:
    return wake.load(shipped_site() / "models")


def tone(seconds: float) -> Samples:
    return np.asarray(np.sin(np.arange(int(seconds * RATE)) * 0.3), np.float32)


def test_a_head_learns_what_tells_the_phrase_from_the_rest() -> None:
    rng = np.random.default_rng(0)
    other = rng.standard_normal((3000, SIZE)).astype(np.float16)
    said = rng.standard_normal((400, WINDOW, SIZE)).astype(np.float16)
    said[:, 5:9, :8] += 3
    steps: list[int] = []
    examples = Examples(said[:300], other[:2000], scenes.starts_of([1200, 800]))
    head = train("some phrase", examples, heads=2, steps=120, seed=1, step=lambda: steps.append(1))
    assert len(steps) == 240
    unseen = head.score(said[300:].astype(np.float32))
    others = head.score(
        np.lib.stride_tricks.sliding_window_view(other[2000:], WINDOW, axis=0).transpose(0, 2, 1).astype(np.float32)
    )
    assert float(np.mean(unseen > 0.5)) > 0.95
    assert float(np.mean(others > 0.5)) < 0.02


def test_windows_never_run_across_two_recordings() -> None:
    starts = scenes.starts_of([WINDOW + 2, WINDOW - 1, WINDOW])
    assert starts.tolist() == [0, 1, 2, 2 * WINDOW + 1]
    assert len(scenes.starts_of([])) == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_scene_ends_the_phrase_where_it_says_and_can_be_learned_from(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scene = scenes.said(tone(0.4 + 0.2 * seed), [tone(1.0), tone(2.0)], rng)
    count = (len(scene.sound) - 480) // STEP - round(FIRST_S * RATE / STEP) + 1
    ends = scenes.ends_s(count)
    taught = scenes.ending(np.zeros((count, 1, 1), np.float32), scene.end)
    assert len(taught) in (5, 6)
    assert ends[-1] * RATE <= len(scene.sound)
    assert np.isfinite(scene.sound).all()
    assert np.abs(scene.sound).max() <= 1.0


def test_what_breaks_off_is_less_than_half_of_the_phrase() -> None:
    clip = tone(1.0)
    lengths = {len(scenes.broken_off(clip, np.random.default_rng(seed))) for seed in range(20)}
    assert max(lengths) <= len(clip) / 2
    assert min(lengths) >= 0.3 * len(clip) - 1


@pytest.mark.parametrize("kind", soundscape.NOISES)
def test_noise_is_made_again_from_its_seed(kind: str) -> None:
    first, again = (soundscape.NOISES[kind](RATE, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(first) == RATE
    assert np.isfinite(first).all()
    assert first.std() > 0


def test_speech_over_noise_is_as_loud_as_was_asked() -> None:
    speech, noise = tone(2.0).astype(np.float64), np.random.default_rng(0).standard_normal(2 * RATE)
    added = soundscape.mixed(speech, noise, 10.0) - speech
    assert soundscape.loudest(speech) / soundscape.loudest(added) == pytest.approx(10.0)


def test_one_utterance_wakes_once_however_long_the_score_stays_high() -> None:
    assert wakes([0.9] * REFRACTORY, 0.5) == 1
    assert wakes([0.9] * (REFRACTORY + 1), 0.5) == 2
    assert wakes([0.9, *[0.0] * REFRACTORY, 0.9], 0.5) == 2
    assert wakes([0.4] * 100, 0.5) == 0


def test_the_curve_counts_what_wakes_at_each_threshold() -> None:
    points = curve({"clean": [0.2, 0.99], "10 dB": [0.8]}, [np.full(45, 0.7, np.float32)])
    half = min(points, key=lambda point: abs(point.threshold - 0.5))
    assert half.found == {"clean": (1, 2), "10 dB": (1, 1)}
    assert half.share == pytest.approx(2 / 3)
    assert half.false == 2
    assert half.hours == pytest.approx(45 * 0.08 / 3600)


def test_the_threshold_is_as_high_as_hearing_allows_and_no_higher_than_is_needed() -> None:
    def point(threshold: float, heard: int, false: int) -> Point:
        return Point(threshold, {"clean": (heard, 100)}, false, 2.0)

    falling = [point(0.5, 100, 9), point(0.7, 99, 4), point(0.9, 98, 1), point(0.95, 90, 0)]
    assert chosen(falling).threshold == 0.9
    assert chosen([point(0.5, 100, 3), point(0.7, 100, 0), point(0.9, 99, 0)]).threshold == 0.7
    assert chosen([point(0.5, 90, 3), point(0.7, 80, 0)]).threshold == 0.5


def test_the_interval_of_a_rate() -> None:
    # Garwood's exact interval for a Poisson count, from tables.
    assert most_an_hour(0, 1.0) == pytest.approx((0.0, 3.689), abs=0.002)
    assert most_an_hour(5, 2.0) == pytest.approx((1.623 / 2, 11.668 / 2), abs=0.002)
    assert most_an_hour(0, 0.0) == (0.0, math.inf)


def test_the_cast_is_mixed_the_same_each_time_and_leaves_out_nobodys_sentence() -> None:
    recipe = shipped()
    lines = cast(recipe, "hey foreman", VOICES, 60, seed=0, own=True)
    assert lines == cast(recipe, "hey foreman", VOICES, 60, seed=0, own=True)
    assert {line.text for line in lines if line.kind == "speech"} == set(recipe.sentences)
    assert {line.text for line in lines if line.kind == "near"} >= set(recipe.near["hey foreman"])
    assert {line.kind for line in lines[:40]} == {"phrase", "near", "speech"}
    assert all("foreman" in line.text.lower() for line in lines if line.kind == "phrase")


def test_the_voices_that_judge_are_not_those_that_teach() -> None:
    recipe, plan = shipped(), wake.measure_plan(shipped_site() / "models")
    assert not set(recipe.check) & RESERVED
    assert not set(plan.speech) & set(recipe.sentences)
    assert not set(plan.near) & set(recipe.resembling(recipe.phrase))


def test_what_resembles_any_phrase_is_made_of_its_words_and_is_not_the_phrase() -> None:
    made = shipped().resembling("good evening computer")
    assert "good" in made
    assert "computer evening good" in made
    assert "good evening computer" not in made


@pytest.mark.parametrize("phrase", ["", "hey", "hey you", "../hey foreman", "hey 4711", "hey\nforeman/x"])
def test_what_is_no_phrase(phrase: str) -> None:
    with pytest.raises(UsageError, match="wake phrase"):
        wake.file_name(phrase)


@pytest.mark.parametrize(
    ("phrase", "said", "why"),
    [("hey foreman", "no place", r"said: each must hold \{\}"), ("hey you", "{}", "phrase: 'hey you': a wake phrase")],
)
def test_a_recipe_that_is_off_is_named(tmp_path: Path, phrase: str, said: str, why: str) -> None:
    (tmp_path / "wake").mkdir()
    (tmp_path / "wake" / "recipe.yaml").write_text(
        f"seed: 1\nphrase: {phrase}\ncheck: []\nsaid: ['{said}']\nnear: {{}}\nsentences: [one]\n"
    )
    with pytest.raises(SiteError, match=f"recipe.yaml: {why}"):
        wake.load(tmp_path)


def test_sounds_keep_punctuation_and_stress() -> None:
    assert sounds("Hey foreman, stop!", "en-us") == "hˈeɪ fˈɔːɹmən, stˈɑːp!"


def test_silence_is_cut_at_both_ends_only() -> None:
    sound = np.concatenate([np.zeros(100), tone(0.1), np.zeros(50), tone(0.1), np.zeros(100)]).astype(np.float32)
    assert len(trimmed(sound)) == pytest.approx(2 * len(tone(0.1)) + 50, abs=3)
    assert len(trimmed(np.zeros(100, np.float32))) == 0
