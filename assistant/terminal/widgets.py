"""The few widgets that Textual does not have: text with places to click, and a list that keeps its place."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.terminal.panels import Panel


class Part(Static):
    """A part of the screen: text as it is, never markup, drawn anew only where it has changed."""

    def __init__(self, ident: str) -> None:
        super().__init__("", id=ident, markup=False)
        self._areas: list[tuple[int, int, int, str]] = []
        self._drawn = Text()

    def show(self, what: Panel | Text) -> None:
        """Show this, and nothing where it is empty."""
        text = what.text(self.app.size.width) if isinstance(what, Panel) else what
        self._areas = what.areas if isinstance(what, Panel) else []
        self.display = bool(text.plain)
        if text != self._drawn:
            self._drawn = text
            self.update(text)

    async def on_click(self, event: events.Click) -> None:
        """Do what lies there."""
        for row, first, after, action in self._areas:
            if row == event.y and first <= event.x < after:
                event.stop()
                await self.app.run_action(action)
                return


class Listing(OptionList):
    """A list that follows its end until somebody moves away from it, and keeps its place when it changes."""

    def __init__(self, ident: str, *, follows: bool = False, focus: bool = True) -> None:
        super().__init__(id=ident, markup=False)
        self._follows = follows
        self._items: list[tuple[str, Text]] = []
        self.can_focus = focus

    @property
    def selected(self) -> str:
        """Id of the item that is marked, or empty."""
        at = self.highlighted
        return self._items[at][0] if at is not None and at < len(self._items) else ""

    @property
    def at_end(self) -> bool:
        """Whether the newest item is the marked one."""
        return self.highlighted is None or self.highlighted >= len(self._items) - 1

    def show(self, items: Sequence[tuple[str, Text]]) -> None:
        """Show these (id, text)."""
        if list(items) == self._items:
            return
        before, kept, ended = self._items, self.selected, self.at_end
        self._items = list(items)
        if [ident for ident, _ in before] == [ident for ident, _ in items]:
            for index, (ident, text) in enumerate(items):
                if before[index] != (ident, text):
                    self.replace_option_prompt_at_index(index, text)
        else:
            self.clear_options()
            self.add_options([Option(text) for _, text in items])
            places = {ident: index for index, (ident, _) in enumerate(items)}
            at = len(items) - 1 if self._follows and ended else places.get(kept, 0)
            self.highlighted = at if items else None
        if self._follows and ended:
            self.call_after_refresh(self.scroll_end, animate=False)

    def move(self, by: int) -> None:
        """Mark another item."""
        if self._items:
            at = self.highlighted if self.highlighted is not None else len(self._items)
            self.highlighted = min(max(at + by, 0), len(self._items) - 1)
