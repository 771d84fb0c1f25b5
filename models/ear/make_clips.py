"""Clips that teach the ear: sentences by the recipe, spoken by Kokoro's voices, with what should be written of each.

::

    assistant models pull speakers/kokoro-82m
    python models/ear/make_clips.py --count 2000 --own 400 out/ear

Clip by clip: OUT/clips/NNNNN.npy (16-bit, 16 kHz, mono, no silence around it) and OUT/clips/NNNNN.json with `said`,
`label`, `voices`, `ours`. The same recipe gives the same sentences; what is there is kept, so that a run that broke
off goes on, and `--part 1/2` makes every second clip. Ids are drawn at random and never name a thing of the reference
plant.

A label is written as Whisper writes and as the reader reads best: an id in digits side by side, each as often as it was
said; "double one" stays "double 1", so that no digit is learnt that was not spoken. `--own`: so many of the assistant's
own answers, in its own voice, with ids that `bench ids` never says.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "meaning"))

import render
from make_data import Recipe

from assistant.adapters.kokoro import RESERVED, Kokoro
from assistant.adapters.speakers import Speaker, Speakers
from assistant.bench import ids
from assistant.bench.talkers import own_voice
from assistant.bootstrap import Site, load_site
from assistant.bootstrap.wake import CLIPS
from assistant.domain.speech import REPEATS, verbalise
from assistant.settings.paths import cache_dir
from assistant.turn.wording import wording

HERE = Path(__file__).parent
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KINDS = sorted(render.MACHINES, key=len, reverse=True)
DIGIT = {word: str(value) for value, word in enumerate(ONES)} | {"oh": "0", "niner": "9"}
NUMBERED = re.compile(
    rf"\b((?:{'|'.join(map(re.escape, KINDS))}|line|S M T|SMT|number|machine|station) )"
    rf"({'|'.join(ONES[1:])})\b",
    re.IGNORECASE,
)
NOUNS = {"batch": "lot", "serial": "board", "pcb": "board", "unit": "board", "batches": "lots"}
"""The plans' markers stand for all of them; people mostly say lot and board."""
NOUN = re.compile(r"\b(?:batch|serial|pcb|unit|batches)\b(?= \w)", re.IGNORECASE)
SPELLED = re.compile(r"(?<!')\b(?:[A-Za-z] ){2}[A-Za-z]\b(?= |$|[,.?!])")
ONE_OF = "|".join((*ONES, *REPEATS.values()))
SAID = re.compile(rf"\b(?:{ONE_OF})(?: (?:{ONE_OF})\b)+")
NUMBER_WORDS = re.compile(
    rf"\b(?:{'|'.join((*DIGIT, 'double', 'triple', 'hundred', 'thousand'))}|\w+teen|\w+ty)\b|\d", re.IGNORECASE
)


