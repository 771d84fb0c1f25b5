"""`hardware/stories/*.yaml`: what goes wrong on the reference plant, told step by step, with a known true answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from assistant.errors import SiteError, UsageError
from assistant.settings import yaml
from assistant.settings.plant import Plant

FOLDER = "stories"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    """Something that happens in a story."""

    at: float
    """Minutes after the story begins."""


class Drifts(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="drift"):
    """What a machine makes moves away from its nominal value, in a straight line."""

    machine: str
    """The machine whose doing it is; it is measured there or after it."""
    quantity: str
    """`paste_height`, `placement_offset` or `peak_temperature`."""
    by: float
    """How far, in the quantity's unit."""
    over: float
    """Minutes until it is all there."""
    lasts: float
    """Minutes until it is put right."""
    part: str = ""
    """The only part that it touches (`U7`), or empty."""


class Alarms(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="alarm"):
    """A machine complains."""

    machine: str
    code: str
    """One of its kind's alarms."""
    clears: float = 0.0
    """Minutes until it goes away by itself; 0: it stays until its machine is up again."""


class GoesDown(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="down"):
    """A machine does not work."""

    machine: str
    cause: str
    """CFX fault cause."""
    lasts: float
    """Minutes."""
    fault: str = ""
    """One of its kind's faults, whose alarm is open as long; or empty."""


class ChangesReel(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="reel"):
    """A new reel on a feeder."""

    machine: str
    feeder: str
    offset: float = 0.0
    """µm that its parts are put down farther from their place."""
    tombstones: float = 0.0
    """Share of its parts that stand up in the oven, 0 to 1."""


class ChangesOver(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="changeover"):
    """A line's order is broken off, and one of another product begun when the line is empty."""

    line: str
    product: str


class Acknowledges(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="acknowledge"):
    """A person sees to an alarm."""

    machine: str
    code: str
    badge: str


class TakesNote(Step, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="note"):
    """A person says something that is to be remembered."""

    about: str
    """Machine or line; `@lot`: the lot that goes into the story's line just then."""
    badge: str
    station: str
    """Where it is said."""
    text: str
    """Data, never instruction."""


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file."""

    about: str
    """What happens, in a sentence or two."""
    line: str
    """Where."""
    day: int
    """Of a week's days, on which it is told; 1 is the first whole one."""
    clock: str
    """When it begins there, `02:00`."""
    lasts: float
    """Minutes, with what comes after the last step."""
    steps: tuple[
        Drifts | Alarms | GoesDown | ChangesReel | ChangesOver | Acknowledges | TakesNote,
        ...,
    ]
    name: str = ""
    """The file's, without `.yaml`."""

    @property
    def minutes_of_day(self) -> float:
        """Minutes after midnight at which it begins."""
        hours, minutes = self.clock.split(":")
        return int(hours) * 60.0 + int(minutes)


def load(folder: Path, plant: Plant) -> dict[str, Story]:
    """The stories in a site's `hardware/`, by name; a site may have none. Raises SiteError."""
    files = sorted((folder / FOLDER).glob("*.yaml"))
    return {file.stem: _read(file, plant) for file in files}


def chosen(stories: dict[str, Story], name: str) -> Story:
    """One of them. Raises UsageError that names them all."""
    if name not in stories:
        raise UsageError(f"--story {name}: there is none of that name; there are: {', '.join(stories) or 'none'}")
    return stories[name]


def _read(file: Path, plant: Plant) -> Story:
    story = msgspec.structs.replace(yaml.read(file, Story), name=file.stem)
    try:
        at = story.minutes_of_day
    except ValueError:
        at = -1.0
    if not 0 <= at < 24 * 60:
        raise SiteError(file, "must be a time of day such as 02:00", key="clock")
    for number, step in enumerate(story.steps):
        key = f"steps[{number}]"
        if not 0 <= step.at <= story.lasts:
            raise SiteError(file, f"{step.at:g} is not within the story's {story.lasts:g} minutes", key=key)
        for problem in _problems(step, story, plant):
            raise SiteError(file, problem, key=key)
    return story


def _problems(step: Step, story: Story, plant: Plant) -> Iterator[str]:
    """What is wrong with a step: everything that it names must be in plant.yaml."""
    lines = {line.id: line for line in plant.lines}
    machines = {machine.id: machine for machine in plant.machines}
    if story.line not in lines:
        yield f"no line {story.line!r} in plant.yaml"
        return
    if isinstance(step, ChangesOver):
        if step.line != story.line:
            yield f"the story is told on {story.line}"
        if step.product not in {product.id for product in plant.products}:
            yield f"no product {step.product!r} in plant.yaml"
        return
    if isinstance(step, TakesNote):
        if step.badge not in {operator.id for operator in plant.operators}:
            yield f"nobody has the badge {step.badge!r}"
        if step.about != "@lot" and step.about not in machines and step.about not in lines:
            yield f"no machine or line {step.about!r} in plant.yaml"
        return
    assert isinstance(step, Drifts | Alarms | GoesDown | ChangesReel | Acknowledges)
    if step.machine not in lines[story.line].machines:
        yield f"no machine {step.machine!r} on {story.line}"
        return
    machine = machines[step.machine]
    kind = plant.kinds.get(machine.kind)
    codes = {alarm.code for alarm in (*kind.alarms, *kind.faults)} if kind is not None else set()
    match step:
        case Alarms() | Acknowledges() if step.code not in codes:
            yield f"{step.machine} has no alarm {step.code!r}"
        case GoesDown() if step.fault and step.fault not in codes:
            yield f"{step.machine} has no fault {step.fault!r}"
        case ChangesReel() if step.feeder not in machine.feeders:
            yield f"{step.machine} has no feeder {step.feeder!r}"
        case Drifts() if not measured_at(plant, story.line, step.machine, step.quantity):
            yield f"nothing at {step.machine} or after it measures {step.quantity}"


def measured_at(plant: Plant, line: str, machine: str, quantity: str) -> str:
    """Where on its line what a machine does is measured: there or after it; empty when nowhere."""
    stands = next(one.machines for one in plant.lines if one.id == line)
    kinds = {one.id: one.kind for one in plant.machines}
    after = stands[stands.index(machine) :]
    for ident in after:
        kind = plant.kinds.get(kinds[ident])
        if kind is not None and quantity in kind.measures:
            return ident
    return ""
