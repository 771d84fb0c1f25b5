"""The way to the machines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.doctor.finding import Finding
from assistant.errors import SiteError, UsageError

if TYPE_CHECKING:
    from assistant.bootstrap import Site
    from assistant.settings.hardware import Hardware
    from assistant.settings.security import Certificate

SOON_S = 30 * 86400.0
"""Before a certificate ends: time to make a new one and bring it to the other side."""


def link(hardware: Hardware, data: Path, now: float) -> Iterator[Finding]:
    """The way to the machines: open on this machine only, else over certificates that hold for a while yet."""
    from assistant.settings import security

    if why := security.open_endpoint(hardware.endpoint, secured=hardware.security is not None):
        yield Finding("machines' endpoint", "broken", why, "run: assistant hardware certificates DIR")
        return
    yield Finding("machines' endpoint", "ok")
    named = hardware.security
    if named is None:
        return
    folder = data / security.FOLDER
    for what, read in (
        ("assistant's certificate", partial(security.pair, folder / named.certificate, folder / named.private_key)),
        ("server's certificate", partial(security.certificate, folder / named.server_certificate)),
    ):
        try:
            yield _dates(what, read(), now)
        except SiteError as exc:
            yield Finding(what, "broken", str(exc))
    try:
        commander, _ = security.accounts()
    except UsageError as exc:
        yield Finding("account at the server", "broken", str(exc))
        return
    if commander is None:
        why = f"no {security.USER} in this environment, so that the server is asked for nobody"
        yield Finding("account at the server", "missing", why, f"set {security.USER} and {security.PASSWORD}")
    else:
        yield Finding("account at the server", "ok")


def _dates(what: str, certificate: Certificate, now: float) -> Finding:
    from assistant.settings.security import day

    remedy = "run: assistant hardware certificates DIR, then put the new ones in place on both sides"
    if why := certificate.problem(now):
        return Finding(what, "broken", why)
    if certificate.ends - now < SOON_S:
        return Finding(what, "soon", f"{certificate.file} expires on {day(certificate.ends)}", remedy)
    return Finding(what, "ok")


async def answering(site: Site, data: Path) -> Finding:
    """Whether the machines can be read now."""
    from assistant import bootstrap

    if why := await bootstrap.machines_silent(site, data):
        remedy = "see that the plant is up (the reference plant: assistant line)"
        return Finding("machines", "missing", f"{why}; questions are answered from what is recorded", remedy)
    return Finding("machines", "ok")
