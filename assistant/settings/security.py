"""Who trusts whom over OPC UA: certificates read and checked, user names from the environment.

Each side trusts exactly one certificate, the other's, compared byte for byte. There is no authority in between:
whoever wants in needs the private key of that one certificate.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from assistant.errors import SiteError, UsageError
from assistant.settings.hardware import Hardware, Security

if TYPE_CHECKING:
    from cryptography import x509

USER, PASSWORD = "LINE_ASSISTANT_OPCUA_USER", "LINE_ASSISTANT_OPCUA_PASSWORD"
"""Environment: the account whose session calls methods."""
OBSERVER, OBSERVER_PASSWORD = "LINE_ASSISTANT_OPCUA_OBSERVER_USER", "LINE_ASSISTANT_OPCUA_OBSERVER_PASSWORD"
"""Environment: the account whose session only reads; where there is none, the first reads as well."""
FOLDER = "certificates"
"""In the data folder: where relative paths to certificates begin."""
ASSISTANT, PLANT = ("assistant.der", "assistant.key.pem"), ("plant.der", "plant.key.pem")
"""Certificate and private key of each side, by the names that `assistant hardware certificates` gives them."""
LEAST_BITS = 2048
"""Of an RSA key; Basic256Sha256 takes no less."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as it lies on disk."""

    file: Path
    """Where it was read."""
    der: bytes
    """The certificate itself; what is compared."""
    uri: str
    """The application's name in it, "" when it has none."""
    begins: float
    """Unix seconds UTC from which it holds."""
    ends: float
    """Unix seconds UTC until which it holds."""
    key: bytes = field(default=b"", repr=False)
    """The private key as unencrypted PEM; empty for the other side's certificate."""

    def problem(self, now: float) -> str:
        """What is wrong with its dates at `now`, in words; "" when nothing is."""
        if now > self.ends:
            return f"{self.file}: expired on {day(self.ends)}; make new ones: assistant hardware certificates"
        if now < self.begins:
            return f"{self.file}: holds from {day(self.begins)} on only; is this machine's clock right?"
        return ""


@dataclass(frozen=True, slots=True)
class Trust:
    """The two certificates of a connection."""

    own: Certificate
    peer: Certificate

    def problem(self, now: float) -> str:
        """What is wrong with one of them at `now`; "" when nothing is."""
        return self.own.problem(now) or self.peer.problem(now)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the server."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """How the machines are reached: certificates where there are some, and who asks."""

    trust: Trust | None = None
    commander: Account | None = None
    """Calls methods; None means anonymous."""
    observer: Account | None = None
    """Reads; None means anonymous."""


def day(moment: float) -> str:
    """A date for people, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def loopback(endpoint: str) -> bool:
    """Whether an endpoint lies on this machine, by what its host says and not by what a name server answers."""
    host = urlparse(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def open_endpoint(endpoint: str, *, secured: bool) -> str:
    """Why an endpoint may not be connected to, in words; "" when it may."""
    if secured or loopback(endpoint):
        return ""
    return f"{endpoint} is not on this machine and has no security; name certificates under `security`"


def accounts(env: Mapping[str, str] | None = None) -> tuple[Account | None, Account | None]:
    """Commander and observer as the environment has them. Raises UsageError for half of one."""
    env = os.environ if env is None else env
    commander = _account(env, USER, PASSWORD)
    return commander, _account(env, OBSERVER, OBSERVER_PASSWORD) or commander


def link(hardware: Hardware, data: Path, now: float) -> Link:
    """What connects to a site's machines. Raises SiteError for certificates that are of no use, UsageError.

    Without security nobody's password is sent: it would go over the wire as it is.
    """
    if why := open_endpoint(hardware.endpoint, secured=hardware.security is not None):
        raise SiteError("hardware/opcua.yaml", why, key="endpoint")
    if hardware.security is None:
        return Link()
    found = trust(hardware.security, data)
    for certificate, key in ((found.own, "certificate"), (found.peer, "server_certificate")):
        if why := certificate.problem(now):
            raise SiteError("hardware/opcua.yaml", why, key=f"security: {key}")
    return Link(found, *accounts())


def trust(security: Security, data: Path) -> Trust:
    """The certificates that a site's file names. Raises SiteError for one that is missing or cannot be used."""
    folder = data / FOLDER
    try:
        own = pair(folder / security.certificate, folder / security.private_key)
        peer = certificate(folder / security.server_certificate)
    except SiteError as exc:
        raise SiteError("hardware/opcua.yaml", str(exc), key="security") from exc
    return Trust(own, peer)


def in_folder(folder: Path, own: tuple[str, str], peer: tuple[str, str]) -> Trust:
    """The certificates of a folder made by `assistant hardware certificates`. Raises SiteError."""
    return Trust(pair(folder / own[0], folder / own[1]), certificate(folder / peer[0]))


def certificate(file: Path) -> Certificate:
    """Read one certificate, DER or PEM. Raises SiteError."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    loaded = _parse(file, _read(file))
    key = loaded.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
        raise SiteError(file, f"its key must be RSA of {LEAST_BITS} bits or more")
    try:
        names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        uris = []
    der = loaded.public_bytes(serialization.Encoding.DER)
    begins, ends = loaded.not_valid_before_utc.timestamp(), loaded.not_valid_after_utc.timestamp()
    return Certificate(file, der, uris[0] if uris else "", begins, ends)


def pair(file: Path, key_file: Path) -> Certificate:
    """Read a certificate with its private key. Raises SiteError, also when the two do not belong together."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    read = certificate(file)
    raw = _read(key_file)
    if stat.S_IMODE(key_file.stat().st_mode) & 0o077:
        raise SiteError(key_file, f"others may read this private key; run: chmod 600 {key_file}")
    try:
        pem = b"-----BEGIN" in raw
        key = (serialization.load_pem_private_key if pem else serialization.load_der_private_key)(raw, None)
    except (ValueError, TypeError) as exc:  # TypeError: it is encrypted
        raise SiteError(key_file, "no private key that can be read without a password") from exc
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != _parse(file, read.der).public_key():
        raise SiteError(key_file, f"is not the key of {file}")
    if not read.uri:
        raise SiteError(file, "has no application URI among its alternative names, so that no server will take it")
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(read.file, read.der, read.uri, read.begins, read.ends, text)


def _account(env: Mapping[str, str], name: str, password: str) -> Account | None:
    user, word = env.get(name, ""), env.get(password, "")
    if bool(user) != bool(word):
        raise UsageError(f"{name} and {password}: set both in the environment, or neither")
    return Account(user, word) if user else None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        raise SiteError(file, f"{exc.strerror or exc}; make it with: assistant hardware certificates") from exc


def _parse(file: Path, raw: bytes) -> x509.Certificate:
    from cryptography import x509

    try:
        return (x509.load_pem_x509_certificate if b"-----BEGIN" in raw else x509.load_der_x509_certificate)(raw)
    except ValueError as exc:
        raise SiteError(file, "not a certificate in DER or PEM") from exc
