# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["gguf==0.19.0", "numpy==2.4.6"]
# ///
"""The mean of adapters that went on from each other: one file as small and as fast as each of them.

::

    uv run models/meaning/average.py models/meaning/line.gguf third.gguf fourth.gguf

The factors of the low-rank changes are averaged one by one, which is the mean of what they do only where the adapters
lie near each other: they must be stages of one training. (Weight averaging: Wortsman et al., "Model soups", 2022.)
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import gguf
import numpy as np


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("adapters", type=Path, nargs="+")
    asked = parser.parse_args()
    stages = [{tensor.name: tensor.data for tensor in gguf.GGUFReader(file).tensors} for file in asked.adapters]
    if any(stage.keys() != stages[0].keys() for stage in stages):
        raise SystemExit("average.py: these adapters do not change the same layers")
    shutil.copy(asked.adapters[-1], asked.out)
    for tensor in gguf.GGUFReader(asked.out, "r+").tensors:
        mean = np.mean([stage[tensor.name].astype(np.float32) for stage in stages], axis=0)
        tensor.data[:] = mean.astype(tensor.data.dtype)


if __name__ == "__main__":
    main()
