"""Training sentences for the language model, by one recipe: ways of saying, rendered, disturbed, and marked.

::

    python models/meaning/make_data.py --count 60000 --seed 7 out/meaning/train.jsonl

A sentence begins as a *way of saying* (a line of `plans/`, or one of the intents' own templates) and passes through

1. render: ids in every spoken form, machines, lines and periods by name, values by their spoken forms; every id is
   drawn at random, never one of the reference plant;
2. dress: how people begin and end a sentence, corrections, several commands in one breath, and the frames that turn a
   command into something else (a denial, an order to somebody else, a quote, a question whether one may);
3. disturb: words as Whisper writes them when other people say them (`noise.yaml`, learnt by learn_noise.py);
4. mark: the very code that runs at the line (assistant.turn.wording) replaces what is named by markers.

One JSON object a line comes out: {"text": what the model is shown, "answer": what it has to write, "said", "source"}.
A sentence whose things the marking does not find again (the noise took a digit, say) is left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from render import FRAMES, SITE, UNKNOWN, Clause, Renderer

from assistant.turn.wording import Wording, wording

SHARE_UNKNOWN = 0.42
"""At least a third of what is said near a headset is not for it."""
SHARE_TOGETHER = 0.07
"""Of commands: several that lean on each other."""
SHARE_OWN = 0.12
"""Of a command's sentences, from the intents' own templates."""
NAMES = FRAMES["names"]
OPENERS = FRAMES["openers"]
CLOSERS = FRAMES["closers"]
ASKERS = FRAMES["askers"]
CORRECTIONS = FRAMES["corrections"]
JOINS = FRAMES["joins"]
DENIALS = FRAMES["denials"]
OTHERS = FRAMES["others"]
STORIES = FRAMES["stories"]
MAY = FRAMES["may"]
CONDITIONS = FRAMES["conditions"]
INJECTIONS = FRAMES["injections"]
TALK_AFTER = FRAMES["talk_after"]
EXCEPTIONS = FRAMES["exceptions"]
PAIRS = FRAMES["pairs"]
NOUNS = FRAMES["nouns"]
VERBS = frozenset(FRAMES["verbs"])
MOST_TRIES = 1000
"""To find an order among the ways of saying an action, before another action is taken."""


class Recipe(Renderer):
    """Sentences, dressed, disturbed and marked."""

    # ---- dress -----------------------------------------------------------------------------------------------

    def sentence(self) -> list[Clause]:
        """One utterance: a command or more, or something that is none."""
        rng = self.rng
        if rng.random() < SHARE_UNKNOWN:
            return [self._not_for_us()]
        if rng.random() < SHARE_TOGETHER:
            return self._leaning()
        clause = self._command()
        spec = self.intents.by_name[clause.intent]
        if spec.kind == "dialogue":
            return [self._dressed(clause, often=0.25)]
        if clause.free or rng.random() < 0.5:
            clause = self._dressed(clause, often=0.45)
        kind = rng.random()
        if spec.kind == "lookup" and kind < 0.02:
            return self._paired()
        if not clause.free and kind < (0.13 if spec.kind == "action" else 0.06):
            other = self._command()
            while self.intents.by_name[other.intent].kind == "dialogue" or other.intent == "undo":
                other = self._command()
            return self._joined([clause, other])
        if clause.things and kind < 0.22:
            return [self._corrected(clause)]
        if kind < 0.26 and spec.kind == "action":
            return self._replaced(clause)
        return [clause]

    def _command(self) -> Clause:
        rng = self.rng
        names = [name for name in self.ways if name != UNKNOWN]
        kinds = {name: self.intents.by_name[name].kind for name in names}
        weights = [{"action": 1.5, "lookup": 1.2, "dialogue": 0.45}[kinds[name]] for name in names]
        name = rng.choices(names, weights)[0]
        ways = self.own[name] if rng.random() < SHARE_OWN else self.ways[name]
        return self.clause(rng.choice(ways))

    def _dressed(self, clause: Clause, often: float) -> Clause:
        """With what people say before and after."""
        rng = self.rng
        text = clause.text
        kind = self.intents.by_name[clause.intent].kind if clause.intent in self.intents.by_name else ""
        if rng.random() < often:
            opener = rng.choice(OPENERS) if kind != "lookup" or rng.random() < 0.6 else rng.choice(ASKERS)
            text = f"{opener}{rng.choice((', ', ' '))}{text}"
        if rng.random() < often * 0.6 and not clause.free:
            text = f"{text.rstrip('.?!')}{rng.choice((', ', ' '))}{rng.choice(CLOSERS)}"
        if rng.random() < 0.08 and not clause.free:
            parts = text.split()
            parts.insert(
                rng.randrange(len(parts) + 1), rng.choice(("uh", "um", "er", "like", "you know", "erm", "I think"))
            )
            candidate = " ".join(parts)
            if "like" not in parts or clause.intent != UNKNOWN:
                text = candidate
        clause.text = text
        return clause

    def _joined(self, clauses: list[Clause]) -> list[Clause]:
        """Several in one breath, free text last."""
        clauses.sort(key=lambda clause: bool(clause.free))
        join = self.rng.choice(JOINS)
        clauses[1].text = clauses[0].text.rstrip(".?!,") + join + clauses[1].text
        clauses[0].text = ""
        return clauses

    def _leaning(self) -> list[Clause]:
        """Commands of which one is not whole without the other: "release lot 1, then the same for lot 2"."""
        clauses = [self.clause(way) for way in self.rng.choice(self.together)]
        clauses[0] = self._dressed(clauses[0], often=0.3)
        clauses[-1].text = " ".join(clause.text for clause in clauses).replace(" ,", ",")
        for clause in clauses[:-1]:
            clause.text = ""
        return clauses

    def _paired(self) -> list[Clause]:
        """Two questions about the same: "yield and downtime on line one today"."""
        rng = self.rng
        first, second = rng.sample(PAIRS, 2)
        clause = Clause("", first)
        tail = " ".join(self._slot(slot, clause) for slot in rng.choice((("scope",), ("scope", "period"), ("period",))))
        head = rng.choice(("", "", "what was the ", "give me the ", "what's the ", "tell me ", "I want "))
        clause.text = ""
        other = Clause(
            f"{head}{rng.choice(NOUNS[first])} and {rng.choice(NOUNS[second])} {tail}", second, clause.slots, []
        )
        return [clause, other]

    def _corrected(self, clause: Clause) -> Clause:
        """One thing named wrongly first: only what follows the correction counts."""
        rng = self.rng
        kinds = [kind for kind, _ in clause.things]
        kind = rng.choice(kinds)
        if kind == "period" or kinds.count(kind) > 1 or "+" in clause.things[kinds.index(kind)][1]:
            return clause
        wrong = Clause("", clause.intent)
        first = self.entity(kind, wrong)
        if first in clause.text or "+" in wrong.things[0][1]:
            return clause
        index = kinds.index(kind)
        # The wrong thing stands where the right one did; the right one follows at once, or at the very end.
        said = self._said_of(clause, index)
        if not said or clause.text.count(said) != 1:
            return clause
        how = f", {rng.choice(CORRECTIONS)}, " if rng.random() < 0.7 else f" {rng.choice(CORRECTIONS)} "
        if clause.free or rng.random() < 0.6:
            clause.text = clause.text.replace(said, f"{first}{how}{said}")
        else:
            clause.text = clause.text.replace(said, first) + f"{how}{said}"
        clause.things.insert(index, (f"wrong {kind}", wrong.things[0][1]))
        return clause

    def _said_of(self, clause: Clause, index: int) -> str:
        """The words of a clause's thing: found by marking the clause alone."""
        shown = wording(clause.text, self.language, self.entities)
        kind = clause.things[index][0]
        rank = [k for k, _ in clause.things[:index]].count(kind) + 1
        return next((clause.text[start:end] for word, start, end in shown.words if word == f"{kind}{rank}"), "")

    def _replaced(self, clause: Clause) -> list[Clause]:
        """A whole command taken back in mid-sentence for another."""
        other = self._command()
        if self.intents.by_name[other.intent].kind != "action" or clause.free or other.free:
            return [clause]
        how = self.rng.choice(
            (
                "no",
                "scratch that",
                "sorry",
                "no wait",
                "I mean",
                "correction",
                "actually no",
                "forget that",
                *CORRECTIONS,
            )
        )
        other.text = f"{clause.text.rstrip('.?!,')}, {how}, {other.text}"
        other.things = [(f"wrong {kind}", what) for kind, what in clause.things] + other.things
        return [other]

    def _not_for_us(self) -> Clause:
        rng = self.rng
        kind = rng.random()
        if kind < 0.58:
            clause = self.clause(rng.choice(self.ways[UNKNOWN]))
            return self._dressed(clause, often=0.15)
        actions = [n for n, spec in self.intents.by_name.items() if spec.kind == "action" and n != "note"]
        inner = None
        while inner is None:
            inner = self._order(rng.choice(actions))
        bare = inner.text
        share = rng.random()
        groups = (
            (0.3, DENIALS),
            (0.45, OTHERS),
            (0.56, STORIES),
            (0.66, MAY),
            (0.77, CONDITIONS),
            (0.89, INJECTIONS),
            (0.95, tuple("{}" + tail for tail in TALK_AFTER)),
            (1.0, ("",)),
        )
        frame = rng.choice(next(frames for bound, frames in groups if share < bound))
        if not frame:  # an exception
            extra = Clause("", UNKNOWN)
            tail = rng.choice(EXCEPTIONS)
            for hole in ("lot", "board", "machine"):
                if f"{{{hole}}}" in tail:
                    tail = tail.replace(f"{{{hole}}}", self.entity(hole, extra))
            return Clause(bare + tail, UNKNOWN, [], inner.things + extra.things, source="frame:except")
        text = frame.replace("{name}", rng.choice(NAMES)).replace("{}", bare)
        if frame in MAY:
            named = [(kind, kind) for kind, _ in inner.things if kind in self.intents.by_name["status"].slots]
            if len(named) == 1 and len(inner.things) == 1:
                return Clause(text, "status", named, inner.things, source="frame:may")
            if not inner.things and ("unit", "it") in inner.slots:
                return Clause(text, "status", [("unit", "it")], [], source="frame:may")
        return Clause(text, UNKNOWN, [], inner.things, source="frame")

    def _order(self, intent: str) -> Clause | None:
        """A sentence that begins with a verb: it can be denied, or told to somebody else, by words put before it.

        None where none is found: a site's own intent may be said by no verb of ours.
        """
        for _ in range(MOST_TRIES):
            ways = self.own[intent] if self.rng.random() < 0.4 else self.ways[intent]
            clause = self.clause(self.rng.choice(ways))
            words = clause.text.rstrip("?").split()
            if words[0] in VERBS and not set(words) & {"you", "I", "me"} and not clause.free:
                return clause
        return None

    # ---- disturb and mark ------------------------------------------------------------------------------------

    def disturbed(self, text: str) -> str:
        """As a recogniser may write it."""
        if not self.noise or self.rng.random() > 0.5:
            return text
        parts = text.split()
        result: list[str] = []
        index = 0
        while index < len(parts):
            for length in range(min(self.longest_noise, len(parts) - index), 0, -1):
                piece = parts[index : index + length]
                key = tuple(part.lower().strip(",.?!") for part in piece)
                if key in self.noise and self.rng.random() < self.disturbance:
                    forms, counts = self.noise[key]
                    written = self.rng.choices(forms, counts)[0]
                    if VERBS & set(written.split()) - set(key):
                        written = " ".join(key)  # "halt" heard as "hold" is not to be learnt as another way to say stop
                    tail = piece[-1][-1] if piece[-1][-1] in ",.?!" else ""
                    result += [f"{written}{tail}"] if written else []
                    index += length
                    break
            else:
                result.append(parts[index])
                index += 1
        return " ".join(result)

    def example(self) -> dict | None:
        """One training example, or None where the marking did not find again what was rendered."""
        clauses = self.sentence()
        said = clauses[-1].text
        free = clauses[-1].free
        if not free:
            said = self.disturbed(said)
            if self.rng.random() < 0.25:
                said = said.replace(",", "")
        shown = wording(said, self.language, self.entities)
        if not shown.text:
            return None
        answers = []
        seen: Counter[str] = Counter()
        for index, clause in enumerate(clauses):
            if index and clause.slots is clauses[0].slots:  # a pair: what the first names, the second means too
                answers.append(f"{clause.intent} {answers[0].partition(' ')[2]}".strip())
                continue
            answer = self._answer(clause, shown, seen)
            if answer is None:
                return None
            answers.append(answer)
        periods = {marker for marker, mention in shown.mentions.items() if mention.kind == "period"}
        takes = any("period" in self.intents.by_name[c.intent].slots for c in clauses if c.intent != UNKNOWN)
        if takes and periods - set(" ".join(answers).replace(";", " ").split()):
            return None  # a period that the answer would drop
        return {"text": shown.text, "answer": "; ".join(answers), "said": said, "source": clauses[-1].source}

    def _answer(self, clause: Clause, shown: Wording, seen: Counter[str]) -> str | None:
        markers: list[tuple[str, str]] = []
        for kind, what in clause.things:
            bare = kind.removeprefix("wrong ")
            seen[bare] += 1
            marker = f"{bare}{seen[bare]}"
            mention = shown.mentions.get(marker)
            if mention is None and what == "*" and seen[bare] > 1:  # "that lot" after a lot was named is that lot
                seen[bare] -= 1
                marker = f"{bare}{seen[bare]}"
                mention = shown.mentions.get(marker)
            if mention is None or (what != "*" and "+".join(mention.heard) != what):
                return None
            if kind == bare:
                markers.append((kind, marker))
        if clause.intent == UNKNOWN:
            return UNKNOWN
        order = self.intents.by_name[clause.intent].slots
        values: dict[str, str] = {}
        for slot, value in clause.slots:
            if slot == "text":
                continue
            if value == slot or slot == "period":
                marker = next((m for k, m in markers if k == slot), "")
                if not marker:
                    return None
                values[slot] = marker
            else:
                values[slot] = value
        # What this clause names must be all that is there of its kind, else the markers are not ours to count.
        if any(slot not in order and slot != "unit" for slot in values):
            return None
        unit = [values.pop("unit")] if "unit" in values else []
        listed = [values[slot] for slot in order if slot in values]
        head = " ".join([clause.intent, *unit, *listed])
        if not clause.free:
            return head
        text = _shown_free(shown, clause.free)
        return f"{head}: {text}" if text else None


