"""The terminal: a client of the core, never its host.

It reads the log by itself, read-only, and takes turns over the core's socket. What it does is typed words: keys put
sentences together, and each sentence takes the path of every other one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Input, OptionList

from assistant.domain.values import Session
from assistant.errors import AssistantError
from assistant.settings.intents import Intent
from assistant.terminal import flows, manual, style
from assistant.terminal.compose import Composer, parts
from assistant.terminal.draw import VIEWS, Drawing
from assistant.terminal.link import Link
from assistant.terminal.means import Means
from assistant.terminal.palette import SayProvider
from assistant.terminal.screens import Help
from assistant.terminal.state import State
from assistant.terminal.widgets import Listing, Part
from assistant.terminal.words import FILTERS
from assistant.turn.notices import SCREEN

TICK_S = 0.25
"""How often the clock, the time limit and what is new are drawn."""
READ_S = 0.2
"""How often the log is looked at."""
BITE = 300
"""Events folded at a time: keys are heard in between."""
LOCK_S = 300.0
"""Nobody touched a key for so long: the badge is checked out."""
NOTICE_S = 8.0
"""How long a notice of the terminal's own stands."""


class Terminal(App[None]):
    """Operator and supervisor view of one station."""

    CSS = style.CSS
    TITLE = "line-assistant"
    COMMANDS: ClassVar[set[Any]] = {SayProvider}
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "help"),
        Binding("f2", "view('operator')", "operator"),
        Binding("f3", "view('supervisor')", "supervisor"),
        Binding("f4", "view('events')", "events"),
        Binding("f5,v", "evidence", "evidence"),
        Binding("f6,b", "check_in", "check in"),
        Binding("f9", "start_core", "start a core"),
        Binding("f10", "quit", "quit"),
        Binding("enter,space", "type", "type"),
        Binding("escape", "leave", "back", show=False),
        Binding("f", "filter", "filter"),
        Binding("slash", "own_filter", "own filter"),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("end", "move(100000)", show=False),
        Binding("left", "page(-1)", show=False),
        Binding("right", "page(1)", show=False),
    ]

    def __init__(self, means: Means, session: Session, *, view: str = "", lock_s: float = LOCK_S) -> None:
        super().__init__(ansi_color=True)  # said at once: NO_COLOR chooses by it how to take colours away
        self.means, self.session, self.lock_s = means, session, lock_s
        self.state = State(means.policy.world, means.views, *means.before())
        self.composer = Composer(means.policy, self.state)
        self.link = Link(means)
        self.drawing = Drawing(self)
        self.caught_up = False
        """Whether the log was read to its end once."""
        self.log_trouble = ""
        self.notice = ""
        self.preset = next(iter(FILTERS))
        self.filter = FILTERS[self.preset]
        self.fault: Exception | None = None
        """What broke in here, for the one line that is said of it afterwards."""
        self._view = view
        self._notice_until = 0.0
        self._touched = means.clock.monotonic()
        self._typing_filter = False

    def compose(self) -> ComposeResult:
        """See Textual."""
        yield Part("header")
        yield Part("banner")
        with ContentSwitcher(id="body", initial=self._view or "operator"):
            with Vertical(id="operator"):
                yield Part("here")
                yield Listing("talk", follows=True, focus=False)
            with Vertical(id="supervisor"):
                yield Part("pages")
                with Vertical(id="tiles-box", classes="page chosen"):
                    yield Part("tiles")
                with Horizontal(id="lists", classes="page"):
                    for name in ("alarms", "holds", "rework"):
                        with Vertical():
                            yield Part(f"{name}-title")
                            yield Listing(name)
                with Vertical(id="plots-box", classes="page"):
                    yield Part("plots")
                with Vertical(id="live-box", classes="page"):
                    yield Part("live-title")
                    yield Listing("live", follows=True)
            with Vertical(id="events"):
                yield Part("filter")
                yield Listing("all", follows=True)
        yield Part("question")
        yield Input(id="entry", compact=True, select_on_focus=False)
        yield Part("keys")

    async def on_mount(self) -> None:
        """Begin to read, to listen for the core and to draw."""
        self.theme = style.THEME
        self._background(self._read_log())
        self._background(self._keep_link())
        self._background(self._keep_telling())
        self.set_interval(TICK_S, self._tick)
        self.drawing.resized()

    async def on_unmount(self) -> None:
        """Hang up; the core goes on."""
        await self.link.close()

    # ---- what goes on by itself ----------------------------------------------------------------------------

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        """A task of this loop, never a thread (pitfalls T1); what breaks in it is said and ends nothing else (T3)."""

        async def guarded() -> None:
            try:
                await work
            except AssistantError as exc:
                self.say_notice(str(exc))
            except Exception as exc:
                self.say_notice(f"internal error: {type(exc).__name__}: {exc}")

        self.run_worker(guarded(), exit_on_error=False)

    async def _read_log(self) -> None:
        while True:
            try:
                async for _ in self._bites():
                    await asyncio.sleep(0)
                self.log_trouble = ""
                if not self.caught_up:
                    self._first_time()
            except AssistantError as exc:
                self.log_trouble = str(exc)
            except Exception as exc:  # an event that cannot be folded: what is shown is old from here on
                self.log_trouble = f"internal error at event {self.state.world.position}: {type(exc).__name__}: {exc}"
            await asyncio.sleep(READ_S)

    async def _bites(self) -> AsyncIterator[int]:
        """Fold what is new, so many events at a time."""
        while True:
            new = list(islice(self.means.read(self.state.world.position, BITE), BITE))
            for event in new:
                self.state.apply(event)
            if new:
                self.drawing.dirty = True
            if len(new) < BITE:
                return
            yield len(new)

    async def _keep_telling(self) -> None:
        """Have it written down that announcements are on the screen; what cannot be is tried again."""
        while True:
            await asyncio.sleep(READ_S)
            if not self.caught_up or not self.is_running or self.drawing.view != "operator":
                continue
            for ident, one in self.state.announced(self.session).items():
                if not one.told_to(self.session, SCREEN):
                    with suppress(AssistantError):
                        await self.link.told(self.session, ident)

    def _first_time(self) -> None:
        self.caught_up = self.drawing.dirty = True
        operator = self.state.world.operators.get(self.session.badge)
        if not self._view and operator is not None and operator.role == "supervisor":
            self.action_view("supervisor")
        self.drawing.draw()

    async def _keep_link(self) -> None:
        await self.link.beat()
        if not self.link.up:
            self.action_start_core()
        await self.link.keep()

    def _tick(self) -> None:
        clock = self.means.clock
        if self.notice and clock.monotonic() > self._notice_until:
            self.notice = ""
        if self.session.badge and clock.monotonic() - self._touched > self.lock_s:
            self.session = Session("", self.session.station)
            self.drawing.dirty = True
            self.say_notice(f"checked out after {self.lock_s / 60:.0f} minutes without a key; press b to check in")
        self.drawing.draw()

    def say_notice(self, text: str) -> None:
        """A few words of the terminal's own, for a while."""
        self.notice, self._notice_until = text, self.means.clock.monotonic() + NOTICE_S
        self.drawing.draw()

    # ---- saying something ----------------------------------------------------------------------------------

    def type(self, text: str = "") -> None:
        """Open the line to type, with these words in it."""
        entry = self.query_one("#entry", Input)
        entry.placeholder = "say it, Enter sends, Esc leaves it" if not self._typing_filter else "filter, Enter sets it"
        entry.value = text
        entry.cursor_position = len(text)
        entry.add_class("open")
        entry.focus()

    def say(self, text: str) -> None:
        """Take words through a turn; what comes of it is read from the log."""
        if text.strip():
            self._background(self._say(text.strip()))

    async def _say(self, text: str) -> None:
        try:
            answer = await self.link.say(text, self.session)
        except AssistantError as exc:
            more = "; see below what came of it before you say it again" if "before it answered" in str(exc) else ""
            self.say_notice(f"{exc}{more}")
            return
        if answer.say and not answer.events:  # nothing of it is in the log, so it would be seen nowhere
            self.say_notice(answer.say)
        if answer.intent == "help" and len(self.screen_stack) == 1:
            self.action_help()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was typed is said, or is the filter."""
        text = event.value
        self.action_leave()
        if self._typing_filter:
            self._typing_filter = False
            self.preset, self.filter = "own filter", text
            self.drawing.dirty = True
        else:
            self.say(text)

    def action_say_key(self, key: str) -> None:
        """What a key of the site's begins."""
        spec = next((spec for spec in self.composer.intents.by_name.values() if spec.key == key), None)
        if spec is not None:
            self.begin(spec)

    def begin(self, spec: Intent, about: str = "") -> None:
        """Put the sentence of an intent together and say it."""
        if not any(part.hole for part in parts(spec.typed)):
            self.say(spec.typed)
        elif not self._busy():
            self._background(flows.compose(self, spec, about))

    def _busy(self) -> bool:
        return len(self.screen_stack) > 1

    def action_ask_about(self, ident: str) -> None:
        """What can be done about one thing, to choose from."""
        if not self._busy():
            self._background(flows.ask_about(self, ident))

    # ---- keys ----------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """See Textual; whoever uses a key or the mouse is still there."""
        if isinstance(event, events.Key | events.MouseDown):
            self._touched = self.means.clock.monotonic()
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Letters of the site's intents, and digits, which begin a line."""
        if self._busy() or event.character is None or self.focused is self.query_one("#entry"):
            return
        if event.character.isdigit():
            event.stop()
            self.type(event.character)
        elif event.character.isalpha():
            self.action_say_key(event.character)

    def action_type(self) -> None:
        """Open the line to type."""
        self._typing_filter = False
        self.type()

    def action_leave(self) -> None:
        """Close the line to type, and go back to no list at all."""
        entry = self.query_one("#entry", Input)
        entry.remove_class("open")
        entry.value = ""
        self.set_focus(None)
        self.query_one("#talk", Listing).remove_class("looking")

    def action_move(self, by: int) -> None:
        """Mark another turn of the conversation, or another event."""
        listing = self.drawing.main_list()
        if listing is not None:
            listing.add_class("looking")
            listing.move(by)

    def action_page(self, by: int) -> None:
        """On a small screen: another part of the supervisor's view."""
        self.drawing.turn_page(by)

    def action_show_page(self, index: int) -> None:
        """The same by its place."""
        self.drawing.show_page(index)

    def action_view(self, name: str) -> None:
        """Operator, supervisor or events."""
        if name in VIEWS and not self._busy():
            self.query_one("#body", ContentSwitcher).current = name
            self.set_focus(None)
            self.drawing.resized()

    def action_filter(self) -> None:
        """The next of the ready filters."""
        names = list(FILTERS)
        at = names.index(self.preset) if self.preset in names else -1
        self.preset = names[(at + 1) % len(names)]
        self.filter = FILTERS[self.preset]
        self.drawing.dirty = True
        self.drawing.draw()

    def action_own_filter(self) -> None:
        """Type a filter."""
        self._typing_filter = True
        self.type(self.filter)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or the mouse on an item: an event's turn is shown, of a thing what can be done about it."""
        listing = event.option_list
        if not isinstance(listing, Listing) or self._busy():
            return
        if listing.id in ("live", "all", "talk"):
            listing.add_class("looking")
            self.action_evidence()
        elif listing.selected:
            self.action_ask_about(listing.selected.partition(" ")[0])

    def action_evidence(self) -> None:
        """All that is kept of the marked turn, of the marked event's turn, or of the last turn."""
        if not self._busy():
            self._background(flows.evidence(self, self.drawing.marked_turn()))

    def action_help(self) -> None:
        """What can be said here and now."""
        if not self._busy():
            now = self.means.clock.now()
            self.push_screen(Help(manual.page(self.composer, self.state, self.session, now)))

    def action_check_in(self) -> None:
        """Another badge."""
        if not self._busy():
            self._background(flows.check_in(self))

    def action_start_core(self) -> None:
        """Start a core in a process of its own, where there is none."""
        if self.link.up:
            return
        try:
            self.link.start_core()
        except AssistantError as exc:
            self.say_notice(str(exc))
        self.drawing.draw()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The views, in the palette."""
        entries: list[tuple[str, str, Callable[[], Any]]] = [
            ("help", "what can be said here and now", self.action_help),
            ("check in", "another badge", self.action_check_in),
            ("quit", "the core goes on", self.action_quit),
        ]
        yield from (SystemCommand(title, words, action) for title, words, action in entries)

    def _fatal_error(self) -> None:
        """Instead of a traceback on the screen: the caller says it in one line."""
        self.fault = self._exception
        self._close_messages_no_wait()
