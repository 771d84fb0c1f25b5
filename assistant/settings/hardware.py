"""`hardware/opcua.yaml`: how the machines are reached, which node means what."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlparse

import msgspec

from assistant.domain.values import Expectation
from assistant.errors import SiteError
from assistant.settings import yaml


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is read from a machine before anybody says that a method was carried out."""

    variable: str
    is_: str | None = msgspec.field(name="is", default=None)
    not_: str | None = msgspec.field(name="not", default=None)
    same: str | None = None
    """Name of the argument that the value read must be."""
    has: str | None = None
    """Name of the argument that the list read must hold."""
    lacks: str | None = None
    """Name of the argument that the list read must not hold."""


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing a machine can be asked to do."""

    node: str
    args: tuple[str, ...] = ()
    done: Done

    def expectation(self, args: dict[str, str]) -> Expectation:
        """What observing it will show, for these arguments."""
        done = self.done
        if done.is_ is not None:
            return Expectation(done.variable, "is", done.is_)
        if done.not_ is not None:
            return Expectation(done.variable, "not", done.not_)
        if done.same is not None:
            return Expectation(done.variable, "is", args[done.same])
        if done.has is not None:
            return Expectation(done.variable, "has", args[done.has])
        return Expectation(done.variable, "lacks", args[done.lacks or ""])


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a server keeps what happened, in order."""

    run: str
    head: str
    read: str


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Signed and encrypted, with one certificate trusted on each side. User and password are never in a file."""

    policy: Literal["Basic256Sha256"] = "Basic256Sha256"
    """Always with SignAndEncrypt."""
    certificate: str
    """The assistant's, DER or PEM; a relative path begins in `certificates/` in the data folder."""
    private_key: str
    """Its key, unencrypted, readable by its owner alone."""
    server_certificate: str
    """The one certificate that the server must prove to hold."""


class Hardware(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    endpoint: str
    namespace: str
    security: Security | None = None
    """None: open, which only an endpoint on this machine may be."""
    object: str = "{machine}"
    """The machine's own node, whose methods are called."""
    variables: dict[str, str]
    heartbeat: str
    stale_after_s: float = 3.0
    journal: Journal
    methods: dict[str, Method]


def load(folder: Path) -> Hardware:
    """Read `opcua.yaml` in a site's `hardware/`. Raises SiteError."""
    file = folder / "opcua.yaml"
    hardware = yaml.read(file, Hardware)
    if why := unfit(hardware.endpoint):
        raise SiteError(file, why, key="endpoint")
    if hardware.stale_after_s <= 0:
        raise SiteError(file, "must be above 0", key="stale_after_s")
    patterns = {"object": hardware.object, "heartbeat": hardware.heartbeat, **hardware.variables}
    for name, pattern in [*patterns.items(), *((name, method.node) for name, method in hardware.methods.items())]:
        try:
            pattern.format(machine="")
        except (LookupError, ValueError, AttributeError) as exc:
            raise SiteError(file, f"{pattern!r}: only {{machine}} may stand in braces", key=name) from exc
    for name, method in hardware.methods.items():
        done = method.done
        given = [value for value in (done.is_, done.not_, done.same, done.has, done.lacks) if value is not None]
        if len(given) != 1:
            raise SiteError(file, "`done` takes one of is, not, same, has, lacks", key=name)
        if done.variable not in hardware.variables:
            raise SiteError(file, f"no variable {done.variable!r}", key=name)
        for argument in (done.same, done.has, done.lacks):
            if argument is not None and argument not in method.args:
                raise SiteError(file, f"no argument {argument!r}", key=name)
    return hardware


def unfit(endpoint: str) -> str:
    """What is wrong with an address, in words."""
    try:
        url = urlparse(endpoint)
        known = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError as exc:
        return str(exc)
    if url.scheme != "opc.tcp" or not known:
        return f"{endpoint!r} is no address like opc.tcp://127.0.0.1:4840"
    if "@" in url.netloc:
        return "user and password belong in the environment, not in an address"
    return ""
