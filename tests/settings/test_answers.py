"""Every answer that the code says is in a site's files, or the site is refused: never a KeyError in a turn."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest

from assistant.errors import SiteError
from assistant.settings import answers, intents, stations
from assistant.settings.paths import shipped_site
from assistant.turn.lookups import VIEWS
from assistant.turn.words import DIALOGUE

ROOT = Path(__file__).parents[2]
COFFEE = ROOT / "tests" / "sites" / "coffee" / "intents"


def said_in(folder: Path) -> set[str]:
    """Keys that stand as plain words in calls of `text`, `_shared` and `_text`."""
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                # `intents.text(intent, key, holes)` has the intent first, `look.text(key)` has not.
                of_intents = isinstance(node.func.value, ast.Attribute) and "intents" in node.func.value.attr
                at = 1 if of_intents or node.func.attr == "_text" else 0
                if node.func.attr in ("text", "_shared", "_text") and len(node.args) > at:
                    found |= words(node.args[at])
    return found


def words(key: ast.expr) -> set[str]:
    """The keys that an argument can be, as far as they are written out."""
    match key:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.IfExp(body=one, orelse=other):
            return words(one) | words(other)
    return set()


def test_every_key_that_the_code_says_is_asked_of_a_site() -> None:
    needed = {
        *answers.SHARED,
        *stations.WORDS,  # asked of a site that has such a file
        *answers.LOOKED_UP,
        *answers.ASKED_OF_A_TIME,
        *answers.ACTS,
        *answers.UNDOES,
        answers.ANSWERED,
        answers.UNDONE,
        "owner",
        "own_line",
        "missing",
        "most",  # of what adjusts the voice: settings.intents looks for it itself
        *(key for keys in answers.DIALOGUE.values() for key in keys),
        *(key for keys in answers.LOOKUPS.values() for key in keys),
    }
    said = said_in(ROOT / "assistant" / "turn")
    assert len(said) > 80
    assert said - needed == set()


def test_every_view_and_every_word_of_the_dialogue_is_known() -> None:
    assert set(VIEWS) == set(answers.LOOKUPS)
    assert set(answers.DIALOGUE) <= set(DIALOGUE)


def a_site(folder: Path, *names: str) -> Path:
    """A site of these intents of the shipped one: reading them all takes long."""
    site = folder / "intents"
    site.mkdir()
    for name in ("shared", *names):
        shutil.copy(shipped_site() / "intents" / f"{name}.yaml", site)
    return site


SHIPPED = intents.load(shipped_site() / "intents")
OWN = sorted(
    (name, key)
    for name, spec in SHIPPED.by_name.items()
    for key in (*answers.LOOKUPS.get(spec.lookup, ()), *answers.DIALOGUE.get(name, ()))
    if key not in SHIPPED.shared.answers
)


@pytest.mark.parametrize("key", [*answers.SHARED, *answers.LOOKED_UP, *answers.ASKED_OF_A_TIME])
def test_a_shared_answer_that_is_missing_is_named_with_its_file(tmp_path: Path, key: str) -> None:
    site = a_site(tmp_path, "downtime")
    file = site / "shared.yaml"
    text = file.read_text(encoding="utf-8")
    without = re.sub(rf"(?m)^  {key}: .*\n", "", text)
    assert without != text
    file.write_text(without, encoding="utf-8")
    with pytest.raises(SiteError) as refused:
        intents.load(site)
    assert "shared.yaml" in str(refused.value) and f"answers.{key}" in str(refused.value)


@pytest.mark.parametrize("name", sorted({name for name, _ in OWN}))
def test_an_answer_of_an_intent_that_is_missing_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    site = a_site(tmp_path, name)
    file = site / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    for key in (key for owner, key in OWN if owner == name):
        without = re.sub(rf"(?m)(^  |[{{]){key}:", rf"\1absent_{key}:", text)
        assert without != text, key
        file.write_text(without, encoding="utf-8")
        with pytest.raises(SiteError) as refused:
            intents.load(site)
        assert file.name in str(refused.value) and f"answers.{key}" in str(refused.value)


def test_a_view_that_there_is_not_is_refused(tmp_path: Path) -> None:
    site = a_site(tmp_path, "yield")
    file = site / "yield.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("lookup: yield", "lookup: profit"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"yield\.yaml.*lookup.*no view 'profit'"):
        intents.load(site)


def test_another_domain_has_what_it_needs_too(tmp_path: Path) -> None:
    assert intents.load(COFFEE).shared.answers
    shutil.copytree(COFFEE, tmp_path / "intents")
    file = tmp_path / "intents" / "shared.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  which_of:", "  which_off:"), encoding="utf-8")
    with pytest.raises(SiteError, match=r"shared\.yaml.*which_of"):
        intents.load(tmp_path / "intents")
