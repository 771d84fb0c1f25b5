"""Making the certificates of one assistant and one plant, self-signed: nobody else is asked, nobody else trusted."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from assistant.errors import AssistantError, UsageError
from assistant.settings import security
from assistant.settings.security import Certificate

BITS = 2048
"""Of each RSA key: what every server takes that knows Basic256Sha256."""
BEFORE = timedelta(minutes=5)
"""Clocks on a shop floor differ; a certificate holds from a little before it was made."""


def make(folder: Path, *, days: int, hosts: Sequence[str]) -> tuple[Certificate, Certificate]:
    """Make both pairs in a folder, keys readable by their owner alone; gives the assistant's and the plant's.

    `hosts` are names and addresses by which the plant is reached, beside this machine's own. Raises UsageError when
    one of the files is there already (nothing is written then) and AssistantError when the disk will not.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"
    names = list(dict.fromkeys([host, "localhost", "127.0.0.1", *hosts]))
    wanted = [folder / name for side in (security.ASSISTANT, security.PLANT) for name in side]
    for file in wanted:
        if file.exists() or file.is_symlink():
            raise UsageError(f"{file}: is there already and is not overwritten; nothing was made")
    use = ExtendedKeyUsageOID
    sides = (
        (security.ASSISTANT, "line-assistant", f"urn:{host}:line-assistant", [use.CLIENT_AUTH], [host]),
        (security.PLANT, "line-assistant plant", f"urn:{host}:line-assistant:plant", [use.SERVER_AUTH], names),
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for (certificate, key_file), common, uri, purposes, known in sides:
            key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            _write(folder / key_file, pem, 0o600)
            signed = _signed(key, common, uri, purposes, known, days)
            _write(folder / certificate, signed.public_bytes(serialization.Encoding.DER), 0o644)
    except OSError as exc:
        raise AssistantError(f"{folder}: {exc.strerror or exc}") from exc
    return security.pair(wanted[0], wanted[1]), security.pair(wanted[2], wanted[3])


def _signed(
    key: rsa.RSAPrivateKey,
    common: str,
    uri: str,
    purposes: Sequence[x509.ObjectIdentifier],
    hosts: Sequence[str],
    days: int,
) -> x509.Certificate:
    """A certificate as OPC UA Part 6 (6.2.2) wants an application's, and no authority: it can sign no other."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.now(UTC)
    public = key.public_key()
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), *map(_host, hosts)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError as exc:
        raise UsageError(f"--host {name}: no host name") from exc


def _write(file: Path, raw: bytes, mode: int) -> None:
    """A new file that had these rights from its first byte on."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(raw)
        os.fsync(out.fileno())
