"""Who and what a sentence names: ids, machines by name, "this lot"; found before any template is tried.

A mention is replaced by a marker (`lot 4712` -> `xlot1`) so that templates see the shape of a sentence and never
thousands of ids; which real thing it is gets decided here, by exact digits, never by likeness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from assistant.domain.spoken.ids import choose, digits_of, restated, until_pause
from assistant.domain.spoken.language import IdKind, Language, NumberWords
from assistant.domain.spoken.numbers import is_number, readings, run_length
from assistant.domain.spoken.periods import period
from assistant.domain.spoken.tokens import Token, ends, stands, starts
from assistant.domain.values import HERE, MISSING

FAR = 4
"""Most words between a kind of machine and the line that says which one ("is the oven still running on line one")."""


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a spoken name stands for."""

    kind: str
    """`machine`, `line`, `product`."""
    ids: tuple[str, ...]
    """One id; several when the name leaves open which ("the oven")."""


@dataclass(frozen=True, slots=True)
class Entities:
    """What exists right now, as far as words can name it."""

    ids: Mapping[str, Set[str]]
    """Kind (`lot`, `board`, `order`) -> its live ids."""
    names: Mapping[tuple[str, ...], Name]
    """Tokens of a spoken name, numbers as digits -> what it stands for."""
    longest: int = 0
    """Most tokens in a name."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """Machine -> the line that it stands in, empty where it is shared."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One or more things of one kind, named together ("lots 4712 and 4713")."""

    kind: str
    """Slot kind; `unit` for "it"."""
    values: tuple[str, ...]
    """Canonical ids, MISSING or HERE."""
    start: int
    """Index of its first token."""
    end: int
    """Index after its last token."""
    heard: tuple[str, ...] = ()
    """What was said for each value: digits or words."""
    options: tuple[str, ...] = ()
    """Ids among which the words leave open which is meant."""
    slip: bool = False
    """It rests on a word that the recogniser may have got wrong."""
    noun: bool = True
    """It says what kind it is; a bare number does not."""
    line: str = ""
    """Of a kind of machine: the line, named apart from it, that says which one it is."""


@dataclass(slots=True)
class Marked:
    """A sentence with its mentions taken out."""

    text: str
    """Words in lower case, mentions as `x<kind><n>`."""
    mentions: dict[str, Mention] = field(default_factory=dict)
    """Marker -> mention."""
    origins: list[tuple[int, int, int]] = field(default_factory=list)
    """For each word of `text`: where it starts in it, and start and end in what was said."""


def mark(tokens: Sequence[Token], language: Language, entities: Entities, *, here: bool = True) -> Marked:
    """Find mentions and put markers in their place; without `here`, "it" and "that" stay words."""
    found = [mention for mention in find(tokens, language, entities) if here or HERE not in mention.values]
    found = grouped(tokens, found, language)
    marked = Marked("")
    counts: dict[str, int] = {}
    pieces: list[str] = []
    at = 0
    index = 0
    by_start = {mention.start: mention for mention in found}
    while index < len(tokens):
        mention = by_start.get(index)
        if mention is None:
            piece, end = tokens[index].text, index + 1
        else:
            counts[mention.kind] = counts.get(mention.kind, 0) + 1
            piece, end = f"x{mention.kind}{counts[mention.kind]}", mention.end
            marked.mentions[piece] = mention
        marked.origins.append((at, tokens[index].start, tokens[end - 1].end))
        pieces.append(piece)
        at += len(piece) + 1
        index = end
    marked.text = " ".join(pieces)
    return marked


