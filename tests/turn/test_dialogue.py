"""The dialogue table: total, closed, and no way to act without the yes that was asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.values import Command, Decision, Session
from assistant.settings.paths import shipped_site
from assistant.turn.dialogue import TABLE, Dialogue, State, diagram, step
from assistant.turn.messages import (
    MESSAGES,
    Act,
    Expired,
    Finished,
    Matched,
    Message,
    Mismatched,
    NeedsDigits,
    NeedsSlot,
    NeedsYes,
    No,
    Noise,
    Proceed,
    Seconded,
    Sleep,
    Told,
    Wake,
    Yes,
)

COMMANDS = st.sampled_from([Command("hold", {"lot": "L4712"}), Command("release", {"lot": "L4713"})])
DECISIONS = st.sampled_from(list(Decision))
ANY_MESSAGE: st.SearchStrategy[Message] = st.one_of(
    st.builds(Proceed, COMMANDS),
    st.builds(NeedsYes, st.lists(COMMANDS, min_size=1, max_size=3).map(tuple), st.just("Really?"), st.just(0.0)),
    st.builds(NeedsDigits, COMMANDS, st.just("Really?"), st.just("10207"), st.just(0.0)),
    st.builds(NeedsSlot, COMMANDS, st.just("reason"), st.just("Why?"), st.just(0.0)),
    st.builds(Told, DECISIONS, st.just("So.")),
    st.builds(Noise, DECISIONS, st.just("")),
    st.builds(Yes),
    st.builds(Matched),
    st.builds(Seconded, COMMANDS, st.just("so"), st.just(Session("QA-5", "PRN-1"))),
    st.builds(Mismatched),
    st.builds(No),
    st.builds(Finished, DECISIONS, st.just("Done.")),
    st.builds(Expired),
    st.builds(Sleep, st.just("Night.")),
    st.builds(Wake, st.just("Morning.")),
)


def test_every_state_knows_every_message() -> None:
    assert set(TABLE) == {(state, message) for state in State for message in MESSAGES}


@given(st.lists(ANY_MESSAGE, max_size=40))
def test_any_order_of_messages_stays_in_declared_states(messages: list[Message]) -> None:
    now = Dialogue()
    for message in messages:
        before = now
        now, effects = step(now, message)
        assert now.state is TABLE[before.state, type(message)].to
        waiting = (State.CONFIRMING, State.CHALLENGING, State.ASKING, State.ACTING)
        assert bool(now.commands) == (now.state in waiting)
        for effect in effects:
            if isinstance(effect, Act) and effect.confirmed:
                # Only a yes to the pending question, and exactly what was asked, is a confirmed act.
                if isinstance(message, Seconded):
                    assert before.state is State.IDLE and effect.command == message.command and effect.by
                    continue
                answers = {State.CONFIRMING: Yes, State.CHALLENGING: Matched}
                assert isinstance(message, answers[before.state])
                assert effect.command in before.commands
            elif isinstance(effect, Act):
                assert isinstance(message, Proceed) and effect.command == message.command


@given(st.lists(ANY_MESSAGE, max_size=20))
def test_a_yes_counts_once(messages: list[Message]) -> None:
    now = Dialogue()
    for message in [*messages, Wake(""), No(), Yes(), Matched()]:
        now, effects = step(now, message)
    assert not any(isinstance(effect, Act) for effect in effects)


def test_the_picture_in_the_docs_is_the_table() -> None:
    page = (shipped_site() / "docs" / "dialogue.md").read_text()
    assert diagram() in page, "docs/dialogue.md is older than the table"
