"""What was worked out of a machine's reports, so that a question need not go through all of them again."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from assistant.domain.views.series import Ids, Series, State
from assistant.domain.views.span import Span

STEP = 256
"""Reports between two marks."""
NOT_SCHEDULED = range(6000, 7000)
"""SEMI E10 non-scheduled time, by its CFX numbers: no time that the machine was to be busy in."""
_SMALL = 1e-5
"""Seconds that are only rounding; times are of milliseconds."""

Account = dict[tuple[int, bool], float]
"""(State as a text, whether that is scheduled time) -> seconds."""
Known = tuple[float, float | None, str, str, str, str]
"""Of a stop: start, end, state, cause, the words of the alarm that is its cause, order."""


class Marks:
    """Seconds in each state from a machine's first report up to every so manieth one."""

    def __init__(self, kept: State = ()) -> None:
        self._marks: list[Account] = [{(state, scheduled): time for state, scheduled, time in mark} for mark in kept]

    def changed(self, rows: Series, at: int) -> None:
        """A report was put in at a place; those after it have moved."""
        del self._marks[at // STEP + 1 :]
        while len(self._marks) * STEP < len(rows):
            low = max(0, (len(self._marks) - 1) * STEP)
            account = dict(self._marks[-1]) if self._marks else {}
            _add(account, rows, low, len(self._marks) * STEP)
            self._marks.append(account)

    def between(self, rows: Series, span: Span) -> Account:
        """Seconds in each state, from the first report on."""
        late, early = self._until(rows, span.end), self._until(rows, span.start)
        found = {state: time - early.get(state, 0.0) for state, time in late.items()}
        return {state: time for state, time in found.items() if time > _SMALL}

    def _until(self, rows: Series, time: float) -> Account:
        at = rows.times.right(time) - 1
        if at < 0:
            return {}
        account = dict(self._marks[at // STEP])
        _add(account, rows, at // STEP * STEP, at)
        state = _state(rows.columns[0][at], rows.columns[3][at])
        account[state] = account.get(state, 0.0) + time - rows.times[at]
        return account

    def state(self) -> State:
        """See View."""
        return [[[*state, time] for state, time in mark.items()] for mark in self._marks]


class Stopped:
    """A machine's stops, as far as they were asked for and nothing was told since that could change them."""

    def __init__(self, texts: Ids) -> None:
        """`texts`: those of the register."""
        self._texts = texts
        self._starts, self._ends = array("d"), array("d")
        self._told = tuple(array("I") for _ in range(4))
        """State, cause, the alarm's words and order, as texts."""
        self._until = float("-inf")
        """What began before this and was over before this is as it is here."""

    def changed(self, time: float) -> None:
        """Something was told of this time."""
        self._until = min(self._until, time)

    def between(self, span: Span, found: Callable[[float], Iterator[Known]]) -> list[Known]:
        """Those that reach into a span, oldest first; `found` looks for those that begin at a time or later."""
        starts, ends = self._starts, self._ends
        if self._until < float("inf"):
            while ends and ends[-1] >= self._until:
                starts.pop()
                ends.pop()
                for column in self._told:
                    column.pop()
            for start, end, *told in found(ends[-1] if ends else float("-inf")):
                starts.append(start)
                ends.append(float("inf") if end is None else end)
                for column, text in zip(self._told, told, strict=True):
                    column.append(self._texts(text))
            self._until = float("inf")
        low = bisect_right(ends, span.start)
        high = max(low, bisect_left(starts, span.end))
        names = self._texts.names
        rows = zip(starts[low:high], ends[low:high], *(column[low:high] for column in self._told), strict=True)
        return [
            (start, None if end == float("inf") else end, names[state], names[cause], names[words], names[order])
            for start, end, state, cause, words, order in rows
        ]

    def state(self) -> State:
        """See View."""
        return [self._starts, self._ends, list(self._told), self._until]

    def restore(self, state: State) -> None:
        """See View."""
        self._starts, self._ends, told, self._until = state
        self._told = tuple(told)


def _add(account: Account, rows: Series, low: int, high: int) -> None:
    """The time from one report to another."""
    times, states, e10s = rows.times[low : high + 1], rows.columns[0][low:high], rows.columns[3][low:high]
    for since, until, state, e10 in zip(times, times[1:], states, e10s, strict=False):
        key = _state(state, e10)
        account[key] = account.get(key, 0.0) + until - since


def _state(state: int, e10: int) -> tuple[int, bool]:
    return state, e10 not in NOT_SCHEDULED
