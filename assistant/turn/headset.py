"""A headset's loop as a table: (state, message) -> (state, effects). No I/O, no clock, no words of its own.

What an effect asks for is done by turn.station, which answers with another message. The diagram in docs/headset.md is
written from TABLE; a test holds the two together.

What was begun while it spoke can never act: such words are void until their speaker is done. What is heeded meanwhile
stands in turn.speaking_rows.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.domain.values import Decision
from assistant.turn import speaking_rows
from assistant.turn.conversation import (
    AWAKE_S,
    STILL_S,
    WORKING_S,
    Conversation,
    Handler,
    Row,
    State,
    Step,
    listen,
    rest,
    speak,
    stay,
    transcribe,
)
from assistant.turn.ownvoice import own
from assistant.turn.sounds import (
    MESSAGES,
    Announced,
    Answered,
    Back,
    Began,
    Effect,
    Ended,
    Heard,
    Hush,
    Judge,
    Lost,
    Message,
    Paused,
    Play,
    Played,
    Pressed,
    Reset,
    Resumed,
    SayKey,
    Silenced,
    Speech,
    Spoke,
    Start,
    Stop,
    Take,
    Tell,
    TimedOut,
    Timer,
    Woke,
)


def step(now: Conversation, message: Message) -> Step:
    """Take one message. Every pair of state and message has a row."""
    return TABLE[now.state, type(message)].do(now, message)


# ---- somebody speaks, and not to us ------------------------------------------------------------------------


def _voice(now: Conversation, message: Message) -> Step:
    """It is noted, for the wake word may be part of it."""
    return replace(now, voice=True, paused=False, asked=False, words=None, void=now.tail), ()


def _void_voice(now: Conversation, message: Message) -> Step:
    return replace(now, voice=True, asked=False, words=None, void=True), ()


def _went_on(now: Conversation, message: Message) -> Step:
    """Whatever transcript there was, it is of less than was said."""
    return replace(now, asked=False, words=None, voice=True, paused=False), ()


def _silent(now: Conversation, message: Message) -> Step:
    return replace(now, paused=True), ()


def _over(now: Conversation, message: Message) -> Step:
    return replace(now, voice=False, void=False, paused=False, asked=False, words=None), ()


# ---- woken ---------------------------------------------------------------------------------------------------


def _woke(now: Conversation, message: Message) -> Step:
    if now.voice and not now.void:
        # The command follows in the same breath, or has begun to; or it was so short that it is over.
        kept = replace(now, state=State.CAPTURING, woken=True, paused=False, words=None, asked=False)
        return transcribe(kept) if now.paused else (kept, ())
    return listen(now, Start(Timer.AWAKE, AWAKE_S))


def _pressed(now: Conversation, message: Message) -> Step:
    """A hand is nobody's echo: whatever was being said, what follows is for us."""
    kept = replace(now, voice=False, void=False, tail=False, speech=None, interrupted=None)
    return listen(kept, *speaking_rows.gave(now.speech, cut=True), Hush(), Reset(), Play("awake"))


def _awake(now: Conversation, message: Message) -> Step:
    match message:
        case TimedOut(Timer.AWAKE) if not now.voice:
            return now, (Play("awake"),)
        case TimedOut(Timer.LISTEN) if not now.open or now.interrupted is not None:
            return rest(replace(now, open=False), *(() if now.interrupted else (Play("asleep"),)))
        case TimedOut(Timer.WINDOW):
            return rest(replace(now, open=False), Play("asleep"))
    return _timed_out(now, message)


def _timed_out(now: Conversation, message: Message) -> Step:
    match message:
        case TimedOut(Timer.WINDOW):
            return replace(now, open=False), ()
        case TimedOut(Timer.TAIL):
            return replace(now, tail=False), ()
    return now, ()


def _to_us(now: Conversation, message: Message) -> Step:
    kept = replace(now, state=State.CAPTURING, voice=True, void=False, asked=False, words=None, echo=now.tail)
    return kept, (Hush(), Stop(Timer.AWAKE), Stop(Timer.LISTEN))


# ---- a command is being said ---------------------------------------------------------------------------------


