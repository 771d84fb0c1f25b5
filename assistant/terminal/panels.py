"""What stands in each part of the screen, as text of a given width: plain functions over the state."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from assistant.domain.things import Announcement, Line, Machine
from assistant.domain.values import Session
from assistant.terminal import words
from assistant.terminal.output import per_hour
from assistant.terminal.state import Exchange, Question, State
from assistant.turn import naming

HOURS = 12
"""Of the plots."""
DIM = "bright_black"


@dataclass(slots=True)
class Panel:
    """Lines of text, and which parts of them do something when they are clicked."""

    lines: list[Text] = field(default_factory=list)
    areas: list[tuple[int, int, int, str]] = field(default_factory=list)
    """(row, first column, column after the last, action)."""

    def row(self, *pieces: tuple[str, str]) -> None:
        """One more line of (text, style)."""
        self.lines.append(Text.assemble(*((words.plain(text), style) for text, style in pieces), no_wrap=True))

    def text(self, width: int) -> Text:
        """All of it, each line cut to so many columns."""
        for line in self.lines:
            line.truncate(width, overflow="ellipsis")
        return Text("\n").join(self.lines)


def fit(text: str, width: int) -> str:
    """`text` in exactly so many columns, with `…` where it is cut."""
    text = words.plain(text)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(width - 1, 0)) + "…" if width > 0 else ""


# ---- the head ----------------------------------------------------------------------------------------------


def header(state: State, session: Session, view: str, up: bool | None, now: float, width: int) -> Text:
    """Where, who, what time it is, and whether the core is there."""
    operator = state.world.operators.get(session.badge)
    where = naming.unit(state.world, session.station) if session.station else "no station"
    who = f"{session.badge} {operator.role if operator is not None else ''}".strip() or "nobody checked in"
    core = {True: ("core up", "green"), False: ("NO CORE", "bold red"), None: ("core ?", "yellow")}[up]
    if width < 60:
        who = session.badge or "nobody"
        where = session.station or "-"
    left, right = f" {where} · {who}", f"{view} {words.clock(now)[: 5 if width < 60 else 8]} "
    room = max(width - len(right) - len(core[0]) - 1, 0)
    return Text.assemble(
        (fit(left, room), "bold reverse"), (right, "reverse"), (f"{core[0]} ", f"reverse {core[1]}"), no_wrap=True
    )


# ---- the operator's station --------------------------------------------------------------------------------


def here(state: State, session: Session, rows: int) -> Panel:
    """The station's machine, lot and board, in so many rows; the line where the station is one."""
    panel, world = Panel(), state.world
    machine, line = world.machines.get(session.station), world.lines.get(session.station)
    if machine is not None:
        _machine(panel, state, machine)
    elif line is not None:
        _line(panel, state, line)
    else:
        panel.row((" no station: ", ""), ("start with --at STATION", "bold"), (" to see it here", ""))
    panel.lines = panel.lines[:rows]
    return panel


def _machine(panel: Panel, state: State, machine: Machine) -> None:
    world = state.world
    word, colour = words.e10(machine.e10)
    since = f" since {words.clock(machine.since)}" if machine.since else ""
    panel.row(
        (f" {machine.name} {machine.id}  ", "bold"),
        (f" {machine.state.upper() or 'NOT HEARD OF'} ", f"bold reverse {colour}"),
        (f" {word}{since}", colour),
    )
    board = world.boards.get(machine.board)
    lot = world.lots.get(board.lot) if board is not None else None
    if board is not None and lot is not None:
        place = f"{lot.boards.index(board.id) + 1} of {len(lot.boards)}" if board.id in lot.boards else ""
        product = world.products.get(lot.product)
        panel.row(
            (" board ", DIM), (board.id, "bold"), ("  lot ", DIM), (lot.id, "bold"), (f" {place}", ""),
            (f"  {product.name if product is not None else lot.product}  {lot.order}", DIM),
        )  # fmt: skip
    else:
        panel.row((" no board in it", DIM))
    holds = [
        f"{thing.id} on hold, {naming.value(thing.hold.reason)}"
        for thing in (machine, lot, board)
        if thing is not None and thing.hold is not None
    ]
    alarms = [alarm.text for alarm in machine.alarms.values()]
    if holds or alarms:
        panel.row(
            *[(f" ALARM {text} ", "bold reverse red") for text in alarms],
            *[(f" {text.upper()} ", "bold reverse yellow") for text in holds],
        )
    else:
        panel.row((" no alarm, no hold", DIM))
    queue = [call.who for call in world.calls_at(machine.id)]
    panel.row((f" called: {naming.listing([naming.value(who) for who in queue])}" if queue else "", "yellow"))


