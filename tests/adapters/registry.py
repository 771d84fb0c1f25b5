"""A real HTTP server on this box that serves a Python index, wheels and a model hub's files, and can misbehave."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(slots=True)
class Registry:
    """What is served, how badly, and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Path -> bytes."""
    wheels: dict[str, list[str]] = field(default_factory=dict)
    """Project -> wheel files that the index lists."""
    listed_sha256: dict[str, str] = field(default_factory=dict)
    """Wheel file -> the hash that the index claims, where that is not the true one."""
    cut_after: int | None = None
    """Bytes after which each answer with a file breaks off, though it promised all."""
    knows_ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of each request for a file, in order."""
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def add_wheel(self, project: str, version: str, members: dict[str, bytes]) -> str:
        """Serve a wheel with these members; its path."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as wheel:
            for name, data in members.items():
                wheel.writestr(name, data)
        name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        self.files[f"/files/{name}"] = packed.getvalue()
        self.wheels.setdefault(project, []).append(name)
        return f"/files/{name}"

    def start(self) -> None:
        """Listen on a free port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"registry": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more: from now on a connection is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def index(self, project: str) -> dict[str, Any]:
        """A project's page as PEP 691 has it, addresses relative to it."""
        files = []
        for name in self.wheels[project]:
            sha256 = self.listed_sha256.get(name, hashlib.sha256(self.files[f"/files/{name}"]).hexdigest())
            files.append({"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": sha256}})
        return {"meta": {"api-version": "1.0"}, "name": project, "files": files}


class _Handler(BaseHTTPRequestHandler):
    registry: Registry

    def do_GET(self) -> None:
        path = self.path.strip("/").split("/")
        if path[0] == "simple" and path[1] in self.registry.wheels:
            self._answer(200, json.dumps(self.registry.index(path[1])).encode(), {})
        elif self.path in self.registry.files:
            self._file(self.registry.files[self.path])
        else:
            self._answer(404, b"", {})

    def _file(self, data: bytes) -> None:
        asked = self.headers.get("Range", "")
        self.registry.asked.append((self.path, asked))
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.registry.knows_ranges else 0
        if start >= len(data):
            self._answer(416, b"", {})
        elif start:
            self._answer(206, data[start:], {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})
        else:
            self._answer(200, data, {})

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, value)
        self.end_headers()
        whole = self.registry.cut_after is None or not self.path.startswith("/files/")
        self.wfile.write(data if whole else data[: cast(int, self.registry.cut_after)])
        self.close_connection = not whole

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