class Sentences(Recipe):
    """Ways of saying with ids as they are spoken, never as they are written."""

    def __init__(self, settings: dict) -> None:
        super().__init__(settings["seed"], None)
        # Some plans are written as a recogniser mishears: here nothing is to be learnt of those.
        for ways in self.ways.values():
            ways[:] = [way for way in ways if "misheard" not in way.source]
        self.together = [ways for ways in self.together if not any("misheard" in way.source for way in ways)]
        self.settings = settings
        self.written: dict[str, tuple[str, str]] = {}
        """Spoken id -> its digits and what should be written of it, of the sentence being made."""
        plant = load_site(None).plant
        self.taken = {re.sub(r"\D", "", lot.id) for lot in plant.lots}
        self.taken |= {re.sub(r"\D", "", board) for lot in plant.lots for board in lot.board_ids()}
        self.taken |= {re.sub(r"\D", "", order.id) for order in plant.workorders}

    def _id(self, length: int, kind: str) -> tuple[str, str]:
        rng = self.rng
        if rng.random() < self.settings["miscounted"]:
            length += rng.choice((-1, 1))
        digits = ""
        while not digits or digits in self.taken:
            digits = rng.choice("1234567899") + "".join(rng.choice("0123456789") for _ in range(length - 1))
            if rng.random() < 0.3:  # the same digit twice side by side, which is easily lost
                at = rng.randrange(length - 1)
                digits = digits[: at + 1] + digits[at] + digits[at + 2 :]
        said, written = self._pairs(digits) if rng.random() < 0.25 and length in (4, 5) else self._spelled(digits)
        self.written[said] = (digits, written)
        return digits, said

    def _command(self) -> render.Clause:
        if self.rng.random() >= self.settings["share_templates"]:
            return super()._command()
        names = [name for name in self.own if self.intents.by_name[name].kind != "dialogue"]
        return self.clause(self.rng.choice(self.own[self.rng.choice(names)]))

    def _pairs(self, digits: str) -> tuple[str, str]:
        """Forty-seven twelve; ten two thirty-one."""
        if "00" in (digits[:2], digits[2:4], digits[3:5]) or (len(digits) == 5 and digits[3] == "0"):
            return self._spelled(digits)
        parts = [digits[:2], digits[2:]] if len(digits) == 4 else [digits[:2], digits[2], digits[3:]]
        words = [
            render._below_hundred(part) if len(part) == 2 else render._digit_word(part, self.rng) for part in parts
        ]
        return " ".join(words), digits

    def _spelled(self, digits: str) -> tuple[str, str]:
        """Digit by digit, with "double" now and then and the pauses that people make."""
        rng, said, written, at = self.rng, [], "", 0
        pause = rng.choice((0, 0, 2, 3)) if len(digits) > 3 else 0
        while at < len(digits):
            digit = render._digit_word(digits[at], rng)
            if digits[at : at + 2] == digits[at] * 2 and rng.random() < 0.5:
                said.append(f"double {digit}")
                written = f"{written.rstrip()} double {digits[at]} "
                at += 2
            else:
                said.append(digit)
                written += digits[at]
                at += 1
            if at == pause and at < len(digits):
                said[-1] += ","
        return " ".join(said), " ".join(written.split())

    def one(self) -> dict | None:
        """What is said, what should be written, and whether it is for the assistant; None where it is too long."""
        rng, settings = self.rng, self.settings
        self.written = {}
        ours = rng.random() < settings["for_us"]
        if ours and rng.random() < settings["share_short"]:
            said = rng.choice(settings["short"])
        elif ours:
            said = self._said(for_us=True)
        elif rng.random() < settings["share_talk"]:
            said = rng.choice(settings["talk"])
        else:
            said = self._said(for_us=False)
        said = spoken(NOUN.sub(lambda m: NOUNS[m.group().lower()] if rng.random() < 0.7 else m.group(), said))
        label = said
        for words in sorted(self.written, key=len, reverse=True):
            label = label.replace(words, self.written[words][1], 1)
        label = NUMBERED.sub(lambda m: m.group(1) + DIGIT[m.group(2).lower()], label)
        label = SPELLED.sub(lambda m: m.group().replace(" ", "").upper(), label)
        if not 0 < len(said.split()) <= settings["longest_words"] or "<" in said or re.search(r"\d{3}|\d:\d", said):
            return None
        # What the site's reader does not read back is no label.
        read = {
            digits for one in wording(label, self.language, self.entities).mentions.values() for digits in one.heard
        }
        named = {digits for words, (digits, _) in self.written.items() if words.lower() in said.lower()}
        if not named <= read:
            return None
        if not named and len(said.split()) > 2 and rng.random() < settings["without_id"]:
            return None
        numbers = bool(NUMBER_WORDS.search(said))
        return {"said": said, "label": label, "ours": ours, "numbers": numbers}

    def _said(self, *, for_us: bool) -> str:
        if not for_us:
            return self._not_for_us().text
        clauses = self.sentence()
        while any(clause.intent == render.UNKNOWN for clause in clauses):
            self.written = {}
            clauses = self.sentence()
        return clauses[-1].text


def spoken(text: str) -> str:
    """A sentence with a capital and an end."""
    text = " ".join(text.split()).strip(" ,")
    asks = (
        text.split()[0].lower().rstrip("'s")
        in "what which where when why who how is are was were can could did do".split()
    )
    end = "" if text[-1] in ".?!" else "?" if asks else "."
    return text[:1].upper() + text[1:] + end