def _line(panel: Panel, state: State, line: Line) -> None:
    world = state.world
    machines = [world.machines[ident] for ident in line.machines if ident in world.machines]
    running = sum(machine.state == "running" for machine in machines)
    panel.row((f" {line.name} {line.id}  ", "bold"), (f"{running} of {len(machines)} machines running", "green"))
    panel.row((" ", ""), *[piece for machine in machines for piece in _short(state, machine)])
    alarms = [f"{machine.id} {alarm.text}" for machine in machines for alarm in machine.alarms.values()]
    held = [lot.id for lot in world.lots.values() if lot.line == line.id and lot.hold is not None]
    panel.row(
        *[(f" ALARM {text} ", "bold reverse red") for text in alarms[:2]],
        *[(f" {ident} ON HOLD ", "bold reverse yellow") for ident in held[:3]],
        ("" if alarms or held else " no alarm, no hold", DIM),
    )
    orders = [f"{one.id} {one.product} {one.status}" for one in world.workorders.values() if one.line == line.id]
    panel.row((f" {', '.join(orders)}", DIM))


def _short(state: State, machine: Machine) -> list[tuple[str, str]]:
    _, colour = words.e10(machine.e10)
    return [(f"{machine.id} ", ""), (f"{machine.state or '?'}  ", colour)]


# ---- the conversation --------------------------------------------------------------------------------------


def exchange(one: Exchange, width: int, *, station: bool) -> Text:
    """One turn: what was heard and how sure, how it was read, what came of it."""
    who = f"{one.heard.badge or 'nobody'}{f' at {one.heard.station}' if station else ''}"
    head = f"{words.clock(one.at)[: 5 if width < 60 else 8]} {who}"
    text = Text.assemble((f"{head}  ", DIM), (words.heard(one), "bold"), (f"  {words.sure(one)}", DIM))
    if one.answered is None:
        text.append("\n  … at work", "yellow")
        return text
    decision = one.answered.decision
    text.append(f"\n  {words.readings(one)}: ", DIM)
    text.append(decision, f"bold {words.DECIDED.get(decision, '')}")  # type: ignore[call-overload]
    if one.answered.say:
        text.append(f"\n  {words.plain(one.answered.say)}")
    return text


def announcement(one: Announcement, key: str, width: int) -> Text:
    """What the assistant says by itself, until somebody has said to have heard it."""
    at = words.clock(one.at)[: 5 if width < 60 else 8]
    text = Text.assemble((f"{at} ", DIM), (" FOR YOU ", "bold reverse magenta"), (f" {words.plain(one.words)}", "bold"))
    text.append(f"\n  not heard yet: {f'{key} or ' if key else ''}say got it", DIM)
    return text


def question(state: State, asked: Question | None, other: Question | None, now: float, width: int, rows: int) -> Panel:
    """The pending question with the time that is left; or that another person must agree."""
    panel = Panel()
    one = asked or other
    if one is None:
        return panel
    mark = "reverse bold yellow" if asked is not None else "reverse"
    title = one.say if asked is not None else f"Waits for another person here: {one.say}"
    for index, stretch in enumerate(_wrapped(title, width - 4)[:2]):
        panel.row((fit(f" {'? ' if index == 0 else '  '}{stretch}", width), mark))
    if rows > 3:
        panel.row((fit(f"   {words.readings(one.asked)}", width), mark))
    # The exact ids are shown as well as the spoken words: they are what a yes is a yes to.
    exact = "" if rows > 3 else f" {words.readings(one.asked)}"[: width - 16]
    left, room = max(one.until - now, 0.0), width - 8 - cell_len(exact)
    full = max(min(round(room * left / one.long_s), room), 0) if one.long_s > 0 else 0
    panel.row((f" {left:3.0f} s ", "bold yellow"), ("█" * full + "░" * (room - full), "yellow"), (exact, "bold"))
    if asked is None:
        return panel
    if asked.digits:
        panel.row((" type the digits, Enter", "bold"), ("   ", ""), ("[ N  no ]", "bold reverse red"))
        panel.areas.append((len(panel.lines) - 1, 26, 35, "say_key('n')"))
    elif asked.open:
        panel.row((" type the answer, Enter", "bold"), ("   ", ""), ("[ N  no ]", "bold reverse red"))
        panel.areas.append((len(panel.lines) - 1, 26, 35, "say_key('n')"))
    else:
        half = (width - 3) // 2
        panel.row(
            (" ", ""), ("[ Y  yes ]".center(half), "bold reverse green"), (" ", ""),
            ("[ N  no ]".center(half), "bold reverse red"),
        )  # fmt: skip
        last = len(panel.lines) - 1
        panel.areas += [(last, 1, 1 + half, "say_key('y')"), (last, 2 + half, 2 + 2 * half, "say_key('n')")]
    return panel


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(words.plain(text), max(width, 1)) or [""]


def keys(cells: Sequence[tuple[str, str, str]], last: tuple[str, str, str], width: int, rows: int, tall: int) -> Panel:
    """Keys as cells, (key, word, action), each `tall` lines high: as many as fit in so many rows, and `last` always."""
    panel = Panel()
    waiting = list(cells)
    for row in range(rows):
        room = width - (_size(last) if row == rows - 1 else 0)
        fitting: list[tuple[str, str, str]] = []
        while waiting and sum(map(_size, fitting)) + _size(waiting[0]) <= room:
            fitting.append(waiting.pop(0))
        if row == rows - 1:
            fitting.append(last)
        spare = max(width - sum(map(_size, fitting)), 0) // max(len(fitting), 1) if tall > 1 or rows > 1 else 0
        _row_of_keys(panel, fitting, spare, tall)
    return panel


