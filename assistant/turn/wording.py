"""What the language model is shown of a sentence: its words in order, and a marker for each thing that it names.

`hold lot four seven one two, it's bridging` -> `hold lot1, it's bridging`. The model never sees an id and so can
neither misspell nor invent one; what `lot1` is was decided by exact digits before (domain.spoken.mentions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities, Mention, find, grouped
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import Token, chain, ends, tokenize
from assistant.domain.values import HERE, MISSING

LONGEST = 60
"""Most words that are shown. What is longer is no command, and half of it could be one that nobody gave."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence as the model is shown it."""

    said: str
    """The sentence itself."""
    text: str
    """Words in lower case, markers (`lot1`) for mentions, a comma where there was a pause; empty if over LONGEST."""
    mentions: Mapping[str, Mention]
    """Marker -> what it stands for."""
    words: tuple[tuple[str, int, int], ...]
    """Each word or marker of `text` without its comma, with its start and end in `said`."""


def wording(said: str, language: Language, entities: Entities) -> Wording:
    """`said` as the model is shown it. "It" and "that" stay words: only the whole sentence tells what they are."""
    tokens = canonical_times(tokenize(said, language), language)
    if len(tokens) > LONGEST:
        return Wording(said, "", {}, ())
    found = [mention for mention in find(tokens, language, entities) if mention.kind != "unit"]
    found = _same(_mended(tokens, grouped(tokens, found, language), language, entities), language)
    starting = {mention.start: mention for mention in found}
    mentions: dict[str, Mention] = {}
    counts: dict[str, int] = {}
    shown: list[str] = []
    words: list[tuple[str, int, int]] = []
    index = 0
    while index < len(tokens):
        mention = starting.get(index)
        end = index + 1 if mention is None else mention.end
        word = tokens[index].text
        if mention is not None:
            again = next((marker for marker, earlier in mentions.items() if _means(mention, earlier)), "")
            if ends(tokens, index, language.corrections) or not again:
                again = ""
                counts[mention.kind] = counts.get(mention.kind, 0) + 1
            word = again or f"{mention.kind}{counts[mention.kind]}"
            mentions.setdefault(word, mention)
        words.append((word, tokens[index].start, tokens[end - 1].end))
        shown.append(word + ("," if tokens[end - 1].pause and end < len(tokens) else ""))
        index = end
    return Wording(said, " ".join(shown), mentions, tuple(words))


def _means(mention: Mention, earlier: Mention) -> bool:
    """Whether a thing was named before: the same id again, "that lot" after a lot, "the oven" after oven two."""
    if mention.kind != earlier.kind or mention.kind in ("number", "period"):
        return False
    if mention.options:
        return len(earlier.values) == 1 and earlier.values[0] in mention.options
    return mention.values == (HERE,) or bool(mention.values == earlier.values and mention.heard == earlier.heard)


def _same(found: Sequence[Mention], language: Language) -> list[Mention]:
    """`1022, that board`: a number that fits no id, and the noun which says what it was meant to be."""
    kinds = {kind.kind for kind in language.kinds}
    nouns = {mention.kind for mention in found if mention.values == (HERE,) and mention.kind in kinds}
    bare = [
        mention for mention in found if (not mention.noun and mention.values == (MISSING,)) or mention.kind == "number"
    ]
    if (
        len(nouns) != 1
        or len(bare) != 1
        or any(mention.kind in nouns and mention.noun and HERE not in mention.values for mention in found)
    ):
        return list(found)
    (kind,) = nouns
    digits = next(spec.digits for spec in language.kinds if spec.kind == kind)
    (number,) = bare
    heard = number.heard or number.values
    if not heard[0].isdigit() or len(heard[0]) < digits - 1:
        return list(found)
    meant = replace(number, kind=kind, values=(MISSING,), heard=heard)
    return [meant if mention is number else mention for mention in found]


def _mended(tokens: Sequence[Token], found: Sequence[Mention], language: Language, entities: Entities) -> list[Mention]:
    """`lot 4711, no, one two`: a correction of an id's last digits, as the whole id that is meant.

    Of more digits than an id has it is one that does not exist, so that what was corrected is never what is meant.
    """
    mended: list[Mention] = []
    for mention in found:
        whole = _whole(mended[-1], mention, tokens, language, entities) if mended else None
        mended.append(whole or mention)
    return mended


def _whole(
    first: Mention, then: Mention, tokens: Sequence[Token], language: Language, entities: Entities
) -> Mention | None:
    """The whole id, where `then` is a number that corrects the id `first`, or only its last digits."""
    kind = next((kind for kind in language.kinds if kind.kind == first.kind), None)
    gap = then.start - first.end
    if kind is None or then.kind != "number" or len(first.heard) != 1 or not gap:
        return None
    said, tail = first.heard[0], then.values[0]
    if chain(tokens, first.end, language.corrections) != gap or len(said) != kind.digits or not tail:
        return None
    digits = said[: -len(tail)] + tail
    value = kind.canonical(digits)
    live = value in entities.ids.get(kind.kind, frozenset())
    return replace(then, kind=first.kind, values=(value if live else MISSING,), heard=(digits,))
