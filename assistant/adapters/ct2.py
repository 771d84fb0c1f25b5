"""CTranslate2's model file, and an adapter added to its weights: the same bytes on every machine.

The file (its binary version 6, python/ctranslate2/specs/model_spec.py): version, name of the specification, its
revision; a number of variables, each with name, rank, shape, type, length and bytes; a number of aliases (name,
variable). Numbers are little-endian; a string is its length (uint16), UTF-8, and a zero, which the length counts.

An adapter is an .npz with two float16 matrices for each weight that it changes: `NAME:a`, shape (rank, inputs), and
`NAME:b`, shape (outputs, rank); the weight becomes itself plus b times a.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelError

VERSION = 6
TYPES = ("float32", "int8", "int16", "int32", "float16")
"""By the number that the file gives them."""
BLOCK = 512
"""Rows of a weight that are changed at a time."""

Matrix = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What the file holds."""

    spec: str
    """Kind of model, `WhisperSpec`."""
    revision: int
    variables: Mapping[str, Matrix]
    """In the file's order; not to be written to."""
    aliases: tuple[tuple[str, str], ...]
    """(another name, variable)."""


def read(file: Path) -> Model:
    """Raises ModelError for what is no such file."""
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise ModelError(f"{file}: {exc.strerror or exc}") from exc
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError) as exc:
        raise ModelError(f"{file}: no CTranslate2 model that can be read ({exc})") from exc


def _read(data: bytes) -> Model:
    at = 0

    def take(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{kind}", data, at)
        at += struct.calcsize(kind)
        return int(value)

    def string() -> str:
        nonlocal at
        length = take("H")
        at += length
        return data[at - length : at - 1].decode()

    if (version := take("I")) != VERSION:
        raise ValueError(f"version {version} and not {VERSION}")
    spec, revision = string(), take("I")
    variables = {}
    for _ in range(take("I")):
        name = string()
        shape = tuple(take("I") for _ in range(take("B")))
        kind, length = np.dtype(TYPES[take("B")]), take("I")
        values = np.frombuffer(data, kind, length // kind.itemsize, at)
        variables[name] = values.reshape(shape)
        at += length
    aliases = tuple((string(), string()) for _ in range(take("I")))
    if at != len(data):
        raise ValueError(f"{len(data) - at} bytes too many")
    return Model(spec, revision, variables, aliases)


def blocks(model: Model) -> Iterator[bytes]:
    """The file's bytes, a piece at a time."""

    def string(text: str) -> bytes:
        return struct.pack("<H", len(text.encode()) + 1) + text.encode() + b"\0"

    yield struct.pack("<I", VERSION) + string(model.spec) + struct.pack("<II", model.revision, len(model.variables))
    for name, values in model.variables.items():
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        yield string(name) + shape + struct.pack("<BI", TYPES.index(values.dtype.name), values.nbytes)
        yield values.tobytes()
    yield struct.pack("<I", len(model.aliases)) + b"".join(string(one) + string(two) for one, two in model.aliases)


def adapted(base: Model, adapter: Path, done: Callable[[float], None] = lambda share: None) -> Model:
    """The model with an adapter's changes in it. Raises ModelError for an adapter of another model.

    Sums are made one rank after the other, in float64, element by element, so that no library of linear algebra decides
    in which order: the result is the same to the last bit wherever it is made. `done` is told what share is done.
    """
    try:
        with np.load(adapter, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
    except (OSError, ValueError) as exc:
        raise ModelError(f"{adapter}: no adapter that can be read ({exc})") from exc
    variables = dict(base.variables)
    names = sorted({name.rpartition(":")[0] for name in parts})
    for number, name in enumerate(names, 1):
        try:
            weight, one, two = variables[name], parts[f"{name}:a"], parts[f"{name}:b"]
        except KeyError as exc:
            raise ModelError(f"{adapter}: {exc.args[0]} is missing in it or in the base model") from exc
        if weight.shape != (*two.shape[:1], *one.shape[1:]) or two.shape[1:] != one.shape[:1]:
            raise ModelError(f"{adapter}: {name} is of another shape than the base model's")
        variables[name] = _changed(weight, one, two)
        done(number / len(names))
    return Model(base.spec, base.revision, variables, base.aliases)


def _changed(weight: Matrix, one: Matrix, two: Matrix) -> Matrix:
    result = np.empty_like(weight)
    one, two = one.astype(np.float64), two.astype(np.float64)
    for at in range(0, len(weight), BLOCK):
        sums = weight[at : at + BLOCK].astype(np.float64)
        for rank in range(len(one)):
            sums += two[at : at + BLOCK, rank, None] * one[rank]
        result[at : at + BLOCK] = sums.astype(weight.dtype)
    return result
