"""The wheel: one top-level name, and all of the site's data inside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from assistant.settings.paths import SITE_FOLDERS, shipped_site

ROOT = shipped_site()
NOT_DATA = {".py", ".md"}
"""Recipes and cards stay in the repository."""


def test_the_wheel_carries_the_site_and_installs_one_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        top = {name.split("/")[0] for name in names if ".dist-info" not in name}
        assert top == {"assistant"}
        tracked = subprocess.run(
            ["git", "ls-files", *SITE_FOLDERS], cwd=ROOT, check=True, capture_output=True, text=True
        )
        data = {
            f for f in tracked.stdout.split() if Path(f).suffix not in NOT_DATA and f != "models/speech/commands.yaml"
        }
        # What clips and adapter were made from stays; they themselves travel.
        data -= {
            "models/speech/demo.yaml",
            "models/speech/stories.yaml",
            "models/speech/free.yaml",
            "models/meaning/frames.yaml",
            "models/meaning/noise.yaml",
        }
        data -= {"models/speech/check.yaml"} | {file for file in data if file.startswith("models/speech/reserved")}
        data -= {"models/ear/recipe.yaml"}
        data -= {file for file in data if file.startswith("models/meaning/plans/")}
        assert {f"assistant/site/{file}" for file in data} == {n for n in names if n.startswith("assistant/site/")}
        archive.extractall(tmp_path / "installed")
    # It stands on its own: no checkout beside it.
    said = [sys.executable, "-m", "assistant", "ask", "--parse-only", "--data", str(tmp_path / "d"), "hold lot 4712"]
    done = subprocess.run(said, cwd=tmp_path / "installed", capture_output=True, text=True, check=True)
    assert "hold lot=L4712" in done.stdout
