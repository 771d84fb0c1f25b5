"""Everything that can go wrong, as one tree; adapters translate foreign errors into it.

::

    AssistantError                 one clear line for a person; exit status 1
    ├── UsageError                 the command line is off; exit status 2
    ├── SiteError                  a site file is off: file, line and key; exit status 2
    ├── AudioError                 not audio, empty, cut off, too long
    ├── ModelError                 a weight file is missing, cut off or not the one that was pinned
    │   └── DownloadError          it could not be fetched; nothing half-made is left in place
    ├── EngineError                an engine (ear, voice) died or took too long: "not understood"
    ├── LogError                   the event log cannot be read or written
    │   ├── LogLocked              another core holds it
    │   └── LogBroken              the hash chain does not hold; `position` names the first bad event
    ├── CoreError                  the core on this data folder cannot be reached
    ├── MesError                   the factory's own system does not answer, or not as it should
    └── MachineError
        ├── NotSent                the order never left this box: nothing happened, nothing will
        ├── Uncertain              the order may or may not have been carried out
        └── NotObserved            no fresh, good-quality value: nothing may be claimed
"""

from __future__ import annotations

from pathlib import Path


class AssistantError(Exception):
    """Root of the tree. `str(error)` is one line that a person can act on."""

    exit_status = 1


class UsageError(AssistantError):
    """The command line asks for something that does not exist or does not go together."""

    exit_status = 2


class SiteError(AssistantError):
    """A site file is wrong. Says which file, which line and which key."""

    exit_status = 2

    def __init__(self, file: Path | str, problem: str, *, line: int | None = None, key: str = "") -> None:
        where = f"{file}:{line}" if line is not None else f"{file}"
        super().__init__(f"{where}: {key}: {problem}" if key else f"{where}: {problem}")
        self.file, self.line, self.key = str(file), line, key


class AudioError(AssistantError):
    """The file or stream is not usable as speech."""


class ModelError(AssistantError):
    """A weight file is missing, truncated or not the one whose hash is pinned."""


class DownloadError(ModelError):
    """A weight file could not be fetched."""


class EngineError(AssistantError):
    """A native engine died, hung or refused; the turn goes on as "not understood"."""


class LogError(AssistantError):
    """The event log cannot be read or written; without it nothing acts."""


class LogLocked(LogError):
    """Another process holds this log for writing."""


class LogBroken(LogError):
    """The hash chain does not hold from `position` on."""

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(f"event log broken at position {position}: {problem}")
        self.position = position


class CoreError(AssistantError):
    """The core that holds this data folder does not answer."""


class MesError(AssistantError):
    """The factory's own system (MES) does not answer, or not as it should; what is for it waits."""


class MachineError(AssistantError):
    """Something between the assistant and a machine."""


class NotSent(MachineError):
    """The order was not sent: certain that nothing happened."""


class Uncertain(MachineError):
    """The order was sent, or may have been, and no answer says what became of it."""


class NotObserved(MachineError):
    """No fresh value of good quality; what is not observed is not claimed."""
