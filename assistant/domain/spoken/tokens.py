"""Words with their place in what was said, so that free text can be given back word for word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.domain.spoken.language import Language

_PIECE = re.compile(
    r"""
      \d{1,3}(?:,\d{3})+(?![\d,])           # 10,231
    | \d{1,2}:\d{2}                         # 16:45
    | (?:[a-z]\.){2,}                       # a.o.i.
    | (?<=\d)['\u2019]s\b                  # 10301's
    | [a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+(?:['\u2019][a-z]+)*  # don't, and whole words with accents
    | \d+
    """,
    re.VERBOSE | re.IGNORECASE,
)


_CONTRACTED = frozenset(
    "it that what who where there let how here he she when why everything nothing something".split()
)
"""Words whose 's is a word of its own; of any other ("printer one's", "this week's") it says nothing that is needed."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or numeral."""

    text: str
    """Lower case, a straight apostrophe, no thousands commas."""
    start: int
    """Index of its first character in what was said."""
    end: int
    """Index after its last character."""
    pause: bool = False
    """Punctuation follows it: a comma or the end of a sentence, not a hyphen."""
    slip: bool = False
    """It stands for another word that the recogniser wrote."""


def tokenize(text: str, language: Language) -> list[Token]:
    """Words in order; fillers and stuttered words dropped, spelled letters and known slips resolved."""
    tokens = list(_pieces(text))
    tokens = [token for token in tokens if token.text not in language.fillers]
    tokens = _spelled(tokens, language.numbers.letters, language.periods.months)
    tokens = _unslip(tokens, language.slips)
    numberish = {*language.numbers.digits, *language.numbers.teens, *language.numbers.tens}
    return [
        token
        for index, token in enumerate(tokens)
        if index == 0
        or token.text != tokens[index - 1].text
        or token.text in numberish
        or token.text.isdigit()
        or len(token.text) == 1
    ]


def _pieces(text: str) -> list[Token]:
    found = list(_PIECE.finditer(text))
    tokens: list[Token] = []
    for index, match in enumerate(found):
        after = text[match.end() : found[index + 1].start() if index + 1 < len(found) else len(text)]
        pause = any(mark in after for mark in ".,;:!?\u2026\n")
        word = match.group().lower().replace("\u2019", "'")
        if word == "'s":
            tokens[-1] = replace(tokens[-1], pause=pause)
            continue
        if word.endswith("'s") and word[:-2] not in _CONTRACTED:
            word = word[:-2]
        if word[0].isalpha() and "." in word:  # an initialism: one token a letter
            letters = [char for char in word if char != "."]
            tokens += [
                Token(letter, match.start() + 2 * i, match.start() + 2 * i + 1) for i, letter in enumerate(letters)
            ]
            tokens[-1] = replace(tokens[-1], pause=pause)
        else:
            tokens.append(Token(word.replace(",", ""), match.start(), match.end(), pause))
    return tokens


def _spelled(tokens: Sequence[Token], letters: Mapping[str, str], months: Sequence[str] = ()) -> list[Token]:
    """`b as in bravo` -> `b`; `bravo` before a number -> `b`; "november" among other letters only."""
    result: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        words = [t.text for t in tokens[index : index + 4]]
        if len(words) == 4 and len(words[0]) == 1 and words[1:3] == ["as", "in"] and words[3][:1] == words[0]:
            result.append(replace(token, end=tokens[index + 3].end, pause=tokens[index + 3].pause))
            index += 4
            continue
        beside = (word.text for word in (*tokens[max(0, index - 1) : index], *tokens[index + 1 : index + 2]))
        letter = token.text in letters and (token.text not in months or any(word in letters for word in beside))
        result.append(replace(token, text=letters[token.text]) if letter else token)
        index += 1
    return result


def _unslip(tokens: Sequence[Token], slips: Mapping[tuple[str, ...], tuple[str, ...]]) -> list[Token]:
    result: list[Token] = []
    index = 0
    longest = max((len(words) for words in slips), default=0)
    while index < len(tokens):
        for length in range(min(longest, len(tokens) - index), 0, -1):
            words = slips.get(tuple(t.text for t in tokens[index : index + length]))
            if words is not None:
                first, last = tokens[index], tokens[index + length - 1]
                # Initialisms written as one word ("spi") are spelling, not a slip of the ear.
                heard = "".join(t.text for t in tokens[index : index + length])
                slip = heard != "".join(words)
                result += [Token(word, first.start, last.end, slip=slip) for word in words]
                result[-1] = replace(result[-1], pause=last.pause)
                index += length
                break
        else:
            result.append(tokens[index])
            index += 1
    return result


def words(phrase: str) -> tuple[str, ...]:
    """A phrase of a grammar file as the texts of its tokens."""
    return tuple(token.text for token in _pieces(phrase))


def starts(tokens: Sequence[Token], index: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """Length of the first of `phrases` (longest first) that stands at `index`, 0 for none."""
    for phrase in phrases:
        if tuple(t.text for t in tokens[index : index + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def chain(tokens: Sequence[Token], index: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """Length of all of `phrases` that stand one after another at `index`: "scratch that, sorry, no" is one chain."""
    end = index
    while length := starts(tokens, end, phrases):
        end += length
    return end - index


def ends(tokens: Sequence[Token], index: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """Length of the first of `phrases` that ends right before `index`; 0: none does."""
    found = (len(p) for p in phrases if index >= len(p) and starts(tokens, index - len(p), (p,)))
    return next(found, 0)


def stands(tokens: Sequence[Token], phrases: Sequence[tuple[str, ...]]) -> bool:
    """Whether one of `phrases` stands anywhere."""
    return any(starts(tokens, index, phrases) for index in range(len(tokens)))


def beheaded(one: Sequence[Token], whole: Sequence[Token]) -> bool:
    """Whether it is the other without its first words, wherever either is written apart ("lot4712", "lot 4712")."""
    said = _joined(one)
    return any(_joined(whole[at:]) == said for at in range(1, len(whole)))


def curtailed(one: Sequence[Token], whole: Sequence[Token]) -> bool:
    """Whether it is the other without its last words, wherever either is written apart."""
    said = _joined(one)
    return any(_joined(whole[:at]) == said for at in range(1, len(whole)))


def shorter_number(one: Sequence[Token], whole: Sequence[Token]) -> bool:
    """Whether, where they begin to differ, a number stands in both, and other words after the one that lost digits."""
    at = next((at for at, (a, b) in enumerate(zip(one, whole, strict=False)) if a.text != b.text), len(one))
    if at >= len(one) - 1:
        return False
    digits, more = one[at].text, whole[at].text
    return digits.isdigit() and more.isdigit() and more.startswith(digits) and not one[at + 1].text.isdigit()


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)
