"""The plant's journal in memory: every entry since it began, the older ones pressed together."""

from __future__ import annotations

import zlib

BLOCK = 1000
"""Entries pressed together: a week of two lines is kept in about a twentieth of its size."""


class Journal:
    """Entries by sequence number, from 1."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._fresh: list[str] = []
        self._read: tuple[int, list[str]] = (-1, [])
        """The block that was read last, and its entries."""

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._fresh)

    def append(self, entry: str) -> None:
        """One more entry: a line of text."""
        self._fresh.append(entry)
        if len(self._fresh) >= 2 * BLOCK:  # what is read all the time stays as it is
            block, self._fresh = self._fresh[:BLOCK], self._fresh[BLOCK:]
            self._blocks.append(zlib.compress("\n".join(block).encode(), 1))

    def after(self, sequence: int, most: int) -> list[str]:
        """Up to so many entries with higher numbers, in order; at least one where there is any."""
        sequence = max(0, sequence)
        if most <= 0 or sequence >= len(self):
            return []
        number, inside = divmod(sequence, BLOCK)
        if number >= len(self._blocks):
            first = sequence - len(self._blocks) * BLOCK
            return self._fresh[first : first + most]
        if self._read[0] != number:
            self._read = number, zlib.decompress(self._blocks[number]).decode().split("\n")
        return self._read[1][inside : inside + most]
