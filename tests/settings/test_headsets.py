from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.sound import Listed
from assistant.bootstrap.headset import places, profile_of
from assistant.domain.values import Session
from assistant.errors import SiteError, UsageError
from assistant.settings import earcons, headsets
from assistant.settings.paths import shipped_site

HARDWARE = shipped_site() / "hardware"
WHO = Session("OP-17", "PRN-1")


def device(name: str, inputs: int = 1, outputs: int = 2) -> Listed:
    return Listed(name, "ALSA", inputs, outputs, 48_000.0)


def site(folder: Path, stations: str = "", **profiles: str) -> Path:
    (folder / "headsets").mkdir()
    for name, text in profiles.items():
        (folder / "headsets" / f"{name}.yaml").write_text(text)
    if stations:
        (folder / "places.yaml").write_text(stations)
    return folder


@pytest.mark.parametrize(
    ("name", "headset"),
    [
        ("Jabra Evolve 20: USB Audio", "usb"),
        ("Savi 8200 DECT: USB Audio", "dect"),
        ("bluez_card.00_11: hands-free", "bluetooth"),
        ("default", "any"),
        ("HDA Intel PCH: ALC295 Analog", "any"),
        ("HDMI 0", ""),
    ],
)
def test_the_shipped_profiles_know_their_headsets(name: str, headset: str) -> None:
    assert profile_of(headsets.load(HARDWARE), device(name)) == headset


def test_the_best_headset_that_is_there_is_taken() -> None:
    known = headsets.load(HARDWARE)
    (place,) = places(known, [device("default"), device("Jabra Link 380: USB Audio")], WHO)
    assert (place.profile, place.session) == ("usb", WHO)
    assert places(known, [device("HDMI 0", 0, 8)], WHO) == []
    assert places(known, [], WHO) == []


def test_one_may_be_named_by_hand_whether_a_profile_knows_it_or_not() -> None:
    known, listed = headsets.load(HARDWARE), [device("Jabra Link 380: USB Audio"), device("strange thing")]
    assert places(known, listed, WHO, "strange")[0].wanted.match == ("strange",)
    assert places(known, listed, WHO, "link 380")[0].wanted.only == "link 380"
    assert places(known, listed, WHO, "no such") == []
    with pytest.raises(UsageError, match="regular expression"):
        places(known, listed, WHO, "[")


def test_the_stations_of_a_site_are_served_whatever_is_plugged_in_now(tmp_path: Path) -> None:
    text = "stations: [{at: PRN-1, headset: usb, device: one}, {at: AOI-1, headset: usb, device: two}]"
    known = headsets.load(site(tmp_path, text, usb='headset: usb\nmatch: ["usb"]\nmicrophone_gain: 2.0'))
    served = places(known, [], WHO)
    assert [(place.session, place.wanted.only) for place in served] == [(WHO, "one"), (Session("", "AOI-1"), "two")]
    assert served[0].wanted.microphone_gain == 2.0


@pytest.mark.parametrize(
    ("profile", "stations", "says"),
    [
        ("headset: usb\nmatch: []", "", ["usb.yaml", "match"]),
        ('headset: usb\nmatch: ["["]', "", ["usb.yaml", "match", "regular expression"]),
        ('headset: other\nmatch: ["x"]', "", ["usb.yaml", "headset", "other.yaml"]),
        ('headset: usb\nmatch: ["x"]\nloudness: 3', "", ["usb.yaml:3", "loudness"]),
        ('headset: usb\nmatch: ["x"]\nside_tone: 2.0', "", ["usb.yaml:3", "side_tone"]),
        ('headset: usb\nmatch: ["x"]', "stations: [{at: PRN-1, headset: dect}]", ["places.yaml", "dect"]),
        (
            'headset: usb\nmatch: ["x"]',
            "stations: [{at: PRN-1, headset: usb}, {at: PRN-1, headset: usb}]",
            ["places.yaml", "PRN-1"],
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, profile: str, stations: str, says: list[str]) -> None:
    with pytest.raises(SiteError) as error:
        headsets.load(site(tmp_path, stations, usb=profile))
    assert all(word in str(error.value) for word in says), str(error.value)


def test_all_short_sounds_are_there_and_another_sites_need_not_be(tmp_path: Path) -> None:
    assert set(earcons.load(HARDWARE).sounds) == set(earcons.NAMES)
    assert earcons.load(tmp_path).sounds == {}
    (tmp_path / "earcons.yaml").write_text("sounds: {fanfare: [{hz: 440, ms: 50}]}")
    with pytest.raises(SiteError, match="fanfare"):
        earcons.load(tmp_path)
