"""What lies over the main screen for a moment: a choice, a turn's evidence, and help."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList

from assistant.domain.shown import visible
from assistant.terminal.compose import Choice
from assistant.terminal.panels import DIM
from assistant.terminal.widgets import Listing, Part
from assistant.turn import told

TYPE_IT = Choice("", "", "")
"""What a Chooser gives back when it is to be typed instead."""
LEAVE_OUT = Choice("", "-", "")
"""What it gives back when the hole is to be left out."""


def headline(title: str, hint: str, width: int) -> Text:
    """The first line: what it is, and, as far as there is room, how to get about in it."""
    line = Text.assemble((title, "bold"), (f"  {hint}", DIM))
    line.truncate(max(width - 2, 1), overflow="ellipsis")
    return line


class Chooser(ModalScreen[Choice | None]):
    """One of several, by digit, arrow or mouse; None when nothing was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "back")]

    def __init__(self, title: str, choices: Sequence[Choice], *, optional: bool = False, typed: bool = True) -> None:
        super().__init__()
        self._title = title
        self._choices = [*([TYPE_IT] if typed else []), *([LEAVE_OUT] if optional else []), *choices]

    def compose(self) -> ComposeResult:
        """See Textual."""
        with Vertical():
            yield Part("title")
            yield Listing("choices")

    def on_mount(self) -> None:
        """Show what there is to choose from."""
        self.query_one("#title", Part).show(
            headline(visible(self._title), "a digit, or arrows and Enter; Esc goes back", self.app.size.width)
        )
        items = [(str(index), self._line(index, one)) for index, one in enumerate(self._choices)]
        listing = self.query_one("#choices", Listing)
        listing.show(items)
        listing.highlighted = min(len(items) - 1, int(self._choices[0] is TYPE_IT)) if items else None
        listing.focus()

    def _line(self, index: int, one: Choice) -> Text:
        key = self._key(index)
        words = "type it instead" if one is TYPE_IT else "nothing more" if one is LEAVE_OUT else visible(one.words)
        note = visible(one.note)
        return Text.assemble(
            (f" {key or ' '} ", "bold reverse" if key else ""), (f" {words}", "bold"), (f"  {note}", DIM)
        )

    def _key(self, index: int) -> str:
        """The digit of a choice: 0 types it, 1 to 9 are the first ones."""
        if self._choices[index] is TYPE_IT:
            return "0"
        place = index + (self._choices[0] is not TYPE_IT)
        return str(place) if place < 10 else ""

    def on_key(self, event: events.Key) -> None:
        """A digit chooses."""
        for index in range(len(self._choices)):
            if event.character and event.character == self._key(index):
                event.stop()
                self.dismiss(self._choices[index])
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """So does Enter, or the mouse."""
        event.stop()
        self.dismiss(self._choices[event.option_index])


class Evidence(ModalScreen[int]):
    """All that is kept of one turn. Gives back -1 or 1 for the turn before or after it, 0 when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v,enter", "leave(0)", "back"),
        Binding("left,p", "leave(-1)", "the turn before"),
        Binding("right,n", "leave(1)", "the turn after"),
    ]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = [visible(line) for line in lines]

    def compose(self) -> ComposeResult:
        """See Textual."""
        with Vertical():
            yield Part("title")
            with VerticalScroll():
                yield Part("story")

    def on_mount(self) -> None:
        """Show it."""
        self.query_one("#title", Part).show(
            headline("Evidence", "← → other turns, ↑ ↓ scroll, Esc goes back", self.app.size.width)
        )
        width = self.app.size.width
        hang = " " * (told.LABEL + 4 if width >= 60 else 6)
        wrapped = [
            row for line in self._lines for row in textwrap.wrap(line, width - 4, subsequent_indent=hang) or [""]
        ]
        self.query_one("#story", Part).show(Text("\n".join(wrapped)))
        self.query_one(VerticalScroll).focus()

    def action_leave(self, way: int) -> None:
        """Close it."""
        self.dismiss(way)


class Help(ModalScreen[None]):
    """What can be said here and now, and what the keys do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1,enter", "dismiss", "back")]

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """See Textual."""
        with Vertical():
            yield Part("title")
            with VerticalScroll():
                yield Part("page")

    def on_mount(self) -> None:
        """Show it."""
        self.query_one("#title", Part).show(
            headline("What can be said here and now", "↑ ↓ scroll, Esc goes back", self.app.size.width)
        )
        self.query_one("#page", Part).show(self._text)
        self.query_one(VerticalScroll).focus()
