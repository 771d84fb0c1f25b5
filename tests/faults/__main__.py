"""`python -m tests.faults`: every campaign at full size, a table, and exit status 1 when anything went wrong."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.tally import Tally

SEED = 7


@dataclass(frozen=True)
class Campaign:
    """One module of this folder."""

    name: str
    full: int
    """Faults at full size."""
    short: int
    """Faults in `make test`."""
    run: Callable[[int, int, Path], Awaitable[Tally]]
    """Takes how many, a seed and an empty folder."""


def campaigns() -> dict[str, Campaign]:
    """All of them by name: each is a module of this folder with FULL, SHORT and `run(times, seed, folder)`."""
    found: dict[str, Campaign] = {}
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        module = None if file.stem.startswith("test_") else importlib.import_module(f"tests.faults.{file.stem}")
        if module is not None and hasattr(module, "FULL"):
            found[file.stem] = Campaign(file.stem, module.FULL, module.SHORT, module.run)
    return found


def main() -> int:
    """See the module."""
    known = campaigns()
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=known, help="this campaign (may be given again)")
    parser.add_argument("--times", type=int, help="so many faults in each instead of its full size")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--keep", type=Path, help="leave logs and ledgers in this folder")
    asked = parser.parse_args()
    tallies = []
    for name in asked.only or known:
        campaign = known[name]
        with tempfile.TemporaryDirectory(prefix=f"faults-{name}-") as fresh:
            folder = Path(fresh) if asked.keep is None else asked.keep / name
            folder.mkdir(parents=True, exist_ok=True)
            times = campaign.full if asked.times is None else asked.times
            tallies.append(asyncio.run(_run(campaign, times, asked.seed, folder)))
        print(tallies[-1], flush=True)  # noqa: T201
        for problem in tallies[-1].problems:
            print(f"    {problem}", flush=True)  # noqa: T201
    if asked.json is not None:
        asked.json.write_text(json.dumps([tally.record() for tally in tallies], indent=1) + "\n", encoding="utf-8")
    return 1 if any(tally.problems for tally in tallies) else 0


async def _run(campaign: Campaign, times: int, seed: int, folder: Path) -> Tally:
    return await campaign.run(times, seed, folder)


if __name__ == "__main__":
    sys.exit(main())
