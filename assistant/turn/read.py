"""Words -> commands, by the site's templates alone: whole sentences or nothing.

Three ways, tried in order: the sentence as it is; with what was corrected in mid-sentence put right; as several
commands in one breath. A part that is not understood makes the whole not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from assistant.domain.spoken.ids import restated
from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities, Marked, Mention, find, mark
from assistant.domain.spoken.numbers import is_number, readings, run_length
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import Token, chain, stands, starts, tokenize
from assistant.domain.values import HERE, MISSING, Command
from assistant.ports import Match, Matcher
from assistant.settings.intents import Intents
from assistant.turn.ground import ANY_UNIT, grounded

SLIP_CONFIDENCE = 0.5
"""Of a reading that rests on a recogniser's slip: never enough to act on unasked."""
LONGEST_TAIL = 12
"""Most words that a correction can replace: an id in full and its noun."""
SHORT_START = 3
"""Most words of a sentence that somebody began, broke off and corrected; more that say nothing here are talk."""
MOST_COMMANDS = 6
"""In one breath; of more than these none is done, for nobody could tell which were."""
MOST_WORDS = 100
"""More than 25 seconds of speech hold. What is longer may be one sentence (a note), but is not searched for several."""

UNKNOWN = "unknown"
NAMED = ("lot", "board", "machine", "line", "order")
"""Slots of things that have names or ids: what an action must not leave out when it was said."""
REFUSAL = "no"
"""After a command in the same breath it takes that command back."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads sentences against what exists."""

    matcher: Matcher
    language: Language
    free: Mapping[str, str]
    """Intent -> its slot that is free text."""
    first: Mapping[str, str]
    """Intent -> the slot that "it" stands for while nobody knows better."""
    figures: Mapping[str, Sequence[str]]
    """Intent -> its slots, of those that tell a figure of a period."""
    takes: Mapping[str, Sequence[str]]
    """Intent -> its slots."""
    acts: Set[str]
    """Intents that change something."""

    @classmethod
    def of(cls, matcher: Matcher, language: Language, intents: Intents) -> Reader:
        """A reader for a site's intents."""
        specs = intents.by_name.values()
        return cls(
            matcher,
            language,
            free={spec.intent: spec.free for spec in specs if spec.free},
            first={spec.intent: spec.one_of[0] for spec in specs if spec.one_of},
            takes={spec.intent: spec.slots for spec in specs},
            acts={spec.intent for spec in specs if spec.kind == "action"},
            figures={spec.intent: spec.slots for spec in specs if spec.kind == "lookup" and "period" in spec.slots},
        )

    def read(self, text: str, entities: Entities) -> tuple[Command, ...]:
        """The commands that `text` says, in order; one of intent `unknown` when it is no whole command."""
        tokens = canonical_times(tokenize(text, self.language), self.language)
        commands = self._tokens(text, tokens, entities) or (self._unknown(text, tokens, entities),)
        return commands if len(commands) <= MOST_COMMANDS else (Command(UNKNOWN, text=text, doubt="many"),)

    def read_slot(self, slot: str, text: str, entities: Entities) -> Mention | str | None:
        """What `text` says as the answer to a question for one slot: a mention, a list value, or None."""
        tokens = tokenize(text, self.language)
        marked = mark(tokens, self.language, entities)
        named = marked.mentions.get(marked.text)
        if named is not None:
            return named if named.kind == slot else None
        return self.matcher.match_slot(slot, marked.text)

    def read_digits(self, text: str) -> str:
        """The digits that `text` says when it says hardly anything else ("yes, zero seven"); empty otherwise."""
        nouns = {word for kind in self.language.kinds for noun in kind.nouns for word in noun}
        around = nouns | {word for phrase in self.language.around_digits for word in phrase}
        said = [token for token in tokenize(text, self.language) if token.text not in around]
        if not said or run_length(said, 0, self.language.numbers) != len(said):
            return ""
        return next(iter(readings([token.text for token in said], self.language.numbers)), "")

    def _tokens(self, text: str, tokens: Sequence[Token], entities: Entities) -> tuple[Command, ...]:
        found = self._match(tokens, entities)
        if found is not None:
            return () if self._corrects(text, *found, entities) else self._commands(text, tokens, *found)
        if len(tokens) > MOST_WORDS:
            return ()
        return self._corrected(text, tokens, entities) or self._several(text, tokens, entities)

    def best(self, text: str, entities: Entities) -> Match | None:
        """The template that fits the whole of `text` best, if any does; "it" in free text as it was said."""
        found = self._match(canonical_times(tokenize(text, self.language), self.language), entities)
        if found is None:
            return None
        marked, match = found
        it = {marker: mention.heard[0] for marker, mention in marked.mentions.items() if mention.kind == "unit"}
        said = {slot: " ".join(it.get(word, word) for word in match.slots[slot].split()) for slot in match.spans}
        return replace(match, slots={**match.slots, **said})

    def _direct(self, text: str, tokens: Sequence[Token], entities: Entities) -> tuple[Command, ...]:
        """The whole sentence by one template."""
        found = self._match(tokens, entities)
        return () if found is None else self._commands(text, tokens, *found)

    def _corrects(self, text: str, marked: Marked, match: Match, entities: Entities) -> bool:
        """Whether free text begins with a correction of what was named: "note on lot 1, no, on lot 2: …"."""
        kinds = {marked.mentions[value].kind for value in match.slots.values() if value in marked.mentions}
        for span in match.spans.values():
            free = tokenize(_verbatim(text, marked, span), self.language)
            after = starts(free, 0, self.language.corrections)
            if after and any(m.kind in kinds and m.start - after <= 1 for m in find(free, self.language, entities)):
                return True
        return False

    def _match(self, tokens: Sequence[Token], entities: Entities) -> tuple[Marked, Match] | None:
        found: list[tuple[Marked, Match]] = []
        tried: set[str] = set()
        nameless = replace(entities, names={})
        # "Hold that" names a thing, "undo that" and "note that …" do not; nor does a machine's name that a template has
        # among its own words ("to the rework bench").
        for among, here in ((entities, True), (entities, False), (nameless, True)) if tokens else ():
            if among is nameless and found:
                break
            marked = mark(tokens, self.language, among, here=here)
            if marked.text in tried:
                continue  # no such word in it: it would be matched again, and matching is most of what reading costs
            tried.add(marked.text)
            found += [(marked, match) for match in self.matcher.match(marked.text)]
            if any(not match.spans for _, match in found):
                break
        if not found:
            return None
        exact = [one for one in found if not one[1].slip] or found
        # Of several ways to read it the one that understands most: a note *on a lot*, not a note "on lot …", and of
        # two such the one that leaves less to free text.
        return max(exact, key=lambda one: (len(one[1].slots), -_freely(one)))

    def _corrected(self, text: str, tokens: Sequence[Token], entities: Entities) -> tuple[Command, ...]:
        """What follows a correction replaces the shortest tail before it that makes a whole command."""
        parts = _split(tokens, self.language.corrections)
        if len(parts) < 2:
            return ()
        said = parts[0]
        for part in parts[1:]:
            fixed = part[restated(part, 0, self.language, entities.ids) :]
            direct = self._direct(text, fixed, entities)
            if self._told_aside(text, parts[0], direct, entities):
                return ()
            if direct:
                said = self._it_named(said, fixed, entities)  # a whole new command: only that counts
                continue
            wrong: list[Token] | None = None
            for kept in range(len(said) - 1, max(-1, len(said) - LONGEST_TAIL - 1), -1):
                candidate = [*said[:kept], *fixed]
                if kept:
                    candidate[kept - 1] = replace(candidate[kept - 1], pause=False)
                commands = self._direct(text, candidate, entities) or self._several(text, candidate, entities)
                if commands and all(MISSING not in command.slots.values() for command in commands):
                    said = candidate
                    break
                if commands and wrong is None and self._whole_ids(candidate, entities):
                    wrong = candidate
            else:
                if wrong is None:
                    return ()
                said = wrong
        commands = self._direct(text, said, entities) or self._several(text, said, entities)
        taken_back = bool(commands) and commands[-1].intent == REFUSAL
        if taken_back and any(command.slots for command in self._direct(text, parts[0], entities)):
            return (self._withdrawn(text),)  # "release lot 4741, oh no no, don't"; not "yes, no, don't"
        return commands

    def _told_aside(self, text: str, before: Sequence[Token], said: Sequence[Command], entities: Entities) -> bool:
        """Whether a word to the assistant ends talk that was not for it: "they play it back to back, no repeat"."""
        words = said and all(one.intent != REFUSAL and one.intent not in self.first and not one.slots for one in said)
        if not words or len(before) <= SHORT_START:
            return False
        named = any(one.kind not in ("number", "period", "unit") for one in find(before, self.language, entities))
        return not named and not self._direct(text, before, entities) and not self._several(text, before, entities)

    def _it_named(self, said: Sequence[Token], fixed: list[Token], entities: Entities) -> list[Token]:
        """`release lot 4713, I mean hold it`: "it" is the one thing that was named before the correction."""
        units = [one for one in find(fixed, self.language, entities) if one.kind == "unit"]
        named = [one for one in find(said, self.language, entities) if one.kind not in ("number", "period", "unit")]
        if len(units) != 1 or len(named) != 1:
            return fixed
        return [*fixed[: units[0].start], *said[named[0].start : named[0].end], *fixed[units[0].end :]]

    def _whole_ids(self, tokens: Sequence[Token], entities: Entities) -> bool:
        """Whether every id in it has all its digits, though it may not exist."""
        digits = {kind.kind: kind.digits for kind in self.language.kinds}
        mentions = mark(tokens, self.language, entities).mentions.values()
        return all(len(heard) == digits[m.kind] for m in mentions if m.kind in digits for heard in m.heard)

    def _several(self, text: str, tokens: Sequence[Token], entities: Entities) -> tuple[Command, ...]:
        """Commands joined by "and", "then", or the end of a sentence; every part must be whole."""
        for index in range(1, len(tokens)):
            joined = starts(tokens, index, self.language.joins)
            if not joined and not tokens[index - 1].pause:
                continue
            first = self._direct(text, tokens[:index], entities)
            if not first or any(command.intent in self.free for command in first):
                continue
            rest = tokens[index + joined :]
            others = self._direct(text, rest, entities) or self._several(text, rest, entities)
            taken_back = any(other.intent in (REFUSAL, UNKNOWN) for other in others)
            if taken_back and first[-1].intent != REFUSAL:
                return (self._withdrawn(text),)  # "hold lot 4712, no way"
            if others:
                first = self._shared(first, others[0])
                others = tuple(self._told(other, first) for other in others)
                return (*first, *(other for other in others if not again(other, first)))
        return ()

    def _told(self, other: Command, first: Sequence[Command]) -> Command:
        """ "Acknowledge placer one and start it": "it" is what the command before it named."""
        its = [slot for slot, value in other.slots.items() if value == HERE and other.heard.get(slot) == ANY_UNIT]
        before = {slot: value for slot, value in first[-1].slots.items() if slot in NAMED and value != HERE}
        (named,) = before if len(before) == 1 else ("",)
        if len(its) != 1 or len(first) != 1 or named not in self.takes.get(other.intent, ()):
            return other
        rest = {slot: value for slot, value in other.slots.items() if slot not in its}
        heard = {slot: words for slot, words in other.heard.items() if slot not in its}
        if named in first[-1].heard:  # one that does not exist stays so
            heard[named] = first[-1].heard[named]
        return replace(other, slots={named: before[named], **rest}, heard=heard)

    def _withdrawn(self, text: str) -> Command:
        return Command(UNKNOWN, text=text, doubt="withdrawn")

    def _shared(self, first: tuple[Command, ...], then: Command) -> tuple[Command, ...]:
        """ "Yield and downtime on line one today": a figure of nothing named is of what the next one names."""
        (*_, last) = first
        if last.slots or last.options or not {last.intent, then.intent} <= self.figures.keys():
            return first
        takes = self.figures[last.intent]
        shared = {slot: value for slot, value in then.slots.items() if slot in takes}
        heard = {slot: words for slot, words in then.heard.items() if slot in takes}
        options = {slot: ids for slot, ids in then.options.items() if slot in takes}
        return (*first[:-1], replace(last, slots=shared, heard=heard, options=options))

    def _commands(self, text: str, tokens: Sequence[Token], marked: Marked, match: Match) -> tuple[Command, ...]:
        """One template's match as commands: one for each thing that was named together."""
        slots: dict[str, str] = {}
        heard: dict[str, str] = {}
        named: dict[str, Mention] = {}
        slip = match.slip
        for name, value in match.slots.items():
            mention = marked.mentions.get(value)
            if mention is None:
                slots[name] = value if name not in match.spans else _verbatim(text, marked, match.spans[name])
                continue
            slip = slip or mention.slip
            slot = self.first.get(match.intent, "lot") if name == "unit" else name
            named[slot] = mention
            if name == "unit":
                heard[slot] = ANY_UNIT
        command = Command(
            match.intent,
            slots,
            confidence=SLIP_CONFIDENCE if slip else 1.0,
            text=text,
            heard=heard,
            doubt="slip" if slip else "",
        )
        return grounded(command, named)

    def _scope(self, tokens: Sequence[Token], entities: Entities) -> str:
        """`exception` or `part` for a sentence about some but not all of what it names, which no command can say."""
        named = [one for one in find(tokens, self.language, entities) if one.kind not in ("number", "period", "unit")]
        if named and stands(tokens, self.language.exceptions):
            return "exception"
        kinds = {kind.kind for kind in self.language.kinds}
        if any(self._counted(tokens, one.start) for one in named if one.kind in kinds):
            return "part"
        before = [
            (one.start - len(phrase), phrase) for phrase in self.language.parts for one in named if one.kind in kinds
        ]
        return "part" if any(at >= 0 and starts(tokens, at, (phrase,)) for at, phrase in before) else ""

    def _counted(self, tokens: Sequence[Token], at: int) -> bool:
        """Whether "three of" stands before a thing."""
        return at >= 2 and tokens[at - 1].text == "of" and is_number(tokens[at - 2].text, self.language.numbers)

    def _unknown(self, text: str, tokens: Sequence[Token], entities: Entities) -> Command:
        """Not understood; what an answer could say about it travels in `doubt` and `heard`."""
        if starts(tokens, 0, self.language.negations):
            return Command(UNKNOWN, text=text, doubt="negated")
        scope = self._scope(tokens, entities)
        if scope:
            return Command(UNKNOWN, text=text, doubt=scope)
        marked = mark(tokens, self.language, entities)
        only = marked.mentions.get(marked.text)
        if only is not None and only.noun and len(only.values) == 1 and only.values[0] not in (MISSING, HERE):
            return Command(UNKNOWN, text=text, doubt="bare", heard={"unit": only.values[0]})
        return Command(UNKNOWN, text=text)


