"""Reading a sentence among 20,000 live lots: our mentions and templates beside hassil with the ids as a list."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from statistics import median
from typing import Any

from assistant.bench import Figure
from assistant.bootstrap import Site, first_entities, first_world
from assistant.domain.speech import digits
from assistant.domain.spoken.mentions import Entities
from assistant.domain.things import Lot
from assistant.turn.read import Reader

LOTS = 20_000
DIGITS = 5
ROUNDS = 200
NOTE = "hassil alone, one template, the same ids as a list of 20,000 values, the id already written as digits"


def measure(site: Site, lots: int = LOTS, rounds: int = ROUNDS) -> Figure:
    """Median milliseconds to read one sentence that names one of so many lots."""
    reader, entities = _ours(site, lots)
    reference = _Reference(lots)
    chosen = random.Random(20)  # noqa: S311 (the same lots each time)
    ours: list[float] = []
    theirs: list[float] = []
    for number in (chosen.randrange(lots) for _ in range(rounds)):
        spelled = f"{number:0{DIGITS}d}"
        started = time.perf_counter()
        (command,) = reader.read(f"hold lot {digits(spelled)}, bridging", entities)
        ours.append(1000 * (time.perf_counter() - started))
        if command.slots != {"lot": f"L{spelled}", "reason": "bridging"}:
            raise AssertionError(f"lot {spelled} was read as {command.slots}")
        started = time.perf_counter()
        if reference.read(f"hold lot {spelled} bridging") != spelled:
            raise AssertionError(f"the reference does not find {spelled}")
        theirs.append(1000 * (time.perf_counter() - started))
    mine, other = median(ours), median(theirs)
    return Figure(f"read a sentence among {lots} live lots", mine, other, mine / other, rounds, "ms", NOTE)


def _ours(site: Site, lots: int) -> tuple[Reader, Entities]:
    """The site's reader and a plant with so many lots, whose ids have DIGITS digits."""
    kinds = tuple(
        replace(kind, digits=DIGITS)
        if kind.kind == "lot"
        else replace(kind, digits=7)
        if kind.kind == "board"
        else kind
        for kind in site.reader.language.kinds
    )
    language = replace(site.reader.language, kinds=kinds)
    world = first_world(site.plant)
    world.lots = {ident: Lot(ident) for ident in (f"L{number:0{DIGITS}d}" for number in range(lots))}
    return replace(site.reader, language=language), first_entities(world, language)


class _Reference:
    """What one does with hassil when ids are values of a list."""

    def __init__(self, lots: int) -> None:
        import hassil

        self._hassil: Any = hassil
        ids = [f"{number:0{DIGITS}d}" for number in range(lots)]
        self._lists = {"lot": hassil.TextSlotList.from_strings(ids, name="lot")}
        sentences = ["(hold|lock|block|quarantine) [the|a] lot {lot} [(for|because of)] (bridging|tombstone|void)"]
        self._intents = hassil.Intents.from_dict(
            {"language": "en", "intents": {"hold": {"data": [{"sentences": sentences}]}}}
        )

    def read(self, text: str) -> str:
        """The lot that it finds."""
        result = self._hassil.recognize(text, self._intents, slot_lists=self._lists)
        return "" if result is None else str(result.entities["lot"].value)
