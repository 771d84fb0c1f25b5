from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bench import Share, Spread, Value
from assistant.bench.asked import SENTENCES, STAGES, measure
from assistant.domain.values import Decision
from tests.a_core import SUPERVISOR, the_site
from tests.turn.test_lookups import knowing, three_lots


@pytest.mark.parametrize("said", SENTENCES)
async def test_a_week_is_asked_for_in_one_sentence(said: str) -> None:
    async with knowing(three_lots()) as bench:
        answer = await bench.say(said, SUPERVISOR)
        assert (answer.intent, answer.slots, answer.decision) == ("report", {"period": "week"}, Decision.ANSWERED)
        assert "11 boards were made and 2 failed" in answer.say


async def test_words_and_sound_of_a_stretch_of_the_plant_are_timed(tmp_path: Path) -> None:
    found = [one async for one in measure(the_site(), None, tmp_path, days=0.05, times=1)]
    values = {one.name.partition(": ")[2]: one.value for one in found if isinstance(one, Value)}
    assert values["events in the log"] > 5000 and values["the next start"] > 0
    spreads = [one for one in found if isinstance(one, Spread)]
    assert len(spreads) == len(STAGES) + 4 and all(one.n == len(SENTENCES) and one.value > 0 for one in spreads)
    (share,) = (one for one in found if isinstance(one, Share))
    assert share.n == len(SENTENCES)
