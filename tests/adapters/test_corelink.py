"""The core's door: one core, many clients, nobody cut off in the middle."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.adapters.corelink import NAME, RemoteCore, Request, serve
from assistant.domain.things import Notice
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript
from assistant.errors import AssistantError, CoreError, UsageError

SESSION = Session("OP-17", "PRN-1")


def words(text: str) -> Transcript:
    return Transcript("t1", SESSION, (Hypothesis(text, -0.1),), "voice", "")


async def echo(request: Request) -> Answer | None:
    if request.transcript is None:
        return None
    text = request.transcript.hypotheses[0].text
    match text:
        case "usage":
            raise UsageError("no such badge")
        case "crash":
            raise RuntimeError("a fault of ours")
    return Answer(text, "hold", {"lot": "L4712"}, 0.9, "template", Decision.DONE, "Done.", ("e1",), (), {"act": 1.5})


async def test_what_goes_in_at_one_end_comes_out_at_the_other(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)  # longer than a socket's address may be
    deep.mkdir()
    async with serve(deep, echo):
        assert stat.S_IMODE((deep / NAME).stat().st_mode) == 0o600
        remote = await RemoteCore.connect(deep)
        assert remote is not None
        async with aclosing(remote):
            await remote.check(SESSION)
            answer = await remote.turn(words("hold"))
            assert answer == await echo(Request("turn", SESSION, words("hold")))
            with pytest.raises(UsageError, match="no such badge"):
                await remote.turn(words("usage"))
            with pytest.raises(AssistantError, match="internal error"):
                await remote.turn(words("crash"))
            assert (await remote.turn(words("still here"))).text == "still here"
    assert await RemoteCore.connect(deep) is None


async def test_what_is_to_be_said_comes_out_at_the_other_end_too(tmp_path: Path) -> None:
    asked: list[Request] = []

    async def core(request: Request) -> Notice | None:
        asked.append(request)
        return Notice("a1", "Quality wanted.") if len(asked) == 1 else None

    async with serve(tmp_path, core):
        remote = await RemoteCore.connect(tmp_path)
        assert remote is not None
        async with aclosing(remote):
            assert await remote.announcement(SESSION) == Notice("a1", "Quality wanted.")
            await remote.told(SESSION, "a1", "voice")
            assert await remote.announcement(SESSION) is None
    assert asked[1] == Request("told", SESSION, how="voice", announcement="a1")


async def test_a_socket_left_over_by_a_killed_core_is_no_core(tmp_path: Path) -> None:
    async with serve(tmp_path, echo):
        os.link(tmp_path / NAME, tmp_path / "kept")
    (tmp_path / "kept").rename(tmp_path / NAME)
    assert await RemoteCore.connect(tmp_path) is None
    async with serve(tmp_path, echo):
        remote = await RemoteCore.connect(tmp_path)
        assert remote is not None
        await remote.aclose()


@pytest.mark.parametrize("line", [b"{}\n", b"not json\n", b'{"op": "turn"}\n', b"\xff\xfe\n"])
async def test_nonsense_is_answered_and_the_next_client_is_served(tmp_path: Path, line: bytes) -> None:
    async with serve(tmp_path, echo):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / NAME))
        writer.write(line)
        assert b"not a request" in await reader.readline()
        writer.close()
        remote = await RemoteCore.connect(tmp_path)
        assert remote is not None and (await remote.turn(words("x"))).text == "x"
        await remote.aclose()


async def test_a_turn_that_has_begun_is_finished_before_the_core_goes(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Answer | None:
        begun.set()
        await go_on.wait()
        return await echo(request)

    async with serve(tmp_path, slow):
        remote = await RemoteCore.connect(tmp_path)
        assert remote is not None
        turn = asyncio.create_task(remote.turn(words("hold")))
        await begun.wait()
        asyncio.get_running_loop().call_soon(go_on.set)
    assert (await turn).decision is Decision.DONE
    with pytest.raises(CoreError):
        await remote.turn(words("too late"))
    await remote.aclose()
