"""A headset's mouth: what is said comes out in order, the next piece being made while one is heard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from assistant.domain.things import Voicing
from assistant.errors import AudioError, EngineError
from assistant.turn.conversation import State
from assistant.turn.gear import Gear, Manner
from assistant.turn.sounds import Message, Played, Silenced, Speech, Spoke

SHORT = 6
"""Words of a first sentence that is said in one piece; of a longer one the first part is made, and heard, first."""
LEAST = 2
"""Words that must follow a name for it to be said first."""
PAUSE_S = 0.05
"""Silence that is left at the end of a piece in mid-sentence; handing over the next one takes another tenth."""
GIVES_WAY = frozenset({"heard", "working"})
"""Short sounds that say that an answer is being waited for: when it is there, they are over."""
GONE_S = 1.5
"""After a sound could not be played, for the device to be noticed as lost."""
_SENTENCE = re.compile(r"(?<=[.?!…])\s+(?=[^\s])")
_CLAUSE = re.compile(r"(?<=[,;:])\s+")
_log = structlog.get_logger(__name__)


class Mouth:
    """One at a time; a hush ends all that was begun before it."""

    def __init__(
        self,
        gear: Gear,
        manner: Manner,
        task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        take: Callable[[Message], None],
        state: Callable[[], State],
        tell: Callable[[str], None],
        heard: Callable[[float, float, float], None],
    ) -> None:
        """`task`: starts one. `take`: a message for the loop, whose `state` it asks. `tell`: a line for the terminal.

        `heard`: after a piece, when the first was sound, when this one was handed over, and when it was first heard.
        """
        self._gear, self._manner, self._task, self._take = gear, manner, task, take
        self._state, self._tell, self._heard = state, tell, heard
        self._last: asyncio.Task[None] | None = None
        self._hushes = 0
        self._begun = 0
        """How many things, of those that give way to nothing."""
        self.voicing = Voicing()
        """How whoever listens is spoken to."""

    def say(self, speech: Speech) -> None:
        """All of it; Played, Silenced and Spoke tell how far it came."""
        self._begin(self._speak(speech, self._last, self._hushes))

    def aside(self, key: str) -> None:
        """A word of the loop's own, whose end nobody waits for."""
        self._begin(self._aside(key, self._last, self._hushes))

    def earcon(self, name: str) -> None:
        """A short sound."""
        if name in GIVES_WAY:
            self._task(self._earcon(name, self._last, self._hushes, self._begun))
        else:
            self._begin(self._earcon(name, self._last, self._hushes, self._begun + 1))

    def hush(self) -> None:
        """Be silent at once."""
        self._hushes += 1
        self._task(self._gear.speaker.stop())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._begun += 1
        self._last = self._task(work)

    async def _speak(self, speech: Speech, before: asyncio.Task[None] | None, hushes: int) -> None:
        sentences = speech.sentences or (self._manner.text(speech.key, ""),)
        making = self._made(sentences[speech.at]) if speech.at < len(sentences) else None
        made = 0.0
        for index in range(speech.at, len(sentences)):
            assert making is not None
            try:
                sound = await making
            except EngineError as exc:
                await _after(before)
                self._tell(str(exc))
                break
            made = made or self._gear.clock.monotonic()
            making = self._made(sentences[index + 1]) if index + 1 < len(sentences) else None
            offset = speech.offset if index == speech.at else 0.0
            await _after(before)
            if self._hushes != hushes:
                self._take(Silenced(index, offset))
                return
            handed = self._gear.clock.monotonic()
            try:
                played = await self._gear.speaker.play(self._shaped(sound, sentences[index], offset), self._gain())
            except AudioError as exc:
                # Mostly the device is gone, which is noticed on its own; otherwise nobody may wait for ever.
                await self._gear.clock.sleep(GONE_S)
                _log.warning("it could not be said", why=str(exc))
                break
            self._heard(made, handed, played.began)
            if self._hushes != hushes:
                self._take(Silenced(index, offset + played.seconds))
                return
            self._take(Played(index))
        if self._hushes == hushes and self._state() is State.SPEAKING:
            self._take(Spoke())

    def _made(self, sentence: str) -> asyncio.Task[bytes]:
        task = asyncio.create_task(self._gear.voice.speak(sentence))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may be wanted no more
        return task

    def _shaped(self, sound: bytes, words: str, offset: float) -> bytes:
        shaped = self._manner.shaped(sound, self.voicing.speed, offset)
        return self._manner.closed(shaped, PAUSE_S) if words.endswith(",") else shaped

    def _gain(self) -> float:
        return float(10 ** (self.voicing.volume_db / 20))

    async def _aside(self, key: str, before: asyncio.Task[None] | None, hushes: int) -> None:
        making = self._made(self._manner.text(key, ""))
        await _after(before)
        try:
            sound = await making
            if self._hushes == hushes:
                await self._gear.speaker.play(sound, self._gain())
        except (EngineError, AudioError) as exc:
            _log.warning("it could not be said", what=key, why=str(exc))

    async def _earcon(self, name: str, before: asyncio.Task[None] | None, hushes: int, begun: int) -> None:
        await _after(before)
        sound = self._manner.earcons.get(name)
        if name in GIVES_WAY and self._begun != begun:
            return
        if sound is None or self._hushes != hushes or self._state() is State.CAPTURING:
            return
        try:
            await self._gear.speaker.play(sound, self._gain())
        except AudioError:
            return  # the device is gone, which is said elsewhere


async def _after(task: asyncio.Task[None] | None) -> None:
    """One mouth: what came before is said first, whatever becomes of it."""
    if task is not None:
        await asyncio.wait({task})


def sentences(say: str) -> tuple[str, ...]:
    """An answer as it is said: sentence by sentence, a long first one in parts, so that it begins soon."""
    whole = _whole(say)
    if whole and len(whole[0].split()) > SHORT:
        first, *rest = _CLAUSE.split(whole[0])
        whole[0:1] = [first, " ".join(rest)] if rest and len(first.split()) > 2 else whole[0:1]
    return tuple(whole)


def pieces(say: str, opening: Callable[[str], str]) -> tuple[str, ...]:
    """An answer that somebody waits for: the name with which it begins is said first, like a clause of its own.

    `opening`: that name, or empty. It is short and mostly made already, and while it is heard the rest is made.
    """
    first, *rest = _whole(say) or [""]
    name = opening(first)
    after = first[len(name) :].split()
    if not name or len(after) < LEAST or not after[0][0].isalpha():
        return sentences(say)
    return (f"{name},", " ".join(after), *rest)


def _whole(say: str) -> list[str]:
    return [part for part in _SENTENCE.split(say.strip()) if any(char.isalnum() for char in part)]
