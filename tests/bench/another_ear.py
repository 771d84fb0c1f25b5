"""What a person would have heard from an ear piece, by another ear."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from assistant import bootstrap
from assistant.adapters.audiofile import RATE
from assistant.domain.spoken.numbers import is_number, readings
from tests.recorded import recorded

LONGEST_S = 30


async def heard_from(file: Path) -> str:
    """The words of a recording of the ear piece, 16 kHz, in small letters; none: empty."""
    ear = bootstrap.ear(None, None)
    try:
        heard = await ear.hear(recorded(file)[: LONGEST_S * RATE])
    finally:
        ear.close()
    return heard.hypotheses[0].text.lower() if heard.hypotheses else ""


def digits(words: str) -> list[str]:
    """Numbers as digits, however this ear writes them: `lot 4711`, `47 double 1`, `four seven one one`, `for 711`."""
    numbers = bootstrap.load_site(None).reader.language.numbers
    said = (str(numbers.slips.get(word, word)) for word in re.findall(r"[a-z]+|\d+", words))
    runs = groupby(said, lambda word: is_number(word, numbers) or word in numbers.repeats)
    return [found[0] for number, run in runs if number and (found := readings(list(run), numbers))]
