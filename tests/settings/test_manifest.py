"""The shipped manifest keeps its promises, and a wrong one is refused with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelError, SiteError
from assistant.settings import manifest
from assistant.settings.paths import shipped_site

GOOD = """\
models:
  speech/one:
    role: speech
    default: true
    title: One
    licence: MIT
    files:
      - file: model.bin
        bytes: 3
        sha256: {sha256}
        pypi: [[one, 1.0.0, one/model.bin]]
""".format(sha256="a" * 64)


def test_the_shipped_manifest() -> None:
    shipped = manifest.load(shipped_site() / "models")
    assert shipped.default("speech") == "speech/line"
    assert shipped.base("speech/line") == "speech/base"
    assert shipped.default("voice") == "voice/en_US-joe-medium"
    assert shipped.default("wake") == "wake/embedding"
    assert {name for name, model in shipped.models.items() if model.default} == {
        "speech/line",
        "meaning/smollm2-135m-instruct",
        "voice/en_US-joe-medium",
        "wake/embedding",
    }
    for name, model in shipped.models.items():
        assert name.startswith(f"{model.role}/")
        assert model.licence
    voices = [weight for weight in shipped.models["speakers/kokoro-82m"].files if weight.file.startswith("voices/")]
    assert len({weight.sha256 for weight in voices}) == 54
    assert {weight.bytes for weight in voices} == {510 * 256 * 4}  # float32 styles of 1 to 510 tokens


def test_a_role_without_a_default(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text(GOOD)
    loaded = manifest.load(tmp_path)
    assert loaded.default("speech") == "speech/one"
    with pytest.raises(ModelError, match="no model of the manifest is the default for voice"):
        loaded.default("voice")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("sha256: aaaa", "sha256: AAAA", r"manifest.yaml: speech/one/model.bin: sha256 must be 64 hex digits"),
        ("bytes: 3", "bytes: 0", r"speech/one/model.bin: bytes must be above 0"),
        ("bytes: 3", "bytes: many", r"manifest.yaml:\d+: .*Expected `int`, got `str`"),
        ("file: model.bin", "file: ../model.bin", r"must be a path inside the model's folder"),
        ("file: model.bin", "file: /etc/model.bin", r"must be a path inside the model's folder"),
        ("file: model.bin", "file: .model.bin.verified", r"must be a path inside the model's folder"),
        ("speech/one:", "../../one:", r"an id is words with slashes between them"),
        ("        pypi: [[one, 1.0.0, one/model.bin]]\n", "", r"speech/one/model.bin: no source"),
        ("    licence: MIT\n", "", r"manifest.yaml:\d+: .*missing required field `licence`"),
        ("licence: MIT", "licence: MIT\n    hub: somebody/one", r"speech/one: hub must be repository@revision"),
        ("role: speech", "role: ears", r"manifest.yaml:\d+: .*Invalid enum value 'ears'"),
        ("title: One", "title: One\n    colour: red", r"manifest.yaml:\d+: colour: Object contains unknown field"),
        ("models:", "models:\n  speech/two: {role: speech, default: true, title: T, licence: L, files: []}", "files"),
    ],
)
def test_a_wrong_manifest_names_the_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    (tmp_path / "manifest.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SiteError, match=problem):
        manifest.load(tmp_path)


def test_one_default_a_role(tmp_path: Path) -> None:
    twice = GOOD + GOOD.removeprefix("models:\n").replace("speech/one", "speech/two")
    (tmp_path / "manifest.yaml").write_text(twice)
    with pytest.raises(SiteError, match="more than one model is the default for speech"):
        manifest.load(tmp_path)
