"""Transcript -> commands: the first whole valid command by a template, else what the language model understands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.domain.spoken.mentions import Entities, Mention
from assistant.domain.spoken.numbers import is_number
from assistant.domain.spoken.tokens import beheaded, curtailed, shorter_number, stands, tokenize
from assistant.domain.values import HERE, MISSING, Command, Hypothesis, Transcript
from assistant.turn.dialogue import Dialogue, State
from assistant.turn.read import NAMED, REFUSAL, SLIP_CONFIDENCE, UNKNOWN, Reader
from assistant.turn.understand import CONSENT, Understander

DIGITS = "digits"
"""What was said, of a yes that says the digits of an id again."""
CUT = "cut"
"""Doubt about words that may be missing: the sound begins or ends in the midst of speech."""
SCOPES = ("exception", "part")
"""Doubts about which of the things named are meant: no action is the right one."""
DEED = "deed"
"""Doubt about which of two deeds was said, "stop" or "start": neither is proposed."""
SOUND = "sound"
"""Doubt about words that were not heard so, but sound like what was."""
CLOSE = 0.8
"""A command about another thing at least this likely leaves open which of them is meant, also where the other does not
exist, and one to do something else what was said: that is asked. One that says more is taken for what was said, and
asked back. (In 828 recordings one of 110 right ids that exist had such a rival, and two of five that nobody said.)"""
RIVAL = 0.65
"""Another valid command at least this likely beside the best one makes it doubtful: asked back, not acted on. (Of 408
recordings, clean and in noise, whose best rival lay between half as likely and this, 33 were heard right by the adapted
ear and 6 by the base, none wrong.)"""


Reading = tuple[Hypothesis, tuple[Command, ...]]
"""What may have been said, and the commands that it says."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Reads a transcript in the light of what was asked before: by templates, then by a model if there is one."""

    reader: Reader
    understander: Understander | None = None

    async def interpret(self, transcript: Transcript, dialogue: Dialogue, entities: Entities) -> tuple[Command, ...]:
        """The commands that it says; never empty (the last resort is one `unknown`)."""
        commands = await self._interpret(transcript, dialogue, entities)
        return tuple(replace(one, doubt=CUT) if transcript.cut and _hangs_on(one) else one for one in commands)

    async def _interpret(self, transcript: Transcript, dialogue: Dialogue, entities: Entities) -> tuple[Command, ...]:
        commands = self.by_templates(transcript, dialogue, entities)
        first = commands[0]
        if (
            self.understander is None
            or first.intent != UNKNOWN
            or first.doubt in ("bare", "withdrawn", "many", DEED)
            or not transcript.hypotheses
        ):
            return commands
        best = transcript.hypotheses[0]
        understood = await self._by_model(self.understander, best.text, dialogue, entities)
        acts = any(self.understander.acts(command) for command in understood)
        if understood[0].intent == UNKNOWN or (acts and first.doubt in SCOPES):
            # Talk is left alone; whoever types, or was taken for giving an order, is told why nothing is done.
            talk = first.doubt in SCOPES and transcript.channel == "voice" and not acts
            return commands if first.doubt and not talk else understood
        acoustic = 1.0 if transcript.channel == "text" else math.exp(min(0.0, best.logprob))
        lost = any(self._denies(other.text) and _likelihood(other, best) > RIVAL for other in transcript.hypotheses[1:])
        return tuple(
            replace(
                command,
                confidence=min(command.confidence, acoustic),
                doubt=command.doubt or ("hypotheses" if lost else ""),
            )
            for command in understood
        )

    def _denies(self, text: str) -> bool:
        """Whether a "don't" stands anywhere in it."""
        return stands(tokenize(text, self.reader.language), self.reader.language.negations)

    async def _by_model(
        self, understander: Understander, text: str, dialogue: Dialogue, entities: Entities
    ) -> tuple[Command, ...]:
        """What it says by itself; or, as the answer to a question for one slot, together with what was asked about."""
        understood = understander.heeded(await understander.understand(text, entities))
        if understood[0].intent != UNKNOWN or dialogue.state is not State.ASKING:
            return understood
        (pending,) = dialogue.commands
        whole = understander.heeded(await understander.understand(f"{pending.text.rstrip('.?!')}, {text}", entities))
        if len(whole) == 1 and whole[0].intent == pending.intent and dialogue.slot in whole[0].slots:
            filled = whole[0]
            slots = {**pending.slots, dialogue.slot: filled.slots[dialogue.slot]}
            heard = {slot: words for slot, words in filled.heard.items() if slot == dialogue.slot}
            options = {slot: ids for slot, ids in pending.options.items() if slot != dialogue.slot}
            return (replace(filled, slots=slots, heard={**pending.heard, **heard}, options=options, text=text),)
        return understood

    def by_templates(self, transcript: Transcript, dialogue: Dialogue, entities: Entities) -> tuple[Command, ...]:
        """The same by the site's templates alone: of what may have been said, the first whole valid command."""
        readings = [(hypothesis, self._read(hypothesis, dialogue, entities)) for hypothesis in transcript.hypotheses]
        if not readings:
            return (Command(UNKNOWN, confidence=0.0),)
        readings = [one for one in readings if not self._lacks_words(one, readings[0])]
        index = self._choose([commands for _, commands in readings])
        hypothesis, commands = readings[index]
        if transcript.channel == "text":
            return commands
        rivals = [(_likelihood(one[0], hypothesis), one) for one in readings[index + 1 :]]
        if any(
            likely > CLOSE and (_negated(other) or self._another_deed(other, commands)) for likely, (_, other) in rivals
        ):
            return (Command(UNKNOWN, confidence=0.0, text=hypothesis.text, doubt=DEED),)
        settled = self._which(readings, index)
        rival = any(likely > RIVAL and self._rivals(one, readings[index], settled) for likely, one in rivals)
        more = _fuller(readings[index], readings[index + 1 :]) if settled == commands and not rival else None
        if more is not None:
            hypothesis, settled = more
        confidence = math.exp(min(0.0, hypothesis.logprob))
        if hypothesis.heard:
            confidence = min(confidence, SLIP_CONFIDENCE)
        doubt = SOUND if hypothesis.heard else "hypotheses" if rival or more is not None else ""
        return tuple(
            replace(command, confidence=min(command.confidence, confidence), doubt=command.doubt or doubt)
            for command in settled
        )

    def _rivals(self, one: Reading, chosen: Reading, settled: tuple[Command, ...]) -> bool:
        """Whether it speaks against what was chosen: a "don't", another sentence, or words before a deed.

        A "don't" that the ear lost may have left something of it: "when hold lot 4712" beside "hold lot 4712".
        """
        if _negated(one[1]):
            return True
        if _whole(one[1]):
            return self._contradicts(one[1], settled)
        deed = any(command.intent in self.reader.acts for command in settled)
        return deed and self._lacks_words(chosen, one)

    def _lacks_words(self, one: Reading, best: Reading) -> bool:
        """Whether one is the best without its first words, or without its "don't", and the best makes no sense.

        What stands before a command may turn it into something else: "who put lot 4711 on hold" comes as "we put …",
        "don't you stop oven two" as "and you …".
        """
        if _whole(best[1]) or one[1][0].intent == REFUSAL:
            return False
        if self._denies(best[0].text):
            return not self._denies(one[0].text)
        shorter, longer = (tokenize(said.text, self.reader.language) for said in (one[0], best[0]))
        return beheaded(shorter, longer)

    def _which(self, readings: Sequence[Reading], index: int) -> tuple[Command, ...]:
        """The reading to go by; without the name of its thing where another was about as likely said.

        Nor with an id beside which one that does not exist is as likely, or whose last digit may begin a word that was
        not understood: that id is not even asked back.
        """
        best, commands = readings[index]
        if len(commands) != 1 or not _understood(commands):
            return commands
        (command,) = commands
        for slot in [slot for slot in NAMED if slot in command.slots]:
            rest = {name: value for name, value in command.slots.items() if name != slot}
            others = [
                other[0].slots[slot]
                for said, other in readings[index + 1 :]
                if len(other) == 1
                and other[0].intent == command.intent
                and {name: value for name, value in other[0].slots.items() if name != slot} == rest
                and slot in other[0].slots
                and _likelihood(said, best) > CLOSE
            ]
            ids = dict.fromkeys((command.slots[slot], *others))
            there = tuple(value for value in ids if value not in (HERE, MISSING))
            many = sum(char.isdigit() for char in command.slots[slot]) > 1  # of one, without it, nothing is left
            if len(ids) > 1 or (many and self._open_ended(readings, index)):
                among = there if len(there) > 1 else ()
                return (replace(command, slots=rest, options={**command.options, slot: among}),)
        return commands

    def _open_ended(self, readings: Sequence[Reading], index: int) -> bool:
        """Whether the last digit of its id may begin a word that was not understood.

        It ends with an id after which more was heard: "one oh three four, tombstone" comes as "10342 on". Or another
        hypothesis, as likely, has a word there: "four seven one two oh" as "471 to over", and as "4711".
        """
        (best, commands), chosen = readings[0], tokenize(readings[index][0].text, self.reader.language)
        as_word = any(
            shorter_number(tokenize(said.text, self.reader.language), chosen)
            for said, other in readings
            if not _whole(other) and _likelihood(said, readings[index][0]) > CLOSE
        )
        return as_word or (
            not _whole(commands)
            and is_number(chosen[-1].text, self.reader.language.numbers)
            and curtailed(chosen, tokenize(best.text, self.reader.language))
        )

    def _choose(self, readings: Sequence[tuple[Command, ...]]) -> int:
        """Index of the reading to go by."""
        for index, commands in enumerate(readings):
            if _negated(commands) or _whole(commands):
                # "Don't stop oven two" is not to be mended into "stop oven two" further down the list; and of a whole
                # command about something that does not exist, or whose id lacks a digit, the nearest neighbour would
                # be found there, which nobody said.
                return index
        meant = (index for index, commands in enumerate(readings) if commands[0].intent != UNKNOWN)
        return next(meant, 0)

    def _another_deed(self, other: tuple[Command, ...], commands: tuple[Command, ...]) -> bool:
        """Whether both are sentences of the site, at least one of them to act, and they ask for different things."""
        one, two = ([command.intent for command in each] for each in (commands, other))
        return one != two and _whole(commands) and _whole(other) and not self.reader.acts.isdisjoint((*one, *two))

    def _contradicts(self, other: tuple[Command, ...], commands: tuple[Command, ...]) -> bool:
        """Whether two readings cannot both be meant: another deed, or another value for the same slot.

        One that merely understands less contradicts nothing, and two ways to write down a note are one note.
        """
        if [command.intent for command in other] != [command.intent for command in commands]:
            return True
        return any(
            one.slots[slot] != two.slots[slot]
            for one, two in zip(other, commands, strict=True)
            for slot in one.slots.keys() & two.slots.keys() - {self.reader.free.get(one.intent, "")}
        )

    def _read(self, hypothesis: Hypothesis, dialogue: Dialogue, entities: Entities) -> tuple[Command, ...]:
        if dialogue.state is State.CHALLENGING and (said := self.reader.read_digits(hypothesis.text)):
            return (Command(CONSENT, text=hypothesis.text, heard={DIGITS: said}),)
        commands = self.reader.read(hypothesis.text, entities)
        if dialogue.state is State.ASKING and commands[0].intent == UNKNOWN:
            return self._slot(hypothesis.text, dialogue, entities) or commands
        return commands

    def _slot(self, text: str, dialogue: Dialogue, entities: Entities) -> tuple[Command, ...]:
        """The pending command with the slot that was asked for, or nothing."""
        found = self.reader.read_slot(dialogue.slot, text, entities)
        (pending,) = dialogue.commands
        if found is None or (isinstance(found, Mention) and len(found.values) != 1):
            return ()
        value = found.values[0] if isinstance(found, Mention) else found
        heard = {dialogue.slot: found.heard[0]} if isinstance(found, Mention) and value == MISSING else {}
        options = {slot: ids for slot, ids in pending.options.items() if slot != dialogue.slot}
        return (
            replace(pending, slots={**pending.slots, dialogue.slot: value}, heard=heard, options=options, text=text),
        )


