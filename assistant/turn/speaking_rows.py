"""The rows of a headset's loop while it speaks: what was begun meanwhile can never act.

Only three things are heeded: words that silence it, words that also say no to what it asks, and the wake word.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.turn.conversation import (
    AWAKE_S,
    FOLLOW_UP_S,
    STEP_BACK_S,
    STILL_S,
    TAIL_S,
    WORKING_S,
    Conversation,
    State,
    Step,
    listen,
    rest,
    transcribe,
)
from assistant.turn.ownvoice import own
from assistant.turn.sounds import (
    Effect,
    Ended,
    Gave,
    Heard,
    Hush,
    Message,
    Play,
    Played,
    Silenced,
    Speech,
    Start,
    Take,
    Tell,
    Timer,
)


def woke(now: Conversation, message: Message) -> Step:
    """Silence at once; the command must come after it, for this was said into its own words."""
    kept = replace(now, interrupted=now.speech, void=now.voice)
    return listen(kept, *gave(now.speech, cut=True), Hush(), Start(Timer.AWAKE, AWAKE_S))


def gave(speech: Speech | None, *, cut: bool = False) -> tuple[Effect, ...]:
    return (Gave(speech.announces, cut),) if speech is not None and speech.announces else ()


def overheard(now: Conversation, message: Message) -> Step:
    """Words that were said while it speaks: they silence it, or nothing."""
    speech = now.speech
    if not isinstance(message, Heard) or message.number != now.number or not now.asked or speech is None:
        return now, ()
    text = message.texts[0] if message.texts else ""
    if own(text, speech):
        return now, (Tell("own_voice"),)
    quiet = replace(now, speech=None, interrupted=None, open=speech.asks)
    if message.cancels and speech.asks:
        kept = replace(quiet, state=State.THINKING, words=None, asked=False)
        return kept, (Hush(), Take(message), Start(Timer.WORKING, WORKING_S), Start(Timer.STILL, STILL_S))
    if message.silences or message.cancels:
        kept, effects = rest(quiet, Hush())
        return kept, (*gave(speech), *effects, *(_window() if kept.open else ()))
    return now, ()


def void_ended(now: Conversation, message: Message) -> Step:
    """Somebody who spoke into its words is done: perhaps they said stop."""
    assert isinstance(message, Ended)
    kept = replace(now, voice=False, void=False)
    return (kept, ()) if now.asked or message.why == "lost" else transcribe(kept)


def played(now: Conversation, message: Message) -> Step:
    assert isinstance(message, Played)
    return (replace(now, speech=replace(now.speech, at=message.sentence + 1)) if now.speech else now), ()


def spoke(now: Conversation, message: Message) -> Step:
    said = now.speech or Speech()
    kept = replace(now, speech=None, said=said, interrupted=None, tail=True, void=now.voice, open=said.asks)
    asleep = (Play("asleep"),) if said.sleeps and not now.voice else ()
    told = gave(said) if said.at >= len(said.sentences) else ()  # what could not be said is offered again
    return rest(kept, *told, Start(Timer.TAIL, TAIL_S), *(_window() if said.asks else ()), *asleep)


def _window() -> tuple[Effect, ...]:
    return (Start(Timer.WINDOW, FOLLOW_UP_S),)


def silenced(now: Conversation, message: Message) -> Step:
    """How far it had come when the wake word cut it off."""
    assert isinstance(message, Silenced)
    if now.interrupted is None:
        return now, ()
    offset = max(0.0, message.seconds - STEP_BACK_S)
    return replace(now, interrupted=replace(now.interrupted, at=message.sentence, offset=offset)), ()
