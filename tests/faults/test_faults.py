"""Every campaign at its short size; `make faults` runs them at their full one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.__main__ import SEED, campaigns

CAMPAIGNS = campaigns()


@pytest.mark.parametrize("name", CAMPAIGNS)
async def test_nothing_goes_wrong_when_this_does(name: str, tmp_path: Path) -> None:
    campaign = CAMPAIGNS[name]
    tally = await campaign.run(campaign.short, SEED, tmp_path)
    print(tally)  # noqa: T201
    assert tally.problems == [] and tally.n > 0
