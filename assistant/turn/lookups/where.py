"""Where things are: a board, the boards of a lot."""

from __future__ import annotations

from collections import Counter

from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply
from assistant.turn.lookups.status import place


def where(look: Look) -> Reply:
    """Where a board is, or the boards of a lot are."""
    board = look.world.boards.get(look.unit)
    if board is not None:
        return reply(look.text("board", board=look.name(board.id), place=place(look, board)))
    lot = look.world.lots[look.unit]
    if not lot.boards:
        return reply(look.text("lot_unnumbered", lot=look.name(lot.id)))
    places = Counter(place(look, look.world.boards[ident]) for ident in lot.boards)
    items = [f"{count} {place}" for place, count in places.most_common()]
    return reply(look.text("lot", lot=look.name(lot.id), places=naming.listing(items)))
