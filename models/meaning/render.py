"""Ways of saying and how they are rendered: plans and templates expanded, ids in every spoken form.

Used by make_data.py; run nothing here.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from hassil.expression import Alternative, Expression, Group, ListReference, RuleReference, TextChunk
from hassil.parse_expression import parse_sentence

from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities, Name
from assistant.domain.spoken.tokens import words
from assistant.settings import intents as intents_file
from assistant.settings import language as language_file

SITE = Path(__file__).parents[2]
PLANS = Path("models", "meaning", "plans")
"""Within a site; another site's own stand beside this one's."""
UNKNOWN = "unknown"
FRAMES = yaml.safe_load(Path(__file__).with_name("frames.yaml").read_text(encoding="utf-8"))
"""Words and frames around a sentence, by name."""
MACHINES = FRAMES["machines"]
PRODUCTS = FRAMES["products"]
PERIODS = FRAMES["periods"]
DOUBLE_ARTICLE = re.compile(r"\b(?:the|an?) (?=(?:the|this|that|it|my|our|an?)\b)", re.IGNORECASE)
"""Of a template's article before a thing that brings its own."""
MISREAD = 0.03
"""Of ids, said with a digit too few or too many."""


@dataclass
class Clause:
    """A piece of a sentence and what it means."""

    text: str
    intent: str
    slots: list[tuple[str, str]] = field(default_factory=list)
    """(slot, kind of mention to be found again, or a value itself), in the order of the words."""
    things: list[tuple[str, str]] = field(default_factory=list)
    """(kind, what the marking must find: digits or a period; "*" anything) of each thing named, in order."""
    free: str = ""
    """Free text in it, as it was rendered."""
    source: str = ""


@dataclass(frozen=True)
class Way:
    """One way of saying an intent."""

    intent: str
    expression: Expression
    slots: dict[str, str]
    source: str