def find(tokens: Sequence[Token], language: Language, entities: Entities) -> list[Mention]:
    """Mentions from left to right, none overlapping."""
    mentions: list[Mention] = []
    index = 0
    while index < len(tokens):
        mention = (
            _period(tokens, index, language)
            or _spelled(tokens, index, language.numbers, entities)
            or _named(tokens, index, language.numbers, entities)
            or _by_noun(tokens, index, language, entities)
            or _here(tokens, index, language)
            or _by_prefix(tokens, index, language, entities)
            or _bare(tokens, index, language, entities)
        )
        if mention is None:
            index += 1
        else:
            mentions.append(mention)
            index = mention.end
    return _placed(tokens, mentions, language, entities)


def _placed(
    tokens: Sequence[Token], mentions: Sequence[Mention], language: Language, entities: Entities
) -> list[Mention]:
    """`shut the oven off on line one`: a kind of machine, and the line in which there is one of it.

    Side by side they are one mention; apart, the line is one as well, for only the intent tells what it is there for.
    """
    placed: list[Mention] = []
    for mention in mentions:
        at = next((at for at in range(len(placed) - 1, -1, -1) if placed[at].kind != "unit"), -1)
        one = _on_line(tokens, placed[at], mention, language, entities) if at >= 0 else ""
        if one and mention.start - placed[at].end == 1:
            heard = " ".join(token.text for token in tokens[placed[at].start : mention.end])
            slip = placed[at].slip or mention.slip
            placed[at] = replace(placed[at], values=(one,), heard=(heard,), options=(), slip=slip, end=mention.end)
            continue
        if one:
            placed[at] = replace(placed[at], values=(one,), options=(), line=mention.values[0])
        placed.append(mention)
    return placed


def _on_line(tokens: Sequence[Token], kind: Mention, line: Mention, language: Language, entities: Entities) -> str:
    """The one machine of a kind that stands in a line named after it, in the same words; empty when there is none."""
    if kind.kind != "machine" or line.kind != "line" or len(line.values) != 1:
        return ""
    between = tokens[kind.end : line.start]
    apart = (*language.joins, *language.corrections, *language.negations, *language.exceptions)
    if (
        not 0 < len(between) <= FAR
        or any(token.pause for token in tokens[kind.end - 1 : line.start])
        or not ends(tokens, line.start, language.places)
        or stands(between, apart)
    ):
        return ""
    there = [ident for ident in kind.options if entities.lines.get(ident) == line.values[0]]
    return there[0] if len(there) == 1 else ""


def _period(tokens: Sequence[Token], index: int, language: Language) -> Mention | None:
    found = period(tokens, index, language)
    if found is None:
        return None
    value, end = found
    return Mention("period", (value,), index, end, heard=(" ".join(token.text for token in tokens[index:end]),))


def _named(tokens: Sequence[Token], index: int, numbers: NumberWords, entities: Entities) -> Mention | None:
    """A machine, line or product by name; numbers in it exactly, word for digit."""
    for length in range(min(entities.longest, len(tokens) - index), 0, -1):
        span = tokens[index : index + length]
        key = tuple(_name_word(token.text, numbers) for token in span)
        name = entities.names.get(key)
        if name is None:
            continue
        number = 0 if span[-1].pause else run_length(tokens, index + length, numbers)
        if number and key[-1].isdigit():
            continue  # "oven one two": no name ends in the middle of a number
        one = len(name.ids) == 1
        if not one and not number:
            slipped = _slipped(tokens, index, length, numbers, entities)
            if slipped is not None:
                return slipped
        if number and not one:  # "printer nine": one of a kind that is there, with a number that is not
            end = index + length + number
            heard = " ".join(token.text for token in tokens[index:end])
            return Mention(name.kind, (MISSING,), index, end, heard=(heard,))
        return Mention(
            name.kind,
            name.ids if one else (),
            index,
            index + length,
            heard=(" ".join(t.text for t in span),),
            options=() if one else name.ids,
            slip=any(token.slip for token in span),
        )
    return None


