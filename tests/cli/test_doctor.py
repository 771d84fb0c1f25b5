"""`assistant doctor`: one line a finding, the one thing to do, and an exit status that tells."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.adapters.eventlog import SqliteLog
from assistant.domain import events as e
from assistant.settings import security
from assistant.settings.paths import cache_dir, shipped_site
from tests.fakes import certified
from tests.processes import a_line


def doctor(*arguments: str, cache: Path | None = None, env: dict[str, str] | None = None) -> tuple[int, list[str]]:
    env = {**os.environ, "LINE_ASSISTANT_MODELS": str(cache or cache_dir()), **(env or {})}
    command = [sys.executable, "-m", "assistant", "doctor", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)
    return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()


OF_THE_BOX = ("disk", "processor", "memory", "clock", "headset")
"""What the machine that the tests run on may lack, and nothing here can help."""


def test_all_is_well(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        status, lines = doctor("--data", str(tmp_path / "data"), env=line.env)
    assert status == 0, lines
    found = {line[9:].partition(":")[0]: line for line in lines}
    assert {*OF_THE_BOX, "event log", "machines"} <= set(found)
    assert [line for what, line in found.items() if what not in OF_THE_BOX and not line.startswith("ok ")] == []
    assert any("understanding" in line for line in lines)
    assert any("sound kept: 0 recordings, 0.0 MB, none is to be" in line for line in lines)


def test_a_log_that_was_changed_and_a_clock_that_went_back_are_broken(tmp_path: Path) -> None:
    ahead = e.Event("n1", "/assistant", "turn-1", time.time() + 7200, e.NoteTaken("belt squeaks", "OP-17"))
    with closing(SqliteLog(tmp_path)) as log:
        log.append([ahead])
    status, lines = doctor("--data", str(tmp_path), cache=tmp_path / "none")
    assert status == 1
    assert any(line.startswith("broken") and "clock" in line and "120 min ahead" in line for line in lines), lines
    assert any(line.startswith("ok ") and "1 events, their chain is whole" in line for line in lines), lines
    with closing(sqlite3.connect(next(tmp_path.glob("*.db")))) as db:
        for name in [row[0] for row in db.execute("select name from sqlite_master where type = 'trigger'")]:
            db.execute(f"drop trigger {name}")
        db.execute("update events set subject = 'turn-2'")
        db.commit()
    status, lines = doctor("--data", str(tmp_path), cache=tmp_path / "none")
    assert status == 1 and any(line.startswith("broken") and "event log" in line for line in lines), lines


def test_without_weights_each_line_says_what_to_do(tmp_path: Path) -> None:
    status, lines = doctor("--json", cache=tmp_path)
    found = {row["what"]: row for row in map(json.loads, [line for line in lines if line.startswith("{")])}
    assert status == 0  # it works without them, worse
    assert found["understanding"]["state"] == "missing"
    assert "templates" in found["understanding"]["why"]
    assert found["weights of meaning/smollm2-135m-instruct"]["remedy"] == (
        "run: assistant models pull meaning/smollm2-135m-instruct"
    )


def test_a_damaged_file_is_broken(tmp_path: Path) -> None:
    name = "meaning/smollm2-135m-instruct"
    (real,) = (cache_dir() / name).glob("*.gguf")
    copy = tmp_path / name / real.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(real.read_bytes()[:-1] + b"\0")
    status, lines = doctor(cache=tmp_path)
    assert status == 1
    assert any(line.startswith("broken") and real.name in line for line in lines), lines


def test_sound_that_is_kept_is_counted_and_sound_kept_too_long_is_broken(tmp_path: Path) -> None:
    hardware = tmp_path / "site" / "hardware"
    shutil.copytree(shipped_site() / "hardware", hardware)
    (hardware / "evidence.yaml").write_text("keep_audio_hours: 2\n")
    audio = tmp_path / "data" / "audio"
    audio.mkdir(parents=True)
    (audio / f"{'a' * 32}.flac").write_bytes(b"x" * 500_000)
    places = ("--data", str(tmp_path / "data"), "--site", str(tmp_path / "site"))
    status, lines = doctor(*places)
    assert status == 0 and any("sound kept: 1 recordings, 0.5 MB, each for 2 h" in line for line in lines), lines
    os.utime(audio / f"{'a' * 32}.flac", (0, 0))
    status, lines = doctor(*places)
    assert status == 1
    assert any(line.startswith("broken") and "1 past it" in line for line in lines), lines


def test_a_site_file_that_is_off_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "hold.yaml").write_text("intent: hold\n")
    status, lines = doctor("--site", str(tmp_path))
    assert status == 2
    assert len(lines) == 1 and "hold.yaml" in lines[0]


# ---- the way to the machines ---------------------------------------------------------------------------------


def machines(
    tmp_path: Path, extra: str = "", env: dict[str, str] | None = None
) -> tuple[int, dict[str, dict[str, str]]]:
    """What is said of the shipped site with more in its hardware file; without weights, that it may be quick."""
    made = tmp_path / "site" / "hardware"
    made.mkdir(parents=True)
    for name in ("opcua.yaml", "plant.yaml"):
        (made / name).write_text((shipped_site() / "hardware" / name).read_text())
    (made / "opcua.yaml").write_text((made / "opcua.yaml").read_text() + extra)
    data, cache = tmp_path / "data", tmp_path / "none"
    status, lines = doctor("--json", "--site", str(made.parent), "--data", str(data), cache=cache, env=env)
    return status, {row["what"]: row for row in map(json.loads, [line for line in lines if line.startswith("{")])}


def test_open_endpoint_elsewhere_is_broken(tmp_path: Path) -> None:
    status, found = machines(tmp_path, env={"LINE_ASSISTANT_ENDPOINT": "opc.tcp://192.0.2.1:4840/x"})
    assert (status, found["machines' endpoint"]["state"]) == (1, "broken")
    assert "no security" in found["machines' endpoint"]["why"]
    assert "assistant hardware certificates" in found["machines' endpoint"]["remedy"]


def secured(where: Path) -> str:
    return (
        f"\nsecurity:\n  certificate: {where / 'assistant.der'}\n"
        f"  private_key: {where / 'assistant.key.pem'}\n  server_certificate: {where / 'plant.der'}\n"
    )


def test_good_certificates_and_an_account_are_well(tmp_path: Path) -> None:
    nobody = {"LINE_ASSISTANT_ENDPOINT": "opc.tcp://127.0.0.1:1/x", **certified.ENV}
    status, found = machines(tmp_path, secured(certified.folder()), nobody)
    assert status == 0
    assert found["machines"]["state"] == "missing" and "nothing answers at" in found["machines"]["why"]
    for what in ("machines' endpoint", "assistant's certificate", "server's certificate", "account at the server"):
        assert found[what]["state"] == "ok", found[what]


@pytest.mark.parametrize(
    ("side", "ends", "state", "says"),
    [
        (security.ASSISTANT, 20, "soon", "expires on"),
        (security.PLANT, 20, "soon", "expires on"),
        (security.ASSISTANT, -1, "broken", "expired on"),
        (security.PLANT, -1, "broken", "expired on"),
    ],
)
def test_certificate_that_ends_is_told_a_month_before(
    tmp_path: Path, side: tuple[str, str], ends: int, state: str, says: str
) -> None:
    made = Path(shutil.copytree(certified.folder(), tmp_path / "certificates"))
    certified.age(made / side[0], made / side[1], begins=timedelta(days=-100), ends=timedelta(days=ends))
    status, found = machines(tmp_path, secured(made), certified.ENV)
    what = "assistant's certificate" if side is security.ASSISTANT else "server's certificate"
    assert (status, found[what]["state"]) == (1 if state == "broken" else 0, state)
    assert says in found[what]["why"] and side[0] in found[what]["why"]


def test_missing_certificates_wrong_key_and_no_account_are_told_each_by_itself(tmp_path: Path) -> None:
    made = Path(shutil.copytree(certified.folder(), tmp_path / "certificates"))
    shutil.copy(made / "plant.key.pem", made / "assistant.key.pem")
    (made / "plant.der").unlink()
    status, found = machines(tmp_path, secured(made))
    assert status == 1
    assert "is not the key of" in found["assistant's certificate"]["why"]
    assert "No such file" in found["server's certificate"]["why"]
    assert (found["account at the server"]["state"], security.USER in found["account at the server"]["why"]) == (
        "missing",
        True,
    )
