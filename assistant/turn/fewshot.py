"""A prompt that shows by example what is asked for: how a language model is asked that was not trained for a site.

Every intent's own example, read by the site's own templates, in the very form in which sentences are shown and
answers are written (turn.wording, turn.shape).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.domain.spoken.mentions import Entities
from assistant.settings.intents import Intents
from assistant.turn.read import UNKNOWN, Reader
from assistant.turn.shape import written
from assistant.turn.wording import wording

BEFORE = "<|im_start|>"
HEAD = "Rewrite what was said as a command. What is no command for a machine assistant is `unknown`.\n\n"
AFTER = "\nCommand: "
END = "\n"


def before(reader: Reader, intents: Intents, entities: Entities) -> str:
    """All that stands before the words of a prompt; AFTER stands between them and the answer, END ends it."""
    shots = "".join(f"Said: {said}{AFTER}{answer}\n" for said, answer in _shots(reader, intents, entities))
    return f"{BEFORE}{HEAD}{shots}Said: "


def _shots(reader: Reader, intents: Intents, entities: Entities) -> Iterator[tuple[str, str]]:
    for index, spec in enumerate(intents.taught.values()):
        shown = wording(spec.example, reader.language, entities)
        match = reader.best(spec.example, entities)
        if match is not None and match.intent == spec.intent:
            yield shown.text, written(match, intents)
        if index < len(intents.shared.others):
            yield intents.shared.others[index], UNKNOWN
