"""When each board was heard of, so that its few rows are found in tables of hundreds of thousands."""

from __future__ import annotations

from array import array

from assistant.domain.views.series import Series, State

GAP_S = 6 * 3600.0
"""A board that was not heard of for so long begins a new stretch of its life."""
_NEVER = float("inf")


class Lives:
    """Board -> the stretches of time in which all of its rows are."""

    def __init__(self) -> None:
        self._first, self._last = array("d"), array("d")
        """Board -> when it was first and last heard of, in the stretch that was known first."""
        self._further: dict[int, list[list[float]]] = {}
        """Board -> (first, last) of further stretches."""

    def heard_of(self, board: int, time: float) -> None:
        """Something happened to a board."""
        while len(self._first) <= board:
            self._first.append(_NEVER)
            self._last.append(-_NEVER)
        first, last = self._first[board], self._last[board]
        if last <= time <= last + GAP_S:
            self._last[board] = time
        elif first == _NEVER:
            self._first[board] = self._last[board] = time
        elif first - GAP_S <= time < first:
            self._first[board] = time
        elif not first <= time <= last:
            self._stretch(board, time)

    def _stretch(self, board: int, time: float) -> None:
        stretches = self._further.setdefault(board, [])
        for stretch in stretches:
            if stretch[0] - GAP_S <= time <= stretch[1] + GAP_S:
                stretch[:] = [min(stretch[0], time), max(stretch[1], time)]
                return
        stretches.append([time, time])

    def rows(self, rows: Series, column: int, board: int) -> list[int]:
        """The rows of a board, oldest first, in a series whose `column` is the board."""
        if board >= len(self._first):
            return []
        found = self._within(rows, column, board, self._first[board], self._last[board])
        further = self._further.get(board)
        if further is None:
            return found
        # Stretches that grew towards each other may overlap.
        return sorted({*found, *(at for one in further for at in self._within(rows, column, board, *one))})

    def _within(self, rows: Series, column: int, board: int, first: float, last: float) -> list[int]:
        times, boards = rows.times, rows.columns[column]
        if not times or times[-1] < first:
            return []
        at, high = times.left(first), times.right(last)
        found = []
        while at < high:
            try:
                at = boards.index(board, at, high)
            except ValueError:
                break
            found.append(at)
            at += 1
        return found

    def state(self) -> State:
        """See View."""
        return [self._first, self._last, self._further]

    def restore(self, state: State) -> None:
        """See View."""
        self._first, self._last, self._further = state
