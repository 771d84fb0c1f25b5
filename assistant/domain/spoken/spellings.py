"""What a template says: `[a] lot of (skim|skimmed) milk` is four phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

_PIECE = re.compile(r"[\[\](|)]|<[^>]*>|[^\[\](|)<\s]+")
Words = tuple[str, ...]


def phrases(template: str, rules: Mapping[str, str] = {}, most: int = 500) -> list[Words]:
    """The phrases, each once, as words; none where there are more than `most` or where it holds a slot.

    `rules`: name -> the template that `<name>` stands for. A template that does not close its brackets has no phrases,
    nor has one whose parts may come in any order.
    """
    try:
        found = _choices(iter(_pieces(template, rules, 0)), most)
    except _NoneError:
        return []
    return list(dict.fromkeys(words for words in found if words))


class _NoneError(Exception):
    """There are no phrases, or too many."""


def _pieces(template: str, rules: Mapping[str, str], depth: int) -> Iterator[str]:
    if "{" in template or ";" in template or depth > len(rules):
        raise _NoneError
    for piece in _PIECE.findall(template.lower()):
        if piece.startswith("<"):
            yield "("
            yield from _pieces(rules.get(piece[1:-1], "{}"), rules, depth + 1)
            yield ")"
        else:
            yield piece


def _choices(pieces: Iterator[str], most: int, closing: str = "") -> list[Words]:
    """Up to the bracket that closes: what each of the alternatives says."""
    found: list[Words] = []
    row: list[Words] = [()]
    for piece in pieces:
        if piece == closing:
            return [*found, *row]
        if piece == "|":
            found, row = [*found, *row], [()]
            continue
        if piece in ")]":
            raise _NoneError
        row = _followed(row, _one(piece, pieces, most), most)
    if closing:
        raise _NoneError
    return [*found, *row]


def _one(piece: str, pieces: Iterator[str], most: int) -> list[Words]:
    if piece == "[":
        return [(), *_choices(pieces, most, "]")]
    return _choices(pieces, most, ")") if piece == "(" else [(piece,)]


def _followed(row: Sequence[Words], after: Sequence[Words], most: int) -> list[Words]:
    if len(row) * len(after) > most:
        raise _NoneError
    return [(*before, *then) for before, then in product(row, after)]