class Renderer:
    """Everything that a sentence is made of; the same seed gives the same sentences."""

    def __init__(self, seed: int, noise: Path | None, site: Path = SITE) -> None:
        self.rng = random.Random(seed)
        self.language: Language = language_file.load(site / "grammars")
        self.intents = intents_file.load(site / "intents")
        if missing := {"lot", "board", "order"} - {spec.kind for spec in self.language.kinds}:
            raise SystemExit(f"{site}: the plans speak of {', '.join(sorted(missing))}; another domain needs its own")
        self.lists: dict[str, dict[str, list[str]]] = {
            name: {value: list(forms) for value, forms in values.items()} for name, values in self.intents.lists.items()
        }
        self.rules = {name: parse_sentence(text).expression for name, text in self.intents.shared.rules.items()}
        self.ways: dict[str, list[Way]] = {}
        self.own: dict[str, list[Way]] = {}
        self.free_texts: list[str] = []
        self.together: list[list[Way]] = []
        for plans in dict.fromkeys((SITE / PLANS, site / PLANS)):
            for file in sorted(plans.rglob("*.yaml")):
                data = yaml.safe_load(file.read_text())
                if "together" in data:
                    self._together(data["together"], file.stem)
                elif data["intent"] in (*self.intents.taught, UNKNOWN):
                    self._plans(data, file.relative_to(plans).with_suffix("").as_posix())
        for name, spec in self.intents.taught.items():
            rules = {rule: parse_sentence(text).expression for rule, text in spec.rules.items()}
            self.rules |= {f"{name}.{rule}": expression for rule, expression in rules.items()}
            self.own[name] = [Way(name, parse_sentence(s).expression, {}, "own") for s in spec.sentences]
            self.ways.setdefault(name, self.own[name])
        self.noise: dict[tuple[str, ...], tuple[list[str], list[int]]] = {}
        self.disturbance = 0.0
        if noise is not None and noise.is_file():
            self._noise(yaml.safe_load(noise.read_text()))
        self.entities = self._entities()
        self.longest_noise = max((len(key) for key in self.noise), default=0)

    def _plans(self, data: dict, name: str) -> None:
        intent = data["intent"]
        assert intent in name.split("/"), (intent, name)
        for slot, values in data.get("lists", {}).items():
            if slot == "text":
                self.free_texts += values["free"]
                continue
            for value, forms in values.items():
                into = self.lists.setdefault(slot, {})
                into[value] = list(dict.fromkeys([*into.get(value, []), *map(str, forms)]))
        if "defect" in self.lists:  # a defect is a reason too, however it is called
            for value, forms in self.lists["defect"].items():
                reasons = self.lists["reason"].setdefault(value, [])
                self.lists["reason"][value] = list(dict.fromkeys([*reasons, *forms]))
                self.lists["defect"][value] = self.lists["reason"][value]
        ways = self.ways.setdefault(intent, [])
        for number, plan in enumerate(data["plans"]):
            says, slots = (plan["say"], plan.get("slots", {})) if isinstance(plan, dict) else ([plan], {})
            ways += [Way(intent, parse_sentence(say).expression, slots, f"{name}:{number}") for say in says]

    def _together(self, plans: list[dict], name: str) -> None:
        """Several commands in one breath that lean on each other: one way of each part."""
        for number, plan in enumerate(plans):
            if not set(plan["intents"]) <= self.intents.by_name.keys():
                continue
            slots = plan.get("slots", [{} for _ in plan["intents"]])
            for say in plan["say"]:
                parts = [parse_sentence(part).expression for part in re.split(r"\s\|\s", say)]
                named = zip(plan["intents"], parts, slots, strict=True)
                self.together.append([Way(intent, part, own, f"{name}:{number}") for intent, part, own in named])

    def _noise(self, data: dict) -> None:
        self.disturbance = data["rate"]
        for said, written in data["written"].items():
            forms = list(written)
            self.noise[tuple(said.split())] = (forms, [written[form] for form in forms])

    def _entities(self) -> Entities:
        """A plant with everything in it, so that whatever is named is found."""
        names: dict[tuple[str, ...], Name] = {}
        for kind, stems, numbered in (
            ("machine", MACHINES, True),
            ("line", ("line", "s m t", "smt"), True),
            ("product", PRODUCTS, False),
        ):
            for stem in stems:
                if numbered:
                    for number in range(1, 10):
                        names[(*words(stem), str(number))] = Name(kind, (f"{stem}-{number}",))
                        names[(*words(stem), "number", str(number))] = Name(kind, (f"{stem}-{number}",))
                    for number in range(1, 10) if kind == "machine" else ():
                        names[(*words(stem), "on", "line", str(number))] = Name(kind, (f"{stem}-{number}",))
                    names[words(stem)] = Name(kind, tuple(f"{stem}-{number}" for number in range(1, 10)))
                else:
                    names[words(stem)] = Name(kind, (stem,))
        names.pop(("line",))
        for single in ("rework bench", "rework station", "the bench", "in circuit tester"):
            names[words(single)] = Name("machine", (single,))
        return Entities(ids={}, names=names, longest=max(map(len, names)))

    # ---- render ----------------------------------------------------------------------------------------------

    def clause(self, way: Way) -> Clause:
        """One sentence of a way of saying."""
        clause = Clause("", way.intent, [(slot, value) for slot, value in way.slots.items()], source=way.source)
        if "period" in way.slots:  # said as one word with its noun: "today's yield"
            clause.things.append(("period", "*"))
        text = " ".join(self._expand(way.expression, clause).split()).replace(" ,", ",")
        clause.text = DOUBLE_ARTICLE.sub("", text)
        return clause

    def _expand(self, item: Expression, clause: Clause) -> str:
        match item:
            case TextChunk():
                return item.original_text
            case Alternative():
                return self._expand(self.rng.choice(item.items), clause)
            case Group():
                return "".join(self._expand(part, clause) for part in item.items)
            case RuleReference():
                rule = self.rules.get(f"{clause.intent}.{item.rule_name}") or self.rules.get(item.rule_name)
                # What looks like a rule and is none was said so: "<system> stop all machines".
                return self._expand(rule, clause) if rule is not None else f"<{item.rule_name}>"
            case ListReference():
                return self._slot(item.list_name, clause)
        raise TypeError(item)

    def _slot(self, name: str, clause: Clause) -> str:
        rng = self.rng
        compound = {
            "piece": ("lot", "lot", "board", "board", "it"),
            "thing": ("lot", "lot", "board", "board", "machine", "it"),
            "machinery": ("machine", "machine", "machine", "line", "it"),
            "anything": ("lot", "lot", "board", "board", "machine", "machine", "line", "order", "it"),
            "where": ("machine", "machine", "line"),
        }
        if name in compound:
            allowed = self.intents.by_name[clause.intent].slots if clause.intent in self.intents.by_name else ()
            kinds = [kind for kind in compound[name] if kind == "it" or not allowed or kind in allowed]
            name = rng.choice(kinds)
        if name == "scope":
            allowed = self.intents.by_name[clause.intent].slots if clause.intent in self.intents.by_name else ("line",)
            kinds = [k for k in ("line", "line", "machine", "machine", "lot", "order", "product") if k in allowed]
            kind = rng.choice(kinds)
            preps = {
                "line": ("on", "on", "at", "for", "in"),
                "machine": ("on", "at", "for", "of", "from"),
                "lot": ("of", "in", "for", "from"),
                "order": ("on", "for", "of", "in"),
                "product": ("of", "for", "on", "with"),
            }
            return f"{rng.choice(preps[kind])} {self._slot(kind, clause)}"
        if name == "name":
            return rng.choice(FRAMES["names"])
        if name in ("it", "unit"):
            clause.slots.append(("unit", "it"))
            return rng.choice(("it", "it", "it", "that", "that", "this", "this one", "that one"))
        if name == "period":
            value = rng.choices(list(PERIODS), (3, 4, 3, 2, 2, 2, 5, 5, 4, 1))[0]
            clause.slots.append(("period", "period"))
            clause.things.append(("period", "*"))
            return rng.choice(PERIODS[value])
        if name == "text":
            clause.free = rng.choice(self.free_texts)
            clause.slots.append(("text", ""))
            return clause.free
        if name in self.lists:
            value = rng.choice(list(self.lists[name]))
            clause.slots.append((name, value))
            return rng.choice(self.lists[name][value])
        clause.slots.append((name, name))
        return self.entity(name, clause)

    def entity(self, kind: str, clause: Clause) -> str:
        """A thing as people name it; what the marking must find goes to the clause."""
        rng = self.rng
        here = [" ".join(phrase) for phrase, of in self.language.here.items() if of == kind]
        if here and rng.random() < (0.22 if kind != "machine" else 0.12):
            clause.things.append((kind, "*"))
            return rng.choice(here)
        if kind == "machine":
            stem = rng.choice((*MACHINES[:9], *MACHINES))
            clause.things.append((kind, "*"))
            form = rng.random()
            if form < 0.14:
                return f"the {stem}" if rng.random() < 0.8 else stem
            if form < 0.2:
                return f"the {stem} on line {_digit(rng)}"
            if form < 0.26:
                return rng.choice(("the rework bench", "the in circuit tester", "rework bench"))
            return f"{stem} {'number ' if rng.random() < 0.05 else ''}{_digit(rng)}"
        if kind == "line":
            clause.things.append((kind, "*"))
            return f"{rng.choice(('line', 'line', 'line', 'line', 'S M T', 'SMT'))} {_digit(rng)}"
        if kind == "product":
            clause.things.append((kind, "*"))
            return f"{rng.choice(('the ', 'the ', ''))}{rng.choice(PRODUCTS)}"
        spec = next(spec for spec in self.language.kinds if spec.kind == kind)
        many = kind in ("lot", "board") and clause.intent not in (UNKNOWN, "changeover") and rng.random() < 0.04
        spoken = [self._id(spec.digits, kind) for _ in range(rng.choice((2, 2, 3)) if many else 1)]
        clause.things.append((kind, "+".join(digits for digits, _ in spoken)))
        if many:
            plural = {"lot": "lots", "board": "boards"}[kind]
            return f"{plural} {', '.join(said for _, said in spoken[:-1])} and {spoken[-1][1]}"
        said = spoken[0][1]
        if said[0].isupper() or (kind != "order" and len(spoken[0][0]) == spec.digits and rng.random() < 0.06):
            return said
        noun = " ".join(rng.choice(spec.nouns[-2:] + spec.nouns[-1:] * 2 if kind != "order" else spec.nouns))
        singular = {"lots": "lot", "boards": "board", "batches": "batch", "units": "unit", "work orders": "work order"}
        return f"{singular.get(noun, noun)} {said}"

    def _id(self, length: int, kind: str) -> tuple[str, str]:
        """(digits, how they are said)."""
        rng = self.rng
        if rng.random() < MISREAD:
            length += rng.choice((-1, 1))
        first = rng.choice("123456789")
        digits = first + "".join(rng.choice("0123456789") for _ in range(length - 1))
        form = rng.random()
        prefix = next(spec.prefix for spec in self.language.kinds if spec.kind == kind)
        if form < 0.33:
            return digits, digits
        if form < 0.38:
            return digits, prefix + digits
        if form < 0.43:
            return digits, "-".join(digits)
        if form < 0.58 and len(digits) == 4:
            return digits, f"{_below_hundred(digits[:2])} {_below_hundred(digits[2:])}".replace("- ", "-")
        if form < 0.52 and len(digits) == 5:
            return digits, f"{digits[:2]},{digits[2:]}"
        spelled: list[str] = []
        index = 0
        while index < len(digits):
            digit = _digit_word(digits[index], rng)
            if digits[index : index + 2] == digits[index] * 2 and rng.random() < 0.6:
                spelled.append(f"double {digit}")
                index += 2
            else:
                spelled.append(digit)
                index += 1
        return digits, " ".join(spelled)


def _digit(rng: random.Random) -> str:
    number = rng.choice("1122334456789")
    return rng.choice(
        (number, ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[int(number)])
    )


def _digit_word(digit: str, rng: random.Random) -> str:
    if digit == "0":
        return rng.choice(("oh", "zero", "oh"))
    if digit == "9" and rng.random() < 0.1:
        return "niner"
    return ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[int(digit)]


def _below_hundred(pair: str) -> str:
    ones = (
        "",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    )
    tens = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    value = int(pair)
    if pair[0] == "0":
        return f"oh {ones[value]}" if value else "hundred"
    if value < 20:
        return ones[value]
    return tens[value // 10] + (f"-{ones[value % 10]}" if value % 10 else "")
