"""The card of the language model's adapter: what is on it, and what is refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SiteError
from assistant.settings import manifest, meaning
from assistant.settings.paths import shipped_site
from assistant.turn.understand import Calibration
from tests.site import the_intents

GOOD = """\
base: meaning/one
file: line.gguf
before: "<s>"
after: "</s>"
end: "</s>"
lora: {rank: 16, alpha: 32}
intents: [hold, "yes"]
calibration: [[0.0, 0.1], [0.5, 0.1], [0.5, 0.4], [1.0, 0.9]]
"""


def card(models: Path, text: str) -> Path:
    """A site's models/ with this card in it."""
    file = models / "meaning" / "adapter.yaml"
    file.parent.mkdir()
    file.write_text(text)
    return file


def test_the_shipped_card() -> None:
    models = shipped_site() / "models"
    loaded = meaning.load(models)
    assert loaded is not None
    adapter, file = loaded
    assert file == models / "meaning" / adapter.file
    assert manifest.load(models).models[adapter.base].role == "meaning"
    assert set(adapter.intents) <= set(the_intents().by_name)
    assert adapter.before and adapter.after and adapter.end


def test_the_shipped_calibration_is_of_shares() -> None:
    loaded = meaning.load(shipped_site() / "models")
    assert loaded is not None
    calibration = Calibration(loaded[0].calibration)
    assert all(0 <= number <= 1 for point in calibration.points for number in point)
    assert 0 <= calibration.confidence(0.0) <= calibration.confidence(1.0) <= 1


def test_a_site_without_a_card_has_no_language_model(tmp_path: Path) -> None:
    assert meaning.load(tmp_path) is None
    (tmp_path / "meaning").mkdir()
    assert meaning.load(tmp_path) is None


def test_a_card_is_read_whether_its_file_is_there_or_not(tmp_path: Path) -> None:
    file = card(tmp_path, GOOD)
    loaded = meaning.load(tmp_path)
    assert loaded is not None
    adapter, weights = loaded
    assert (adapter.base, adapter.lora.rank, adapter.intents) == ("meaning/one", 16, ("hold", "yes"))
    assert adapter.calibration == ((0.0, 0.1), (0.5, 0.1), (0.5, 0.4), (1.0, 0.9))
    assert weights == file.parent / "line.gguf" and not weights.exists()


def test_a_model_that_was_not_measured_is_believed_as_it_says(tmp_path: Path) -> None:
    card(tmp_path, "".join(line for line in GOOD.splitlines(True) if not line.startswith(("intents", "calibration"))))
    loaded = meaning.load(tmp_path)
    assert loaded is not None
    assert loaded[0].intents == () and loaded[0].calibration == Calibration().points


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("rank: 16", "rank: many", 6, "rank"),
        ("alpha: 32", "alfa: 32", 6, "alfa"),
        ("lora: {rank: 16, alpha: 32}\n", "", 1, ""),
        ("base: meaning/one", "base: 3", 1, "base"),
        ("file: line.gguf", "files: line.gguf", 2, "files"),
        ("intents: [hold", "intents: [3", 7, "intents"),
        ("[0.5, 0.4]", "[0.5]", 8, "calibration"),
        ("[0.5, 0.4]", "[0.5, much]", 8, "calibration"),
        ('before: "<s>"', 'before: "<s>"\nbefore: "<s>"', 4, "before"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str) -> None:
    assert old in GOOD
    file = card(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SiteError) as caught:
        meaning.load(tmp_path)
    assert str(caught.value).startswith(f"{file}:{line}: {key}") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "points",
    [
        "[]",
        "[[0.5, 0.5]]",
        "[[0.0, 0.0], [0.5, 0.6], [0.4, 0.7], [1.0, 1.0]]",  # probabilities fall
        "[[0.0, 0.0], [0.5, 0.6], [0.6, 0.5], [1.0, 1.0]]",  # shares fall
        "[[1.0, 1.0], [0.0, 0.0]]",
        "[[0.0, 0.0], [1.0, 9.5]]",  # no share
        "[[0.0, -0.5], [1.0, 1.0]]",
        "[[0, 0], [100, 1]]",  # no probability
    ],
)
def test_a_calibration_that_cannot_be_is_refused(tmp_path: Path, points: str) -> None:
    text = GOOD.partition("calibration:")[0] + f"calibration: {points}\n"
    file = card(tmp_path, text)
    with pytest.raises(SiteError, match="calibration") as caught:
        meaning.load(tmp_path)
    assert str(caught.value).startswith(str(file))
