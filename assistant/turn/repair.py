"""What may have been meant by words that make no sentence here: names and words of this site that sound like them.

"Start plus or two" is no sentence of the plant, "start placer two" is one and sounds nearly the same. Candidates are
the words of the site's templates, lists and names, put where what was heard makes no sense, and its sentences, laid
along the whole of it (turn.nearest); the ear scores them against the sound, and what is done on one is always
confirmed. Numbers are never touched: an id that was said with other digits stays another id, and digits that were not
heard are not added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, groupby, islice, pairwise, product, zip_longest

from assistant.domain.spoken.mentions import Entities, find, mark
from assistant.domain.spoken.numbers import is_number, readings
from assistant.domain.spoken.sounds import Index, Sounds, distance
from assistant.domain.spoken.tokens import Token, beheaded, ends, stands, starts, tokenize
from assistant.domain.values import MISSING, Hypothesis
from assistant.settings.intents import Intents
from assistant.turn.nearest import Nearest
from assistant.turn.phrases import listed, literals, named, openings, own
from assistant.turn.read import UNKNOWN, Reader

FARTHEST = 0.42
"""How far apart words and what they may have been can sound (domain.spoken.sounds.distance)."""
SHORTEST = 3
"""Phones of a word that can be found by its sound; "a" and "o" are near to everything."""
LOOKED_AT = 3
"""Hypotheses whose words are mended; those further down the list are mended already, by the recogniser."""
MOST_WRONG = 2
"""Places in a sentence where words are mended; what has more of them is talk."""
LONGEST_SPAN = 3
"""Words that may stand for one name ("plus or")."""
SMALL = 3
"""Letters of a word that may be part of another ("plus or", "a wave in")."""
EACH, MOST = 10, 8
"""Names tried for one place, the nearest ones; and candidates that are offered."""
READ = 32
"""Combinations that are read to find those candidates."""
MOST_KEPT = 2000
"""Spans of words whose neighbours are remembered: those of one sentence come up again and again."""
TALK = 0.75
"""Of the words of a sentence: where more are strange, it is talk."""
LAID = 2
"""Hypotheses that are laid along the whole sentences of the site."""
LAID_FAR = 0.17
"""How far such a sentence may sound from what was heard, a phone."""
HEARD = 0.5
"""Of the words of both, so many must be the same: others' talk is no sentence of the site."""
ALIKE = 2
"""Of those that differ in little words only, as long as there are others."""
MOST_LAID = 5
ID_DIGITS = 3
"""In a row, they may be an id, also one that lost some; it must be the one that was heard best."""
_FIRST_PERSON = re.compile(r"\bi\b")


Choice = tuple[float, int, int, tuple[str, ...]]
"""How far, the place's start and end among the tokens, the words to put there."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words of the site and their sound."""

    words: tuple[str, ...]
    phones: str


