"""Whether words that a microphone brings back are the assistant's own."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.turn.sounds import Speech


def own(text: str, speech: Speech) -> bool:
    """Whether words that came back are those that it is saying: four in five of them, in its own order."""
    said, heard = _plain(" ".join(speech.sentences[max(0, speech.at - 1) : speech.at + 2])), _plain(text)
    return bool(heard) and 5 * _in_order(heard, said) >= 4 * len(heard)


def _plain(text: str) -> list[str]:
    return "".join(char.lower() if char.isalnum() or char == "'" else " " for char in text).split()


def _in_order(heard: Sequence[str], said: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(said) + 1)
    for word in heard:
        before = 0
        for place, other in enumerate(said, start=1):
            before, row[place] = row[place], before + 1 if word == other else max(row[place], row[place - 1])
    return row[-1]
