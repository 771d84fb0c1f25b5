"""Disks that fail, fill up or lose their process: what was acknowledged is there, what was not is not."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from assistant.adapters import eventlog
from assistant.adapters.eventlog import NAME, SqliteLog
from assistant.errors import LogError
from tests.adapters.logfiles import CHILD, ids, kill_while_appending
from tests.contracts.eventlog_contract import chained, held, some


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        yield log


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder whose log holds `e1` to `e7` and is closed."""
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(some(7))
    return tmp_path


def test_below_the_floor_nothing_is_written_but_everything_read(written: Path) -> None:
    with closing(SqliteLog(written, floor_bytes=2**60)) as log:
        with pytest.raises(LogError, match=r"disk nearly full: \d+ MB free, the log needs 1099511627776 MB"):
            log.append(some(1, first=8))
        assert len(list(log.read())) == 7


def test_a_file_that_was_taken_away_is_not_written_to(written: Path) -> None:
    with closing(SqliteLog(written, floor_bytes=0)) as log:
        (written / NAME).unlink()
        with pytest.raises(LogError, match=f"{NAME}: No such file"):
            log.append(some(1, first=8))


def test_each_write_may_fail_and_the_log_goes_on(tmp_path: Path, log: SqliteLog) -> None:
    """The system lets files grow a little further each time (EFBIG, which SQLite takes for an I/O error)."""
    acked = [event.id for event in log.append(some(1))]
    failed = 0
    for step in range(200):
        room = (tmp_path / f"{NAME}-wal").stat().st_size + 1024 * step
        batch = [held(f"{step}-{n}", "x" * 2000) for n in range(3)]
        try:
            with largest_file(room):
                log.append(batch)
        except LogError as exc:
            failed += 1
            assert f"{NAME}: " in str(exc)
            assert ids(tmp_path) == acked
            acked += [event.id for event in log.append([held(f"after {step}")])]
            assert eventlog.verify(tmp_path)[0] == len(acked)
        else:
            acked += [event.id for event in batch]
            break
    assert failed > 3, "no write failed: this test shows nothing"
    assert ids(tmp_path) == acked
    assert chained(list(log.read()))
    log.close()
    assert eventlog.verify(tmp_path)[0] == len(acked)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process can be written past `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


FULL_DISK = """
import json, sys
from pathlib import Path
from assistant.adapters import eventlog
from assistant.errors import LogError
from tests.contracts.eventlog_contract import held
folder, acked, problems = Path(sys.argv[1]), [], []
log = eventlog.SqliteLog(folder, floor_bytes=0)
ballast = folder / "ballast"
ballast.write_bytes(bytes(400_000))
def fill():
    for n in range(1000):
        acked.extend(event.position for event in log.append([held(f"{len(acked)}", "x" * 3000)]))
for _ in range(3):
    try:
        fill()
    except LogError as exc:
        problems.append(str(exc))
    kept = [event.position for event in eventlog.read(folder)]
    ballast.write_bytes(bytes(max(0, ballast.stat().st_size - 150_000)))
    acked.extend(event.position for event in log.append([held(f"{len(acked)}")]))
log.close()
read = [event.position for event in eventlog.read(folder)]
print(json.dumps({"problems": problems, "acked": acked, "read": read, "head": eventlog.verify(folder)[0]}))
"""


def test_a_full_disk_is_survived(tmp_path: Path) -> None:
    """A real one, of a megabyte, where this user may mount it."""
    mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(tmp_path)]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], check=False, capture_output=True).returncode != 0
    ):
        pytest.skip("no mounts in a namespace here; test_each_write_may_fail has run")
    done = subprocess.run([*command, *CHILD, FULL_DISK, str(tmp_path)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert len(result["problems"]) == 3
    assert all("database or disk is full" in problem for problem in result["problems"])
    assert result["read"] == result["acked"] == list(range(1, result["head"] + 1))


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    acked: list[str] = []
    for _ in range(3):
        acked += kill_while_appending(tmp_path, acks=random.randint(1, 60))
        stored = ids(tmp_path)
        assert set(acked) <= set(stored)
        assert len(stored) == len(set(stored)) == eventlog.verify(tmp_path)[0]
        with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
            assert chained(list(log.read()))
            assert [event.position for event in log.append([held(f"r{len(stored)}")])] == [len(stored) + 1]
