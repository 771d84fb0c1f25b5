"""Site files: whatever is wrong is one line with file, line and key."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import SiteError
from assistant.settings import hardware, intents, language, plant, yaml
from assistant.settings.paths import shipped_site, site_folder


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    sizes: list[int] = []
    inner: dict[str, str] = {}


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("name: a\nsizes: [1, two]\n", 2, "sizes"),
        ("name: a\ncolour: red\n", 2, "colour"),
        ("name: a\nname: b\n", 2, "name"),
        ("name: 3\n", 1, "name"),
        ("sizes: [1]\n", 1, ""),
        ("name: a\ninner: {x: 1}\n", 2, "inner"),
        ("name: [a\n", 2, ""),
        ("", 1, ""),
        ("name: !!python/object/apply:os.system [true]\n", 1, ""),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(tmp_path: Path, text: str, line: int, key: str) -> None:
    file = tmp_path / "thing.yaml"
    file.write_text(text)
    with pytest.raises(SiteError) as caught:
        yaml.read(file, Thing)
    assert str(caught.value).startswith(f"{file}:{line}: {key}")
    assert "\n" not in str(caught.value)


def test_words_stay_words(tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text("[no, yes, on, off, 06:00, 1_000, 2026-11-25, true, 7, 1.5, ~]")
    expected = ["no", "yes", "on", "off", "06:00", "1_000", "2026-11-25", True, 7, 1.5, None]
    assert yaml.read(file, list[object]) == expected


def test_an_alias_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    file.write_text("\n".join(layers))
    with pytest.raises(SiteError, match="aliases"):
        yaml.read(file, dict[str, object])


def test_a_file_of_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    file.write_text("x" * 300_000)
    with pytest.raises(SiteError, match="300000 bytes"):
        yaml.read(file, str)


@given(st.binary(max_size=200))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "fuzz.yaml"
    file.write_bytes(raw)
    try:
        yaml.read(file, Thing)
    except SiteError as error:
        assert str(error).startswith(str(file)) and len(str(error).splitlines()) == 1


BAD_SITES = [
    ("hardware/plant.yaml", "lines:", "lines: 3\nother:", "hardware/plant.yaml"),
    ("hardware/plant.yaml", "product: PCA-310, line: SMT-2", "product: PCA-999, line: SMT-2", "PCA-999"),
    ("hardware/plant.yaml", "id: L4712", "id: L4711", "L4711"),
    ("hardware/plant.yaml", "B10201-B10224", "B10201", "FIRST-LAST"),
    ("hardware/plant.yaml", "cycle_s: 18.4", "cycle_s: 0.0", "cycle_s"),
    ("hardware/plant.yaml", "low: 96.0, high: 144.0", "low: 144.0, high: 96.0", "paste_height"),
    ("hardware/plant.yaml", "F12: J2", "F12: J9", "J9"),
    ("hardware/plant.yaml", "severity: Warning", "severity: Loud", "Loud"),
    ("hardware/opcua.yaml", "has: unit", "has: thing", "thing"),
    ("hardware/opcua.yaml", "is: stopped", "is: stopped, has: unit", "one of is"),
    ("intents/hold.yaml", "intent: hold", "intent: held", "held.yaml"),
    ("intents/hold.yaml", "roles: [operator, quality, supervisor]", "roles: []", "roles"),
    ("intents/hold.yaml", "<thing>", "<nothing>", "hold.yaml"),
    ("intents/hold.yaml", "(hold|lock", "(hold|lock(", "hold.yaml"),
    ("intents/hold.yaml", "confirm: never", "confirm: perhaps", "confirm"),
    (
        "intents/hold.yaml",
        "checks: [exists, not_scrapped, not_shipped, not_held]",
        "checks: [exists, painted, not_shipped, not_held]",
        "painted",
    ),
    ("intents/lists/reasons.yaml", "from: defect", "from: nowhere", "nowhere"),
    ("grammars/numbers.yaml", "digits: {zero: 0", "digits: {zero: none", "digits"),
    ("grammars/ids.yaml", "digits: 4, nouns: [lot", "digit: 4, nouns: [lot", "digit"),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), BAD_SITES)
def test_a_site_with_one_mistake_is_refused_by_its_name(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    from assistant import bootstrap

    for name in ("intents", "grammars", "hardware"):
        for source in (shipped_site() / name).rglob("*.yaml"):
            target = tmp_path / source.relative_to(shipped_site())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text())
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    with pytest.raises(SiteError) as caught:
        bootstrap.load_site(tmp_path)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_the_shipped_site_is_whole_and_another_may_bring_only_a_part(tmp_path: Path) -> None:
    (tmp_path / "hardware").mkdir()
    for folder in ("intents", "grammars"):
        assert site_folder(tmp_path, folder) == shipped_site() / folder
    assert site_folder(tmp_path, "hardware") == tmp_path / "hardware"
    assert plant.load(shipped_site() / "hardware").machines
    assert hardware.load(shipped_site() / "hardware").methods
    assert intents.load(shipped_site() / "intents").by_name
    assert language.load(shipped_site() / "grammars").kinds
