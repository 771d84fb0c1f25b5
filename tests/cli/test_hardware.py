"""`assistant hardware`: certificates, and a proposed file from a live server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from assistant.adapters.opcua_browse import browse
from assistant.domain.events import ConnectionRestored
from assistant.settings import hardware, security
from assistant.settings.hardware import Hardware
from assistant.settings.paths import shipped_site
from assistant.settings.proposal import FoundMethod, FoundObject, FoundServer, proposed
from assistant.settings.security import Link
from tests.fakes import certified
from tests.fakes.running_plant import free_endpoint, running_plant
from tests.processes import Line, one_line_of_trouble, run, started
from tests.site import the_hardware, the_plant


def loaded(folder: Path, text: str) -> Hardware:
    folder.mkdir(exist_ok=True)
    (folder / "opcua.yaml").write_text(text)
    return hardware.load(folder)


# ---- certificates --------------------------------------------------------------------------------------------


def test_one_command_makes_both_pairs_and_says_until_when(tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = run("hardware", "certificates", str(made), "--days", "40")
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in made.iterdir()) == sorted([*security.ASSISTANT, *security.PLANT])
    trust = security.in_folder(made, security.ASSISTANT, security.PLANT)
    assert done.stdout.count(f"holds until {security.day(trust.own.ends)}") == 2
    snippet = done.stdout[done.stdout.index("security:") :]
    text = (shipped_site() / "hardware" / "opcua.yaml").read_text()
    named = loaded(tmp_path / "hardware", f"{text}\n{snippet}").security
    assert named is not None and security.trust(named, tmp_path).own.der == trust.own.der


@pytest.mark.parametrize("there", ["assistant.der", "plant.key.pem"])
def test_what_is_there_already_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    one_line_of_trouble(run("hardware", "certificates", str(tmp_path)), 2, there, "not overwritten")
    assert [file.name for file in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


# ---- a secured line, as a person runs it ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("secured")
    endpoint, ledger = free_endpoint(), folder / "ledger.jsonl"
    command = ["line", "--secure", "--certificates", str(certified.folder())]
    with started(*command, "--endpoint", endpoint, "--ledger", str(ledger), env=certified.ENV):
        yield Line(endpoint, ledger)


def a_site(folder: Path, where: Path) -> Path:
    """The shipped site, over these certificates."""
    made = folder / "site" / "hardware"
    made.mkdir(parents=True)
    for name in ("opcua.yaml", "plant.yaml"):
        (made / name).write_text((shipped_site() / "hardware" / name).read_text())
    with (made / "opcua.yaml").open("a") as out:
        out.write(
            f"\nsecurity:\n  certificate: {where / 'assistant.der'}\n"
            f"  private_key: {where / 'assistant.key.pem'}\n  server_certificate: {where / 'plant.der'}\n"
        )
    return made.parent


def test_what_is_said_is_done_over_a_secured_line_and_no_password_is_kept(secured: Line, tmp_path: Path) -> None:
    data, env = tmp_path / "data", {**secured.env, **certified.ENV}
    common = ["--site", str(a_site(tmp_path, certified.folder())), "--data", str(data)]
    said = ["ask", "--json", "--as", "OP-17", "--at", "PRN-1", "hold lot four seven one two, bridging"]
    with started("run", "--no-audio", *common, env=env):
        deadline = time.monotonic() + 60
        while ConnectionRestored.type not in run("events", "--json", "--data", str(data)).stdout:
            assert time.monotonic() < deadline, run("events", "--data", str(data)).stdout
        done = run(*said, *common, env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decision"] == "done", done.stdout
    assert [deed["args"]["unit"] for deed in secured.deeds()] == ["L4712"]
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert b"canary" not in kept and "canary" not in done.stdout + done.stderr


def test_assistant_with_expired_certificates_says_so_in_one_line(tmp_path: Path) -> None:
    from datetime import timedelta
    from shutil import copytree

    made = Path(copytree(certified.folder(), tmp_path / "old"))
    certified.age(made / "plant.der", made / "plant.key.pem", begins=timedelta(days=-9), ends=timedelta(days=-2))
    site = a_site(tmp_path, made)
    done = run("ask", "status of printer one", "--site", str(site), "--data", str(tmp_path / "data"))
    one_line_of_trouble(done, 2, "hardware/opcua.yaml", "server_certificate", "plant.der: expired on")


def test_assistant_without_its_certificates_says_so_in_one_line(tmp_path: Path) -> None:
    site = a_site(tmp_path, tmp_path / "nowhere")
    done = run("ask", "status of printer one", "--site", str(site), "--data", str(tmp_path / "data"))
    one_line_of_trouble(done, 2, "hardware/opcua.yaml", "security", "assistant.der", "No such file")


def test_assistant_does_not_start_towards_an_open_endpoint_elsewhere(tmp_path: Path) -> None:
    elsewhere = {"LINE_ASSISTANT_ENDPOINT": "opc.tcp://192.0.2.1:4840/x"}
    done = run("ask", "status of printer one", "--data", str(tmp_path), env=elsewhere)
    one_line_of_trouble(done, 2, "hardware/opcua.yaml: endpoint: opc.tcp://192.0.2.1:4840/x", "no security")


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (["--secure", "--certificates", "nowhere"], certified.ENV, "plant.der"),
        (["--secure", "--certificates", str(certified.folder())], {}, security.USER),
        (["--certificates", "x"], {}, "--secure"),
    ],
)
def test_line_that_cannot_be_secured_does_not_start(arguments: list[str], env: dict[str, str], says: str) -> None:
    one_line_of_trouble(run("line", *arguments, env=env), 2, says)


# ---- a proposed file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("secure", [False, True])
def test_file_proposed_for_the_reference_plant_is_the_shipped_one(
    secured: Line, tmp_path: Path, line: Line, secure: bool
) -> None:
    where = certified.folder().resolve()
    endpoint = secured.endpoint if secure else line.endpoint
    extra = ["--certificates", str(where)] if secure else []
    done = run("hardware", "browse", endpoint, *extra, env=certified.ENV if secure else {})
    assert done.returncode == 0, done.stderr
    found = loaded(tmp_path / "hardware", done.stdout)
    if secure:
        assert found.security is not None and found.security.server_certificate == str(where / "plant.der")
    assert msgspec.structs.replace(found, endpoint=the_hardware().endpoint, security=None) == the_hardware()
    assert "not placed" not in done.stdout
    for machine in the_plant().machines:
        assert machine.id in done.stdout


def test_server_elsewhere_is_not_browsed_in_the_open() -> None:
    one_line_of_trouble(run("hardware", "browse", "opc.tcp://192.0.2.1:4840"), 2, "no security", "--certificates")


@pytest.mark.parametrize(("url", "status", "says"), [("http://x", 2, "opc.tcp"), (free_endpoint(), 1, "127.0.0.1")])
def test_server_that_is_not_there_is_one_line(url: str, status: int, says: str) -> None:
    one_line_of_trouble(run("hardware", "browse", url), status, says)


async def test_walk_names_the_arguments_of_every_method() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint):
        found = await browse(endpoint, Link())
    (printer,) = [one for one in found.objects if one.name == "PRN-1"]
    (hold,) = [method for method in printer.methods if method.name == "Hold"]
    assert hold.inputs == (("order", "String"), ("deadline", "DateTime"), ("unit", "String"), ("reason", "String"))
    assert found.namespace == the_hardware().namespace and found.others == ()


ORDERED = (("OrderId", "String"), ("ValidUntil", "DateTime"))


def a_machine(name: str, *, methods: tuple[FoundMethod, ...] = (), **variables: str) -> FoundObject:
    own = {shown: f"Plant/{name}/{node}" for shown, node in variables.items()}
    return FoundObject(name, f"Plant/{name}", own, methods)


def a_server(*objects: FoundObject) -> FoundServer:
    journal = FoundObject(
        "Log",
        "Log",
        {"RunId": "Log/RunId", "Head": "Log/Head"},
        (FoundMethod("Read", "Log/Read", (("after", "Int64"), ("most", "Int64"))),),
    )
    return FoundServer("opc.tcp://127.0.0.1/other", "urn:other", (*objects, journal))


def test_other_names_and_deeper_node_ids_are_placed(tmp_path: Path) -> None:
    def a_press(name: str) -> FoundObject:
        block = FoundMethod("HoldUnit", f"Plant/{name}/m/1", (*ORDERED, ("why", "String"), ("UnitId", "String")))
        return a_machine(name, methods=(block,), Status="v/1", HeldUnits="v/2", Alive="v/3")

    found = loaded(tmp_path, proposed(a_server(a_press("M-1"), a_press("M-2")), the_hardware()))
    assert found.object == "Plant/{machine}"
    assert found.variables == {"state": "Plant/{machine}/v/1", "held": "Plant/{machine}/v/2"}
    assert found.heartbeat == "Plant/{machine}/v/3"
    assert found.methods["hold"].args == ("reason", "unit")
    assert found.methods["hold"].node == "Plant/{machine}/m/1"
    assert (found.journal.run, found.journal.head, found.journal.read) == ("Log/RunId", "Log/Head", "Log/Read")


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ((), "an order could be done twice or late"),
        ((("unit", "String"), ("reason", "String")), "an order could be done twice or late"),
        ((*ORDERED, ("unit", "String"), ("reason", "Int32")), "only texts"),
        ((*ORDERED, ("reason", "String")), "no unit"),
        ((*ORDERED, ("unit", "String"), ("colour", "String")), "which of these"),
    ],
)
def test_method_that_cannot_be_called_safely_is_told_and_left_out(
    tmp_path: Path, inputs: tuple[tuple[str, str], ...], says: str
) -> None:
    hold = FoundMethod("Hold", "Plant/M-1/Hold", inputs)
    text = proposed(a_server(a_machine("M-1", methods=(hold,), State="s", Held="h", Heartbeat="b")), the_hardware())
    assert loaded(tmp_path, text).methods == {}
    (remark,) = [line for line in text.splitlines() if "method hold" in line]
    assert remark.startswith("# - ") and says in remark


def test_method_whose_effect_cannot_be_seen_is_left_out(tmp_path: Path) -> None:
    stop = FoundMethod("Stop", "Plant/M-1/Stop", ORDERED)
    text = proposed(a_server(a_machine("M-1", methods=(stop,), Held="h", Heartbeat="b")), the_hardware())
    assert loaded(tmp_path, text).methods == {}
    assert "no variable state" in text


def test_variable_that_only_some_machines_have_is_left_out_and_told(tmp_path: Path) -> None:
    one = a_machine("M-1", State="s", Held="h", Heartbeat="b", Colour="c")
    other = a_machine("M-2", State="s", Heartbeat="b")
    text = proposed(a_server(one, other), the_hardware())
    assert loaded(tmp_path, text).variables == {"state": "Plant/{machine}/s"}
    assert "variable held: only on 1 of 2 machines" in text
    assert "variable Colour (Plant/{machine}/c)" in text


def test_machine_whose_name_is_in_its_variables_names_too_is_placed(tmp_path: Path) -> None:
    one = FoundObject("S", "S", {"Status": "S.Status", "Heartbeat": "S.Heartbeat"}, ())
    found = loaded(tmp_path, proposed(a_server(one), the_hardware()))
    assert (found.variables, found.heartbeat) == ({"state": "{machine}.Status"}, "{machine}.Heartbeat")


def test_what_a_server_is_called_cannot_become_a_line_of_the_file(tmp_path: Path) -> None:
    odd = FoundObject("x\nmethods: {}", "x\nstale_after_s: 999", {"a\nb": 'c"\nd'}, ())
    good = a_machine("M-1", State="s", Heartbeat='b"\nstale_after_s: 99')
    found = loaded(tmp_path, proposed(a_server(good, odd), the_hardware()))
    assert found.stale_after_s == 3.0
    assert found.heartbeat.endswith("stale_after_s: 99")


def test_server_without_heartbeat_or_journal_gives_a_file_that_says_what_it_lacks(tmp_path: Path) -> None:
    from assistant.errors import SiteError

    found = FoundServer("opc.tcp://127.0.0.1/x", "urn:x", (a_machine("M-1", State="s", Board="b"),))
    text = proposed(found, the_hardware())
    assert "variable heartbeat: no such; it is needed" in text and "journal: no object" in text
    with pytest.raises(SiteError, match="heartbeat"):
        loaded(tmp_path, text)


def test_time_passes_for_the_certificates_of_these_tests() -> None:
    """They are made new for each run; were they not, every test here would one day prove nothing."""
    assert security.certificate(certified.folder() / "plant.der").problem(time.time()) == ""