def _shown_free(shown: Wording, free: str) -> str:
    """The free text as the model sees it."""
    start = shown.said.find(free)
    return (
        " ".join(word for word, at, end in shown.words if start <= at and end <= start + len(free))
        if start >= 0
        else ""
    )


def examples(recipe: Recipe, count: int) -> Iterator[dict]:
    """`count` different examples."""
    seen: set[str] = set()
    while len(seen) < count:
        example = recipe.example()
        if example is not None and example["said"] not in seen:
            seen.add(example["said"])
            yield example


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--site", type=Path, default=SITE, help="another site's folder, with intents of its own")
    parser.add_argument("--noise", type=Path, default=Path(__file__).with_name("noise.yaml"))
    options = parser.parse_args(arguments)
    recipe = Recipe(options.seed, options.noise, options.site)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    shares: Counter[str] = Counter()
    with options.output.open("w") as file:
        for number, example in enumerate(examples(recipe, options.count), 1):
            file.write(json.dumps(example) + "\n")
            shares[example["answer"].split()[0].rstrip(";")] += 1
            if number % 5000 == 0 or number == options.count:
                print(f"{number} of {options.count}", flush=True)
    for intent, number in shares.most_common():
        print(f"{intent:12} {number:6} {number / options.count:6.1%}")


if __name__ == "__main__":
    main()
