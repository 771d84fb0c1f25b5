"""Words that no template fits -> commands, by a language model that proposes and by code that checks.

The model is shown markers for what is named and answers with markers (turn.wording, turn.shape); which thing a marker
is was decided before by exact digits. Its answer is parsed as if nothing had held it to a shape, and is worth nothing
where it says what nobody said. No answer - no model, a dead one, a late one - is "not understood".
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import structlog

from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities, Mention
from assistant.domain.spoken.tokens import stands, tokenize
from assistant.domain.values import HERE, Command
from assistant.errors import EngineError
from assistant.ports import LanguageModel
from assistant.settings.intents import Intents
from assistant.turn.ground import ANY_UNIT, grounded
from assistant.turn.read import NAMED, UNKNOWN, again
from assistant.turn.shape import Proposal, parse
from assistant.turn.wording import Wording, wording

MODEL = "model"
CONSENT = "yes"
"""As good as the action that it lets happen."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often an answer of so much probability is right, measured on sentences kept aside."""

    points: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))
    """(probability of the answer, share right), both rising; straight lines between."""

    def confidence(self, probability: float) -> float:
        """Share of such answers that are right."""
        if not 0.0 <= probability <= 1.0:  # a model that answers nonsense is not sure of anything
            return 0.0
        xs = [x for x, _ in self.points]
        right = min(max(bisect.bisect_left(xs, probability), 1), len(xs) - 1)
        (x0, y0), (x1, y1) = self.points[right - 1], self.points[right]
        share = min(1.0, max(0.0, (probability - x0) / (x1 - x0))) if x1 > x0 else 1.0
        return y0 + share * (y1 - y0)


