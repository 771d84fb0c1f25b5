"""Teaching a phrase from first to last, with real embeddings and the plain voices that are there on any machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.speakers import Speaker, Speakers, espeak_speakers
from assistant.adapters.wakehead import train
from assistant.adapters.wakeword import Embedder
from assistant.adapters.weights import Weights
from assistant.bench import Rate
from assistant.bootstrap import wake
from assistant.cli import main
from assistant.errors import EngineError
from assistant.settings import manifest
from assistant.settings.paths import cache_dir, shipped_site

PHRASE = "good evening computer"
OTHER = ("Hold lot four seven one two.", "Good morning.", "The computer is off.", "See you on Monday evening.")


def spoken(folder: Path, people: list[Speaker]) -> wake.Clips:
    speakers = Speakers(None, None, folder)
    try:
        return {
            "phrase": [speakers.say(PHRASE, one) for one in people],
            "near": [speakers.say("Good evening.", one) for one in people],
            "speech": [speakers.say(text, one) for text, one in zip(OTHER, people, strict=False)],
        }
    finally:
        speakers.close()


def test_a_phrase_is_learned_and_heard_from_voices_that_did_not_teach_it(tmp_path: Path) -> None:
    weights = Weights(manifest.load(shipped_site() / "models"), cache_dir())
    embedder = Embedder(weights.ensure("wake/embedding"))
    everybody = espeak_speakers(np.random.default_rng(3), 16)
    seen: Counter[str] = Counter()
    amount = wake.Amount(said=3, other=2, noise_s=20.0)

    def note(what: str, done: int, total: int) -> None:
        assert 0 < done <= total
        seen[what] += 1

    examples = wake.learnt(embedder, spoken(tmp_path, everybody[:10]), 1, note, amount)
    head = train(PHRASE, examples, heads=1, steps=150, seed=1)
    points = wake.measured(embedder, head, spoken(tmp_path, everybody[10:]), 1, note, amount)
    half = min(points, key=lambda point: abs(point.threshold - 0.5))
    hit, count = half.found["clean"]
    assert count == 6
    assert hit >= 4
    # What it does not do is wake at everything.
    assert half.false * 2.0 < half.hours * 3600 / 2
    assert set(seen) == {"the phrase in rooms and noise", "other speech", "noise", "checking"}


def test_a_clip_is_made_once(tmp_path: Path) -> None:
    speakers = Speakers(None, None, tmp_path)
    speaker = Speaker("espeak", ("en-us",))
    first = speakers.say("hello there", speaker)
    (file,) = tmp_path.rglob("*.npy")
    stamp = file.stat().st_mtime_ns
    np.testing.assert_array_equal(speakers.say("hello there", speaker), first)
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(b"cut off")
    np.testing.assert_array_equal(speakers.say("hello there", speaker), first)
    with pytest.raises(EngineError, match="no voices of Kokoro's"):
        speakers.say("hello there", Speaker("kokoro", ("af_heart",)))
    speakers.close()


def test_a_rate_has_an_interval_that_a_longer_time_narrows() -> None:
    low, high = Rate("wakes", 0, 1.0).interval
    assert low == 0.0
    assert Rate("wakes", 0, 10.0).interval[1] == pytest.approx(high / 10)


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["hey"], 2, "'hey': a wake phrase is words of letters, 8 letters or more"),
        (["hey foreman", "--clips", "1"], 2, "--clips 1: 10 to 5000"),
        (["hey foreman"], 1, "wake/embedding, speakers/kokoro-82m, voice/en_US-joe-medium: not in place; run: "),
    ],
)
def test_what_cannot_be_taught_is_said_in_one_line(
    arguments: list[str],
    status: int,
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LINE_ASSISTANT_MODELS", str(tmp_path / "none"))
    with pytest.raises(SystemExit) as ended:
        main(["models", "train-wake", *arguments])
    assert ended.value.code == status
    said = capsys.readouterr().err
    assert problem in said
    assert len(said.strip().splitlines()) == 1
