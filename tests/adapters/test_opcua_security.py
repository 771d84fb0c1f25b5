"""A secured plant: whoever holds the pinned certificate's key and an account gets in, and nobody else does anything."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.opcua_client import connect, hang_up
from assistant.adapters.tasks import ended
from assistant.domain import events as e
from assistant.errors import NotSent, SiteError
from assistant.settings import security
from assistant.settings.security import Account, Link
from tests.adapters.test_opcua import Followed, an_order, in_reach, ledger_of
from tests.fakes import certified
from tests.fakes.running_plant import free_endpoint, running_plant, until
from tests.site import the_hardware, the_plant


@asynccontextmanager
async def following(endpoint: str, link: Link) -> AsyncIterator[Followed]:
    wired = msgspec.structs.replace(the_hardware(), endpoint=endpoint)
    opcua = OpcUaMachines(wired, [machine.id for machine in the_plant().machines], link)
    followed = Followed(opcua)
    task = asyncio.create_task(followed.run())
    try:
        yield followed
    finally:
        await ended(task)
        await opcua.close()


@asynccontextmanager
async def connected(endpoint: str, link: Link, account: Account | None) -> AsyncIterator[Any]:
    client = await connect(endpoint, link, account)
    try:
        yield client
    finally:
        await hang_up(client)


async def node(client: Any, name: str) -> Any:
    index = await client.get_namespace_index(the_hardware().namespace)
    return client.get_node(f"ns={index};s={name}")


async def stop(client: Any, order: str) -> Any:
    """Call PRN-1's Stop, as any client would."""
    from asyncua import ua

    due = ua.Variant(datetime.now(UTC) + timedelta(seconds=30), ua.VariantType.DateTime)
    parent, method = await node(client, "PRN-1"), await node(client, "PRN-1.Stop")
    return await parent.call_method(method, ua.Variant(order, ua.VariantType.String), due)


# ---- who gets in ---------------------------------------------------------------------------------------------


async def test_assistant_sees_and_commands_a_secured_plant(tmp_path: Path) -> None:
    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    async with (
        running_plant(endpoint, ledger=ledger, link=certified.the_plants()),
        following(endpoint, certified.the_assistants()) as followed,
    ):
        await until(lambda: followed.restored(1))
        assert (await followed.machines.observe("PRN-1")).values["state"]
        order = an_order("PRN-1", "stop")
        assert (await followed.machines.send(order)).accepted
        await until(lambda: ledger_of(ledger, order) == ["accepted", "done"])
        assert list(await followed.machines.journal({}))


async def test_secured_plant_that_was_restarted_is_found_again() -> None:
    endpoint = free_endpoint()
    async with following(endpoint, certified.the_assistants()) as followed:
        for _ in range(2):
            async with running_plant(endpoint, link=certified.the_plants()) as plant:
                await until(lambda: bool(followed.seen.get(plant.run_id)) and followed.connected)
                assert (await in_reach(lambda: followed.machines.send(an_order("PRN-1", "stop")))).accepted
            await until(lambda: not followed.connected)


WRONG = (
    None,
    Account("line", "wrong"),
    Account("nobody", certified.COMMANDER.password),
    Account("watch", certified.COMMANDER.password),
    Account("admin", "admin"),
)


async def test_without_a_right_account_nobody_gets_in() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants()):
        for account in WRONG:
            with pytest.raises(Exception, match=r"BadUserAccessDenied|BadIdentityTokenRejected"):
                await connect(endpoint, certified.the_assistants(), account)


async def test_another_certificate_is_not_trusted_whatever_password_it_brings() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants()):
        with pytest.raises(Exception, match="BadCertificateUntrusted"):
            await connect(endpoint, certified.strangers(), certified.COMMANDER)


async def test_plant_with_another_certificate_is_not_believed_and_gets_no_password() -> None:
    """Somebody else listens at the plant's address, with a certificate of the same names."""
    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants(certified.folder("stranger"))):
        with pytest.raises(ConnectionError, match=r"plant\.der"):
            await connect(endpoint, certified.the_assistants(), certified.COMMANDER)


async def test_open_plant_is_not_taken_for_a_secured_one() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint):
        with pytest.raises(Exception):  # noqa: B017 (asyncua says it in several ways)
            await connect(endpoint, certified.the_assistants(), certified.COMMANDER)


# ---- who may do what -----------------------------------------------------------------------------------------


async def test_observer_reads_and_follows_and_commands_nothing(tmp_path: Path) -> None:
    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    only_observer = certified.the_assistants(commander=certified.OBSERVER)
    async with (
        running_plant(endpoint, ledger=ledger, link=certified.the_plants()),
        following(endpoint, only_observer) as followed,
    ):
        await until(lambda: followed.restored(1))
        assert (await followed.machines.observe("PRN-1")).values["state"]
        assert list(await followed.machines.journal({}))
        order = an_order("PRN-1", "stop")
        with pytest.raises(NotSent, match="BadUserAccessDenied"):
            await followed.machines.send(order)
        assert ledger_of(ledger, order) == []


