"""Certificates and accounts for tests, made as a person makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from assistant.settings import certificates, security
from assistant.settings.security import Account, Link, Trust

COMMANDER, OBSERVER = Account("line", "canary-c0mmand"), Account("watch", "canary-0bserve")
ENV = {
    security.USER: COMMANDER.name,
    security.PASSWORD: COMMANDER.password,
    security.OBSERVER: OBSERVER.name,
    security.OBSERVER_PASSWORD: OBSERVER.password,
}
"""The same two for a process."""


@cache
def folder(which: str = "") -> Path:
    """A folder of certificates; each name has its own keys."""
    made = Path(mkdtemp(prefix=f"certificates{which}-"))
    certificates.make(made, days=60, hosts=[])
    return made


def the_plants(where: Path | None = None) -> Link:
    """The plant's end."""
    trust = security.in_folder(where or folder(), security.PLANT, security.ASSISTANT)
    return Link(trust, COMMANDER, OBSERVER)


def the_assistants(commander: Account | None = COMMANDER, observer: Account | None = OBSERVER) -> Link:
    """The assistant's end."""
    return Link(security.in_folder(folder(), security.ASSISTANT, security.PLANT), commander, observer)


def strangers() -> Link:
    """Knows the plant's certificate and both passwords, and has certificates of its own making."""
    own = security.pair(*(folder("stranger") / name for name in security.ASSISTANT))
    plant = security.certificate(folder() / security.PLANT[0])
    return Link(Trust(own, plant), COMMANDER, OBSERVER)


def age(file: Path, key_file: Path, *, begins: timedelta, ends: timedelta) -> None:
    """Sign a certificate anew for another time, counted from now."""
    old = x509.load_der_x509_certificate(file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), old.serial_number)
    builder = builder.not_valid_before(now + begins).not_valid_after(now + ends)
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))  # type: ignore[arg-type]
