"""The picture of hearing in noise."""

from __future__ import annotations

import json
from itertools import pairwise
from xml.etree import ElementTree

from assistant.bench import Share
from tests.bench.noise_picture import CLEAN, LOOKS, curves, picture


def line(name: str, right: int, n: int) -> str:
    return json.dumps({"name": name, "right": right, "n": n})


LINES = [
    line("ours, people, as recorded", 24, 25),
    line("ours, people, in café and kitchen at 6 dB", 15, 25),
    line("ours, people, in café and kitchen at 6 dB", 20, 25),
    line("PocketSphinx, people, in café and kitchen at 6 dB", 1, 25),
    line("ours, synthetic, in noise at 6 dB", 9, 9),
    line("ours, the same without a question before it", 0, 50),
    json.dumps({"name": "hear one clip", "ours": 1.0}),
]


def test_rows_of_one_name_are_added_up_and_others_passed_over() -> None:
    found = curves(LINES)
    assert {who: {at: (share.right, share.n) for at, share in curve.items()} for who, curve in found.items()} == {
        "ours": {CLEAN: (24, 25), 6.0: (35, 50)},
        "PocketSphinx": {6.0: (1, 25)},
    }
    assert found["ours"][6.0].interval == Share("", 35, 50).interval


def test_every_line_has_its_name_and_none_stands_over_another() -> None:
    drawn = ElementTree.fromstring(picture(curves(LINES)))
    names = [text for text in drawn.iter("{http://www.w3.org/2000/svg}text") if text.get("font-weight") == "bold"]
    assert {text.text for text in names} == {LOOKS[who][0] for who in LOOKS if who != "faster-whisper"}
    heights = sorted(float(str(text.get("y"))) for text in names)
    assert all(below - above >= 19.9 for above, below in pairwise(heights))
