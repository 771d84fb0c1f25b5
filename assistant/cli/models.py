"""`assistant models`: what weights there are, fetching them, making sure of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import ModelError

if TYPE_CHECKING:
    from assistant.adapters.download import Progress
    from assistant.adapters.weights import Weights
    from assistant.settings.manifest import Manifest

models = typer.Typer(help="Weights: what is there, fetching them, making sure of them.", no_args_is_help=True)
app.add_typer(models, name="models")

Ids = Annotated[
    list[str] | None, typer.Argument(help="Models by id; all that are used by default.", show_default=False)
]


@models.command()
def pull(
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="Every model of the manifest.")] = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Fetch what is missing into LINE_ASSISTANT_MODELS, else the platform's cache; ask nothing when nothing is."""
    manifest, weights, cache = _open(site)
    names = list(manifest.models) if everything else _chosen(manifest, ids)
    lacking = [name for name in names if weights.missing([name])]
    if not lacking:
        print("all weights are in place", file=sys.stderr)
        return

    from assistant.adapters import adapted
    from assistant.settings.paths import site_folder

    wanted = list(dict.fromkeys(manifest.base(name) for name in lacking))
    if weights.missing(wanted):
        from assistant.adapters.download import Downloads
        from assistant.adapters.registries import Registries, client

        with client() as web, _progress() as progress:
            fetched = Downloads(cache / ".downloads", web, Registries(web).address, progress).pull(weights, wanted)
        print(f"{fetched} files fetched", file=sys.stderr)
    models_folder = site_folder(site, "models")
    for name in lacking:
        if adapted.make(weights, name, models_folder):
            print(f"{name} made from {manifest.base(name)}", file=sys.stderr)


@models.command(name="list")
def list_(as_json: options.Json = False, data: options.Data = None, site: options.Site = None) -> None:
    """What there is, from where, under which licence."""
    from assistant.adapters.sources import sources

    manifest, weights, cache = _open(site)
    wide = max((len(name) for name in manifest.models), default=0)
    for name, model in manifest.models.items():
        states = {found.state for found in weights.look(name)}
        state = "ok" if states == {"ok"} else "missing" if states == {"missing"} else "incomplete"
        size = sum(weight.bytes for weight in model.files)
        origins = [str(archive) for weight in model.files for parts in sources(model, weight) for archive, _ in parts]
        origins = list(dict.fromkeys(origins))
        if model.made is not None:
            origins = [f"{model.made.base} with {model.made.adapter}, made here"]
        if as_json:
            fields = {"id": name, "role": model.role, "default": model.default, "state": state, "bytes": size}
            print(json.dumps({**fields, "licence": model.licence, "title": model.title, "sources": origins}))
        else:
            mark = "*" if model.default else " "
            print(f"{mark} {name:{wide}}  {state:10}  {size:>11,} bytes  {model.licence:10}  {model.title}")
            print(f"  {'':{wide}}  from {', '.join(origins)}")
    if not as_json:
        print(f"in {cache}; * is pulled by default")


@models.command()
def verify(ids: Ids = None, data: options.Data = None, site: options.Site = None) -> None:
    """Read every byte and compare with the pinned hashes."""
    manifest, weights, _ = _open(site)
    wrong = 0
    for name in _chosen(manifest, ids):
        for found in weights.look(name, hashed=True):
            print(f"{found.state:10} {found}")
            wrong += found.state != "ok"
    if wrong:
        raise ModelError(f"{wrong} files are not what was pinned; run: assistant models pull {' '.join(ids or [])}")


def _open(site: Path | None) -> tuple[Manifest, Weights, Path]:
    from assistant.adapters.weights import Weights
    from assistant.settings import manifest
    from assistant.settings.paths import cache_dir, site_folder

    loaded, cache = manifest.load(site_folder(site, "models")), cache_dir()
    return loaded, Weights(loaded, cache), cache


def _chosen(manifest: Manifest, ids: list[str] | None) -> list[str]:
    return ids or [name for name, model in manifest.models.items() if model.default]


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar an archive where somebody watches, a line a tenth where nobody does."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        tenths: dict[str, int] = {}

        def say(name: str, done: int, total: int) -> None:
            tenth = done * 10 // total if total else 0
            if tenth > tenths.get(name, -1):
                tenths[name] = tenth
                print(f"{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB", file=sys.stderr)

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, object] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total or None)
            bars.update(tasks[name], completed=done, total=total or None)  # type: ignore[arg-type]

        yield show