@pytest.mark.parametrize("account", [certified.OBSERVER, certified.COMMANDER])
async def test_nobody_writes_or_calls_what_is_not_the_plants(account: Account) -> None:
    from asyncua import ua
    from asyncua.ua.object_ids import ObjectIds
    from asyncua.ua.uaerrors import BadUserAccessDenied

    endpoint = free_endpoint()
    async with (
        running_plant(endpoint, link=certified.the_plants()),
        connected(endpoint, certified.the_assistants(), account) as client,
    ):
        with pytest.raises(BadUserAccessDenied):
            await (await node(client, "PRN-1.State")).write_value(ua.Variant("stopped", ua.VariantType.String))
        built_in = client.get_node(ua.NodeId(ua.Int32(ObjectIds.Server_GetMonitoredItems)))
        with pytest.raises(BadUserAccessDenied):
            await client.nodes.server.call_method(built_in, ua.Variant(1, ua.VariantType.UInt32))
        assert await (await node(client, "PRN-1.State")).read_value() != "stopped"


# ---- the doors that asyncua leaves open ----------------------------------------------------------------------


async def secured(client: Any, link: Link) -> Any:
    """A client of asyncua's own with our certificates, which looks at nothing else."""
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
    from asyncua.crypto.uacrypto import CertProperties

    assert link.trust is not None
    client.application_uri = link.trust.own.uri
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        CertProperties(link.trust.own.der, "der"),
        CertProperties(link.trust.own.key, "pem"),
        server_certificate=CertProperties(link.trust.peer.der, "der"),
    )
    return client


async def raw(endpoint: str, link: Link | None) -> Any:
    """A client whose channel is open and that has no session yet."""
    from asyncua.client.client import Client

    client: Any = Client(endpoint, timeout=10.0)
    if link is not None:
        await secured(client, link)
    await client.connect_socket()
    await client.send_hello()
    await client.open_secure_channel()
    return client


async def sign_on(client: Any, account: Account) -> Any:
    """ActivateSession with a name and a password, whatever session the client has."""
    from asyncua import ua

    params = ua.ActivateSessionParameters()
    params.UserIdentityToken = ua.UserNameIdentityToken()
    params.UserIdentityToken.UserName, params.UserIdentityToken.Password = account.name, account.password.encode()
    params.UserIdentityToken.PolicyId = "username"
    return await client.uaclient.activate_session(params)


async def test_session_on_an_unencrypted_channel_can_do_nothing() -> None:
    from asyncua import ua

    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants()):
        client = await raw(endpoint, None)
        await client.uaclient.create_session(ua.CreateSessionParameters())
        with pytest.raises(Exception, match="BadUserAccessDenied"):
            await sign_on(client, certified.COMMANDER)
        with pytest.raises(Exception, match="BadSessionNotActivated"):
            await client.get_namespace_array()
        client.disconnect_socket()


@pytest.mark.parametrize("named", ["nobody's", "the assistant's"])
async def test_what_counts_is_the_key_of_the_channel_not_the_certificate_that_is_named(named: str) -> None:
    """asyncua's validator sees only the certificate that CreateSession names, and nothing when it names none."""
    from asyncua import ua

    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants()):
        client = await raw(endpoint, certified.strangers())
        params = ua.CreateSessionParameters()
        trust = certified.the_assistants().trust
        assert trust is not None
        params.ClientCertificate = None if named == "nobody's" else trust.own.der
        params.ClientDescription.ApplicationUri = trust.own.uri
        created = await client.uaclient.create_session(params)
        with pytest.raises(Exception, match="BadUserAccessDenied"):
            policy = client.security_policy
            signed = ua.ActivateSessionParameters()
            signed.ClientSignature.Algorithm = policy.AsymmetricSignatureURI
            challenge = policy.peer_certificate + created.ServerNonce
            signed.ClientSignature.Signature = policy.asymmetric_cryptography.signature(challenge)
            signed.UserIdentityToken = ua.UserNameIdentityToken()
            signed.UserIdentityToken.UserName = certified.COMMANDER.name
            signed.UserIdentityToken.Password = certified.COMMANDER.password.encode()
            signed.UserIdentityToken.PolicyId = "username"
            await client.uaclient.activate_session(signed)
        with pytest.raises(Exception, match=r"BadSessionNotActivated|BadUserAccessDenied"):
            await client.get_namespace_array()
        client.disconnect_socket()


