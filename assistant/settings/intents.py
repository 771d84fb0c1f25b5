"""`intents/`: what can be meant, how it is said, who may, what it does and what is answered; all of it data."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import SiteError
from assistant.settings import answers, yaml

Kind = Literal["action", "lookup", "dialogue"]
TERMINALS_OWN = "bfqv"
"""Keys that mean something in the terminal whatever the site: badge, filter, quit, evidence."""
Confirm = Literal["never", "always"]


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Confidence, 0 to 1: from `act` on taken as heard, below `ask` asked again, between the two confirmed.

    Of the check voices' commands that act at once, the ear misheard 2 of 9 of which it was less sure than 0.8, and 1 of
    51 others. What a language model understood is a share of right answers (calibrated), what an ear heard is not: from
    `sure` on the model is taken at its word, below it an action is confirmed, and below `heed` it was not for us: more
    of what is so unlikely is talk than a command.
    """

    act: float = 0.8
    ask: float = 0.3
    sure: float = 0.9
    heed: float = 0.5


class OrderPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which machine gets which order."""

    method: str
    """Name in hardware/opcua.yaml."""
    at: str
    """`unit`: the machine itself, each machine of a line, or where the lot or board is; or `kind:rework`."""
    args: dict[str, str] = {}
    """Argument -> slot; `unit` is the id acted on, `each` the item of `each`."""
    each: Literal["alarms"] | None = None
    """One order for each of these of the machine."""


class Escalate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to call when nobody answered a call."""

    after_s: float
    """Seconds."""
    to: str


