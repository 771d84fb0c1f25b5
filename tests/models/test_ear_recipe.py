"""What the ear is taught to write of the assistant's own voice: the id that was said, and none that is measured."""

from __future__ import annotations

import importlib
import random
import re
from functools import cache
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assistant.bench import ids
from assistant.bootstrap import Site, load_site
from assistant.domain.spoken.mentions import Entities
from assistant.turn.wording import wording

COUNT = 300
NOTHING = Entities(ids={}, names={})


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found by their folder, as when they are run."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "models" / "ear"))


def script(name: str) -> ModuleType:
    return importlib.import_module(name)


@cache
def the_site() -> Site:
    return load_site(None)


def answers() -> list[dict[str, Any]]:
    return list(islice(script("make_clips").answers(the_site(), 7), COUNT))


def read(text: str) -> list[str]:
    """The digits of every id in it, as the site's reader has them."""
    mentions = wording(text, the_site().reader.language, NOTHING).mentions.values()
    return [digits for mention in mentions for digits in mention.heard]


def test_a_label_is_read_as_the_id_that_was_said() -> None:
    for row in answers():
        said = read(row["said"])
        assert len(said) == 1, row
        assert read(row["label"]) == said, row
        assert read(script("lessons").bare(row["label"], row["said"])) == said, row


def test_no_id_is_learnt_that_is_measured() -> None:
    lots = ids.with_ids(the_site(), ids.COUNT, random.Random(ids.SEED)).plant.lots
    measured = {re.sub(r"\D", "", unit) for lot in lots for unit in (lot.id, *lot.board_ids())}
    learnt = {digits for row in answers() for digits in read(row["said"])}
    assert len(measured) > ids.COUNT / 2 and len(learnt) > COUNT / 2
    assert not learnt & measured