class Repairer:
    """Offers candidates for what a recogniser wrote. Built once for a site."""

    def __init__(
        self, reader: Reader, intents: Intents, sounds: Sounds, entities: Entities, nearest: Nearest | None = None
    ) -> None:
        """`entities`: what has a name here; the ids in it only tell whole sentences from halves. `nearest`: looks
        through the sentences of the site, with holes for what has an id or a name."""
        self._reader, self._sounds, self._entities, self._nearest = reader, sounds, entities, nearest
        phrases = set(named(entities)) | set(listed(intents))
        phrases |= {noun for kind in reader.language.kinds for noun in kind.nouns}
        literal = {(word,) for word in literals(intents)}
        phrases |= set(openings(intents))
        self._nouns = {noun for kind in reader.language.kinds for noun in kind.nouns}
        self._known = {word for phrase in phrases | literal for word in phrase}
        self._known |= {word for phrase in reader.language.skip for word in phrase}
        # "Shut down things" is no "shut down this": what is at hand was not named by chance.
        phrases = (phrases | literal) - set(reader.language.here)
        found = (Phrase(words, sounds.of(words)) for words in sorted(phrases))
        self._phrases: dict[str, list[Phrase]] = {}
        for phrase in found:
            if len(phrase.phones) >= SHORTEST:
                self._phrases.setdefault(phrase.phones, []).append(phrase)
        self._index = Index(self._phrases)
        self._starting: dict[str, list[Phrase]] = {}
        for phrase in chain.from_iterable(self._phrases.values()):
            self._starting.setdefault(phrase.words[0], []).append(phrase)
        self._owners: dict[str, set[str]] = {}
        for spec in intents.by_name.values():
            for word in own(spec):
                self._owners.setdefault(word, set()).add(spec.intent)
        every = {spec.intent for spec in intents.by_name.values()}
        self._owners = {word: whose for word, whose in self._owners.items() if whose != every}
        self._little = {word for (word,) in literal} | {word for phrase in reader.language.skip for word in phrase}
        self._like = lru_cache(MOST_KEPT)(self._find)
        self._reads = lru_cache(MOST_KEPT)(self._is_read)

    def settled(self, heard: Sequence[Hypothesis]) -> bool:
        """See ports.Mender; nothing is made of a "don't"."""
        return self._denied(heard) or any(self._reads(one.text) for one in heard)

    def offer(self, heard: Sequence[Hypothesis], again: Sequence[Hypothesis] = ()) -> tuple[Hypothesis, ...]:
        """Sentences of this site that sound like what was heard, nearest first; none where a hypothesis is one.

        Until the ear has scored them, their log-probability is that of what was heard, less how far they sound from it.
        Of what was heard again: its sentences, else what sounds like it; with the same digits as were heard at first.
        """
        if self.settled(heard) or self._denied(again):
            return ()
        if not again:
            return tuple(self._mendings(heard))
        found = [one for one in again if self._reads(one.text)] or self._mendings(again)
        digits = [self._digits(one.text) for one in heard[:LOOKED_AT]]
        return tuple(
            replace(one, heard=heard[0].text)
            for one in found
            if self._digits(one.text) in digits
            and not self._belied(one.text, heard[0].text)
            and self._allowed(one.text, heard, heard[0].text)
        )

    def _denied(self, heard: Sequence[Hypothesis]) -> bool:
        language = self._reader.language
        return any(stands(tokenize(one.text, language), language.negations) for one in heard[:LOOKED_AT])

    def _beheaded(self, text: str, heard: Sequence[Hypothesis]) -> bool:
        """Whether it is what was heard without its first words: who says "Maria, can you …" says it to Maria."""
        said, language = tokenize(text, self._reader.language), self._reader.language
        return any(beheaded(said, tokenize(one.text, language)) for one in heard[:LOOKED_AT])

    def _robs(self, text: str, heard: str) -> bool:
        """Whether the digit before a mended word sounds like its beginning: "1034 tombstone" comes as "10342 stone"."""
        numbers = self._reader.language.numbers
        meant, said = (tokenize(one, self._reader.language) for one in (text, heard))
        at = next((at for at, (one, two) in enumerate(zip(meant, said, strict=False)) if one.text != two.text), 0)
        if at == 0 or not is_number(said[at - 1].text, numbers):
            return False
        same = 0
        while same < min(len(meant), len(said)) - at - 1 and meant[-1 - same].text == said[-1 - same].text:
            same += 1
        there, was = ([token.text for token in one[at : len(one) - same]] for one in (meant, said))
        digit = said[at - 1].text[-1]
        spoken = [word for word, value in numbers.digits.items() if str(value) == digit] or [said[at - 1].text]
        sound = self._sounds.of(there)
        alone = distance(self._sounds.of(was), sound)
        return any(distance(self._sounds.of([word, *was]), sound) < alone for word in spoken)

    def _digits(self, text: str) -> list[str]:
        """Its numbers, in digits and in order."""
        numbers = self._reader.language.numbers
        tokens = tokenize(text, self._reader.language)
        spoken = groupby(tokens, lambda one: is_number(one.text, numbers) or one.text in numbers.repeats)
        runs = [[token.text for token in run] for number, run in spoken if number]
        return ["".join(readings(run, numbers)[:1] or run) for run in runs]

    def _mendings(self, heard: Sequence[Hypothesis]) -> list[Hypothesis]:
        looked = [(one, tokenize(one.text, self._reader.language)) for one in heard[:LOOKED_AT]]
        offered: dict[str, tuple[float, Hypothesis]] = {}
        for one, tokens in looked:
            for far, text in self._mended(one.text, tokens):
                if text not in offered or far < offered[text][0]:
                    offered[text] = (far, one)
        nearest = sorted(offered.items(), key=lambda item: item[1][0])[:READ]
        sentences = ((text, far, was) for text, (far, was) in nearest if self._whole(text))
        mended = [Hypothesis(text, was.logprob - far, was.text) for text, far, was in islice(sentences, MOST)]
        laid = [one for one in self._laid(looked) if one.text.lower() not in {two.text.lower() for two in mended}]
        # In turn, for the ear scores the first ones only.
        found = (one for pair in zip_longest(laid, mended) for one in pair if one is not None)
        return [one for one in found if self._allowed(one.text, heard, one.heard)]

    def _allowed(self, text: str, heard: Sequence[Hypothesis], was: str) -> bool:
        """Whether it may be offered for `was`, one of what was heard: not half of it, and with the best one's id."""
        if self._beheaded(text, heard) or self._robs(text, was):
            return False
        said, best = ([run for run in self._digits(one) if len(run) >= ID_DIGITS] for one in (text, heard[0].text))
        return said == best

    def _laid(self, looked: Sequence[tuple[Hypothesis, Sequence[Token]]]) -> list[Hypothesis]:
        """Sentences of the site that sound, from end to end, like one of the likeliest hypotheses, nearest first."""
        if self._nearest is None:
            return []
        found: dict[str, tuple[float, Hypothesis]] = {}
        for one, tokens in looked[:LAID]:
            for far, text in self._along(self._nearest, one.text, tokens):
                if text not in found or far < found[text][0]:
                    found[text] = (far, one)
        alike: Counter[tuple[str, ...]] = Counter()
        laid: list[Hypothesis] = []
        spare: list[Hypothesis] = []
        for text, (far, was) in sorted(found.items(), key=lambda item: item[1][0]):
            # Sentences that differ in little words only would leave no room for one that means something else.
            content = tuple(word for word in text.lower().split() if len(word) > 1 and word not in self._little)
            alike[content] += 1
            room = laid if alike[content] <= ALIKE else spare
            if len(room) < MOST_LAID and not self._belied(text, was.text):
                room.append(Hypothesis(text, was.logprob - far, was.text))
                if len(laid) == MOST_LAID:
                    break
        return [*laid, *spare][:MOST_LAID]

    def _belied(self, text: str, heard: str) -> bool:
        """Whether a word of another command was heard, which this one leaves out: no "start" is made of a "stop"."""
        language = self._reader.language
        lost = {token.text for token in tokenize(heard, language)} - {token.text for token in tokenize(text, language)}
        owners = [self._owners[word] for word in lost if word in self._owners and len(word) > SMALL]
        if not owners:
            return False
        commands = self._reader.read(text, self._entities)
        return any(command.intent not in whose for command in commands for whose in owners)

    def _along(self, nearest: Nearest, text: str, tokens: Sequence[Token]) -> Iterator[tuple[float, str]]:
        """(how far, the sentence) of the site's sentences along which these words can be laid.

        What has an id or a name stays as it was heard, and what stands around a sentence ("please") is not laid.
        """
        kept = _bare(tokens, self._reader.language.skip)
        marked = mark(kept, self._reader.language, self._entities)
        if not kept or any(MISSING in mention.values for mention in marked.mentions.values()):
            return  # the nearest neighbour of what doesn't exist is what nobody said
        numbers = self._reader.language.numbers
        heard = [word for word in marked.text.split() if word not in marked.mentions]
        if any(is_number(word, numbers) or word in numbers.repeats for word in heard):
            return  # nor is there a place for a number that names nothing
        pieces: list[str] = []
        for word in marked.text.split():
            named = marked.mentions.get(word)
            pieces += [f"{{{named.kind}}}"] if named is not None else self._sounds.of([word])
        things = [
            text[at:to]
            for word, (_, at, to) in zip(marked.text.split(), marked.origins, strict=True)
            if word in marked.mentions
        ]
        spelled = {token.text: text[token.start : token.end] for token in kept}
        for cost, words in nearest.sentences(pieces, LAID_FAR * len(pieces)):
            plain = [word for word in words if not word.startswith("{")]
            if sum((Counter(plain) & Counter(heard)).values()) < HEARD * max(len(plain), len(heard)):
                continue
            named_in_turn = iter(things)
            row = [next(named_in_turn) if word.startswith("{") else spelled.get(word, word) for word in words]
            said = text[: kept[0].start] + " ".join(row) + text[kept[-1].end :]
            yield cost / len(pieces), _as_written(said, text)

    def _is_read(self, text: str) -> bool:
        commands = self._reader.read(text, self._entities)
        return all(command.intent != UNKNOWN for command in commands)

    def _whole(self, text: str) -> bool:
        """Whether it is one sentence of this site, with all digits of the ids in it."""
        if self._reader.best(text, self._entities) is None:
            return False
        digits = {kind.kind: kind.digits for kind in self._reader.language.kinds}
        return all(
            command.intent != UNKNOWN
            and all(
                slot in digits and len(command.heard.get(slot, "")) == digits[slot]
                for slot, value in command.slots.items()
                if value == MISSING
            )
            for command in self._reader.read(text, self._entities)
        )

    def _mended(self, text: str, tokens: Sequence[Token]) -> Iterator[tuple[float, str]]:
        """(how far, the sentence) of every way to put names in the places that make no sense."""
        strange = self._strange(tokens)
        places = [at for at in strange if at - 1 not in strange]
        if len(places) > MOST_WRONG or len(strange) > TALK * len(tokens):
            return
        # Where every word is one of the site's, it may be no sentence all the same: "place of four", "hold lock 4712".
        choices = [self._near(tokens, [at]) for at in places] or [self._near(tokens, range(len(tokens)))]
        begun = list(self._begun(tokens))
        for picked in chain(product(*choices), product(*choices, begun) if places else product(begun)):
            ends = [(start, end) for _, start, end, _ in picked]
            if any(start < end for (_, end), (start, _) in pairwise(ends)):
                continue
            if sum(end - start for start, end in ends) == len(tokens):
                continue  # nothing would be left of what was heard
            said, last = "", 0
            for _, start, end, words in picked:
                said += text[last : _begins(text, tokens, start)] + " ".join(words)
                last = tokens[end - 1].end
            yield sum(far for far, *_ in picked), _as_written(said + text[last:], text)

    def _strange(self, tokens: Sequence[Token]) -> list[int]:
        """Indices of words that no sentence here has."""
        named = find(tokens, self._reader.language, self._entities)
        inside = {index for mention in named for index in range(mention.start, mention.end)}
        return [at for at, token in enumerate(tokens) if at not in inside and not self._fixed(token)]

    def _fixed(self, token: Token) -> bool:
        """Whether a word is left as it is: it is one of the site's, or a number's."""
        numbers = self._reader.language.numbers
        return token.text in self._known or is_number(token.text, numbers) or token.text in numbers.slips

    def _near(self, tokens: Sequence[Token], places: Iterable[int]) -> list[Choice]:
        """What may be put there, the nearest first."""
        found = {choice for at in places for choice in self._at(tokens, at)}
        return sorted(found)[:EACH]

    def _begun(self, tokens: Sequence[Token]) -> Iterator[Choice]:
        """Names of which the last words are the beginning: "with almond" may be "with almond milk"."""
        for start in range(max(0, len(tokens) - LONGEST_SPAN), len(tokens)):
            said = tuple(token.text for token in tokens[start:])
            for phrase in self._starting.get(said[0], ()):
                if len(said) < len(phrase.words) and phrase.words[: len(said)] == said:
                    yield distance(self._sounds.of(said), phrase.phones), start, len(tokens), phrase.words

    def _find(self, phones: str) -> tuple[tuple[float, Phrase], ...]:
        """What sounds like these phones, and how far from them it is."""
        near = self._index.within(phones, FARTHEST)
        return tuple((far, phrase) for found, far in near.items() for phrase in self._phrases[found])

    def _at(self, tokens: Sequence[Token], at: int) -> Iterator[Choice]:
        """Names that the words around one sound like."""
        numbers = self._reader.language.numbers
        for start in range(max(0, at - 1), at + 1):
            for end in range(at + 1, min(len(tokens), start + LONGEST_SPAN) + 1):
                span = tokens[start:end]
                if any(is_number(token.text, numbers) or token.text in numbers.repeats for token in span):
                    continue
                # A verb or noun that was heard stays, but for a noun where an id follows ("hold lock 4712").
                heard = len(span) == 1 and self._fixed(span[0]) and len(span[0].text) > SMALL
                before_id = end < len(tokens) and is_number(tokens[end].text, numbers)
                if heard and not before_id:
                    continue
                said = tuple(token.text for token in span)
                phones = self._sounds.of(said)
                for far, phrase in self._like(phones):
                    if phrase.words == said or (heard and phrase.words not in self._nouns):
                        continue
                    yield far, start, end, phrase.words


def _as_written(text: str, heard: str) -> str:
    """As the ear writes, for another spelling is another text to it, and an unlikely one.

    It begins as what was heard begins, and "I" has a capital anywhere.
    """
    text = _FIRST_PERSON.sub("I", text)
    return text[:1].upper() + text[1:] if heard[:1].isupper() else text


def _begins(text: str, tokens: Sequence[Token], at: int) -> int:
    """Where a token begins in a text; of a stuttered word where it is said last.

    "A medium medium most" may be "a medium medium roast", and the first one stays.
    """
    token, end = tokens[at], tokens[at + 1].start if at + 1 < len(tokens) else len(text)
    again = [match.start() for match in re.finditer(rf"\b{re.escape(token.text)}\b", text[token.end : end].lower())]
    return token.end + again[-1] if again else token.start


def _bare(tokens: Sequence[Token], skip: Sequence[tuple[str, ...]]) -> Sequence[Token]:
    """Without the phrases at both ends that may stand around any sentence."""
    first, last = 0, len(tokens)
    while length := starts(tokens[:last], first, skip):
        first += length
    while length := ends(tokens[first:last], last - first, skip):
        last -= length
    return tokens[first:last]