def _slipped(
    tokens: Sequence[Token], index: int, length: int, numbers: NumberWords, entities: Entities
) -> Mention | None:
    """`placer for`, `line to` at the end of what is said: the number of a name as a recogniser may write it."""
    at = index + length
    if at >= len(tokens) or tokens[at - 1].pause or tokens[at].text not in numbers.slips:
        return None
    if at + 1 < len(tokens) and not tokens[at].pause and tokens[at + 1].text not in ("please", "now"):
        return None
    key = (*(_name_word(token.text, numbers) for token in tokens[index:at]), str(numbers.slips[tokens[at].text]))
    name = entities.names.get(key)
    if name is None or len(name.ids) != 1:
        return None
    heard = " ".join(token.text for token in tokens[index : at + 1])
    return Mention(name.kind, name.ids, index, at + 1, heard=(heard,), slip=True)


def _spelled(tokens: Sequence[Token], index: int, numbers: NumberWords, entities: Entities) -> Mention | None:
    """`P C A three ten`: a name that ends in a number of several digits, said in any way."""
    for length in range(min(entities.longest, len(tokens) - index), 0, -1):
        at = index + length
        number = run_length(tokens, at, numbers)
        if not number or is_number(tokens[index].text, numbers):
            continue
        stem = tuple(token.text for token in tokens[index:at])
        for digits in readings([token.text for token in tokens[at : at + number]], numbers):
            name = entities.names.get((*stem, digits)) if len(digits) > 1 else None
            if name is not None and len(name.ids) == 1:
                heard = " ".join(token.text for token in tokens[index : at + number])
                return Mention(name.kind, name.ids, index, at + number, heard=(heard,))
    return None


def _name_word(word: str, numbers: NumberWords) -> str:
    """In names, number words count as digits ("placer three" is "placer 3")."""
    value = numbers.digits.get(word) if len(word) > 1 else None
    return word if value is None else str(value)


def _by_noun(tokens: Sequence[Token], index: int, language: Language, entities: Entities) -> Mention | None:
    """`lot four seven one two`: the noun says the kind, so whatever number follows is meant as its id."""
    for kind in language.kinds:
        length = starts(tokens, index, kind.nouns)
        if not length or any(token.pause for token in tokens[index : index + length - 1]):
            continue
        at = index + length
        if at < len(tokens) and tokens[at].text == kind.prefix[:1].lower() and at + 1 < len(tokens):
            at += 1  # "lot L 4712"
        mention = _number(tokens, index, at, kind, language, entities)
        if mention is not None:
            return mention
        typed = _typed(tokens, at, kind, entities)
        if typed is not None:
            return replace(typed, start=index)
    return None


def _number(
    tokens: Sequence[Token],
    start: int,
    at: int,
    kind: IdKind,
    language: Language,
    entities: Entities,
) -> Mention | None:
    """The number run at `at` read as an id of `kind`."""
    numbers = language.numbers
    live = entities.ids.get(kind.kind, frozenset())
    plain = until_pause(tokens, at, run_length(tokens, at, numbers), kind, numbers)
    digits, length = digits_of(tokens[at : at + plain], numbers, kind, live)
    if digits:
        return _mention(kind, digits, live, start, at + length)
    slipped = run_length(tokens, at, numbers, slips=True)
    if slipped > plain:
        words = [token.text for token in tokens[at : at + slipped]]
        digits = choose(readings(words, numbers), kind, live)
        if digits:
            return replace(_mention(kind, digits, live, start, at + slipped), slip=True)
    if not plain:
        return None
    heard = next(iter(readings([token.text for token in tokens[at : at + plain]], numbers)), "")
    return Mention(kind.kind, (MISSING,), start, at + plain, heard=(heard,))


def _mention(kind: IdKind, digits: str, live: Set[str], start: int, end: int) -> Mention:
    value = kind.canonical(digits)
    return Mention(kind.kind, (value if value in live else MISSING,), start, end, heard=(digits,))


