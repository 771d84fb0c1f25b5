"""A reading with mentions in it -> commands with ids: one for each thing that was named together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.domain.spoken.mentions import Mention
from assistant.domain.values import MISSING, Command

ANY_UNIT = "it"
"""Said of whatever was last spoken of, of any kind that the intent takes."""


def grounded(command: Command, named: Mapping[str, Mention]) -> tuple[Command, ...]:
    """`command` with what its slots name put in, by slot, before its other slots.

    What does not exist becomes MISSING with the words that were heard, what the words leave open becomes options, and
    several things named together become several commands.
    """
    slots: dict[str, str] = {}
    heard = dict(command.heard)
    options = dict(command.options)
    lists: list[tuple[str, Mention]] = []
    for slot, mention in named.items():
        if mention.options:
            options[slot] = mention.options
        elif len(mention.values) > 1:
            lists.append((slot, mention))
        else:
            slots[slot] = mention.values[0]
            if mention.values[0] == MISSING:
                heard[slot] = mention.heard[0]
    command = replace(command, slots={**slots, **command.slots}, heard=heard, options=options)
    if not lists:
        return (command,)
    return tuple(
        replace(
            command,
            slots={slot: value, **command.slots},
            heard={**heard, slot: said} if value == MISSING else heard,
        )
        for slot, mention in lists
        for value, said in dict.fromkeys(zip(mention.values, mention.heard, strict=True))
    )
