"""Site files: YAML read safely and strictly, errors that name file, line and key.

PyYAML reads, msgspec checks types. What neither does is done here: a size limit, duplicate keys, alias bombs
(safe_load expands them), words that YAML 1.1 takes for something else ("no", "on", 06:00), and finding the line
of the key that msgspec complains of.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from assistant.errors import SiteError

MOST_BYTES = 256 * 1024
MOST_ALIASES = 32

T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's plain scalars: `no` is a word, `06:00` a time, only true and false are booleans."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own way)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?(?:0|[1-9]\d*)", "-+0123456789"),
    ("float", r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def read(file: Path, kind: type[T]) -> T:
    """Read one file as a msgspec Struct (or any type msgspec converts to). Raises SiteError."""
    root = _compose(file)
    loader = _Loader("")
    try:
        plain = loader.construct_document(root)
    except yaml.YAMLError as exc:
        raise _syntax(file, exc) from exc
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as exc:
        raise _invalid(file, root, str(exc)) from exc


def _compose(file: Path) -> yaml.Node:
    try:
        raw = file.read_bytes()
    except OSError as exc:
        raise SiteError(file, exc.strerror or str(exc)) from exc
    if len(raw) > MOST_BYTES:
        raise SiteError(file, f"{len(raw)} bytes, more than {MOST_BYTES}")
    try:
        text = raw.decode()
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader))
        root = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as exc:
        raise SiteError(file, "not UTF-8", line=raw[: exc.start].count(b"\n") + 1) from exc
    except yaml.YAMLError as exc:
        raise _syntax(file, exc) from exc
    except RecursionError as exc:
        raise SiteError(file, "nested too deeply") from exc
    if aliases > MOST_ALIASES:
        raise SiteError(file, f"{aliases} aliases, more than {MOST_ALIASES}")
    if root is None:
        raise SiteError(file, "empty", line=1)
    _check_keys(file, root, set())
    return root


def _check_keys(file: Path, node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:  # an alias: checked where it was anchored, and a cycle would never end
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise SiteError(file, "a key must be a plain word", line=key.start_mark.line + 1)
            if key.value in keys:
                raise SiteError(file, "written twice", line=key.start_mark.line + 1, key=key.value)
            keys.add(key.value)
            _check_keys(file, value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(file, item, seen)


def _syntax(file: Path, exc: yaml.YAMLError) -> SiteError:
    mark = getattr(exc, "problem_mark", None)
    problem = getattr(exc, "problem", None) or str(exc)
    return SiteError(file, " ".join(problem.split()), line=mark.line + 1 if mark else None)


def _invalid(file: Path, root: yaml.Node, message: str) -> SiteError:
    """msgspec says `Expected ... - at `$.a[0].b``; walk the tree to that place for its line."""
    problem, _, path = message.partition(" - at `$")
    path = path.rstrip("`")
    node, key = root, ""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        step = _child(node, name, index)
        if step is None:
            break
        node, key = step, name or key
    unknown = re.search(r"unknown field `([^`]+)`", problem)
    if unknown:
        key = unknown.group(1)
        node = next((k for k, _ in _pairs(node) if k.value == key), node)
    return SiteError(file, problem, line=node.start_mark.line + 1, key=key)


def _child(node: yaml.Node, name: str, index: str) -> yaml.Node | None:
    if name and isinstance(node, yaml.MappingNode):
        return next((value for key, value in _pairs(node) if key.value == name), None)
    if index.isdigit() and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
        item: Any = node.value[int(index)]
        return item if isinstance(item, yaml.Node) else None
    return None


def _pairs(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
