"""The answers that the code says, by key: a site whose files lack one is refused when it is read, not in a turn."""

from __future__ import annotations

from collections.abc import Mapping

SHARED = tuple(
    "already settled expired one_by_one say_again no_log broken changed second cancelled what_with none_failed "
    "exception part which_of which which_period wrong_length no_such nobody not_allowed unsettled not_connected "
    "doubt negated nothing_asked asleep say_digits wrong_digits never_observed as_of failed not_sent rejected "
    "uncertain checked_in check_in_asked".split()
)
"""Of any site: whatever its intents are, a turn can come to these."""
LOOKED_UP = tuple("time_of_day day_today day_yesterday day_of_month and_more".split())
"""Shared, of a site that looks something up."""
ASKED_OF_A_TIME = tuple(
    "where_line where_machine where_lot where_order where_product on_day period_shift period_last_shift "
    "period_named_shift period_running_shift period_today period_yesterday period_week period_hour period_last "
    "period_last_one period_since period_between period_day period_from period_twice period_recorded period_future "
    "period_no_shift period_ever period_left_out nothing_recorded before_the_log no_time_of_lots never_made".split()
)
"""Shared, of a site that answers about a stretch of time."""
DIALOGUE: Mapping[str, tuple[str, ...]] = {
    "repeat": ("nothing",),
    "more": ("nothing",),
    "heard": ("done", "nothing"),
    "help": ("help", "pending"),
    "sleep": ("asleep", "awake"),
}
"""By the dialogue's own intents."""
DONE, CONFIRM, ANSWERED, UNDONE = "done", "confirm", "answered", "undone"
UNDOES = (CONFIRM, "nothing", "cannot", "changed")
"""Of the intent that takes back what was done."""

_METRICS = ("made", "passed", "failed", "held", "reworked", "scrapped")
_COUNTS = tuple(f"{metric}_{n}" for metric in _METRICS for n in ("none", "one", "many"))
_BOARDS = ("boards_none", "boards_one", "boards_many")
_QUANTITIES = ("paste_height", "placement_offset", "peak_temperature")
_UNITS = (*_QUANTITIES, *(f"unit_{quantity}" for quantity in _QUANTITIES))
_ALARM_FLOOD = ("flood",)
_CAUSES = ("reel", "reel_since", "reel_until")
LOOKUPS: Mapping[str, tuple[str, ...]] = {
    "status": (
        *"lot_held lot_free lot_scrapped lot_waiting lot_progress lot_done lot_unnumbered board_where".split(),
        *"lot_inside lot_rework lot_gone".split(),
        *("machine", "line", "order", "output"),
        *_BOARDS,
    ),
    "where": ("board", "lot", "lot_unnumbered"),
    "history": tuple(
        "some more none none_of_lot before item then by into failed passed held released rework withdrawn scrapped "
        "set_up called stopped started alarm acknowledged note stop stop_cause".split()
    ),
    "who": tuple(
        "by nobody for_reason held released rework scrapped set_up withdrawn acknowledged stopped started".split()
    ),
    "why": (
        *"stands held_machine stood never_stood unheard starved blocked waits other alarm order hold".split(),
        *"itself cause unknown acknowledged_by acknowledged unacknowledged line_runs held held_itself".split(),
        *"its_lot was_held not_held scrapped failed passed lot_failed lot_failed_once nothing".split(),
        *"out_of_limits finding place moved had_moved".split(),
        *_CAUSES,
        *_UNITS,
    ),
    "next": tuple("order no_order running lots lot further rework rework_none nothing".split()),
    "list": (
        *"held_lots held_boards rework_queue open_alarms held further none_held_lots none_held_boards".split(),
        *("none_rework_queue", "none_open_alarms"),
        *_ALARM_FLOOD,
    ),
    "measure": (*"latest ago at over under shift rises falls moved none".split(), *_UNITS),
    "alarms": (*"none last one came acknowledged acknowledged_by many".split(), *_ALARM_FLOOD),
    "count": (*_COUNTS, "held_now_none", "held_now_one", "held_now_many", "most_often", "which", "left"),
    "yield": tuple("some rolled worst_line most_often none".split()),
    "top_defects": ("some", "then", "none", "uninspected", *_BOARDS, *_CAUSES),
    "downtime": tuple(
        "machine once one_cause machines worst further because then cause unexplained none unheard".split()
    ),
    "oee": tuple("some factors lost cause unexplained none".split()),
    "report": (
        *"made failed yield stood cause unexplained no_downtime open holds_one holds_many alarms_one".split(),
        *"alarms_many rework_one rework_many nothing_open defects line drift rose fell set_up set_ups note".split(),
        *("decided", "none", "moved", "moved_until"),
        *_CAUSES,
        *_BOARDS,
        *_UNITS,
        *_ALARM_FLOOD,
    ),
}
"""By the view that answers (an intent's `lookup`): of that intent, or shared."""


ACTS = (DONE, CONFIRM)
"""Of an action that orders something, or writes something down."""
