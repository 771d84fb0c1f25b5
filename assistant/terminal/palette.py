"""The command palette: every intent of the site, with an example, ready to be typed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from assistant.domain.shown import visible
from assistant.settings.intents import Intent

if TYPE_CHECKING:
    from assistant.terminal.app import Terminal


class SayProvider(Provider):
    """Offers what can be said; choosing puts its example into the line to type, to be changed and sent."""

    @property
    def _terminal(self) -> Terminal:
        from assistant.terminal.app import Terminal

        assert isinstance(self.app, Terminal)
        return self.app

    def _lines(self) -> Iterator[tuple[Intent, str, str]]:
        for spec in self._terminal.composer.intents.by_name.values():
            key = f"  ({spec.key})" if spec.key else ""
            roles = f"; for {', '.join(spec.roles)}" if spec.roles else ""
            lacks = "" if spec.connected else "; not connected here"
            yield spec, f"{spec.intent}: {visible(spec.example)}", f"{spec.kind}{key}{roles}{lacks}"

    async def discover(self) -> Hits:
        """All of them."""
        for spec, line, note in self._lines():
            yield DiscoveryHit(Text(line), partial(self._terminal.type, spec.example), line, note)

    async def search(self, query: str) -> Hits:
        """Those that fit what was typed."""
        matcher = self.matcher(query)
        for spec, line, note in self._lines():
            score = matcher.match(line)
            if score > 0:
                yield Hit(score, Text(line), partial(self._terminal.type, spec.example), line, note)
