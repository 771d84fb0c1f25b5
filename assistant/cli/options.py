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
Badge = Annotated[str, typer.Option("--as", help="Whose badge is checked in.", show_default=False)]
Station = Annotated[str, typer.Option("--at", help="Machine or line where it is said.", show_default=False)]
ParseOnly = Annotated[bool, typer.Option("--parse-only", help="Only say how it is read; decide and touch nothing.")]
