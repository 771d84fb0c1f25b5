"""`assistant turns`: one turn whole, from what was heard to what was said; and the same turn again, today."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli import options, turnview
from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.domain.evidence import Evidence
from assistant.domain.spoken.address import without
from assistant.errors import AssistantError, UsageError
from assistant.turn import told

if TYPE_CHECKING:
    from assistant.bootstrap import Site
    from assistant.turn.replay import Again, Replay


class ShowByDefault(TyperGroup):
    """`turns ID` is `turns show ID`: a first word that names no command is an argument of `show`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click."""
        named = next((word for word in args if word in self.commands), None)
        if named is not None:
            args.remove(named)  # "turns --data DIR replay ID" is understood too
        elif args[:1] != ["--help"]:
            named = "show"
        return super().parse_args(ctx, [named, *args] if named else args)


turns = typer.Typer(cls=ShowByDefault, help="One turn whole: heard, understood, decided, done, said.")
app.add_typer(turns, name="turns")


@turns.command()
def show(
    turn: Annotated[str | None, typer.Argument(metavar="ID", help="A turn's id, or how it begins.")] = None,
    last: Annotated[int | None, typer.Option(min=1, help="The last N turns; 1 when no ID is given.")] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Everything that is kept of a turn, or of the last ones, oldest first."""
    from assistant import bootstrap
    from assistant.adapters import eventlog
    from assistant.settings.paths import data_dir

    if turn is not None and last is not None:
        raise UsageError("an ID or --last, not both")
    folder = data_dir(data, make=False)
    if turn is not None:
        chosen = [_id(folder, turn)]
    else:
        heard = ["turn.heard"]
        after = eventlog.tail(folder, last or 1, types=heard)
        chosen = [event.subject for event in eventlog.read(folder, after, types=heard)]
    recordings = bootstrap.recordings(bootstrap.evidence_of(site), folder)
    for number, ident in enumerate(chosen):
        one, sound = _whole(folder, ident), recordings.find(ident)
        if as_json:
            _print([json.dumps(turnview.fields(one, sound), ensure_ascii=False)])
        else:
            _print([*([""] if number else []), *told.lines(one, sound)])


@turns.command()
def replay(
    turn: Annotated[str, typer.Argument(metavar="ID", help="A turn's id, or how it begins.", show_default=False)],
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Read and decide a turn again with today's templates, models and policy, in the world of then; touch nothing."""
    asyncio.run(_replay(turn, data, site, as_json=as_json))


async def _replay(ident: str, data: Path | None, site: Path | None, *, as_json: bool) -> None:
    from assistant import bootstrap
    from assistant.settings.paths import data_dir
    from assistant.turn.replay import words

    folder = data_dir(data, make=False)
    turn = _whole(folder, _id(folder, ident))
    loaded = bootstrap.load_site(site)
    sound = bootstrap.recordings(loaded.evidence, folder).find(turn.turn)
    said = words(turn)
    if not said and not turn.heard.note and sound is None:
        raise UsageError(f"turn {turn.turn}: its words were not for the assistant and were not kept")
    before = bootstrap.led_to(folder, turn)
    first = min(one.position for one in (*before, turn))
    async with bootstrap.open_replay(loaded, folder, first) as again:
        today = await again.reach(before, turn)
        read = await again.read(turn, said)
        heard, trouble = await _heard_again(turn, sound, again, loaded, site)
    if as_json:
        shown = {
            "turn": turn.turn,
            "before": [
                {"turn": one.turn, **turnview.again_fields(now)} for one, now in zip(before, today, strict=True)
            ],
            "then": turnview.fields(turn, sound),
            "now": turnview.again_fields(read),
            "heard_again": turnview.again_fields(heard) if heard else None,
            "trouble": trouble,
        }
        _print([json.dumps(shown, ensure_ascii=False)])
        return
    _print([*told.lines(turn, sound), ""])
    for one, now in zip(before, today, strict=True):
        differs = ", ".join(now.differs) or "in nothing"
        _print([f"its question again, today (turn {one.turn}): differs {differs}", ""])
    _print(["the same words today", *told.again_lines(turn, read, "heard")])
    if heard is not None:
        _print(["", "the same sound today", *told.again_lines(turn, heard, "heard")])
    if trouble:
        _print(["", f"its sound was not heard again: {trouble}"])


async def _heard_again(
    turn: Evidence, sound: told.Sound, again: Replay, loaded: Site, site: Path | None
) -> tuple[Again | None, str]:
    """What today's ear makes of the turn's sound, where that was kept; or why it makes nothing of it."""
    if sound is None:
        return None, ""
    from assistant import bootstrap
    from assistant.adapters import audiofile

    try:
        with closing(bootstrap.ear(site, None, loaded)) as ear:
            heard = await ear.hear(audiofile.read(sound[0]), bootstrap.vocabulary(loaded))
    except AssistantError as exc:
        return None, str(exc)
    return await again.read(turn, without(heard.hypotheses, bootstrap.wake_phrase(site))), ""


def _id(folder: Path, begins: str) -> str:
    """The one turn whose id begins so. Raises UsageError."""
    from assistant.adapters import eventlog

    found = eventlog.turns(folder, begins)
    if begins in found:
        return begins
    if not found:
        raise UsageError(f"turn {begins}: there is none in {folder}")
    if len(found) > 1:
        raise UsageError(f"turn {begins}: more than one begins so ({', '.join(found)}); say more of it")
    return found[0]


def _whole(folder: Path, ident: str) -> Evidence:
    from assistant import bootstrap

    found = bootstrap.turn_of(folder, ident)
    if found is None:
        raise UsageError(f"turn {ident}: there is none in {folder}")
    return found


def _print(rows: Iterable[str]) -> None:
    for row in rows:
        print(visible(row), flush=True)
