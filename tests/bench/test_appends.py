from __future__ import annotations

from pathlib import Path

from assistant.adapters import eventlog
from assistant.bench.appends import BATCHES, WARM_UP, measure


def test_both_sides_store_what_they_are_timed_for(tmp_path: Path) -> None:
    figures = measure(tmp_path, rounds=4)
    assert [figure.n for figure in figures] == [4] * len(BATCHES)
    for batch, figure in zip(BATCHES, figures, strict=True):
        assert str(batch) in figure.name
        assert min(figure.ours, figure.reference, figure.ratio) > 0
        assert eventlog.verify(tmp_path / f"batch-{batch}")[0] == batch * (4 + WARM_UP)
