"""From what a server shows to a proposed `hardware/opcua.yaml`: known names are placed, the rest is told of.

What a site needs is what the shipped file has. A thing is placed only where its name says what it is and it can be
used as it stands; everything else becomes a comment, for a person who knows the machines to decide.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.settings.hardware import Done, Hardware, Method, Security

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "state": ("status", "machinestate", "machinestatus", "operatingstate"),
    "e10": ("e10state", "semie10", "resourcestate"),
    "board": ("unit", "panel", "currentboard", "currentunit", "boardid", "unitid"),
    "lot": ("batch", "currentlot", "lotid", "batchid"),
    "held": ("holds", "onhold", "heldunits", "blockedunits"),
    "queue": ("waiting", "reworkqueue", "queued"),
    "alarms": ("activealarms", "openalarms", "alarmcodes"),
    "scrapped": ("scrap", "scrappedunits", "scraplist"),
    "product": ("currentproduct", "recipe", "activerecipe", "setup"),
    "heartbeat": ("heart", "beat", "alive", "lifebit", "livecounter", "watchdog"),
    "hold": ("holdunit", "block"),
    "release": ("releaseunit", "unblock", "unhold"),
    "stop": ("stopmachine", "halt"),
    "start": ("startmachine", "resume"),
    "acknowledge": ("ack", "acknowledgealarm", "ackalarm"),
    "rework": ("sendtorework",),
    "withdraw": ("withdrawfromrework", "takeback"),
    "changeover": ("changeproduct", "changerecipe", "loadrecipe"),
    "unit": ("unitid", "item", "serial", "lotorboard", "target"),
    "reason": ("why", "holdreason", "cause", "reasoncode"),
    "defect": ("defectcode", "fault"),
    "alarm": ("alarmcode", "code", "alarmid"),
    "run": ("runid", "journalid", "session"),
    "head": ("last", "newest", "lastsequence", "count"),
    "read": ("readentries", "getentries"),
}
"""Our name -> other names for it, without blanks and capitals."""


@dataclass(frozen=True, slots=True)
class FoundMethod:
    """A method as it was found."""

    name: str
    """Browse name."""
    node: str
    """String identifier."""
    inputs: tuple[tuple[str, str], ...]
    """Name and type of each input argument, such as ("reason", "String")."""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object with what belongs to it."""

    name: str
    """Browse name."""
    node: str
    """String identifier."""
    variables: Mapping[str, str]
    """Browse name -> string identifier."""
    methods: tuple[FoundMethod, ...]


@dataclass(frozen=True, slots=True)
class FoundServer:
    """What one namespace of a server shows."""

    endpoint: str
    namespace: str
    objects: tuple[FoundObject, ...]
    others: tuple[str, ...] = ()
    """Nodes that this file could not name: of other namespaces, or without a string identifier."""


@dataclass(slots=True)
class _Proposal:
    """The file while it is written."""

    lines: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What was found and not placed, what was looked for and not found."""


def proposed(found: FoundServer, known: Hardware, security: Security | None = None) -> str:
    """The text of a `hardware/opcua.yaml`; `known` is the shipped one, which says what there is to look for."""
    out = _Proposal()
    out.lines += [f"endpoint: {_text(found.endpoint)}", f"namespace: {_text(found.namespace)}"]
    if security is not None:
        out.lines += ["security:", f"  policy: {security.policy}"]
        out.lines += [
            f"  {key}: {_text(getattr(security, key))}" for key in ("certificate", "private_key", "server_certificate")
        ]
    journal = next((one for one in found.objects if _is_journal(one)), None)
    machines = _machines([one for one in found.objects if one is not journal], known)
    pattern = machines[0][1] if machines else "{machine}"
    if pattern != "{machine}":
        out.lines.append(f"object: {_text(pattern)}")
    placed = _variables(out, machines, known)
    _journal(out, journal)
    _methods(out, machines, known, placed)
    taken = {one.node for one, _ in machines} | ({journal.node} if journal else set())
    out.remarks += [f"object {one.name} ({one.node})" for one in found.objects if one.node not in taken]
    out.remarks += [f"{other}: cannot be named in this file" for other in found.others]
    heading = [
        f"# Proposed from what {found.endpoint} shows. Read it before you use it.",
        f"# {{machine}} stands for: {', '.join(one.name for one, _ in machines) or 'nothing that was found'}",
        "# These must be the ids of the machines in plant.yaml.",
    ]
    rest = ["", "# Found and not placed, or looked for and not found:", *(f"# - {_line(one)}" for one in out.remarks)]
    return "\n".join([*map(_line, heading), "", *out.lines, *(rest if out.remarks else [])]) + "\n"


# ---- what is what --------------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _called(name: str, ours: str) -> bool:
    """Whether a server's name means one of ours."""
    return _plain(name) == _plain(ours) or _plain(name) in SYNONYMS.get(ours, ())


