"""How words sound and how far two sounds are apart: "plus or" is near "placer", "plus" is not near "printer".

Phones are those of ARPAbet, one letter each: vowels a (odd) A (at) u (hut) o (ought) W (cow) I (hide) e (Ed) R (hurt)
E (ate) i (it) y (eat) O (oat) Y (toy) U (hood) w (two); consonants b C (cheese) d D (thee) f g h j k l m n N (ping) p r
s S (she) t T (theta) v q (we) J (yield) z Z (seizure).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

VOWELS: Mapping[str, tuple[float, float]] = {
    # height (0 open, 1 close), place (0 front, 1 back); diphthongs where they are longest
    "a": (0.0, 0.8),
    "A": (0.1, 0.1),
    "u": (0.4, 0.5),
    "o": (0.25, 0.95),
    "W": (0.1, 0.6),
    "I": (0.15, 0.4),
    "e": (0.5, 0.1),
    "R": (0.5, 0.5),
    "E": (0.65, 0.1),
    "i": (0.85, 0.2),
    "y": (1.0, 0.0),
    "O": (0.55, 0.9),
    "Y": (0.4, 0.7),
    "U": (0.85, 0.85),
    "w": (1.0, 1.0),
}
NEAR: Mapping[str, float] = {
    # voiced or not
    **dict.fromkeys(("pb", "td", "kg", "fv", "TD", "sz", "SZ", "Cj"), 0.25),
    # heard for one another in noise
    **dict.fromkeys(("mn", "nN", "fT", "vD", "sS", "zZ", "CS", "jZ", "tT", "dD", "vb", "sT"), 0.4),
    **dict.fromkeys(("lr", "rq", "lq", "pt", "tk", "pk", "bd", "dg", "tC", "dj", "hf", "zD", "qv", "kC"), 0.6),
    # a vowel with an r in it
    **dict.fromkeys(("rR", "qw", "qU", "Jy", "Ji"), 0.4),
}
"""What it costs to take one consonant for another; 1 where nothing stands here."""
GONE: Mapping[str, float] = {"h": 0.3, "u": 0.45, "i": 0.5, "t": 0.5, "d": 0.5, "r": 0.5, "R": 0.6}
"""What it costs to add or lose a phone; 0.8 where nothing stands here."""
LETTERS = (
    "tch:C,ough:o,augh:o,igh:I,eigh:E,sch:sk,tion:Sun,sion:Zun,cious:Sus,ture:CR,dge:j,ch:C,sh:S,th:T,ph:f,wh:q,ck:k,ng:N,"
    "qu:kq,gh:g,kn:n,wr:r,ee:y,ea:y,oo:w,ou:W,ow:O,oa:O,ai:E,ay:E,oi:Y,oy:Y,au:o,aw:o,er:R,ir:R,ur:R,ar:ar,or:or,ew:w,ie:y,"
    "ce:s,ci:si,cy:sI,ge:j,a:A,b:b,c:k,d:d,e:e,f:f,g:g,h:h,i:i,j:j,k:k,l:l,m:m,n:n,o:a,p:p,q:k,r:r,s:s,t:t,u:u,v:v,w:q,x:ks,"
    "y:y,z:z"
)
_RULES = {rule.split(":")[0]: rule.split(":")[1] for rule in LETTERS.split(",")}
_LONGEST = max(map(len, _RULES))


class Sounds:
    """The pronunciations of one language."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """`words`: word in lower case -> its phones."""
        self._words = words

    def of(self, words: Iterable[str]) -> str:
        """The phones of some words, one after the other."""
        return "".join(self._words.get(word) or spelled(word) for word in words)


def table(lines: Iterable[str]) -> dict[str, str]:
    """Word -> phones, of the lines of a file; a later line wins. Raises ValueError with the number of a bad line."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        word, _, phones = line.strip().partition(" ")
        if not phones or not set(phones) <= PHONES:
            raise ValueError(number)
        found[word] = phones
    return found


