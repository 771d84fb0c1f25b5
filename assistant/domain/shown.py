"""Text of other people and machines, made safe to show."""

from __future__ import annotations

import json


def visible(text: str) -> str:
    """`text` with everything that a terminal would obey instead of show as JSON escapes: still JSON if it was."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