def answers(site: Site, seed: int) -> Iterator[dict]:
    """What the assistant says of one lot or board, at random; none of those that its measurement says."""
    rng = random.Random(seed)
    measured = ids.with_ids(site, ids.COUNT, random.Random(ids.SEED)).plant.lots
    kept = {lot.id for lot in measured} | {board for lot in measured for board in lot.board_ids()}
    texts, kinds = ids.sentences(site), [kind for kind in site.reader.language.kinds if kind.kind in ("lot", "board")]
    while True:
        kind = rng.choice(kinds)
        unit = kind.canonical("".join(rng.choice("0123456789") for _ in range(kind.digits)))
        if unit not in kept:
            said = verbalise(rng.choice(texts).format(unit=unit))
            yield {"said": said, "label": SAID.sub(written, said), "ours": False, "numbers": True}


def written(found: re.Match[str]) -> str:
    """Digits side by side, but for one that is said to stand more than once: 47 double 2."""
    spaced = " ".join(DIGIT.get(word, word) for word in found.group().split())
    return re.sub(r"(?<=\d)(?<!double \d)(?<!triple \d) (?=\d)", "", spaced)


def keep(file: Path, sound: np.ndarray, row: dict) -> None:
    """A clip and what is known of it; the clip first, so that who broke off has no row without one."""
    np.save(file, np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16))
    file.with_suffix(".json").write_text(json.dumps(row))
    print(file.stem, f"{len(sound) / 16000:.1f} s", row["said"], flush=True)


def speak_own(count: int, folder: Path, settings: dict) -> None:
    """Clips of the assistant's own voice."""
    rows, speakers = answers(load_site(None), settings["seed"]), Speakers(None, own_voice(None), cache_dir() / CLIPS)
    try:
        for number in range(count):
            row, file = next(rows), folder / f"own-{number:05d}.npy"
            if not file.with_suffix(".json").is_file():
                keep(file, speakers.say(row["said"], Speaker("own")), row)
    finally:
        speakers.close()


def cast(settings: dict, rng: random.Random, folder: Path) -> list[str]:
    """One voice, or two to blend."""
    every = sorted(file.stem for file in (folder / "voices").glob("*.bin"))
    free = [name for name in every if name not in RESERVED and name not in settings["check"]]
    weights = [2 if name in settings["often"] else 1 for name in free]
    first = rng.choices(free, weights)[0]
    if rng.random() >= settings["blended"]:
        return [first]
    return [first, rng.choice([name for name in free if name != first])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--own", type=int, default=0, help="clips of the assistant's own voice beside them")
    parser.add_argument("--part", default="1/1", help="I/N: every N-th clip from the I-th on")
    parser.add_argument("--show", action="store_true", help="print the sentences, make no clips")
    options = parser.parse_args()
    settings = yaml.safe_load((HERE / "recipe.yaml").read_text(encoding="utf-8"))
    weights = cache_dir() / "speakers/kokoro-82m"
    part, parts = map(int, options.part.split("/"))
    sentences, seen, made = Sentences(settings), set(), []
    while len(made) < options.count:
        one = sentences.one()
        if one is not None and (one["said"] not in seen or (not one["numbers"] and len(one["said"]) < 20)):
            seen.add(one["said"])
            made.append(one)
    folder = options.output / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    kokoro = None if options.show else Kokoro(weights, seed=settings["seed"])
    for number, one in enumerate(made):
        rng = random.Random(f"{settings['seed']} {number}")
        one |= {"voices": cast(settings, rng, weights), "speed": round(rng.uniform(0.8, 1.25), 2)}
        file = folder / f"{number:05d}.npy"
        if options.show:
            print(one["ours"], one["said"], "|", one["label"])
        elif number % parts == part - 1 and not file.with_suffix(".json").is_file():
            sound = kokoro.speak(one["said"], one["voices"], one["speed"])
            keep(file, sound, one)
    if options.own and not options.show and part == parts:
        speak_own(options.own, folder, settings)


if __name__ == "__main__":
    main()