@dataclass(frozen=True, slots=True)
class Understander:
    """Reads what the templates do not, with a language model."""

    model: LanguageModel
    language: Language
    intents: Intents
    calibration: Calibration = field(default_factory=Calibration)

    async def understand(self, text: str, entities: Entities) -> tuple[Command, ...]:
        """The commands that `text` says; one of intent `unknown` when it is none, or when there is no answer."""
        shown = wording(text, self.language, entities)
        if not shown.text:
            return (Command(UNKNOWN, confidence=0.0, text=text),)
        try:
            completion = await self.model.complete(shown.text)
        except EngineError as exc:
            structlog.get_logger(__name__).warning("no answer of the language model", why=str(exc))
            return (Command(UNKNOWN, confidence=0.0, text=text),)
        nothing = Command(UNKNOWN, confidence=0.0, by=MODEL, text=text)
        proposals = parse(completion.answer, self.intents)
        total = sum(completion.logprobs)
        confidence = self.calibration.confidence(math.nan if math.isnan(total) else math.exp(min(0.0, total)))
        if not proposals:
            return (replace(nothing, confidence=confidence if proposals is not None else 0.0),)
        placed = [self._placed(self._filled(one, shown), shown) for one in proposals]
        proposals = self._whole(self._told(placed, shown), shown)
        last = len(proposals) - 1
        commands = [self._command(one, shown, confidence, last=index == last) for index, one in enumerate(proposals)]
        if any(command is None for command in commands):
            return (nothing,)
        doubt = self._doubt(proposals, shown)
        said: list[Command] = []
        for one in (one for command in commands for one in command or ()):
            if not again(one, said):  # "nothing more from lot 4711, hold the lot" is one command
                said.append(replace(one, doubt=one.doubt or doubt))
        return tuple(said)

    def heeded(self, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """The same commands, or `unknown` where they are so unlikely that they are better left alone."""
        for command in commands:
            spec = self.intents.by_name.get(command.intent)
            if spec is not None and command.confidence < spec.confidence.heed:
                return (Command(UNKNOWN, confidence=1.0 - command.confidence, by=MODEL, text=command.text),)
        return commands

    def acts(self, command: Command) -> bool:
        """Whether a command is an action."""
        spec = self.intents.by_name.get(command.intent)
        return spec is not None and spec.kind == "action"

    def _told(self, proposals: Sequence[Proposal], shown: Wording) -> tuple[Proposal, ...]:
        """ "It" in a later command of the same breath is what the command before it named; and so is "there"."""
        told: list[Proposal] = []
        there = stands(tokenize(shown.said, self.language), self.language.there)
        for proposal in proposals:
            before = told[-1].slots if told else {}
            spec = self.intents.by_name[proposal.intent]
            named = {slot: value for slot, value in before.items() if slot in NAMED and slot in spec.slots}
            nowhere = there and not set(NAMED) & {*spec.one_of, *proposal.slots}
            if ("unit" in proposal.slots or nowhere) and len(named) == 1:
                rest = {slot: value for slot, value in proposal.slots.items() if slot != "unit"}
                proposal = replace(proposal, slots={**named, **rest})  # noqa: PLW2901
            told.append(proposal)
        return tuple(told)

    def _filled(self, proposal: Proposal, shown: Wording) -> Proposal:
        """An order with the reason that was said and left out, where only one was; towards what it is to go."""
        spec = self.intents.by_name[proposal.intent]
        tokens = tokenize(shown.said, self.language)
        slots = dict(proposal.slots)
        for slot in spec.slots if spec.kind == "action" and not spec.free else ():
            if slot in self.intents.lists and slot not in slots:
                said = [
                    value
                    for value, forms in self.intents.lists[slot].items()
                    if stands(tokens, [tuple(form.split()) for form in forms if " " in form])
                ]
                slots |= {slot: said[0]} if len(said) == 1 else {}
            elif slot not in NAMED and slots.get(slot) in shown.mentions:
                slots[slot] = self._towards(slots[slot], shown)
        return replace(proposal, slots=slots)

    def _placed(self, proposal: Proposal, shown: Wording) -> Proposal:
        """A line that only says which machine is meant ("is the oven still up on line one") is no scope of its own.

        Of an action it is left out only beside that machine: one on the whole line may well be meant.
        """
        spec = self.intents.by_name[proposal.intent]
        for marker, mention in shown.mentions.items():
            line = shown.mentions.get(proposal.slots.get("line", ""))
            if not mention.line or line is None or line.values != (mention.line,):
                continue
            rest = {slot: value for slot, value in proposal.slots.items() if slot != "line"}
            if rest.get("machine") == marker:
                return replace(proposal, slots=rest)
            if spec.kind == "lookup" and "machine" in spec.slots and not set(NAMED) & rest.keys():
                return replace(proposal, slots={"machine": marker, **rest})
        return proposal

    def _towards(self, marker: str, shown: Wording) -> str:
        """ "From the controller to the gateway": of two of a kind the one that it is to be, not the one that it was."""
        others = [m for m, one in shown.mentions.items() if one.kind == shown.mentions[marker].kind and m != marker]
        if len(others) != 1:
            return marker
        text = f" {' '.join(word for word, _, _ in shown.words)} "
        left = any(f" {' '.join(phrase)} {marker} " in text for phrase in self.language.away)
        return others[0] if left else marker

    def _whole(self, proposals: Sequence[Proposal], shown: Wording) -> tuple[Proposal, ...]:
        """A look-up with what was named for it and left out: an answer about more than was asked is a wrong one."""
        (first, *others) = proposals
        spec = self.intents.by_name[first.intent]
        if others or spec.kind != "lookup" or "unit" in first.slots:
            return tuple(proposals)
        placing = {m.line for m in shown.mentions.values() if m.line and "machine" in spec.slots}
        free = {
            marker: m.kind
            for marker, m in shown.mentions.items()
            if marker not in first.slots.values() and not (m.kind == "line" and placing & {*m.values})
        }
        asked = {kind: marker for marker, kind in free.items() if kind in spec.slots and kind not in first.slots}
        if set(NAMED) & first.slots.keys():
            asked = {kind: marker for kind, marker in asked.items() if kind not in NAMED}
        if len(asked) != len([kind for kind in free.values() if kind in spec.slots]):
            return tuple(proposals)  # two of a kind: which of them was meant is not for us to say
        return (replace(first, slots={**first.slots, **asked}),)

    def _command(
        self, proposal: Proposal, shown: Wording, confidence: float, *, last: bool
    ) -> tuple[Command, ...] | None:
        """The command with what the sentence really names; None when it names no such thing."""
        spec = self.intents.by_name[proposal.intent]
        slots: dict[str, str] = {}
        heard: dict[str, str] = {}
        named: dict[str, Mention] = {}
        slip = False
        for slot, value in proposal.slots.items():
            if slot == "unit":
                it = self._it(shown)
                if it is None:
                    return None
                unit = next((name for name in (*spec.one_of, *spec.slots) if name in NAMED), "")
                if not unit:
                    return None
                named[unit], heard[unit] = it, ANY_UNIT
            elif slot == spec.free:
                words = _verbatim(
                    value, shown, self.language.periods.articles, to_the_end=last, used=set(proposal.slots.values())
                )
                if not words:
                    return None
                slots[slot] = words
            elif slot in self.intents.lists:
                slots[slot] = value
            elif value in shown.mentions:
                named[slot] = shown.mentions[value]
                slip = slip or named[slot].slip
            else:
                return None
        unsure = (spec.kind == "action" or spec.intent == CONSENT) and confidence < spec.confidence.sure
        doubt = "slip" if slip else "unsure" if unsure else ""
        command = Command(spec.intent, slots, confidence, MODEL, shown.said, heard, doubt=doubt)
        return grounded(command, named)

    def _it(self, shown: Wording) -> Mention | None:
        """The words for what was last spoken of, if there are any."""
        said = {words[0] for words, kind in self.language.here.items() if kind == "unit"}
        for index, (word, _, _) in enumerate(shown.words):
            if word.partition("'")[0] in said:
                return Mention("unit", (HERE,), index, index + 1, heard=(word,))
        return None

    def _doubt(self, proposals: Sequence[Proposal], shown: Wording) -> str:
        """Why an action must be confirmed whatever the model thinks of it, or empty."""
        if not any(self.intents.by_name[p.intent].kind == "action" or p.intent == CONSENT for p in proposals):
            return ""
        tokens = tokenize(shown.said, self.language)
        if stands(tokens, self.language.negations):
            return "negation"
        if shown.said.rstrip().endswith("?") and not stands(tokens, self.language.requests):
            return "question"
        if stands(tokens, self.language.hedges) and not any(self.intents.by_name[p.intent].free for p in proposals):
            return "hedge"
        used = {value for proposal in proposals for value in proposal.slots.values()}
        free = any(self.intents.by_name[proposal.intent].free for proposal in proposals)
        left_out = [m for m, mention in shown.mentions.items() if mention.kind in NAMED and m not in used]
        if left_out and not free:
            return "left out"
        if self._corrected_away(used, shown) and not free:
            return "corrected"
        # A deed too many is easily read into a long sentence.
        return "several" if sum(self.intents.by_name[p.intent].kind == "action" for p in proposals) > 1 else ""

    def _corrected_away(self, used: Collection[str], shown: Wording) -> bool:
        """Whether what is meant stands before a correction, and after it a number that nothing was made of."""
        words = [word for word, _, _ in shown.words]
        numbers = {m for m, mention in shown.mentions.items() if mention.kind == "number"} - {*used}
        return any(
            tuple(words[at : at + len(phrase)]) == phrase
            for at in range(1, len(words))
            if numbers & {*words[at:]} and {*words[:at]} & {*used}
            for phrase in self.language.corrections
        )


def _verbatim(text: str, shown: Wording, articles: Collection[str], *, to_the_end: bool, used: Collection[str]) -> str:
    """The words of `text`, one run of what the model was shown, as they were said, with their article; empty when
    there is no such run.

    Free text that stands last goes on `to_the_end` of what was said, since nothing of a note is left out; not where
    what is `used` for the command stands behind it ("squeegee is worn: write that about printer one").
    """
    wanted = [word.rstrip(",") for word in text.split()]
    shown_words = [word for word, _, _ in shown.words]
    for at in range(len(shown_words) - len(wanted), -1, -1):
        if shown_words[at : at + len(wanted)] == wanted and wanted:
            after = shown_words[at + len(wanted) :]
            last = not after or (to_the_end and not any(word in used for word in after))
            end = len(shown.said) if last else shown.words[at + len(wanted) - 1][2]
            first = at - (at > 0 and shown_words[at - 1] in articles)
            return shown.said[shown.words[first][1] : end].strip().strip(",:;").strip()
    return ""
