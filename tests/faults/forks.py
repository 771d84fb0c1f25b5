"""Cores and plants as processes that cost no start-up: a nursery loads everything once and forks each of them.

`python -m tests.faults.forks` reads one JSON object a line and answers each with one; `Nursery` is its other end. A
fork is a process like any other: it can be killed, stopped and waited for.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from assistant import bootstrap
from assistant.adapters.tasks import ended

Ready = Callable[[], None]


# ---- the nursery's own process -----------------------------------------------------------------------------


def main() -> None:
    """Serve until standard input ends; then nothing that was forked is left."""
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints is not an answer
    _load()
    site = replace(bootstrap.load_site(None), meaning=None)
    children: set[int] = set()

    def answer(tag: int, **more: object) -> None:
        os.write(out, json.dumps({"tag": tag, **more}).encode() + b"\n")

    answer(0)
    for line in sys.stdin:
        request = json.loads(line)
        tag, what = request["tag"], request["what"]
        if what == "reap":
            os.waitpid(request["pid"], 0)
            children.discard(request["pid"])
            answer(tag)
            continue
        pid = os.fork()
        if pid == 0:
            _child(what, site, request, lambda tag=tag: answer(tag, ready=True))  # type: ignore[misc]
        children.add(pid)
        answer(tag, pid=pid)
    for pid in children:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _load() -> None:
    """Import what a core and a plant need, so that no fork has to."""
    for module in ("asyncua.client.client", "asyncua.server.server", "assistant.plant.server"):
        importlib.import_module(module)


def _child(what: str, site: bootstrap.Site, request: dict[str, Any], ready: Ready) -> None:
    """Be a core or a plant until killed; never returns."""
    os.close(0)
    wired = msgspec.structs.replace(site.hardware, endpoint=request["endpoint"])
    here = replace(site, hardware=wired)
    work = _core(here, request, ready) if what == "core" else _plant(here, request, ready)
    try:
        asyncio.run(work)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


async def _core(site: bootstrap.Site, request: dict[str, Any], ready: Ready) -> None:
    async with bootstrap.host_core(site, Path(request["data"])):
        ready()
        await asyncio.Event().wait()


async def _plant(site: bootstrap.Site, request: dict[str, Any], ready: Ready) -> None:
    from assistant.plant.ledger import Ledger
    from assistant.plant.server import PlantServer

    with Ledger(Path(request["ledger"])) as book:
        server = PlantServer(site.plant, site.hardware, book, seed=request["seed"], speed=request["speed"])
        await server.run(request["endpoint"], ready)


# ---- its other end -----------------------------------------------------------------------------------------


@dataclass(eq=False)
class Fork:
    """A process that the nursery made."""

    pid: int
    ready: asyncio.Future[None]
    """Done when it may be spoken to."""
    nursery: Nursery

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, now."""
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """kill -9, and wait until it is gone with all its locks."""
        self.signal(signal.SIGKILL)
        await self.gone()

    async def gone(self) -> None:
        """Wait for its end."""
        self.ready.cancel()
        await self.nursery.ask(what="reap", pid=self.pid)


class Nursery:
    """Forks cores and plants."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tag = 0
        self._loaded: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {0: self._loaded}
        self._ready: dict[int, asyncio.Future[None]] = {}

    async def core(self, data: Path, endpoint: str) -> Fork:
        """`assistant run --no-audio` without a language model."""
        return await self._fork(what="core", data=str(data), endpoint=endpoint)

    async def plant(self, endpoint: str, ledger: Path, seed: int = 7, speed: float = 1.0) -> Fork:
        """`assistant line`."""
        return await self._fork(what="plant", endpoint=endpoint, ledger=str(ledger), seed=seed, speed=speed)

    async def _fork(self, **request: object) -> Fork:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ready[self._tag + 1] = ready
        made = await self.ask(**request)
        return Fork(made["pid"], ready, self)

    async def ask(self, **request: object) -> dict[str, Any]:
        """One request and its answer."""
        self._tag += 1
        answered = self._asked[self._tag] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"tag": self._tag, **request}).encode() + b"\n")
        answer: dict[str, Any] = await answered
        return answer

    async def listen(self) -> None:
        """Take answers until there are no more."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = json.loads(line)
            tag = answer["tag"]
            if answer.get("ready"):
                ready = self._ready.pop(tag)
                if not ready.done():
                    ready.set_result(None)
            else:
                self._asked.pop(tag).set_result(answer)
        gone = RuntimeError("the nursery is gone")
        waiting: list[asyncio.Future[Any]] = [*self._asked.values(), *self._ready.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(gone)

    async def loaded(self) -> None:
        """Wait until it has loaded everything."""
        await self._loaded


@asynccontextmanager
async def a_nursery(folder: Path) -> AsyncIterator[Nursery]:
    """A nursery; what its forks write on standard error goes to `forks.txt` in `folder`."""
    with (folder / "forks.txt").open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.forks"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        nursery = Nursery(process)
        listening = asyncio.create_task(nursery.listen())
        try:
            await nursery.loaded()
            yield nursery
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await ended(listening)


if __name__ == "__main__":
    main()