class Adjust(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How it changes the way somebody is spoken to."""

    volume_db: float = 0.0
    """So many decibels more."""
    speed: float = 0.0
    """So much of the voice's own speed more."""


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How to put it back."""

    intent: str
    method: str = ""
    """Another method than that intent's own."""
    confirm: Confirm = "always"


class Also(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Templates that fill slots without saying them."""

    slots: dict[str, str]
    """Slot -> the value that each of them means: `period: shift` of "shift report"; `part: failed` stands for those
    boards of a lot that failed inspection, which are read back one by one and always confirmed."""
    say: tuple[str, ...]
    """hassil templates."""


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One intent's file."""

    intent: str
    kind: Kind
    example: str
    key: str = ""
    """The one key of the terminal that begins it, a small letter; empty: none."""
    typed: str = ""
    """What the terminal says for it: `{unit}` is one of `one_of`, other holes are slots, `[...]` may be left out."""
    sentences: tuple[str, ...]
    """hassil templates."""
    slots: tuple[str, ...] = ()
    """What it can be about and with, in the order in which the language model writes it; the contract."""
    slips: tuple[str, ...] = ()
    """Templates of what a recogniser makes of it; always confirmed."""
    rules: dict[str, str] = {}
    """hassil expansion rules of this file."""
    one_of: tuple[str, ...] = ()
    """Slots of which one is required; the first names what is asked for."""
    needs: dict[str, str] = {}
    """Further required slots -> the question that asks for one."""
    free: str = ""
    """The slot that is free text, kept word for word."""
    roles: tuple[str, ...] = ()
    """Who may; empty: everybody (look-ups)."""
    confirm: Confirm = "never"
    confidence: Thresholds = Thresholds()
    checks: tuple[str, ...] = ()
    """What must be so of the unit before it makes sense; each has an answer of its name."""
    order: OrderPlan | None = None
    record: Literal["note", "call", "answer"] | None = None
    """What is written into the log, instead of an order or beside it."""
    again: Literal["", "unit", "product"] = ""
    """Of what the last two digits of the id must be said before it is done; a yes is not enough."""
    second: tuple[str, ...] = ()
    """Roles of which another person at the same station must agree too; empty: nobody else is asked."""
    owners: dict[str, tuple[str, ...]] = {}
    """Reason of a hold -> the roles that alone may do this to what is held for it."""
    own_line: tuple[str, ...] = ()
    """Roles that may do this only on the line where they work."""
    escalate: Escalate | None = None
    """What becomes of a call that nobody answers."""
    undo: Undo | None = None
    undoes: bool = False
    """It takes back the last action."""
    lookup: str = ""
    """Which view answers."""
    taught: bool = True
    """Whether a language model may write it; if not, templates alone read it."""
    adjusts: Adjust | None = None
    """What it does to the voice, for whoever says it; needs the answers `done` and `most`."""
    also: tuple[Also, ...] = ()
    """Templates that mean more than they say: the running shift, the boards of a lot that failed, being awake."""
    answers: dict[str, str] = {}

    @property
    def templates(self) -> tuple[str, ...]:
        """Every template that means it as it was said; slips are not among them."""
        return (*self.sentences, *(text for also in self.also for text in also.say))

    @property
    def connected(self) -> bool:
        """Whether something comes of it here; what is not connected is understood, and that is said."""
        return bool(self.order or self.record or self.undoes or self.lookup or self.kind == "dialogue")


class Shared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`intents/shared.yaml`."""

    rules: dict[str, str] = {}
    answers: dict[str, str] = {}
    silences: tuple[str, ...] = ()
    """Words that silence the assistant while it speaks, and do nothing else."""
    cancels: tuple[str, ...] = ()
    """Words that silence it and say no to what it is asking."""
    checks_in: tuple[str, ...] = ()
    """What is said before a badge number to be checked in at a headset."""
    leave: float = 0.5
    """Confidence of a language model from which on "not for us" is left alone; below it, it is asked again."""
    others: tuple[str, ...] = ()
    """What people say that is not for the assistant; examples for a language model that was not trained here."""


class Intents(msgspec.Struct, frozen=True, kw_only=True):
    """The whole folder."""

    by_name: dict[str, Intent]
    shared: Shared
    lists: dict[str, dict[str, tuple[str, ...]]]
    """List -> value -> spoken forms."""

    @property
    def taught(self) -> dict[str, Intent]:
        """Those that a language model may write."""
        return {name: spec for name, spec in self.by_name.items() if spec.taught}

    def text(self, intent: str, key: str, holes: Mapping[str, str]) -> str:
        """The answer `key` of an intent (or the shared one), its holes filled; KeyError for one that is not there."""
        spec = self.by_name.get(intent)
        template = spec.answers.get(key) if spec is not None else None
        if template is None:
            template = self.shared.answers[key]
        return filled(template, holes)


def filled(template: str, holes: Mapping[str, str]) -> str:
    """A template with its holes filled; KeyError for one that nothing is for."""
    return string.Formatter().vformat(template, (), _Holes(holes))


class _Holes(dict[str, str]):
    """`{Unit}` is `{unit}` with a capital, for the front of a sentence."""

    def __missing__(self, name: str) -> str:
        value = self[name[:1].lower() + name[1:]] if name[:1].isupper() else ""
        return value[:1].upper() + value[1:]


def load(folder: Path) -> Intents:
    """Read a site's `intents/`. Raises SiteError."""
    by_name: dict[str, Intent] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name == "shared.yaml":
            continue
        intent = yaml.read(file, Intent)
        if intent.intent != file.stem:
            raise SiteError(file, f"the file of intent {intent.intent!r} must be {intent.intent}.yaml", key="intent")
        by_name[intent.intent] = intent
    if not by_name:
        raise SiteError(folder, "no intents")
    shared_file = folder / "shared.yaml"
    shared = yaml.read(shared_file, Shared) if shared_file.is_file() else Shared()
    keys: dict[str, str] = {}
    for intent in by_name.values():
        file = folder / f"{intent.intent}.yaml"
        _check(file, intent, by_name, shared)
        _check_key(file, intent, keys)
    _check_shared(shared_file, by_name, shared)
    return Intents(by_name=by_name, shared=shared, lists=_lists(folder / "lists"))


def _check(file: Path, intent: Intent, by_name: Mapping[str, Intent], shared: Shared) -> None:
    if intent.kind == "action" and not intent.roles:
        raise SiteError(file, "an action says who may do it", key="roles")
    if intent.undo is not None and intent.undo.intent not in by_name:
        raise SiteError(file, f"no intent {intent.undo.intent!r}", key="undo")
    if intent.lookup and intent.lookup not in answers.LOOKUPS:
        raise SiteError(file, f"no view {intent.lookup!r} ({', '.join(answers.LOOKUPS)})", key="lookup")
    if intent.owners and "owner" not in intent.answers:
        raise SiteError(file, "`owners` has no answer `owner`", key="answers")
    if intent.own_line and "own_line" not in intent.answers:
        raise SiteError(file, "`own_line` has no answer `own_line`", key="answers")
    if intent.adjusts is not None and not {"done", "most"} <= intent.answers.keys():
        raise SiteError(file, "`adjusts` needs the answers `done` and `most`", key="answers")
    for check in intent.checks:
        if check != "exists" and check not in intent.answers:
            raise SiteError(file, f"check {check!r} has no answer of its name", key="answers")
    for key in _needed(intent):
        if key not in intent.answers and key not in shared.answers:
            raise SiteError(file, f"the answer {key!r} is missing", key=f"answers.{key}")
    for key, template in {**shared.answers, **intent.answers}.items():
        try:
            list(string.Formatter().parse(template))
        except ValueError as exc:
            raise SiteError(file, f"bad answer template: {exc}", key=key) from exc


def _needed(intent: Intent) -> list[str]:
    """The answers that the code says about an intent."""
    keys = [*answers.DIALOGUE.get(intent.intent, ()), *answers.LOOKUPS.get(intent.lookup, ())]
    if intent.order is not None or intent.record is not None:
        keys += answers.ACTS
    if intent.record == "answer":
        keys.append(answers.ANSWERED)
    if intent.undo is not None:
        keys.append(answers.UNDONE)
    return keys + list(answers.UNDOES if intent.undoes else ())


def _check_shared(file: Path, by_name: Mapping[str, Intent], shared: Shared) -> None:
    lookups = [intent for intent in by_name.values() if intent.lookup]
    keys = [*answers.SHARED, *(answers.LOOKED_UP if lookups else ())]
    keys += answers.ASKED_OF_A_TIME if any("period" in intent.slots for intent in lookups) else ()
    for key in keys:
        if key not in shared.answers:
            raise SiteError(file, f"the answer {key!r} is missing", key=f"answers.{key}")


def _check_key(file: Path, intent: Intent, taken: dict[str, str]) -> None:
    """Whether the terminal can do what `key` and `typed` ask of it; `taken`: key -> intent, added to."""
    if bool(intent.key) != bool(intent.typed):
        raise SiteError(file, "`key` and `typed` go together", key="key")
    if not intent.key:
        return
    if not (len(intent.key) == 1 and "a" <= intent.key <= "z") or intent.key in TERMINALS_OWN:
        raise SiteError(file, f"a small letter, and none of {', '.join(TERMINALS_OWN)}", key="key")
    if intent.key in taken:
        raise SiteError(file, f"{intent.key!r} is the key of {taken[intent.key]} already", key="key")
    taken[intent.key] = intent.intent
    try:
        holes = [name for _, name, _, _ in string.Formatter().parse(intent.typed) if name is not None]
    except ValueError as exc:
        raise SiteError(file, f"bad template: {exc}", key="typed") from exc
    unknown = [name for name in holes if name not in (*intent.slots, "unit")]
    if unknown:
        raise SiteError(file, f"no slot {unknown[0]!r}", key="typed")


def _lists(folder: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Spoken forms; a list may begin with another (`from: defect`)."""
    raw: dict[str, tuple[Path, dict[str, str | tuple[str, ...]]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        for name, values in yaml.read(file, dict[str, dict[str, str | tuple[str, ...]]]).items():
            if name in raw:
                raise SiteError(file, "this list stands in another file too", key=name)
            raw[name] = (file, values)
    lists: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, (file, values) in raw.items():
        merged: dict[str, tuple[str, ...]] = {}
        for value, spoken in values.items():
            if value == "from":
                if not isinstance(spoken, str) or spoken not in raw:
                    raise SiteError(file, f"no list {spoken!r}", key=name)
                merged |= {key: forms for key, forms in raw[spoken][1].items() if not isinstance(forms, str)}
            elif isinstance(spoken, str):
                raise SiteError(file, "spoken forms are a list", key=value)
            else:
                merged[value] = spoken
        lists[name] = merged
    return lists