def _typed(tokens: Sequence[Token], at: int, kind: IdKind, entities: Entities) -> Mention | None:
    """`L4712`, `l 4712`, `WO-1007` and `lima four seven one two`."""
    letters = kind.prefix.rstrip("-").lower()
    index = at
    if index < len(tokens) and tokens[index].text == letters:
        index += 1
    elif [token.text for token in tokens[at : at + len(letters)]] == list(letters):
        index += len(letters)
    else:
        return None
    # The splitter parts letters from digits, so a typed id and a spelled one look alike here.
    length = 0
    while index + length < len(tokens) and tokens[index + length].text.isdigit():
        length += 1
    live = entities.ids.get(kind.kind, frozenset())
    if length:
        digits = "".join(token.text for token in tokens[index : index + length])
        if len(digits) == kind.digits:
            return _mention(kind, digits, live, at, index + length)
        return Mention(kind.kind, (MISSING,), at, index + length, heard=(digits,))
    return None


def _by_prefix(tokens: Sequence[Token], index: int, language: Language, entities: Entities) -> Mention | None:
    for kind in language.kinds:
        typed = _typed(tokens, index, kind, entities)
        if typed is not None:
            return typed
        if tokens[index].text == kind.prefix.lower():
            spelled = _number(tokens, index, index + 1, kind, language, entities)
            if spelled is not None:
                return spelled
    return None


def _bare(tokens: Sequence[Token], index: int, language: Language, entities: Entities) -> Mention | None:
    """A number with no noun is an id only when its length fits one kind."""
    length = run_length(tokens, index, language.numbers)
    if not length:
        return None
    if ends(tokens, index, language.corrections) and (part := restated(tokens, index, language, entities.ids)):
        whole = _bare(tokens, index + part, language, entities)
        return None if whole is None else replace(whole, start=index)
    run = tokens[index : index + length]
    for kind in language.kinds:
        live = entities.ids.get(kind.kind, frozenset())
        digits, used = digits_of(run, language.numbers, kind, live)
        if digits:
            return replace(_mention(kind, digits, live, index, index + used), noun=False)
    found = readings([token.text for token in run], language.numbers)
    return Mention("number", (found[0] if found else "",), index, index + length, noun=False)


def _here(tokens: Sequence[Token], index: int, language: Language) -> Mention | None:
    longest = max((len(phrase) for phrase in language.here), default=0)
    for length in range(min(longest, len(tokens) - index), 0, -1):
        span = tuple(token.text for token in tokens[index : index + length])
        if any(token.pause for token in tokens[index : index + length - 1]):
            continue  # "scratch that, one two" has no "that one" in it
        kind = language.here.get(span)
        if kind not in (None, "unit") and run_length(tokens, index + length, language.numbers):
            continue  # "the lot, four seven one one" is that lot, and "that line one isn't moving" is about line one
        if kind is not None:
            return Mention(kind, (HERE,), index, index + length, heard=(" ".join(span),))
    return None


def grouped(tokens: Sequence[Token], mentions: Sequence[Mention], language: Language) -> list[Mention]:
    """`lots 4712, 4713 and 4715` -> one mention of three."""
    groups: list[Mention] = []
    for mention in mentions:
        last = groups[-1] if groups else None
        if last is not None and _together(tokens, last, mention, language):
            groups[-1] = replace(
                last,
                values=last.values + mention.values,
                heard=last.heard + mention.heard,
                options=last.options + mention.options,
                slip=last.slip or mention.slip,
                end=mention.end,
            )
        else:
            groups.append(mention)
    return groups


def _together(tokens: Sequence[Token], last: Mention, mention: Mention, language: Language) -> bool:
    same = mention.kind == last.kind
    if (
        not same
        or mention.kind in ("number", "unit", "period")
        or last.options
        or mention.options
        or HERE in mention.values
    ):
        return False
    between = [token.text for token in tokens[last.end : mention.start]]
    return between == ["and"] or (not between and tokens[last.end - 1].pause)
