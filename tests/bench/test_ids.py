"""Ids said by our own voice and heard again: the site of the day, and a few of them for real."""

from __future__ import annotations

import random

import pytest

from assistant import bootstrap
from assistant.bench import Share, ids
from assistant.bootstrap import first_entities, first_world


def test_so_many_ids_at_random_are_there_and_none_of_the_plants_own() -> None:
    site = bootstrap.load_site(None)
    crowded = ids.with_ids(site, 100, random.Random(1))
    known = first_entities(first_world(crowded.plant), crowded.reader.language).ids
    assert (len(known["lot"]), len(known["board"])) == (50, 50)
    assert known["lot"] != {lot.id for lot in site.plant.lots}
    assert all(text.count("{unit}") == 1 and text.count("{") == 1 for text in ids.sentences(site))


@pytest.mark.usefixtures("whisper_folder", "voice_folder")
def test_what_our_own_voice_says_is_heard_again() -> None:
    rows = [row for row in ids.measure(bootstrap.load_site(None), None, 8) if isinstance(row, Share)]
    everything, *each, other = rows
    assert everything.n == sum(share.n for share in each) == 8
    assert everything.right >= 4 and other.right == 0, rows
