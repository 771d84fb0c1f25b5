"""The command line as a whole: exit status 0, 2 for a usage or site error, 1 otherwise; never a traceback."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import structlog
import typer

from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.errors import AssistantError


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit status."""
    _load_commands()
    _log_to_stderr()
    try:
        status = app(list(argv) if argv is not None else None, standalone_mode=False)
    except typer.exceptions.TyperException as error:
        _fail(error.format_message(), 2)
    except AssistantError as error:
        _fail(str(error), error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted", 130)
    except Exception as error:  # the last wall: a person sees one line, the developer the rest
        if os.environ.get("LINE_ASSISTANT_DEBUG"):
            raise
        _fail(f"internal error: {type(error).__name__}: {error} (LINE_ASSISTANT_DEBUG=1 shows where)", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(problem: str, status: int) -> None:
    line = " ".join(problem.split())
    print(f"assistant: {visible(line)}", file=sys.stderr)
    sys.exit(status)


def _log_to_stderr() -> None:
    """Standard output is for answers; what engines and the core have to report goes beside it, as key=value."""
    level = logging.DEBUG if os.environ.get("LINE_ASSISTANT_DEBUG") else logging.WARNING
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            lambda logger, method, line: visible(str(line)),  # machines' strings are in it
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is then, not as it is now
    )


def _load_commands() -> None:
    """Importing a command's file adds it to `app`; done here so that importing the package loads no engine."""
    from assistant.cli import (  # noqa: F401
        ask,
        badge,
        bench,
        devices,
        doctor,
        events,
        export,
        hardware,
        hear,
        line,
        mes,
        models,
        noise_check,
        orders,
        report,
        run,
        terminal,
        trainwake,
        turns,
    )