def _first(names: Iterable[str], ours: str) -> str | None:
    """The name that means ours: the very one before another word for it."""
    fitting = sorted((name for name in names if _called(name, ours)), key=lambda name: _plain(name) != _plain(ours))
    return fitting[0] if fitting else None


def _is_journal(one: FoundObject) -> bool:
    reads = _first((method.name for method in one.methods), "read")
    return reads is not None and all(_first(one.variables, ours) for ours in ("run", "head"))


def _machines(objects: Sequence[FoundObject], known: Hardware) -> list[tuple[FoundObject, str]]:
    """The objects that look like machines, each with the pattern of its own node; those of the commonest pattern."""
    wanted = [*known.variables, "heartbeat"]
    fitting = []
    for one in objects:
        shows = sum(_first(one.variables, ours) is not None for ours in wanted)
        does = sum(_first((method.name for method in one.methods), ours) is not None for ours in known.methods)
        if shows + does > 1 and (pattern := _pattern(one, one.node)):
            fitting.append((one, pattern))
    if not fitting:
        return []
    commonest = Counter(pattern for _, pattern in fitting).most_common(1)[0][0]
    return [(one, pattern) for one, pattern in fitting if pattern == commonest]


def _pattern(one: FoundObject, node: str) -> str:
    """A node id with {machine} in the machine's place; "" where that place cannot be told for sure."""
    if "{" in node or "}" in node or one.node.count(one.name) != 1:
        return ""
    if node.startswith(one.node):
        return one.node.replace(one.name, "{machine}") + node[len(one.node) :]
    return node.replace(one.name, "{machine}") if node.count(one.name) == 1 else ""


# ---- the parts of the file -----------------------------------------------------------------------------------


def _variables(out: _Proposal, machines: Sequence[tuple[FoundObject, str]], known: Hardware) -> set[str]:
    """Write `variables` and `heartbeat`; gives our names of those that were placed."""
    placed: dict[str, str] = {}
    used: set[str] = set()
    for ours in [*known.variables, "heartbeat"]:
        patterns: Counter[str] = Counter()
        for one, _ in machines:
            name = _first((name for name in one.variables if name not in used), ours)
            if name is not None and (pattern := _pattern(one, one.variables[name])):
                patterns[pattern] += 1
        pattern, count = patterns.most_common(1)[0] if patterns else ("", 0)
        if count and count == len(machines):
            placed[ours] = pattern
            used |= {
                name for one, _ in machines for name, node in one.variables.items() if _pattern(one, node) == pattern
            }
        else:
            on = (
                f"only on {count} of {len(machines)} machines as {pattern}, and all are read alike"
                if count
                else "no such"
            )
            out.remarks.append(f"variable {ours}: {on}" + ("; it is needed" if ours == "heartbeat" else ""))
    shown = {ours: pattern for ours, pattern in placed.items() if ours != "heartbeat"}
    out.lines += ["", "variables:" if shown else "variables: {}"]
    out.lines += [f"  {ours}: {_text(pattern)}" for ours, pattern in shown.items()]
    if "heartbeat" in placed:
        out.lines.append(f"heartbeat: {_text(placed['heartbeat'])}")
    out.remarks += _left(
        "variable",
        (
            (name, _pattern(one, node) or node)
            for one, _ in machines
            for name, node in one.variables.items()
            if name not in used
        ),
    )
    return set(placed)


