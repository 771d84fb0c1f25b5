"""The factory's own system beside a running core: told, heard, and its state in `doctor`; the core goes on without."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from assistant.adapters import eventlog
from assistant.adapters.mes.store import look
from assistant.settings.paths import shipped_site
from tests.fakes.reference_mes import ReferenceMes, reference_mes
from tests.fakes.running_plant import until
from tests.processes import Line, one_line_of_trouble, run, started


def a_site(folder: Path, mes: str) -> Path:
    """The shipped site with a MES."""
    (folder / "site").mkdir()
    shutil.copytree(shipped_site() / "hardware", folder / "site" / "hardware")
    (folder / "site" / "hardware" / "mes.yaml").write_text(mes)
    return folder / "site"


def hold(ident: str, unit: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "source": "/mes",
        "type": "hold.requested",
        "subject": unit,
        "time": "2026-11-25T10:00:00Z",
        "data": {"reason": "bridging"},
    }


def doctor(site: Path, data: Path, env: dict[str, str]) -> tuple[int, dict[str, list[dict[str, str]]]]:
    done = run("doctor", "--json", "--site", str(site), "--data", str(data), env=env)
    found: dict[str, list[dict[str, str]]] = {}
    for row in map(json.loads, done.stdout.splitlines()):
        found.setdefault(row["what"], []).append(row)
    return done.returncode, found


def sent_again(site: Path, data: Path, env: dict[str, str], mes: ReferenceMes) -> None:
    """What was refused is sent again for somebody who may, once it would be taken."""
    shown = run("mes", "parked", "--json", "--data", str(data), env=env)
    (one,) = map(json.loads, shown.stdout.splitlines())
    assert (one["type"], "422" in one["reason"]) == ("call.raised", True)
    again = ("mes", "resend", str(one["position"]), "--data", str(data), "--site", str(site), "--as")
    one_line_of_trouble(run(*again, "OP-17", env=env), 2, "only supervisor may send events again")
    refused = run(*again, "SV-3", env=env)
    assert (refused.returncode, "refused" in refused.stdout) == (1, True), refused.stderr
    mes.refuses.clear()
    taken = run(*again, "SV-3", env=env)
    assert (taken.returncode, taken.stdout) == (0, f"position {one['position']}: delivered\n"), taken.stderr
    assert run("mes", "parked", "--data", str(data), env=env).stdout == "nothing is parked\n"
    told = [event.data for event in eventlog.read(data, types=["mes.event_resent"])]
    assert [getattr(data, "outcome", "") for data in told] == ["refused", "delivered"]


async def test_a_core_with_a_mes(line: Line, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with reference_mes(token="t0ken") as mes:
        site = a_site(tmp_path, f"endpoint: {mes.endpoint}\ntoken: THE_MES_TOKEN\npoll_s: 0.1\n")
        # Without weights: this is not about what is understood.
        bare = {**line.env, "LINE_ASSISTANT_MODELS": str(tmp_path / "none")}
        env = {**bare, "THE_MES_TOKEN": "t0ken"}
        one_line_of_trouble(
            await asyncio.to_thread(run, "run", "--no-audio", "--data", str(data), "--site", str(site), env=bare),
            2,
            "THE_MES_TOKEN is not set",
        )
        running = started("run", "--no-audio", "--data", str(data), "--site", str(site), env=env)
        await asyncio.to_thread(running.__enter__)
        try:
            mes.says += [hold("h1", "L4712"), hold("h2", "L9999"), "17"]

            def answered() -> bool:
                return {event["data"]["request"] for event in told("mes.request_answered")} >= {"h1", "h2"}

            def told(kind: str) -> list[dict[str, Any]]:
                return [event for event in mes.stored.values() if event["type"] == kind]

            await until(answered)
            outcomes = {event["data"]["request"]: event["data"]["outcome"] for event in told("mes.request_answered")}
            assert (outcomes["h1"], outcomes["h2"]) == ("done", "refused")
            (held,) = told("lot.held")
            (deed,) = [deed for deed in line.deeds() if deed["args"].get("unit") == "L4712"]
            assert held["data"]["order"] == deed["order"], "the machine's own book says so too"
            mes.refuses.add("call.raised")
            call = (
                "ask",
                "--as",
                "OP-17",
                "--at",
                "PRN-1",
                "--data",
                str(data),
                "--site",
                str(site),
                "call maintenance",
            )
            await asyncio.to_thread(run, *call, env=env)
            await until(lambda: bool(look(data)[1]))
            status, found = await asyncio.to_thread(doctor, site, data, env)
            assert status == 1 and found["MES"][0]["state"] == "ok"
            nothing, parked = found["MES outbox"]
            assert (nothing["state"], nothing["why"]) == ("ok", "nothing waits")
            assert "call.raised at position" in parked["why"] and "422" in parked["why"]
            await asyncio.to_thread(sent_again, site, data, env, mes)
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
    for file in data.iterdir():
        assert b"t0ken" not in await asyncio.to_thread(file.read_bytes), f"{file} holds the token"


def test_a_core_whose_mes_is_away_acts_as_ever(line: Line, tmp_path: Path) -> None:
    data = tmp_path / "data"
    site = a_site(tmp_path, "endpoint: http://127.0.0.1:9/line\npoll_s: 0.1\n")
    env = {**line.env, "LINE_ASSISTANT_MODELS": str(tmp_path / "none")}
    args = ("ask", "--json", "--as", "OP-17", "--at", "PRN-1", "--data", str(data), "--site", str(site))
    done = run(*args, "hold lot 4713, bridging", env=env)
    assert json.loads(done.stdout)["decision"] == "done", done.stderr
    assert any(event.type == "lot.held" for event in eventlog.read(data))
    status, found = doctor(site, data, env)
    assert status == 1 and found["MES"][0]["state"] == "broken" and "no connection" in found["MES"][0]["why"]
    assert found["MES outbox"][0]["state"] == "ok" and "wait" in found["MES outbox"][0]["why"]
