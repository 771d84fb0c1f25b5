"""The words of a site that may have been meant where what was heard makes no sense: names, lists, templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.domain.spoken.mentions import Entities
from assistant.domain.spoken.spellings import phrases as spelled_out
from assistant.domain.spoken.tokens import words as tokens_of
from assistant.settings.intents import Intent, Intents

MOST_FORMS = 1000
"""Of a rule; one that says more is left out."""
_LITERAL = re.compile(r"[a-z][a-z']+")
_HOLE = re.compile(r"\{[^}]*\}|<[^>]*>")


def named(entities: Entities) -> Iterator[tuple[str, ...]]:
    """Names without the number at their end, which is never mended."""
    for words in entities.names:
        stem = words[:-1] if words[-1].isdigit() else words
        if stem and not any(word.isdigit() for word in stem):
            yield stem


def listed(intents: Intents) -> Iterator[tuple[str, ...]]:
    """Every way to say a value of the site's lists."""
    for values in intents.lists.values():
        for value, forms in values.items():
            for form in forms or (value,):
                yield from (tokens_of(" ".join(said)) for said in spelled_out(form))


def openings(intents: Intents) -> Iterator[tuple[str, ...]]:
    """What the site's rules say in several words and without a slot: "may I have", of which "I" is lost easily."""
    for spec in intents.by_name.values():
        for name in spec.rules:
            for said in spelled_out(f"<{name}>", {**intents.shared.rules, **spec.rules}, MOST_FORMS):
                if len(said) > 1:
                    yield tokens_of(" ".join(said))


def literals(intents: Intents) -> set[str]:
    """Words that stand in the site's templates."""
    shared = {word for text in intents.shared.rules.values() for word in _words(text)}
    return shared.union(*(own(spec) for spec in intents.by_name.values()))


def own(spec: Intent) -> set[str]:
    """Words of one command's templates."""
    return {word for text in (*spec.templates, *spec.rules.values()) for word in _words(text)}


def _words(template: str) -> Iterable[str]:
    return _LITERAL.findall(_HOLE.sub(" ", template))
