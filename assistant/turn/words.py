"""Words about the conversation itself, yes, no, repeat, more, help, sleep: what each of them is to the dialogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.domain.values import Command, Decision, Session
from assistant.domain.world import World
from assistant.settings.intents import Intents
from assistant.turn import lookups
from assistant.turn.dialogue import State
from assistant.turn.interpret import DIGITS
from assistant.turn.memory import Talk
from assistant.turn.messages import Matched, Message, Mismatched, No, Noise, Seconded, Sleep, Told, Wake, Yes
from assistant.turn.notices import HEARD
from assistant.turn.read import UNKNOWN
from assistant.turn.seconds import Seconds

MORE_AT_ONCE = 2
"""Sentences to one "more"."""


@dataclass(frozen=True, slots=True)
class Words:
    """The site's words of this kind, and what they may be about."""

    intents: Intents
    world: World
    seconds: Seconds

    def _yes(self, command: Command, talk: Talk, session: Session) -> Message:
        first = self.seconds.awaited(session, talk)
        if first is not None:
            operator = self.world.operators.get(session.badge)
            if operator is not None and operator.role in first.roles:
                self.seconds.drop(session.station)
                return Seconded(first.command, first.bound, first.by)
        said, wanted = command.heard.get(DIGITS, ""), talk.dialogue.digits
        if not said:
            return Yes()
        return Matched() if said in (wanted[-2:], wanted) else Mismatched()

    def _no(self, command: Command, talk: Talk, session: Session) -> Message:
        if talk.dialogue.state is State.IDLE and self.seconds.drop(session.station):
            return Told(Decision.ANSWERED, self.intents.text(UNKNOWN, "cancelled", {}))
        return No()

    def _repeat(self, command: Command, talk: Talk, session: Session) -> Message:
        said = talk.memory.said or self.intents.text("repeat", "nothing", {})
        return Noise(Decision.ANSWERED, said)

    def _more(self, command: Command, talk: Talk, session: Session) -> Message:
        say, rest = lookups.Reply(talk.memory.rest).cut(MORE_AT_ONCE)
        talk.memory = replace(talk.memory, rest=rest)
        return Noise(Decision.ANSWERED, say or self.intents.text("more", "nothing", {}))

    def _help(self, command: Command, talk: Talk, session: Session) -> Message:
        if talk.dialogue.question:
            return Noise(Decision.ANSWERED, self.intents.text("help", "pending", {"question": talk.dialogue.question}))
        examples = [spec.example for spec in self.intents.by_name.values() if spec.kind != "dialogue"][:4]
        return Noise(Decision.ANSWERED, self.intents.text("help", "help", {"examples": "; ".join(examples)}))

    def _heard(self, command: Command, talk: Talk, session: Session) -> Message:
        return Noise(Decision.DONE, "")  # what is said of it is known once it is written down

    def _sleep(self, command: Command, talk: Talk, session: Session) -> Message:
        if "wake" in command.slots:
            return Wake(self.intents.text("sleep", "awake", {}))
        return Sleep(self.intents.text("sleep", "asleep", {}))


DIALOGUE: dict[str, Callable[[Words, Command, Talk, Session], Message]] = {
    "yes": Words._yes,
    "no": Words._no,
    "repeat": Words._repeat,
    "more": Words._more,
    "help": Words._help,
    "sleep": Words._sleep,
    HEARD: Words._heard,
}
"""Intents about the conversation itself."""
