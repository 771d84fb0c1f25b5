"""What the words so far look like while the silence after them goes on: a whole command, an unfinished one, or neither.

It decides how long that silence has to be before the command counts as said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain.endpointing import Words
from assistant.domain.spoken.mentions import Entities, Mention, find
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import Token, tokenize
from assistant.domain.values import MISSING, Command
from assistant.settings.intents import Intents
from assistant.turn.read import Reader


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of a site's sentences."""

    reader: Reader
    intents: Intents

    def of(self, text: str, entities: Entities, commands: Sequence[Command] | None = None) -> Words:
        """How `text` looks. `commands`: how it was read, where that is known (the answer to a question, say)."""
        tokens = canonical_times(tokenize(text, self.reader.language), self.reader.language)
        if not tokens:
            return "open"
        read = self.reader.read(text, entities) if commands is None else commands
        mentions = find(tokens, self.reader.language, entities)
        last = mentions[-1] if mentions and mentions[-1].end == len(tokens) else None
        if last is not None and self._unfinished(last):
            return "hanging"
        if all(self._whole(command) for command in read):
            return "complete"
        return "hanging" if last is None and self._wants_more(tokens) else "open"

    def _unfinished(self, last: Mention) -> bool:
        """Whether a sentence ends in the midst of an id or name: "lot four seven", "the oven"."""
        if last.kind == "number" or last.options:
            return True
        digits = {kind.kind: kind.digits for kind in self.reader.language.kinds}
        return last.values[-1] == MISSING and len(last.heard[-1]) < digits.get(last.kind, 0)

    def _wants_more(self, tokens: Sequence[Token]) -> bool:
        """Whether it ends with a word that stands before others: "for", "lot", "double"."""
        language = self.reader.language
        nouns = [noun for kind in language.kinds for noun in kind.nouns]
        return tokens[-1].text in language.numbers.repeats or any(
            _ends(tokens, phrase) for phrase in (*language.hanging, *nouns)
        )

    def _whole(self, command: Command) -> bool:
        """Whether nothing has to be added to it; what it names may not exist, and that can be said at once."""
        spec = self.intents.by_name.get(command.intent)
        if spec is None or spec.free or command.options:
            return False
        named = not spec.one_of or any(slot in command.slots for slot in spec.one_of)
        return named and all(slot in command.slots for slot in spec.needs)


def _ends(tokens: Sequence[Token], phrase: Sequence[str]) -> bool:
    return tuple(token.text for token in tokens[-len(phrase) :]) == tuple(phrase)
