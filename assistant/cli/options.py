"""Options that every command understands, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="LINE_ASSISTANT_DATA", help="Where log and state live.", show_default=False),
]
Site = Annotated[
    Path | None,
    typer.Option("--site", help="Another site's intents/ grammars/ hardware/ models/.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
