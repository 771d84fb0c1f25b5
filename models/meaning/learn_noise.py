"""What Whisper writes when other people say these sentences, as a table of words: `noise.yaml`.

::

    python models/meaning/learn_noise.py sentences out/noise/sentences.yaml --count 500
    uv run models/make_speech.py out/noise/sentences.yaml out/noise
    assistant hear --parse-only --json out/noise/*.flac > out/noise/heard.jsonl
    python models/meaning/learn_noise.py table out/noise models/meaning/noise.yaml

Sentences of the recipe (make_data.py), spoken by voices that speak neither in the tests nor in any final measurement,
half of them in the noise of a line. Said and heard are compared as the model would be shown them, things named as
markers, so that "4712" for "four seven one two" is no difference and a lost id is not learnt as a word.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import yaml
from make_data import Recipe

from assistant.turn.wording import wording

VOICES = (
    "af_bella",
    "af_sarah",
    "am_fenrir",
    "am_adam",
    "bf_isabella",
    "bf_alice",
    "bm_fable",
    "bm_daniel",
    "em_santa",
    "hf_alpha",
    "am_liam",
    "jm_kumo",
    "pf_dora",
    "zf_xiaoxiao",
    "zm_yunjian",
    "jf_gongitsune",
)
LONGEST = 3
"""Most words on either side of one difference; longer ones are another sentence, not a slip."""
DB = (None, 18, 12, None)


def sentences(count: int, seed: int, voices: list[str]) -> dict:
    """A sentence file for make_speech.py."""
    recipe, rng = Recipe(seed, None), random.Random(seed)
    clips = []
    while len(clips) < count:
        clause = recipe.sentence()[-1]
        if len(clause.text.split()) < 2 or not clause.text.isascii():
            continue
        noise = rng.choice(DB)
        clip = {"speaker": rng.choice(voices), "text": clause.text, "intent": clause.intent, "slots": {}}
        clips.append(clip if noise is None else {**clip, "noise_db": noise})
    return {"seed": seed, "clips": clips}


def table(folder: Path) -> dict:
    """Said words -> {written words: how often}, and the share of words that came out otherwise."""
    recipe = Recipe(0, None)
    labels = sorted(json.loads((folder / "labels.json").read_text()), key=lambda label: label["file"])
    heard_lines = (folder / "heard.jsonl").read_text().splitlines()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    total = wrong = lost = things = silent = 0
    for label, line in zip(labels, heard_lines, strict=True):
        heard = json.loads(line)
        if not heard["transcript"]:
            silent += 1
            continue
        true = [word for word, _, _ in wording(label["text"], recipe.language, recipe.entities).words]
        wrote = [word for word, _, _ in wording(heard["transcript"], recipe.language, recipe.entities).words]
        total += len(true)
        markers = [word for word in true if word[-1].isdigit()]
        things += len(markers)
        lost += sum((Counter(markers) - Counter(wrote)).values())
        for kind, a, b, c, d in difflib.SequenceMatcher(None, true, wrote, autojunk=False).get_opcodes():
            words, others = true[a:b], wrote[c:d]
            if kind == "equal" or any(word[-1].isdigit() for word in words + others):
                continue
            wrong += len(words)
            if kind == "insert" or max(len(words), len(others)) > LONGEST:
                continue
            found[" ".join(words)][" ".join(others)] += 1
    print(
        f"{total} words, {wrong} otherwise ({wrong / total:.1%}); {things} things named, {lost} lost; {silent} unheard"
    )
    written = {key: dict(sorted(counts.items())) for key, counts in sorted(found.items())}
    return {"words": total, "rate": 0.25, "written": written}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sentences")
    one.add_argument("output", type=Path)
    one.add_argument("--count", type=int, default=500)
    one.add_argument("--seed", type=int, default=11)
    two = commands.add_parser("table")
    two.add_argument("folder", type=Path)
    two.add_argument("output", type=Path)
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    data = (
        sentences(options.count, options.seed, list(VOICES))
        if options.command == "sentences"
        else table(options.folder)
    )
    options.output.write_text(yaml.safe_dump(data, sort_keys=False, width=118))


if __name__ == "__main__":
    main()