def _size(cell: tuple[str, str, str]) -> int:
    return len(cell[0]) + len(cell[1]) + 4


def _row_of_keys(panel: Panel, row: Sequence[tuple[str, str, str]], spare: int, tall: int) -> None:
    for level in range(tall):
        pieces: list[tuple[str, str]] = []
        at = 0
        for key, word, action in row:
            size = _size((key, word, action)) + spare
            if level == tall // 2:
                pieces += [(f" {key} ", "bold reverse"), (fit(f" {word}", size - len(key) - 2), "")]
            else:
                pieces.append((("▁" if level == 0 else "▔") * (size - 1) + " ", DIM))
            panel.areas.append((len(panel.lines), at, at + size, action))
            at += size
        panel.row(*pieces)


# ---- the supervisor's view ---------------------------------------------------------------------------------


def tiles(state: State, width: int, *, tall: bool) -> Panel:
    """Both lines, a tile a machine: its id, its state, its E10 class in words and colour; what stands alone below."""
    panel, world = Panel(), state.world
    for line in world.lines.values():
        machines = [world.machines[ident] for ident in line.machines if ident in world.machines]
        orders = [one.id for one in world.workorders.values() if one.line == line.id and one.status == "running"]
        running = sum(machine.state == "running" for machine in machines)
        panel.row((f" {line.name} {line.id} ", "bold"), (f"{running}/{len(machines)} running  {' '.join(orders)}", DIM))
        _row_of_tiles(panel, state, machines, width, tall=tall)
    alone = [machine for machine in world.machines.values() if not machine.line]
    if alone:
        panel.row(*[piece for one in alone for piece in ((f" {one.name} ", "bold"), *_short(state, one)[1:])])
    return panel


def _row_of_tiles(panel: Panel, state: State, machines: Sequence[Machine], width: int, *, tall: bool) -> None:
    size = max(width // max(len(machines), 1), 4)
    lines: list[list[tuple[str, str]]] = [[], [], [], []]
    for machine in machines:
        word, colour = words.e10(machine.e10)
        mark = "!" if machine.alarms else "H" if machine.hold is not None else " "
        lines[0].append((fit(f" {machine.id}{mark}", size - 1) + " ", "bold red" if machine.alarms else "bold"))
        lines[1].append((fit(f" {machine.state or '?'}", size - 1), f"bold reverse {colour}"))
        lines[1].append((" ", ""))
        lines[2].append((fit(f" {word}", size - 1) + " ", colour))
        lines[3].append((fit(f" {machine.board}", size - 1) + " ", DIM))
    for pieces in lines[: 4 if tall else 3]:
        for place, machine in enumerate(machines):
            panel.areas.append((len(panel.lines), place * size, (place + 1) * size, f"ask_about('{machine.id}')"))
        panel.row(*pieces)


def columns(state: State, width: int) -> Panel:
    """The lines side by side, a row a machine: for a screen that is too small for tiles."""
    panel, world = Panel(), state.world
    lines = list(world.lines.values())
    size = width // max(len(lines), 1)
    panel.row(*[(fit(f" {line.name}", size), "bold") for line in lines])
    for row in range(max((len(line.machines) for line in lines), default=0)):
        pieces: list[tuple[str, str]] = []
        for place, line in enumerate(lines):
            machine = world.machines.get(line.machines[row]) if row < len(line.machines) else None
            if machine is None:
                pieces.append((" " * size, ""))
                continue
            _, colour = words.e10(machine.e10)
            mark = "!" if machine.alarms else " "
            pieces += [
                (f" {machine.id:<6}"[:7] + mark, "bold"),
                (fit(machine.state or "?", size - 8), f"bold {colour}"),
            ]
            panel.areas.append((len(panel.lines), place * size, (place + 1) * size, f"ask_about('{machine.id}')"))
        panel.row(*pieces)
    return panel


def plots(state: State, now: float, width: int) -> Panel:
    """Boards an hour and the share that is good, the last HOURS hours, a row a line."""
    panel = Panel()
    for line in state.world.lines.values():
        hours = per_hour(state.views, line.id, now, HOURS)
        made = [float(hour.made) if hour.made else None for hour in hours]
        rates = [hour.rate for hour in hours]
        newest = rates[-1]
        share = f"{newest * 100:3.0f} %" if newest is not None else "  - %"
        count = [(f" {line.name} " if width >= 60 else f" {line.id} ", "bold"), (words.bars(made, _top(made)), "cyan")]
        count.append((f" {hours[-1].made} boards this hour", ""))
        passed = [(words.bars(rates, 1.0), "green"), (f" {share} good", "")]
        if width >= 60:
            panel.row(*count, ("   ", ""), *passed)
        else:
            panel.row(*count)
            panel.row((" " * len(count[0][0]), ""), *passed)
    return panel


def _top(values: Sequence[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)