async def test_session_of_another_connection_cannot_be_taken_over(tmp_path: Path) -> None:
    """Tokens are counted up: the commander's is guessed, the sign-on fails, and the session must not stay taken."""
    from asyncua.server.internal_session import InternalSession

    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    async with (
        running_plant(endpoint, ledger=ledger, link=certified.the_plants()),
        connected(endpoint, certified.the_assistants(), certified.COMMANDER) as commander,
    ):
        assert (await stop(commander, "the commander's own"))[0]
        newest = InternalSession._auth_counter  # one process here, so that the test need not guess
        for token in range(newest - 5, newest + 1):
            await _take_over(endpoint, token)
        assert "guessed" not in ledger.read_text()
        assert (await stop(commander, "still the commander's"))[1]


async def _take_over(endpoint: str, token: int) -> None:
    from asyncua import ua

    thief = await raw(endpoint, None)
    thief.uaclient.session.restore_authentication_token(ua.NodeId(ua.Int32(token)))
    with suppress(Exception):
        await sign_on(thief, Account("x", "y"))
    with pytest.raises(Exception, match=r"Bad"):
        await stop(thief, f"guessed {token}")
    thief.disconnect_socket()


async def test_nothing_is_registered_with_a_plant() -> None:
    from asyncua import ua

    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants()):
        client = await raw(endpoint, None)
        other = ua.RegisteredServer()
        other.ServerUri, other.ServerNames = "urn:other", [ua.LocalizedText("other")]
        with pytest.raises(Exception, match="BadServiceUnsupported"):
            await client.uaclient.register_server(other)
        client.disconnect_socket()


async def test_secured_channel_is_renewed_and_goes_on() -> None:
    """Its keys change while it is in use: what was read before and after must still be read."""
    from asyncua.client.client import Client

    endpoint, tokens = free_endpoint(), set()
    async with running_plant(endpoint, link=certified.the_plants()):
        client = await secured(Client(endpoint, timeout=10.0), certified.the_assistants())
        client.secure_channel_timeout = 3000
        client.set_user(certified.OBSERVER.name)
        client.set_password(certified.OBSERVER.password)
        await client.connect()
        try:

            async def renewed() -> bool:
                assert await (await node(client, "PRN-1.State")).read_value()
                tokens.add(client.uaclient.protocol._connection.security_token.TokenId)
                return len(tokens) == 3

            await until(renewed)
        finally:
            await hang_up(client)


# ---- certificates that are of no use -------------------------------------------------------------------------


def aged(tmp_path: Path, side: tuple[str, str], *, begins: int, ends: int) -> Path:
    """The test's certificates with one of another time (days from now)."""
    made = tmp_path / "certificates"
    shutil.copytree(certified.folder(), made)
    certified.age(made / side[0], made / side[1], begins=timedelta(days=begins), ends=timedelta(days=ends))
    return made


@pytest.mark.parametrize("side", [security.ASSISTANT, security.PLANT])
async def test_expired_certificate_is_said_before_anything_is_sent(tmp_path: Path, side: tuple[str, str]) -> None:
    made = aged(tmp_path, side, begins=-20, ends=-10)
    link = Link(security.in_folder(made, security.ASSISTANT, security.PLANT), certified.COMMANDER, None)
    async with following(free_endpoint(), link) as followed:
        await until(lambda: followed.count(e.ConnectionLost) == 1)
        (lost,) = [h.event.data for h in followed.all if isinstance(h.event.data, e.ConnectionLost)]
        assert side[0] in lost.reason and "expired on" in lost.reason


async def test_plant_refuses_the_assistants_expired_certificate(tmp_path: Path) -> None:
    """The assistant looks at it first; a client that does not look is refused as well."""
    made = aged(tmp_path, security.ASSISTANT, begins=-20, ends=-10)
    link = Link(security.in_folder(made, security.ASSISTANT, security.PLANT), certified.COMMANDER, None)
    endpoint = free_endpoint()
    async with running_plant(endpoint, link=certified.the_plants(made)):
        client = await raw(endpoint, link)
        with pytest.raises(Exception, match="BadCertificateTimeInvalid"):
            await client.create_session()
        client.disconnect_socket()


async def test_endpoint_elsewhere_without_security_is_never_connected_to() -> None:
    elsewhere = "opc.tcp://192.0.2.1:4840/plant"
    with pytest.raises(ConnectionError, match="no security"):
        await connect(elsewhere, Link(), None)
    with pytest.raises(SiteError, match=r"endpoint: .*no security"):
        security.link(msgspec.structs.replace(the_hardware(), endpoint=elsewhere), Path(), time.time())


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("opc.tcp://127.0.0.1:4840/x", True),
        ("opc.tcp://127.8.8.8/x", True),
        ("opc.tcp://localhost:4840", True),
        ("opc.tcp://[::1]:4840", True),
        ("opc.tcp://0.0.0.0:4840", False),
        ("opc.tcp://localhost.example:4840", False),
        ("opc.tcp://127.0.0.1.example:4840", False),
        ("opc.tcp://printer:4840", False),
    ],
)
def test_only_what_is_surely_this_machine_counts_as_this_machine(endpoint: str, here: bool) -> None:
    assert security.loopback(endpoint) is here
