"""`hardware/stations.yaml`: what may be asked for where, and mistakes in it named by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SiteError
from assistant.settings import stations
from assistant.settings.stations import WORDS, Stations

ACTIONS, PLACES = ("hold", "scrap"), ("PRN-1", "SMT-1")


def read(folder: Path, text: str) -> Stations | None:
    (folder / "stations.yaml").write_text(text)
    return stations.load(folder, ACTIONS, PLACES, WORDS)


def test_without_the_file_nothing_is_restricted(tmp_path: Path) -> None:
    assert stations.load(tmp_path, ACTIONS, PLACES, ()) is None


def test_what_is_not_listed_is_refused_and_a_station_s_own_list_is_the_whole_of_it(tmp_path: Path) -> None:
    where = read(tmp_path, "headset: [hold]\nterminal: [hold, scrap]\nstations: {PRN-1: {headset: []}}\n")
    assert where is not None
    assert [where.allows(intent, "headset", "SMT-1") for intent in ACTIONS] == [True, False]
    assert [where.allows(intent, "headset", "PRN-1") for intent in ACTIONS] == [False, False]
    assert [where.allows(intent, "terminal", "PRN-1") for intent in ACTIONS] == [True, True]
    assert not where.allows("release", "terminal", ""), "an intent that the file does not name"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("headset: [hold, hodl]\nterminal: []\n", "headset"),
        ("headset: []\nterminal: [status]\n", "terminal"),
        ("headset: []\nterminal: []\nstations: {PRN-9: {headset: [hold]}}\n", "stations"),
        ("headset: []\nterminal: []\nstations: {PRN-1: {terminal: [hodl]}}\n", "stations.PRN-1.terminal"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(SiteError) as caught:
        read(tmp_path, text)
    assert "stations.yaml" in str(caught.value) and caught.value.key == key


def test_a_site_without_the_words_for_a_refusal_is_told_which(tmp_path: Path) -> None:
    (tmp_path / "stations.yaml").write_text("headset: [hold]\nterminal: [hold]\n")
    with pytest.raises(SiteError, match="not_at_terminal"):
        stations.load(tmp_path, ACTIONS, PLACES, [word for word in WORDS if word != "not_at_terminal"])
