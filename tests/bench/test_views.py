from __future__ import annotations

from pathlib import Path

from assistant.bench import Figure, Value
from assistant.bench.views import measure
from tests.a_core import the_site


def test_every_figure_is_of_something_that_was_done(tmp_path: Path) -> None:
    found = list(measure(the_site(), tmp_path, 4000))
    assert all(figure.ours > 0 and figure.reference > 0 for figure in found if isinstance(figure, Figure))
    values = {value.name: value for value in found if isinstance(value, Value)}
    assert all("4,000 events" in name for name in values)
    # Beside those whose answers are held against SQL, which the measurement does itself.
    assert len([value for value in values.values() if value.unit == "ms" and value.value > 0]) > 15
    assert values["4,000 events: known again at a start, from the snapshot"].value > 0
