"""What a person types. One file per command; this one only gathers them and turns every error into one line."""

from __future__ import annotations

from assistant.cli.main import main

__all__ = ["main"]