def _pause(now: Conversation, message: Message) -> Step:
    return transcribe(now)


def _captured(now: Conversation, message: Message) -> Step:
    """A transcript, made in a pause: it decides how long the pause has to be."""
    if not isinstance(message, Heard) or message.number != now.number or not now.asked:
        return now, ()
    return replace(now, words=message), (Judge(message.texts),)


def _ended(now: Conversation, message: Message) -> Step:
    assert isinstance(message, Ended)
    kept = replace(now, voice=False, void=False)
    if message.why == "lost":
        # Whoever spoke knows that they are to say it again.
        return speak(kept, Speech(key="lost_words", asks=True))
    if now.words is not None:
        return _take(kept, now.words)
    if now.asked:
        return replace(kept, state=State.HEARING), ()
    asked, effects = transcribe(kept)
    return replace(asked, state=State.HEARING), effects


def _heard(now: Conversation, message: Message) -> Step:
    if not isinstance(message, Heard) or message.number != now.number:
        return now, ()
    return _take(now, message)


def _take(now: Conversation, words: Heard) -> Step:
    if now.echo and now.said is not None and words.texts and own(words.texts[0], now.said):
        return rest(now, Tell("own_voice"))
    if now.woken and not words.addressed:
        return rest(now)  # a second look says that it was not the wake word: nobody spoke to us
    if words.texts:
        kept = replace(now, state=State.THINKING, words=None, asked=False, woken=False)
        heard = () if now.voice else (Play("heard"),)
        return kept, (*heard, Take(words), Start(Timer.WORKING, WORKING_S), Start(Timer.STILL, STILL_S))
    if words.addressed:
        # Only the wake word so far: the command comes now.
        return listen(now, *(() if now.voice else (Play("awake"),)))
    # After a question noise is left alone, or it would be answered for ever.
    return rest(now, *(() if now.voice or now.open or now.interrupted else (Play("refused"),)))


# ---- the turn is under way -----------------------------------------------------------------------------------


def _working(now: Conversation, message: Message) -> Step:
    match message:
        case TimedOut(Timer.WORKING):
            return now, (*(() if now.voice else (Play("working"),)), Start(Timer.WORKING, 2 * WORKING_S))
        case TimedOut(Timer.STILL):
            return now, (SayKey("still_on_it"), Start(Timer.STILL, 2 * STILL_S))
    return _timed_out(now, message)


def _answered(now: Conversation, message: Message) -> Step:
    assert isinstance(message, Answered)
    kept, speech = _opened(now, message)
    if speech is None:
        return rest(kept, Stop(Timer.WORKING), Stop(Timer.STILL))
    earcon = () if now.voice else _earcon(message.decision)
    return speak(replace(kept, interrupted=None), speech, *earcon)


def _opened(now: Conversation, message: Answered) -> tuple[Conversation, Speech | None]:
    """What is to be said; a question before it is over. What was not for us leaves all as it was."""
    if not message.sentences:
        return now, None
    asks = message.decision in (Decision.CONFIRM, Decision.ASK)
    return replace(now, open=False), Speech(message.sentences, asks=asks, sleeps=message.sleeps)


def _earcon(decision: Decision | None) -> tuple[Effect, ...]:
    match decision:
        case Decision.DONE:
            return (Play("done"),)
        case Decision.REFUSED | Decision.FAILED | Decision.UNCERTAIN:
            return (Play("refused"),)
    return ()


def _announced(now: Conversation, message: Message) -> Step:
    """Only while nobody speaks and its own last word is gone."""
    assert isinstance(message, Announced)
    if now.voice or now.tail:
        return now, ()
    return speak(now, Speech(message.sentences, announces=message.ident))


# ---- the device ----------------------------------------------------------------------------------------------


def _lost(now: Conversation, message: Message) -> Step:
    """Nothing that was being said counts; an answer that is on its way is kept until it can be heard."""
    assert isinstance(message, Lost)
    kept = Conversation(number=now.number + 1, speech=now.speech if now.state is State.SPEAKING else None)
    return kept, (Hush(), *(Stop(timer) for timer in Timer), Tell("microphone_lost", message.why))