def _journal(out: _Proposal, journal: FoundObject | None) -> None:
    if journal is None:
        out.remarks.append("journal: no object with a run, a head and a method to read; it is needed")
        return
    methods = {method.name: method.node for method in journal.methods}
    out.lines += ["", "journal:"]
    for ours, among in (("run", journal.variables), ("head", journal.variables), ("read", methods)):
        name = _first(among, ours)
        assert name is not None
        out.lines.append(f"  {ours}: {_text(among[name])}")


def _methods(out: _Proposal, machines: Sequence[tuple[FoundObject, str]], known: Hardware, placed: set[str]) -> None:
    """Write `methods`: those that can be called as the assistant calls, and whose effect can be seen."""
    lines: list[str] = []
    used: set[str] = set()
    for ours, declared in known.methods.items():
        found: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        for one, _ in machines:
            by_name = {method.name: method for method in one.methods}
            name = _first(by_name, ours)
            if name is not None and (pattern := _pattern(one, by_name[name].node)):
                found[pattern, by_name[name].inputs] += 1
                used.add(name)
        if not found:
            out.remarks.append(f"method {ours}: no such")
            continue
        (pattern, inputs), count = found.most_common(1)[0]
        args, why = _arguments(inputs, declared)
        if not why and declared.done.variable not in placed:
            why = f"there is no variable {declared.done.variable} to see its effect in"
        if why:
            out.remarks.append(f"method {ours} ({pattern}): {why}")
            continue
        if count < len(machines):
            out.remarks.append(f"method {ours}: in this form on {count} of {len(machines)} machines")
        lines.append(f"  {ours}: {{node: {_text(pattern)}, args: [{', '.join(args)}], done: {_done(declared.done)}}}")
    out.lines += ["", "methods:" if lines else "methods: {}", *lines]
    out.remarks += _left(
        "method",
        ((m.name, _pattern(one, m.node) or m.node) for one, _ in machines for m in one.methods if m.name not in used),
    )


def _arguments(inputs: Sequence[tuple[str, str]], declared: Method) -> tuple[list[str], str]:
    """Our names for a method's arguments, in its order, and why it cannot be called ("" when it can)."""
    shown = ", ".join(f"{name or 'unnamed'} {kind}" for name, kind in inputs)
    if [kind for _, kind in inputs[:2]] != ["String", "DateTime"]:
        return [], f"takes ({shown}), not (order id, deadline, ...): an order could be done twice or late"
    given = inputs[2:]
    if any(kind != "String" for _, kind in given):
        return [], f"takes ({shown}); only texts can be sent"
    if not any(name for name, _ in given) and len(given) == len(declared.args):
        return list(declared.args), ""  # unnamed: as many as ours, in our order
    args = [next((ours for ours in declared.args if _called(name, ours)), "") for name, _ in given]
    if "" in args or len(set(args)) != len(args):
        return [], f"takes ({shown}); which of these is what?"
    needed = {getattr(declared.done, key) for key in ("same", "has", "lacks")} - {None}
    if needed - set(args):
        return [], f"takes ({shown}) and no {' '.join(sorted(needed - set(args)))}"
    return args, ""


def _left(what: str, nodes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each pattern once."""
    for (name, node), count in Counter(nodes).items():
        yield f"{what} {name} ({node})" + (f", {count} times" if count > 1 else "")


def _done(done: Done) -> str:
    key, value = next(
        (key, value)
        for key, value in (
            ("is", done.is_),
            ("not", done.not_),
            ("same", done.same),
            ("has", done.has),
            ("lacks", done.lacks),
        )
        if value is not None
    )
    return f"{{variable: {done.variable}, {key}: {value}}}"


def _text(value: str) -> str:
    """A YAML string, whatever a server put in it."""
    return json.dumps(value)


def _line(remark: str) -> str:
    """One line without control characters: names come from the server."""
    return "".join(sign if sign.isprintable() else " " for sign in remark)
