"""Who a station's headset speaks for: the fold over check-ins and check-outs."""

from __future__ import annotations

from assistant.domain import events as e
from assistant.domain.world import World


def after(*told: tuple[str, e.Payload]) -> dict[str, str]:
    world = World()
    for position, (badge, data) in enumerate(told, start=1):
        world.apply(e.Event(f"e{position}", "/assistant", badge, 0.0, data, position=position))
    return world.checked_in


def test_a_badge_is_checked_in_at_one_place_the_last_one() -> None:
    told = after(("OP-17", e.CheckedIn("PRN-1", "terminal")), ("OP-17", e.CheckedIn("OVN-1", "voice")))
    assert told == {"OVN-1": "OP-17"}


def test_a_place_speaks_for_one_badge_the_last_one() -> None:
    told = after(("OP-17", e.CheckedIn("PRN-1", "voice")), ("QA-5", e.CheckedIn("PRN-1", "terminal")))
    assert told == {"PRN-1": "QA-5"}


def test_a_check_out_of_somebody_who_was_replaced_changes_nothing() -> None:
    told = after(
        ("OP-17", e.CheckedIn("PRN-1", "voice")),
        ("QA-5", e.CheckedIn("PRN-1", "voice")),
        ("OP-17", e.CheckedOut("PRN-1", "voice")),
    )
    assert told == {"PRN-1": "QA-5"}


def test_after_a_check_out_the_headset_speaks_for_nobody() -> None:
    assert after(("OP-17", e.CheckedIn("PRN-1", "voice")), ("OP-17", e.CheckedOut("PRN-1", "voice"))) == {}