def _answered_late(now: Conversation, message: Message) -> Step:
    """Sound was lost and came back meanwhile, and somebody speaks again already: it is said after that."""
    assert isinstance(message, Answered)
    kept, speech = _opened(now, message)
    return replace(kept, interrupted=speech or now.interrupted), ()


def _answered_lost(now: Conversation, message: Message) -> Step:
    assert isinstance(message, Answered)
    # A question without a microphone is no question: its yes would be anybody's.
    _, speech = _opened(now, message)
    return replace(now, speech=replace(speech, asks=False) if speech else now.speech), ()


def _back(now: Conversation, message: Message) -> Step:
    assert isinstance(message, Back)
    fresh = Conversation(State.WAITING, number=now.number)
    if now.speech is not None:
        return speak(fresh, replace(now.speech, asks=False, offset=0.0), Tell("microphone_back", message.name))
    return fresh, (Tell("microphone_back", message.name), Play("awake"))


def _all(do: Handler, *to: State) -> dict[type[Message], Row]:
    return {message: Row(do, to) for message in MESSAGES}


REST = (State.WAITING, State.LISTENING, State.SPEAKING)
_ASIDE: dict[type[Message], Row] = {
    **_all(stay),
    Lost: Row(_lost, (State.LOST,)),
    TimedOut: Row(_timed_out, ()),
    Silenced: Row(speaking_rows.silenced, ()),
    Began: Row(_void_voice, ()),
    Resumed: Row(_went_on, ()),
    Ended: Row(_over, ()),
}
"""What most states have in common."""

_ROWS: dict[State, dict[type[Message], Row]] = {
    State.WAITING: {
        **_ASIDE,
        Answered: Row(_answered, REST),
        Announced: Row(_announced, (State.SPEAKING,)),
        Woke: Row(_woke, (State.CAPTURING, State.LISTENING)),
        Pressed: Row(_pressed, (State.LISTENING,)),
        Began: Row(_voice, ()),
        Paused: Row(_silent, ()),
    },
    State.LISTENING: {
        **_ASIDE,
        Answered: Row(_answered, REST),
        Woke: Row(_woke, (State.CAPTURING, State.LISTENING)),
        Pressed: Row(_pressed, (State.LISTENING,)),
        Began: Row(_to_us, (State.CAPTURING, State.LISTENING)),
        TimedOut: Row(_awake, REST),
    },
    State.CAPTURING: {
        **_ASIDE,
        Answered: Row(_answered_late, ()),
        Paused: Row(_pause, ()),
        Heard: Row(_captured, ()),
        Ended: Row(_ended, (State.HEARING, State.THINKING, *REST)),
    },
    State.HEARING: {
        **_ASIDE,
        Answered: Row(_answered_late, ()),
        Heard: Row(_heard, (State.THINKING, *REST)),
    },
    State.THINKING: {
        **_ASIDE,
        Answered: Row(_answered, REST),
        TimedOut: Row(_working, ()),
    },
    State.SPEAKING: {
        **_ASIDE,
        Woke: Row(speaking_rows.woke, (State.LISTENING,)),
        Pressed: Row(_pressed, (State.LISTENING,)),
        Paused: Row(_pause, ()),
        Heard: Row(speaking_rows.overheard, (State.THINKING, *REST)),
        Ended: Row(speaking_rows.void_ended, ()),
        Played: Row(speaking_rows.played, ()),
        Spoke: Row(speaking_rows.spoke, REST),
    },
    State.LOST: {
        **_all(stay),
        Answered: Row(_answered_lost, ()),
        Back: Row(_back, (State.WAITING, State.SPEAKING)),
    },
}
TABLE: dict[tuple[State, type[Message]], Row] = {
    (state, message): row for state, rows in _ROWS.items() for message, row in rows.items()
}


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow for each way from a state to another."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, message), row in TABLE.items():
        for to in row.to:
            if to is not state:
                arrows.setdefault((state, to), []).append(message.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {State.LOST}"]
    lines += [f"    {start} --> {end}: {', '.join(names)}" for (start, end), names in arrows.items()]
    return "\n".join(lines)
