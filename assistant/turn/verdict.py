"""What policy makes of a command, and the names of the rules by which it does.

A rule's name is short and stays: it is written into the log with the turn (`turn.answered`), so that a turn can be
understood, and counted, years later. What policy names: `acts at once`, `confirm: always`, `confirm: unsure`,
`confirm: unsettled`, `digits`, `looked up`, `asked: SLOT`, `asked: which SLOT`, `asked: no such SLOT`, `asked: what
with`, `asked: say again`, `refused: nobody`, `refused: role`, `refused: owner`, `refused: own line`, `refused: check
CHECK`, `refused: exception`, `refused: part`, `refused: none failed`, `refused: nothing to undo`, `refused: cannot be
undone`, `not connected`, `negated`, `withdrawn`, `not understood`. What the conversation adds (turn.core): `confirm:
second`, `confirmed`, `seconded`, `cancelled`, `expired`, `nothing asked`, `wrong digits`, `asleep`, `sleep`,
`repeat`, `help`, `refused: changed`, `refused: one by one`, `refused: no log`, `refused: already`, `broken`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain.values import Command, Decision, Expectation


@dataclass(frozen=True, slots=True)
class Plan:
    """One order that a command comes to, without its id."""

    machine: str
    method: str
    args: Mapping[str, str]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Allowed:
    """Policy has nothing against it."""

    command: Command
    unit: str
    """What it is about, or empty."""
    plans: tuple[Plan, ...]
    """Orders to give; empty for what needs no machine."""
    question: str
    """How to ask for a yes."""
    confirm: bool
    """Whether a yes is needed."""
    undoes: str = ""
    """The intent of the action that it takes back, or empty."""
    named: str = ""
    """What is acted on as it is said, where that is more than `unit`."""
    digits: str = ""
    """Of the id of which the last two must be said before it is done; empty where a yes is enough."""
    bound: str = ""
    """Its orders and the state that they are made for: a yes to this is a yes to nothing else."""
    rule: str = ""
    """The rule that lets it pass, or has it confirmed first."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A slot must be asked for."""

    command: Command
    slot: str
    question: str
    rule: str
    """`asked: …`"""


@dataclass(frozen=True, slots=True)
class Declined:
    """It ends here, in words."""

    command: Command
    decision: Decision
    say: str
    rule: str
    """The rule that ends it."""


Verdict = Allowed | Missing | Declined

GRAVITY = (
    Decision.IGNORED,
    Decision.ANSWERED,
    Decision.DONE,
    Decision.CONFIRM,
    Decision.ASK,
    Decision.REFUSED,
    Decision.FAILED,
    Decision.UNCERTAIN,
)
"""Of several outcomes of one yes the gravest is the turn's: "done" is said of all or not at all."""
