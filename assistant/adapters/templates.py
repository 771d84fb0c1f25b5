"""Strict sentence templates, matched by hassil (the template language of Home Assistant's intents).

Everything with an id comes in as a marker (`xlot1`, see domain.spoken.mentions), so lists stay small whatever
lives in the plant, and matching takes the same time with twenty lots or twenty thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import SiteError
from assistant.ports import Match
from assistant.settings.intents import Intents

MARKED = ("lot", "board", "machine", "line", "order", "product", "unit", "number", "period")
"""Slots whose values are markers."""
MOST_MARKERS = 4
"""Mentions of one kind that a single template can hold apart."""
SLIP = "slip"
_RULE = re.compile(r"<([^<>]+)>")
_SLOT = re.compile(r"\{([^{}:]+)")


class Templates:
    """ports.Matcher over a site's `intents/`."""

    def __init__(self, intents: Intents, skip: Iterable[tuple[str, ...]], folder: Path) -> None:
        """Compile all templates. Raises SiteError naming the file whose sentence is no template."""
        import hassil

        self._intents = intents
        self._lists = {name: _text_list(name, values) for name, values in intents.lists.items()}
        self._lists |= {
            kind: _text_list(kind, {f"x{kind}{n}": () for n in range(1, MOST_MARKERS + 1)}) for kind in MARKED
        }
        self._skip = [" ".join(words) for words in skip]
        self._compiled = self._compile(hassil, folder)
        self._slots = {name: self._compile_slot(hassil, name) for name in intents.lists}

    def match(self, text: str) -> Sequence[Match]:
        """Every template that fits the whole of `text` (lower case, markers in it), exact ones before slips."""
        import hassil

        found: dict[tuple[str, tuple[tuple[str, str], ...]], Match] = {}
        for result in hassil.recognize_all(text, self._compiled, slot_lists=self._lists):
            entities = result.entities_list
            match = Match(
                intent=result.intent.name,
                slots={entity.name: str(entity.value) for entity in entities},
                spans={e.name: e.text_span for e in entities if e.is_wildcard and e.text_span},
                slip=bool((result.intent_metadata or {}).get(SLIP)),
            )
            key = (match.intent, tuple(sorted(match.slots.items())))
            if key not in found or found[key].slip:
                found[key] = match
        return sorted(found.values(), key=lambda match: match.slip)

    def match_slot(self, slot: str, text: str) -> str | None:
        """The list value that `text`, as a whole, names for `slot`."""
        import hassil

        compiled = self._slots.get(slot)
        result = hassil.recognize(text, compiled, slot_lists=self._lists) if compiled is not None else None
        return None if result is None else str(result.entities[slot].value)

    def _compile(self, hassil: Any, folder: Path) -> Any:
        data: dict[str, Any] = {"language": "en", "intents": {}, "skip_words": self._skip}
        data["expansion_rules"] = dict(self._intents.shared.rules)
        for name, intent in self._intents.by_name.items():
            blocks = [
                {"sentences": list(intent.sentences), "expansion_rules": intent.rules},
                {"sentences": list(intent.slips), "expansion_rules": intent.rules, "metadata": {SLIP: True}},
            ]
            blocks += [
                {"sentences": list(also.say), "expansion_rules": intent.rules, "slots": dict(also.slots)}
                for also in intent.also
            ]
            data["intents"][name] = {"data": [block for block in blocks if block["sentences"]]}
            data.setdefault("lists", {}).update({intent.free: {"wildcard": True}} if intent.free else {})
            self._parse(hassil, data["intents"][name], data, folder / f"{name}.yaml", name)
        return hassil.Intents.from_dict(data)

    def _parse(self, hassil: Any, block: Any, data: Any, file: Path, name: str) -> None:
        """Compile one intent alone first, so that an error can name its file."""
        rules = data["expansion_rules"] | {
            name: "" for entry in block["data"] for name in entry.get("expansion_rules", {})
        }
        lists = {*self._lists, *data.get("lists", {})}
        for text in (
            *data["expansion_rules"].values(),
            *(text for entry in block["data"] for text in entry["sentences"]),
        ):
            for kind, names, known in (("rule", _RULE.findall(text), rules), ("slot", _SLOT.findall(text), lists)):
                for missing in (found for found in names if found not in known):
                    raise SiteError(file, f"no {kind} {missing!r} for {text!r}", key="sentences")
        alone = {**data, "intents": {name: block}}
        try:
            compiled = hassil.Intents.from_dict(alone)
            for entry in compiled.intents[name].data:
                _ = entry.sentences  # parsed on first use
        except Exception as exc:
            raise SiteError(file, f"not a sentence template: {exc}", key="sentences") from exc

    def _compile_slot(self, hassil: Any, name: str) -> Any:
        sentences = [f"[(a|an|the|because of|because|for|it has|it is|it's|with)] {{{name}}}"]
        return hassil.Intents.from_dict(
            {"language": "en", "intents": {name: {"data": [{"sentences": sentences}]}}, "skip_words": self._skip}
        )


def _text_list(name: str, values: dict[str, tuple[str, ...]]) -> Any:
    from hassil import TextSlotList

    pairs = [(form, value) for value, forms in values.items() for form in (forms or (value,))]
    return TextSlotList.from_tuples(pairs, name=name)
