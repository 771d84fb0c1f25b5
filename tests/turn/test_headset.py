"""The headset's table: total, closed, and nothing that is heard while it speaks can act."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.values import Decision
from assistant.settings.paths import shipped_site
from assistant.turn.conversation import AWAKE_S, FOLLOW_UP_S, Conversation, State
from assistant.turn.headset import TABLE, diagram, step
from assistant.turn.ownvoice import own
from assistant.turn.sounds import (
    MESSAGES,
    Announced,
    Answered,
    Back,
    Began,
    Effect,
    Ended,
    Gave,
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
    Say,
    SayKey,
    Silenced,
    Speech,
    Spoke,
    Start,
    Take,
    Tell,
    TimedOut,
    Timer,
    Transcribe,
    Woke,
)

HELD = ("Lot four seven one two is on hold.",)
QUESTION = ("Release lot four seven one two?", "Say yes or no.")


class Loop:
    """The table, driven by hand; transcripts are answered by number."""

    def __init__(self, *messages: Message) -> None:
        self.now = Conversation()
        self.did: list[Effect] = []
        self.taken: list[Heard] = []
        self.take(Back("usb"), *messages)

    def take(self, *messages: Message) -> list[Effect]:
        did: list[Effect] = []
        for message in messages:
            self.now, effects = step(self.now, message)
            did += effects
        self.did += did
        self.taken += [effect.words for effect in did if isinstance(effect, Take)]
        return did

    def state(self) -> State:
        return self.now.state

    def say(self, *texts: str, silences: bool = False, cancels: bool = False, addressed: bool = False) -> list[Effect]:
        """Somebody says something, from beginning to end, and pauses after it."""
        did = self.take(Began(), Paused())
        did += self.hear(*texts, silences=silences, cancels=cancels, addressed=addressed)
        return did + self.take(Ended("complete"))

    def hear(self, *texts: str, silences: bool = False, cancels: bool = False, addressed: bool = False) -> list[Effect]:
        """The newest transcript is there."""
        return self.take(Heard(self.now.number, texts, silences, cancels, addressed))

    def ask(self, *sentences: str, decision: Decision = Decision.DONE) -> None:
        """A whole turn up to where it speaks."""
        self.take(Pressed())
        self.say("hold lot four seven one two")
        self.take(Answered(sentences, decision))


TEXTS = st.sampled_from([(), ("stop",), ("hold lot four seven one two",), ("four seven one two is on hold",)])
ANY_MESSAGE: st.SearchStrategy[Message] = st.one_of(
    *(st.just(kind()) for kind in (Woke, Pressed, Began, Paused, Resumed, Spoke)),
    st.builds(Ended, st.sampled_from(["complete", "silence", "cap", "lost"])),
    st.builds(Heard, st.integers(0, 12), TEXTS, st.booleans(), st.booleans(), st.booleans()),
    st.builds(Answered, st.sampled_from([(), HELD, QUESTION]), st.sampled_from(list(Decision)), st.booleans()),
    st.builds(Announced, st.just("a1"), st.just(HELD)),
    st.builds(Played, st.integers(0, 1)),
    st.builds(Silenced, st.integers(0, 1), st.floats(0, 3)),
    st.builds(TimedOut, st.sampled_from(list(Timer))),
    st.builds(Lost, st.just("gone")),
    st.builds(Back, st.just("usb")),
)


def test_every_state_knows_every_message() -> None:
    assert set(TABLE) == {(state, message) for state in State for message in MESSAGES}


@settings(max_examples=300)
@given(st.lists(ANY_MESSAGE, max_size=60))
def test_any_order_of_messages_stays_on_the_declared_ways(messages: list[Message]) -> None:
    now = Conversation()
    for message in messages:
        row = TABLE[now.state, type(message)]
        after, effects = step(now, message)
        assert after.state is now.state or after.state in row.to
        assert isinstance(effects, tuple)
        # No short sound is begun while somebody speaks to us.
        if now.voice and after.voice and after.state is State.CAPTURING:
            assert not any(isinstance(effect, Play) for effect in effects)
        now = after


@settings(max_examples=300)
@given(st.lists(ANY_MESSAGE, max_size=40), st.lists(ANY_MESSAGE, max_size=20))
def test_what_begins_while_it_speaks_never_acts(before: list[Message], during: list[Message]) -> None:
    """Whatever comes first and meanwhile: unless a hand says so, what was said into its words is no command."""
    loop = Loop(*before)
    loop.take(Lost("gone"), Back("usb"))
    loop.ask(*HELD)
    assert loop.state() is State.SPEAKING
    loop.taken.clear()
    loop.take(Began())
    for message in during:
        # The same breath goes on: it is neither over nor begun anew, and no button is pressed.
        if not isinstance(message, Began | Ended | Pressed | Lost | Back | TimedOut):
            loop.take(message)
    loop.take(Ended("complete"))
    assert loop.taken == []


def test_the_wake_word_alone_is_answered_with_a_sound_and_the_command_follows() -> None:
    loop = Loop()
    loop.take(Began(), Woke(), Paused())
    assert loop.state() is State.CAPTURING
    loop.hear(addressed=True)
    assert Play("awake") in loop.take(Ended("silence"))
    assert loop.state() is State.LISTENING
    loop.say("hold lot four seven one two")
    assert loop.state() is State.THINKING and loop.taken[0].texts == ("hold lot four seven one two",)


def test_wake_word_and_command_in_one_breath_need_no_sound_between() -> None:
    loop = Loop()
    did = loop.take(Began(), Woke(), Resumed(), Paused())
    assert Transcribe(loop.now.number) in did
    did += loop.hear("hold lot four seven one two", addressed=True)
    assert Judge(("hold lot four seven one two",)) in did and not any(isinstance(effect, Play) for effect in did)
    assert loop.take(Ended("complete"))[:2] == [Play("heard"), Take(loop.taken[0])]


def test_a_wake_word_that_is_made_sure_of_in_the_pause_after_it_is_transcribed_at_once() -> None:
    loop = Loop()
    assert loop.take(Began(), Paused()) == []
    assert loop.take(Woke()) == [Transcribe(loop.now.number)]
    loop.hear("stop", addressed=True)
    assert loop.take(Ended("complete"))[1] == Take(loop.taken[0])


def test_a_wake_word_after_which_speech_went_on_waits_for_the_next_pause() -> None:
    loop = Loop()
    assert loop.take(Began(), Paused(), Resumed(), Woke()) == []
    assert loop.take(Paused()) == [Transcribe(loop.now.number)]
    again = Loop()
    assert again.take(Began(), Paused(), Ended("silence"), Began(), Woke()) == []


def test_a_wake_word_that_the_words_do_not_begin_with_was_none() -> None:
    loop = Loop()
    loop.take(Began(), Woke(), Paused())
    loop.hear("so I told him to hold the lot")
    assert loop.take(Ended("silence")) == [] and loop.state() is State.WAITING and loop.taken == []


def test_woken_by_hand_it_waits_a_while_and_then_no_longer() -> None:
    loop = Loop()
    assert Reset() in loop.take(Pressed())
    assert loop.state() is State.LISTENING
    assert Play("asleep") in loop.take(TimedOut(Timer.LISTEN))
    assert loop.state() is State.WAITING


def test_awake_is_not_played_when_the_command_follows_at_once() -> None:
    loop = Loop()
    assert Start(Timer.AWAKE, AWAKE_S) in loop.take(Woke())
    assert Hush() in loop.take(Began())
    assert loop.take(TimedOut(Timer.AWAKE)) == []


def test_what_nobody_addressed_to_us_is_not_even_transcribed() -> None:
    loop = Loop()
    did = loop.take(Began(), Paused(), Resumed(), Paused(), Ended("silence"))
    assert did == [] and loop.state() is State.WAITING


def test_a_transcript_of_less_than_was_said_is_thrown_away() -> None:
    loop = Loop(Pressed())
    loop.take(Began(), Paused())
    early = loop.now.number
    loop.take(Resumed(), Heard(early, ("hold lot",)), Paused(), Heard(early, ("hold lot",)))
    assert loop.now.words is None
    loop.hear("hold lot four seven one two")
    loop.take(Ended("complete"))
    assert loop.taken[0].texts == ("hold lot four seven one two",)


def test_words_that_are_late_are_waited_for() -> None:
    loop = Loop(Pressed())
    loop.take(Began(), Paused(), Ended("silence"))
    assert loop.state() is State.HEARING
    loop.hear("hold lot four seven one two")
    assert loop.state() is State.THINKING


def test_a_cough_after_a_question_is_left_alone_and_the_window_stays_open() -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    assert Start(Timer.WINDOW, FOLLOW_UP_S) in loop.take(Spoke(), TimedOut(Timer.TAIL))
    assert not any(isinstance(effect, Play) for effect in loop.say())
    assert loop.state() is State.LISTENING
    loop.say("yes")
    assert loop.taken[-1].texts == ("yes",)


def test_after_an_answer_that_asks_nothing_the_wake_word_is_needed_again() -> None:
    loop = Loop()
    loop.ask(*HELD)
    loop.take(Spoke(), TimedOut(Timer.TAIL))
    assert loop.state() is State.WAITING
    assert loop.say("yes") == []


def test_a_question_is_open_only_so_long() -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    loop.take(Spoke(), TimedOut(Timer.TAIL))
    assert loop.take(TimedOut(Timer.WINDOW)) == [Play("asleep")]
    assert loop.state() is State.WAITING and loop.say("yes") == []


@pytest.mark.parametrize("text", ["yes or no", "or no", "no", "say yes or no"])
def test_its_own_last_words_that_come_back_are_not_taken_for_an_answer(text: str) -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    loop.take(Played(0), Played(1), Spoke())
    before = len(loop.taken)
    assert Tell("own_voice") in loop.say(text) and len(loop.taken) == before
    # A moment later nothing of it can come back any more.
    loop.take(TimedOut(Timer.TAIL))
    loop.say(text)
    assert len(loop.taken) == before + 1


def test_a_quick_answer_is_taken() -> None:
    loop = Loop()
    loop.ask("Release lot four seven one two?", decision=Decision.CONFIRM)
    loop.take(Played(0), Spoke())
    loop.say("yes")
    assert loop.taken[-1].texts == ("yes",)


def test_an_answer_that_began_before_its_last_word_is_not() -> None:
    loop = Loop()
    loop.ask("Release lot four seven one two?", decision=Decision.CONFIRM)
    before = len(loop.taken)
    loop.take(Began(), Spoke(), Paused(), Ended("complete"), TimedOut(Timer.TAIL))
    assert len(loop.taken) == before and loop.state() is State.LISTENING


@pytest.mark.parametrize("text", ["hold lot four seven one two", "yes", "and then he said", ""])
def test_what_is_said_into_its_words_does_nothing(text: str) -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    before = len(loop.taken)
    did = loop.say(*((text,) if text else ()))
    assert [effect for effect in did if not isinstance(effect, Transcribe | Tell)] == []
    assert loop.state() is State.SPEAKING and len(loop.taken) == before


def test_stop_silences_it_and_does_nothing_else() -> None:
    loop = Loop()
    loop.ask(*HELD)
    before = len(loop.taken)
    assert Hush() in loop.say("stop", silences=True)
    assert loop.state() is State.WAITING and len(loop.taken) == before


def test_stop_over_a_question_leaves_it_open() -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    did = loop.say("wait", silences=True)
    assert Hush() in did and Start(Timer.WINDOW, FOLLOW_UP_S) in did
    loop.say("yes")
    assert loop.taken[-1].texts == ("yes",)


def test_no_over_a_question_is_its_answer() -> None:
    loop = Loop()
    loop.ask("Release lot four seven one two?", decision=Decision.CONFIRM)
    assert Hush() in loop.say("no", cancels=True)
    assert loop.taken[-1].texts == ("no",) and loop.state() is State.THINKING


def test_no_over_anything_else_only_silences() -> None:
    loop = Loop()
    loop.ask(*HELD)
    before = len(loop.taken)
    assert Hush() in loop.say("no", cancels=True)
    assert len(loop.taken) == before and loop.state() is State.WAITING


@pytest.mark.parametrize("text", ["say yes or no", "yes or no", "or no", "release lot four seven one", "no"])
def test_its_own_words_that_come_back_do_nothing(text: str) -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    loop.take(Played(0))
    before = len(loop.taken)
    did = loop.say(text, silences=text == "no", cancels=text == "no")
    assert Tell("own_voice") in did and Hush() not in did and len(loop.taken) == before


def test_the_wake_word_silences_it_at_once_and_what_comes_after_it_is_for_us() -> None:
    loop = Loop()
    loop.ask(*HELD)
    assert Hush() in loop.take(Began(), Woke())
    loop.take(Silenced(0, 1.2), Ended("silence"))
    loop.say("undo that")
    assert loop.taken[-1].texts == ("undo that",)


def test_when_nothing_follows_the_wake_word_it_goes_on_a_little_before_where_it_was() -> None:
    loop = Loop()
    loop.ask(*HELD, "It has been there since six.")
    loop.take(Played(0), Woke(), Silenced(1, 1.2))
    (said,) = [effect for effect in loop.take(TimedOut(Timer.LISTEN)) if isinstance(effect, Say)]
    assert said.speech.at == 1 and said.speech.offset == pytest.approx(0.7)
    assert loop.state() is State.SPEAKING


def test_a_cough_after_the_wake_word_brings_the_answer_back_too() -> None:
    loop = Loop()
    loop.ask(*HELD)
    loop.take(Woke(), Silenced(0, 0.2))
    did = loop.say()
    assert [effect.speech.offset for effect in did if isinstance(effect, Say)] == [0.0]


def test_a_question_that_was_cut_off_asks_again_when_it_goes_on() -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    loop.take(Woke(), Silenced(0, 0.2), TimedOut(Timer.LISTEN), Spoke(), TimedOut(Timer.TAIL))
    loop.say("yes")
    assert loop.taken[-1].texts == ("yes",)


def test_long_work_is_heard_of() -> None:
    loop = Loop(Pressed())
    loop.say("what happened overnight")
    assert Play("working") in loop.take(TimedOut(Timer.WORKING))
    assert SayKey("still_on_it") in loop.take(TimedOut(Timer.STILL))
    assert loop.state() is State.THINKING


@pytest.mark.parametrize(
    ("decision", "earcon"),
    [
        (Decision.DONE, "done"),
        (Decision.REFUSED, "refused"),
        (Decision.FAILED, "refused"),
        (Decision.UNCERTAIN, "refused"),
    ],
)
def test_how_it_went_is_heard_before_the_words(decision: Decision, earcon: str) -> None:
    loop = Loop(Pressed())
    loop.say("hold lot four seven one two")
    did = loop.take(Answered(HELD, decision))
    assert did[0] == Play(earcon) and did[-1] == Say(Speech(HELD))


def test_what_was_not_for_us_is_left_without_a_word() -> None:
    loop = Loop(Pressed())
    loop.say("did you see the game")
    did = loop.take(Answered((), Decision.IGNORED))
    assert not any(isinstance(effect, Say | Play) for effect in did) and loop.state() is State.WAITING


def test_going_to_sleep_is_heard() -> None:
    loop = Loop(Pressed())
    loop.say("go to sleep")
    loop.take(Answered(("Going to sleep.",), Decision.DONE, sleeps=True))
    assert Play("asleep") in loop.take(Spoke())


def test_words_of_which_a_part_was_lost_are_asked_for_again() -> None:
    loop = Loop(Pressed())
    loop.take(Began(), Paused())
    loop.hear("hold lot four")
    did = loop.take(Ended("lost"))
    assert [effect.speech.key for effect in did if isinstance(effect, Say)] == ["lost_words"] and loop.taken == []
    loop.take(Spoke(), TimedOut(Timer.TAIL))
    loop.say("hold lot four seven one two")
    assert loop.taken


@pytest.mark.parametrize("state", [state for state in State if state is not State.LOST])
def test_a_lost_headset_voids_what_was_being_said_wherever_it_was(state: State) -> None:
    loop = Loop()
    loop.now = Conversation(state, voice=True, number=3, asked=True, open=True, speech=Speech(HELD))
    did = loop.take(Lost("gone"))
    assert Tell("microphone_lost", "gone") in did and Hush() in did
    loop.take(Heard(3, ("hold lot four seven one two",)), Ended("complete"))
    loop.take(Back("usb"), Heard(3, ("hold lot four seven one two",)), Heard(4, ("hold lot",)), Ended("complete"))
    assert loop.taken == []


def test_an_answer_that_came_meanwhile_is_said_when_the_headset_is_back() -> None:
    loop = Loop(Pressed())
    loop.say("hold lot four seven one two")
    loop.take(Lost("gone"), Answered(HELD, Decision.DONE))
    assert Say(Speech(HELD)) in loop.take(Back("usb"))


def test_an_answer_that_comes_after_it_is_back_is_said_as_well() -> None:
    loop = Loop(Pressed())
    loop.say("hold lot four seven one two")
    loop.take(Lost("gone"), Back("usb"))
    assert Say(Speech(HELD)) in loop.take(Answered(HELD, Decision.DONE))


def test_a_question_across_a_lost_headset_is_no_longer_one() -> None:
    loop = Loop()
    loop.ask(*QUESTION, decision=Decision.CONFIRM)
    loop.take(Lost("gone"), Back("usb"), Spoke(), TimedOut(Timer.TAIL))
    before = len(loop.taken)
    loop.say("yes")
    assert len(loop.taken) == before


@pytest.mark.parametrize(
    ("text", "is_own"),
    [
        ("lot four seven one two is on hold", True),
        ("four seven one to is on hold", True),
        ("seven one two", True),
        ("stop", False),
        ("hold lot four seven one three", False),
        ("", False),
    ],
)
def test_own_words_are_told_from_others(text: str, is_own: bool) -> None:
    assert own(text, Speech(HELD)) is is_own


NEWS = Announced("a1", ("Quality wanted at printer one.",))


def test_what_is_announced_is_said_at_rest_and_was_told_at_its_end() -> None:
    loop = Loop()
    assert Say(Speech(NEWS.sentences, announces="a1")) in loop.take(NEWS)
    assert Gave("a1") not in loop.did
    did = loop.take(Played(0), Spoke())
    assert Gave("a1") in did and loop.state() is State.WAITING


@pytest.mark.parametrize(
    "before",
    [
        [Began()],
        [Pressed()],
        [Pressed(), Began()],
        [Answered(HELD, Decision.ANSWERED)],
        [Answered(HELD, Decision.ANSWERED), Played(0), Spoke()],
        [Answered(QUESTION, Decision.CONFIRM), Played(0), Played(1), Spoke(), TimedOut(Timer.TAIL)],
        [Lost("gone")],
    ],
)
def test_what_is_announced_at_any_other_moment_changes_nothing(before: list[Message]) -> None:
    loop = Loop(*before)
    now = loop.now
    assert loop.take(NEWS) == [] and loop.now == now


def test_an_announcement_that_could_not_be_said_was_not_told() -> None:
    loop = Loop(NEWS, Spoke())
    assert not [effect for effect in loop.did if isinstance(effect, Gave)]


def test_stop_silences_an_announcement_and_it_was_told() -> None:
    loop = Loop(NEWS)
    did = loop.say("stop", silences=True)
    assert Hush() in did and Gave("a1") in did


@pytest.mark.parametrize("cut", [Woke(), Pressed()])
def test_an_announcement_that_was_cut_off_was_told_in_part(cut: Message) -> None:
    loop = Loop(NEWS)
    did = loop.take(cut)
    assert Hush() in did and Gave("a1", cut=True) in did and Gave("a1") not in did


def test_its_own_announcement_that_comes_back_does_nothing() -> None:
    loop = Loop(NEWS)
    did = loop.say("quality wanted at printer one")
    assert [effect for effect in did if not isinstance(effect, Transcribe | Tell)] == []
    assert loop.state() is State.SPEAKING and loop.taken == []


def test_the_diagram_in_the_docs_is_this_table() -> None:
    assert diagram() in (shipped_site() / "docs" / "headset.md").read_text(encoding="utf-8")
