"""Questions -> words, from what is recorded; read only, nothing here can reach a machine.

One small file a view or family of views; its name in an intent's `lookup` leads to it.
"""

from __future__ import annotations

from assistant.domain.values import Command
from assistant.turn.lookups.alarms import alarms
from assistant.turn.lookups.count import count
from assistant.turn.lookups.history import history
from assistant.turn.lookups.listing import listing
from assistant.turn.lookups.look import Known, Look, Reply, View
from assistant.turn.lookups.measure import measure
from assistant.turn.lookups.quality import first_pass_yield, top_defects
from assistant.turn.lookups.report import report
from assistant.turn.lookups.status import status
from assistant.turn.lookups.times import downtime, oee
from assistant.turn.lookups.upcoming import upcoming
from assistant.turn.lookups.where import where
from assistant.turn.lookups.who import who
from assistant.turn.lookups.why import why

__all__ = ["VIEWS", "Known", "Look", "Reply", "answer"]

VIEWS: dict[str, View] = {
    "status": status,
    "where": where,
    "history": history,
    "who": who,
    "why": why,
    "next": upcoming,
    "list": listing,
    "measure": measure,
    "alarms": alarms,
    "count": count,
    "yield": first_pass_yield,
    "top_defects": top_defects,
    "downtime": downtime,
    "oee": oee,
    "report": report,
}
"""View by its name in the intents' `lookup`."""


def answer(known: Known, command: Command, now: float) -> Reply:
    """The words for a look-up. `now`: Unix seconds UTC."""
    look = Look(known, command, now)
    if "period" in known.intents.by_name[command.intent].slots and (trouble := look.trouble()):
        return Reply((trouble,))
    return VIEWS[known.intents.by_name[command.intent].lookup](look)
