"""The plant's own record of what machines did with orders, so that a test can ask somebody else than the assistant."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from assistant.errors import AssistantError


class Ledger:
    """JSON lines, in order. Without a file it keeps nothing.

    A line is with the operating system as soon as it is written, so the end of this process takes none away. `sync`
    brings what was written to disk, many lines at once: on a slow disk one at a time is a queue.
    """

    def __init__(self, file: Path | None) -> None:
        """Append to `file`. Raises AssistantError when it cannot be opened."""
        try:
            self._file = None if file is None else file.open("a", encoding="utf-8")
        except OSError as exc:
            raise AssistantError(f"--ledger {file}: {exc.strerror or exc}") from exc
        self._loose = False
        """Whether something was written that is not known to be on disk."""

    def write(
        self, time: float, order: str, machine: str, method: str, args: Mapping[str, str], result: str, why: str = ""
    ) -> None:
        """One thing that a machine did with an order; `result` is accepted, rejected or done."""
        if self._file is None:
            return
        stamp = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = {
            "t": stamp,
            "order": order,
            "machine": machine,
            "method": method,
            "args": dict(args),
            "result": result,
            "why": why,
        }
        self._file.write(json.dumps(entry) + "\n")
        self._loose = True
        self._file.flush()

    @property
    def loose(self) -> bool:
        """Whether `sync` has something to do."""
        return self._loose

    def sync(self) -> None:
        """Return when all that was written before is on disk; may run in a thread. Raises OSError."""
        if self._file is not None and self._loose:
            self._loose = False  # first: what is written meanwhile is for the next time
            try:
                os.fsync(self._file.fileno())
            except BaseException:
                self._loose = True
                raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
