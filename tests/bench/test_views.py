from __future__ import annotations

from pathlib import Path

from assistant.bench import Figure, Spread, Value, percentile
from assistant.bench.views import measure
from tests.a_core import the_site


def test_every_figure_is_of_something_that_was_done(tmp_path: Path) -> None:
    found = list(measure(the_site(), tmp_path, 4000, asked=20, starts=1))
    assert all(figure.ours > 0 and figure.reference > 0 for figure in found if isinstance(figure, Figure))
    values = {value.name: value for value in found if isinstance(value, Value)}
    spreads = {spread.name: spread for spread in found if isinstance(spread, Spread)}
    assert all("4,000 events" in name for name in (*values, *spreads))
    # Beside those whose answers are held against SQL, which the measurement does itself.
    assert len([spread for spread in spreads.values() if spread.unit == "ms" and spread.value > 0]) > 15
    assert spreads["4,000 events: known again at a start, from the snapshot, median"].low > 0
    most = values["4,000 events: memory of the process, at its most, meanwhile"].value
    assert most > values["4,000 events: size of the snapshot"].value > 0


def test_a_percentile_is_one_of_the_values_and_its_interval_is_about_it() -> None:
    found = percentile("those of 1 to 200", range(200, 0, -1), 0.95, "ms")
    assert (found.value, found.low, found.high) == (190, 184, 197)
    assert percentile("those of one", [3.0], 0.95, "ms").high == 3.0