CALLED = (
    re.compile(r"^(?:(?:hey|hi|hello|oi|okay|ok|right)\s+)?([A-Z][a-z]+),\s"),
    re.compile(r",\s+([A-Z][a-z]+)[.?!]?$"),
)
"""Where a sentence calls somebody by a name: at its front, at its end."""


def called(text: str) -> set[str]:
    """Words by which a sentence may call somebody ("Ravi, stop it", "note it down, Joe"), in lower case."""
    found = (pattern.search(text.strip()) for pattern in CALLED)
    return {name[1].lower() for name in found if name is not None}


def again(other: Command, first: Sequence[Command]) -> bool:
    """Whether it is said a second time: "I'm stuck, what can I say"."""
    return any(
        (one.intent, one.slots, one.options, one.heard) == (other.intent, other.slots, other.options, other.heard)
        for one in first
    )


def _freely(found: tuple[Marked, Match]) -> int:
    """Words of what was said that a match leaves to free text."""
    marked, match = found
    return sum(start <= at < end for start, end in match.spans.values() for at, _, _ in marked.origins)


def _split(tokens: Sequence[Token], phrases: Sequence[tuple[str, ...]]) -> list[list[Token]]:
    """Cut at each of `phrases`; a sentence that begins or ends with one is not cut there."""
    parts: list[list[Token]] = [[]]
    index = 0
    while index < len(tokens):
        length = chain(tokens, index, phrases)
        if index + length == len(tokens):
            length = starts(tokens, index, phrases)
        if length and parts[-1] and index + length < len(tokens):
            parts.append([])
            index += length
        else:
            parts[-1].append(tokens[index])
            index += 1
    return parts


def _verbatim(text: str, marked: Marked, span: tuple[int, int]) -> str:
    """What was really said where a wildcard matched: word for word, with its own punctuation."""
    start = next((first for at, first, _ in reversed(marked.origins) if at <= span[0]), 0)
    return text[start:].strip().strip(",:;").strip()
