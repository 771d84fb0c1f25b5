"""`hardware/evidence.yaml`: off unless a site says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SiteError
from assistant.settings import evidence
from assistant.settings.paths import shipped_site


def test_the_shipped_site_keeps_no_sound_and_neither_does_one_without_the_file(tmp_path: Path) -> None:
    assert evidence.load(shipped_site() / "hardware").keep_audio_hours == 0
    assert evidence.load(tmp_path).keep_audio_hours == 0


@pytest.mark.parametrize("value", ["-1", "for ever", "99999"])
def test_what_is_no_number_of_hours_is_named(tmp_path: Path, value: str) -> None:
    (tmp_path / "evidence.yaml").write_text(f"keep_audio_hours: {value}\n")
    with pytest.raises(SiteError) as caught:
        evidence.load(tmp_path)
    assert "evidence.yaml:1" in str(caught.value) and caught.value.key == "keep_audio_hours"
