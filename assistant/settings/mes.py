"""`hardware/mes.yaml`: where the factory's own system (MES) is and what it is told. No file, no MES."""

from __future__ import annotations

import difflib
import fnmatch
import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from assistant.domain.events import EVENT_TYPES
from assistant.errors import SiteError
from assistant.settings import yaml

TYPES = (
    "lot.*",
    "board.held",
    "board.released",
    "board.scrapped",
    "machine.held",
    "machine.released",
    "call.*",
    "mes.request_answered",
)
"""What is told where the file says nothing: what is on hold, what is gone, who is called, what became of requests."""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=600)]


class Mes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    endpoint: str
    """`https://host/path`; `http` only on this box. Events go to and come from `<endpoint>/events`."""
    types: tuple[str, ...] = TYPES
    """Event types that it is told, `*` and `?` allowed; none: it is told nothing."""
    first: Literal["all", "new"] = "all"
    """Whether it is also told what was in the log before it was first connected."""
    token: str = ""
    """Name of the environment variable that holds the bearer token; empty: none is sent."""
    ca: str = ""
    """Certificates (PEM, a path beside this file) that alone are trusted; empty: the system's."""
    resend: tuple[str, ...] = ("supervisor",)
    """Roles that may have an event sent again that it refused."""
    poll_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 2.0
    """Seconds between two questions for news; 0: it is never asked."""
    connect_s: Seconds = 3.0
    """Seconds a connection may take."""
    answer_s: Seconds = 10.0
    """Seconds an answer may take, all of it."""

    def chosen(self) -> tuple[str, ...]:
        """The event types that the patterns name."""
        return tuple(name for name in EVENT_TYPES if any(fnmatch.fnmatchcase(name, one) for one in self.types))


def load(folder: Path) -> Mes | None:
    """Read `mes.yaml` in a site's `hardware/`; None where there is none. Raises SiteError."""
    file = folder / "mes.yaml"
    if not file.exists():
        return None
    mes = yaml.read(file, Mes)
    if problem := _address_problem(mes.endpoint):
        raise SiteError(file, problem, key="endpoint")
    for pattern in mes.types:
        if not fnmatch.filter(EVENT_TYPES, pattern):
            near = difflib.get_close_matches(pattern, EVENT_TYPES, 1, cutoff=0.0)[0]
            raise SiteError(file, f"no event type {pattern!r}; did you mean {near}?", key="types")
    if mes.token and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", mes.token):
        # What stands there may be the token itself: it is not repeated.
        raise SiteError(file, "must be the name of an environment variable, never the token itself", key="token")
    if not mes.ca:
        return mes
    bundle = folder / mes.ca
    if not bundle.is_file():
        raise SiteError(file, f"no file {mes.ca!r} here", key="ca")
    return msgspec.structs.replace(mes, ca=str(bundle))


def secret(mes: Mes) -> str:
    """The token from the environment; empty where none is asked for. Raises SiteError, which never shows it."""
    if not mes.token:
        return ""
    token = os.environ.get(mes.token, "")
    if not token:
        raise SiteError("mes.yaml", f"the environment variable {mes.token} is not set", key="token")
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", token):
        raise SiteError("mes.yaml", f"{mes.token} must be printable characters without spaces", key="token")
    return token


def _address_problem(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "not an address"
    if not host or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return "must be https://host/path"
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "takes no user, password, ? or #"  # a password in a file is read by everybody who reads the file
    if parts.scheme == "https" or (parts.scheme == "http" and _on_this_box(host)):
        return ""
    return "must be https (http only on this box: 127.0.0.1, ::1 or localhost)"


def _on_this_box(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