def _hangs_on(command: Command) -> bool:
    """Whether a lost word could turn it into its opposite; whoever says no is believed at once."""
    return not command.doubt and command.intent not in (UNKNOWN, REFUSAL)


def _understood(commands: tuple[Command, ...]) -> bool:
    return all(command.intent != UNKNOWN and MISSING not in command.slots.values() for command in commands)


def _whole(commands: tuple[Command, ...]) -> bool:
    """Whether it is a sentence of the site, also about something that does not exist: that may have been said too."""
    return all(command.intent != UNKNOWN for command in commands)


def _negated(commands: tuple[Command, ...]) -> bool:
    return commands[0].intent == UNKNOWN and commands[0].doubt == "negated"


def _likelihood(said: Hypothesis, best: Hypothesis) -> float:
    """How likely `said` is beside `best`: the ratio of their mean token probabilities."""
    return math.exp(min(0.0, said.logprob - best.logprob))


def _fuller(chosen: Reading, others: Sequence[Reading]) -> Reading | None:
    """The first that says all that the chosen one does, and more, and is about as likely.

    The ear loses one of two like words more easily than it makes one up: "a medium medium roast" comes as "a medium".
    """
    best, commands = chosen
    for said, other in others:
        if len(commands) == len(other) == 1 and _understood(commands) and _understood(other) and not said.heard:
            (one,), (two,) = commands, other
            fuller = one.intent == two.intent and one.slots.items() < two.slots.items()
            if fuller and _likelihood(said, best) > CLOSE:
                return said, other
    return None