def spelled(word: str) -> str:
    """How a word that nobody knows is probably said, by its letters."""
    word = word.removesuffix("e") if len(word) > 3 and word[-2:] not in ("ee", "ce", "ge") else word
    phones: list[str] = []
    at = 0
    while at < len(word):
        for size in range(_LONGEST, 0, -1):
            found = _RULES.get(word[at : at + size])
            if found is not None and len(word[at : at + size]) == size:
                if not phones or phones[-1] != found:  # a doubled letter is one sound
                    phones.append(found)
                at += size
                break
        else:
            at += 1
    return "".join(phones)


def distance(one: str, two: str, most: float = 9.0) -> float:
    """How far two strings of phones are apart: the least cost of making one of the other, a phone of the longer.

    0 for the same, about 0.2 for what is mistaken in noise, above 0.5 for what nobody takes for the other. What is
    farther than `most` is only known to be so.
    """
    longer = max(len(one), len(two))
    if not one or not two:
        return 0.0 if one == two else 1.0
    gone = [_GONE[phone] for phone in two]
    row = list(accumulate(gone, initial=0.0))
    for first in one:
        row = _next_row(row, two, gone, first)
        if (least := min(row) / longer) > most:
            return least
    return row[-1] / longer


@dataclass(slots=True)
class _Node:
    """Of a tree of phones."""

    after: dict[str, _Node] = field(default_factory=dict)
    longest: int = 0
    """Phones of the longest that goes on from here, from its beginning."""
    ends: bool = False


class Index:
    """Strings of phones by their beginnings, so that the nearest of a thousand are found in about a millisecond."""

    def __init__(self, strings: Iterable[str]) -> None:
        self._root = _Node()
        for phones in strings:
            node = self._root
            node.longest = max(node.longest, len(phones))
            for phone in phones:
                node = node.after.setdefault(phone, _Node())
                node.longest = max(node.longest, len(phones))
            node.ends = True

    def within(self, said: str, most: float) -> dict[str, float]:
        """The strings that are not farther than `most` from what was said -> how far (as `distance` has it)."""
        found: dict[str, float] = {}
        gone = [_GONE[phone] for phone in said]
        todo = [(self._root, "", list(accumulate(gone, initial=0.0)))]
        while todo:
            node, phones, row = todo.pop()
            longer = max(len(said), len(phones))
            if node.ends and said and (far := row[-1] / longer) <= most:
                found[phones] = far
            for phone, child in node.after.items():
                below = _next_row(row, said, gone, phone)
                if min(below) / max(len(said), child.longest) <= most:
                    todo.append((child, phones + phone, below))
        return found


def _next_row(row: list[float], said: str, gone: list[float], phone: str) -> list[float]:
    lost, taken = _GONE[phone], _TAKEN[phone]
    left = row[0] + lost
    below = [left]
    for index, second in enumerate(said):
        left = min(row[index] + taken[second], row[index + 1] + lost, left + gone[index])
        below.append(left)
    return below


def _cost(one: str, two: str) -> float:
    if one == two:
        return 0.0
    first, second = VOWELS.get(one), VOWELS.get(two)
    if first is not None and second is not None:
        return 0.2 + 0.7 * max(abs(first[0] - second[0]), abs(first[1] - second[1]))
    return NEAR.get(one + two, NEAR.get(two + one, 1.0))


def gone(phone: str) -> float:
    """What it costs to add or lose a phone."""
    return _GONE[phone]


def taken(one: str, two: str) -> float:
    """What it costs to take one phone for another."""
    return _TAKEN[one][two]


PHONES = frozenset(VOWELS) | frozenset("bCdDfghjklmnNprsStTvqJzZ")
_GONE = {phone: GONE.get(phone, 0.8) for phone in PHONES}
_TAKEN = {one: {two: _cost(one, two) for two in PHONES} for one in PHONES}
