"""Puts the state on the main screen, at whatever size it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import ContentSwitcher, Input

from assistant.domain.events import Event
from assistant.terminal import panels, words
from assistant.terminal.panels import DIM, Panel, fit
from assistant.terminal.state import EVENTS
from assistant.terminal.widgets import Listing, Part
from assistant.turn import naming
from assistant.turn.notices import INTENT as HEARD

if TYPE_CHECKING:
    from assistant.terminal.app import Terminal

VIEWS = ("operator", "supervisor", "events")
PAGES = (("tiles-box", "lines"), ("lists", "to do"), ("plots-box", "output"), ("live-box", "events"))
"""Parts of the supervisor's view, which a small screen shows one by one."""
TALK = 60
"""Turns shown of the conversation."""
LISTED = 300
"""Events shown in the list of all."""


class Drawing:
    """Draws what has changed."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self.dirty = True
        """Whether the state has changed since it was drawn."""
        self._page = 0
        self._second = 0
        self._lines: dict[int, str] = {}

    # ---- size ----------------------------------------------------------------------------------------------

    @property
    def small(self) -> bool:
        """Less than 80 by 24 or so: one part at a time."""
        return self._app.size.width < 70 or self._app.size.height < 20

    @property
    def large(self) -> bool:
        """Room for large targets."""
        return self._app.size.width >= 100 and self._app.size.height >= 34

    @property
    def view(self) -> str:
        """What is shown."""
        return self._app.screen_stack[0].query_one("#body", ContentSwitcher).current or VIEWS[0]

    def resized(self) -> None:
        """Another size, or another view: all anew."""
        screen = self._app.screen_stack[0]
        screen.set_class(self.small, "small")
        self.show_page(self._page)
        self.dirty = True
        self.draw()

    def turn_page(self, by: int) -> None:
        """The next part, on a small screen."""
        self.show_page((self._page + by) % len(PAGES))

    def show_page(self, index: int) -> None:
        """One part, on a small screen."""
        self._page = index
        for place, (ident, _) in enumerate(PAGES):
            self._app.screen_stack[0].query_one(f"#{ident}").set_class(place == index, "chosen")
        self.dirty = True
        self.draw()

    # ---- lists ---------------------------------------------------------------------------------------------

    def listing(self, name: str) -> Listing:
        """A list of the main screen."""
        return self._app.screen_stack[0].query_one(f"#{name}", Listing)

    def main_list(self) -> Listing | None:
        """What the arrows go through."""
        return self.listing({"operator": "talk", "supervisor": "live", "events": "all"}[self.view])

    def marked_turn(self) -> str:
        """The turn that is meant by "its evidence": the marked one, or the last."""
        state, listing = self._app.state, self.main_list()
        marked = listing.selected if listing is not None else ""
        if marked in state.world.announcements:
            marked = ""  # nobody's turn
        if self.view != "operator" and marked:
            event = next((one for one in state.recent if str(one.position) == marked), None)
            marked = event.correlationid if event is not None else ""
        if marked:
            return marked
        talk = state.talk(self._app.session, everybody=self.view != "operator")
        return talk[-1].turn if talk else next(reversed(state.exchanges), "")

    # ---- drawing -------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """The clock and the time limit always, the rest when it has changed."""
        app = self._app
        if not app.is_running or not app.screen_stack:
            return
        now, width = app.means.clock.now(), app.size.width
        self._part("header", panels.header(app.state, app.session, self.view, app.link.up, now, width))
        self._part("banner", self._banner())
        self._question(now, width)
        if int(now) != self._second or self.dirty:
            self._second, self.dirty = int(now), False
            {"operator": self._operator, "supervisor": self._supervisor, "events": self._events}[self.view](now)
            self._keys()

    def _part(self, name: str, what: Panel | Text) -> None:
        self._app.screen_stack[0].query_one(f"#{name}", Part).show(what)

    def _banner(self) -> Text:
        """What is wrong, and the one thing to do; and the terminal's own notice."""
        app, link = self._app, self._app.link
        lines: list[tuple[str, str]] = []
        if app.notice:
            lines.append((app.notice, "bold reverse"))
        if app.log_trouble:
            lines.append((app.log_trouble, "bold reverse red"))
        elif not app.caught_up:
            lines.append((f"reading the log: {app.state.world.position} events so far", "reverse yellow"))
        if link.starting:
            text = "no core was up: one is being started; it goes on when you quit"
            lines.append((text, "bold reverse yellow"))
        elif link.up is False:
            todo = "F9 starts one" if app.means.start is not None else "start it: assistant run"
            lines.append((f"NO CORE since {words.clock(link.since)}. {todo}. ({link.why})", "bold reverse red"))
        for since, reason in app.state.world.lost.values():
            lines.append((f"MACHINES NOT REACHED since {words.clock(since)}: {reason}", "bold reverse red"))
        told = list(app.state.announced(app.session).values())
        if told and self.view != "operator":
            count = f"{len(told)} FOR YOU" if len(told) > 1 else "FOR YOU"
            lines.append((f"{count} (F2): {told[-1].words}", "bold reverse magenta"))
        most = 1 if self.small else 3
        return Text("\n").join(Text.assemble((fit(f" {line}", app.size.width), style)) for line, style in lines[:most])

    def _question(self, now: float, width: int) -> None:
        app = self._app
        asked = app.state.question(app.session, now)
        other = app.state.waits_for_another(app.session, now)
        rows = 3 if self.small else 6 if self.large else 4
        self._part("question", panels.question(app.state, asked, other, now, width, rows))
        app.screen_stack[0].set_class(bool(asked or other) and not self.large, "asking")

    def _operator(self, now: float) -> None:
        app, width = self._app, self._app.size.width
        self._part("here", panels.here(app.state, app.session, 3 if self.small else 4))
        mine = app.state.talk(app.session)[-TALK:]
        station = app.session.station not in app.state.world.machines
        items = [(one.at, one.turn, panels.exchange(one, width, station=station)) for one in mine]
        key = app.composer.key(HEARD)
        told = app.state.announced(app.session).items()
        items += [(one.at, ident, panels.announcement(one, key, width)) for ident, one in told]
        self.listing("talk").show([(ident, text) for _, ident, text in sorted(items, key=lambda item: item[0])])

    def _supervisor(self, now: float) -> None:
        app, width = self._app, self._app.size.width
        tabs = Panel()
        if self.small:
            at = 0
            pieces = []
            for index, (_, name) in enumerate(PAGES):
                tabs.areas.append((0, at, at + len(name) + 2, f"show_page({index})"))
                at += len(name) + 2
                pieces.append((f" {name} ", "bold reverse" if index == self._page else ""))
            tabs.row(*pieces)
        self._part("pages", tabs)
        narrow = width < 70
        tiles = panels.columns(app.state, width) if narrow else panels.tiles(app.state, width, tall=self.large)
        self._part("tiles", tiles)
        self._part("plots", panels.plots(app.state, now, width))
        self._lists(width if self.small else width // 3)
        self._live("live", "live-title", width)

    def _lists(self, width: int) -> None:
        state = self._app.state
        alarms = [
            (f"{machine} {alarm.code}", self._item(machine, f"{alarm.severity}: {alarm.text}", width, "red"))
            for machine, alarm in state.alarms()
        ]
        holds = [
            (ident, self._item(ident, f"{naming.value(why)}{f', {badge}' if badge else ''}", width, "yellow"))
            for ident, why, _, badge in state.holds()
        ]
        rework = [(board, self._item(board, naming.value(defects), width, "cyan")) for board, defects in state.rework()]
        for name, title, items in (
            ("alarms", "Alarms", alarms),
            ("holds", "On hold", holds),
            ("rework", "Rework", rework),
        ):
            self._part(f"{name}-title", Text.assemble((f" {title}: {len(items)}", "bold" if items else DIM)))
            self.listing(name).show(items)

    def _item(self, ident: str, what: str, width: int, colour: str) -> Text:
        room = max(width - len(ident) - 4, 1)
        return Text.assemble(
            (f" {words.plain(ident)} ", f"bold {colour}"), (fit(what, room).rstrip(), ""), no_wrap=True
        )

    def _live(self, name: str, title: str, width: int) -> None:
        app, listing = self._app, self.listing(name)
        paused = not listing.at_end
        own = f": {app.filter}" if app.preset not in words.FILTERS else ""
        shown = f" Events, {app.preset}{own}  (f next filter, / own"
        self._part(
            title, Text.assemble((fit(shown + (", End follows again: PAUSED)" if paused else ")"), width), "bold"))
        )
        if paused:
            return
        most = LISTED if name == "all" else app.size.height * 2
        items: list[tuple[str, Text]] = []
        for event in reversed(app.state.recent):
            if len(items) >= most:
                break
            if words.matches(event, said := self._said(event), app.filter):
                line = fit(f" {words.clock(event.time)} {said}", max(width - 2, 1)).rstrip()
                items.append((str(event.position), Text.assemble((line, _colour(event.type)), no_wrap=True)))
        listing.show(items[::-1])

    def _said(self, event: Event) -> str:
        """An event's line; made once, for it is looked at whenever the list is drawn."""
        if len(self._lines) > 2 * EVENTS:
            self._lines.clear()
        if event.position not in self._lines:
            self._lines[event.position] = words.event(event)
        return self._lines[event.position]

    def _events(self, now: float) -> None:
        self._live("all", "filter", self._app.size.width)

    def _keys(self) -> None:
        app = self._app
        typing = app.screen_stack[0].query_one("#entry", Input).has_class("open")
        if typing and self.small:
            self._part("keys", Text())
            return
        cells: list[tuple[str, str, str]] = [("Enter", "type", "type")]
        for spec in app.composer.keyed(app.session):
            if spec.intent not in ("yes", "no"):
                cells.append((spec.key, naming.value(spec.intent), f"say_key('{spec.key}')"))
        other = [name for name in VIEWS if name != self.view]
        own = [(f"F{VIEWS.index(name) + 2}", name, f"view('{name}')") for name in other]
        own += [("v", "evidence", "evidence"), ("b", "badge", "check_in"), ("F10", "quit", "quit")]
        if self.view != "operator":
            cells = [cells[0], *own[:3], ("f", "filter", "filter"), *cells[1:], *own[3:]]
        else:
            cells = [*cells[:4], *own[:1], *cells[4:], *own[1:]]
        rows, tall = (1, 1) if self.small else (2, 3) if self.large else (2, 1)
        self._part("keys", panels.keys(cells, ("F1", "help", "help"), app.size.width, rows, tall))


def _colour(kind: str) -> str:
    """Of an event in the list."""
    for start, colour in _COLOURS.items():
        if kind.startswith(start):
            return colour
    return ""


_COLOURS = {"alarm.": "red", "turn.": "cyan", "order.": "yellow", "call.": "yellow", "connection.": "red"}
