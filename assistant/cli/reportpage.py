"""The hand-over sheet as one HTML file: no script, nothing fetched, one sheet of A4 when printed.

Everything that comes from events (notes, alarms' words) is text and stays text: it is escaped, never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from assistant.domain.calendar import Calendar
from assistant.domain.shown import visible
from assistant.turn import naming
from assistant.turn.handover import Bar, Course, Handover, LineSheet
from assistant.turn.lookups.times import cause

MOST_ROWS = 8
"""Of a table: the worst of them; how many more there are is said."""
LONGEST = 90
"""Letters of a cell that are shown."""
MOST_COURSES = 4
SHADES = ("#1f5f8b", "#e0a030", "#5a8f3c", "#8b3a62")
"""Of lines, in order: told apart in grey print too."""
WIDE, HIGH = 520.0, 120.0
"""A chart's drawing area, SVG units."""

STYLE = """
@page { size: A4; margin: 8mm }
* { box-sizing: border-box }
body { font: 12px/1.3 system-ui, sans-serif; color: #1c1c1c; margin: 0 auto; max-width: 190mm; padding: 4mm }
h1 { font-size: 19px; margin: 0 } h2 { font-size: 13px; margin: 0 0 2px; border-bottom: 1px solid #bbb }
p { margin: 2px 0 } .lead { font-size: 13px; margin: 4px 0 8px } .dim { color: #666 }
.grid { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 14px } .wide { grid-column: 1 / -1 }
section { break-inside: avoid; min-width: 0 } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: 1px 6px 1px 0; vertical-align: top; overflow-wrap: break-word }
td { max-width: 45mm } th { font-weight: 600; color: #555 } td.n, th.n { text-align: right; white-space: nowrap }
.bar { background: #1f5f8b; height: 8px; min-width: 1px; margin-top: 3px } td.b { width: 22% }
svg { width: 100%; height: auto; display: block }
.key { display: inline-block; width: 9px; height: 9px; margin: 0 3px 0 8px }
@media print {
  body { padding: 0; max-width: none; font-size: 9px; line-height: 1.2 } .lead { font-size: 10px; margin: 2px 0 4px }
  h1 { font-size: 15px } h2 { font-size: 11px } .grid { gap: 5px 12px } .output svg { max-height: 32mm }
  .course svg { max-height: 14mm } td { max-width: 60mm } .bar { height: 6px }
}
@media (max-width: 640px) { .grid { grid-template-columns: 1fr } }
"""


@dataclass(frozen=True, slots=True)
class Words:
    """How things are called on the sheet."""

    name: Callable[[str], str]
    """An id as people call it."""
    calendar: Calendar
    title: str
    """Of the plant or the site."""

    def clock(self, seconds: float) -> str:
        """Day and time at this site."""
        return f"{self.calendar.wall(seconds):%d %b %H:%M}"


def page(sheet: Handover, words: Words) -> str:
    """A whole HTML document."""
    title = f"Hand-over: {sheet.period}" if sheet.period else "Hand-over"
    span = f"{words.clock(sheet.span.start)} to {words.clock(sheet.span.end)}"
    lead = " ".join(sheet.sentences[:3])
    sections = (
        _lines(sheet.lines),
        _output(sheet.bars, sheet.lines, words),
        _table("Downtime by cause", ["Machine", "Why", "#How long", "#Times", ""], _downtime(sheet, words)),
        _table("Defects by place", ["Defect", "Where", "#Boards", ""], _defects(sheet)),
        _courses(sheet.courses, words),
        _table("Alarms open now", ["Machine", "What", "Since", "Seen by"], _alarms(sheet, words)),
        _table("Holds", ["What", "Why", "Held", "Ended"], _holds(sheet, words)),
        _table("Notes", ["When", "Who", "About", "What"], _notes(sheet, words)),
        _table("Who decided what", ["When", "Who", "What", "Outcome"], _decisions(sheet, words)),
    )
    body = "\n".join(section for section in sections if section)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>\n'
        f'<h1>{_text(title)}</h1><p class="dim">{_text(words.title)}, {_text(span)}</p>\n'
        f'<p class="lead">{_text(lead)}</p>\n<div class="grid">\n{body}\n</div>\n</body></html>\n'
    )


def _text(words: object) -> str:
    """Shown, not obeyed: control characters made visible, markup escaped."""
    return escape(visible(str(words)))


# ---- tables ----------------------------------------------------------------------------------------------


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]], most: int = MOST_ROWS) -> str:
    """A section; a head with # in front is of numbers, a cell that is a float of 0 to 1 is a bar."""
    if not rows:
        return f'<section><h2>{_text(title)}</h2><p class="dim">None.</p></section>'
    kinds = ["n" if head.startswith("#") else "" for head in heads]
    head = "".join(f'<th class="{kind}">{_text(h.lstrip("#"))}</th>' for h, kind in zip(heads, kinds, strict=True))
    lines = "".join(
        "<tr>" + "".join(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows[:most]
    )
    more = f'<p class="dim">and {len(rows) - most} more</p>' if len(rows) > most else ""
    return f"<section><h2>{_text(title)}</h2><table><tr>{head}</tr>{lines}</table>{more}</section>"


def _cell(cell: object, kind: str) -> str:
    if isinstance(cell, float):
        return f'<td class="b"><div class="bar" style="width: {100 * cell:.1f}%"></div></td>'
    words = str(cell)
    if len(words) > LONGEST:  # all of it where a mouse points; the log has it too
        return f'<td title="{_text(words)}">{_text(words[: LONGEST - 1].rstrip())}…</td>'
    return f'<td class="{kind}">{_text(words)}</td>'


def _lines(lines: Iterable[LineSheet]) -> str:
    rows = [
        (
            line.name,
            line.counts.made,
            line.counts.failed,
            _share(line.first_pass.share),
            _share(line.rolled),
            _share(line.oee.oee if line.oee else None),
            f"{line.counts.held} / {line.counts.reworked} / {line.counts.scrapped}",
        )
        for line in lines
    ]
    heads = ["Line", "#Made", "#Failed", "#First pass", "#Rolled", "#OEE", "#Held / reworked / scrapped"]
    return _table("Lines", heads, rows).replace("<section>", '<section class="wide">')


def _share(share: float | None) -> str:
    return "-" if share is None else f"{naming.percent(share)} %"


def _downtime(sheet: Handover, words: Words) -> list[Sequence[object]]:
    longest = max((down.seconds for down in sheet.downtime), default=0.0) or 1.0
    return [
        (
            words.name(down.machine),
            cause(down) or "not recorded",
            naming.duration(down.seconds),
            down.times,
            down.seconds / longest,
        )
        for down in sheet.downtime
    ]


def _defects(sheet: Handover) -> list[Sequence[object]]:
    most = max((defect.count for defect in sheet.defects), default=0) or 1
    return [
        (
            naming.value(defect.name),
            ", ".join(f"{place} {count}" for place, count in defect.places[:4]),
            defect.count,
            defect.count / most,
        )
        for defect in sheet.defects
    ]


def _alarms(sheet: Handover, words: Words) -> list[Sequence[object]]:
    return [
        (words.name(alarm.machine), f"{alarm.severity}: {alarm.text}", words.clock(alarm.since), alarm.acknowledged_by)
        for alarm in sheet.alarms
    ]


def _holds(sheet: Handover, words: Words) -> list[Sequence[object]]:
    return [
        (
            words.name(hold.subject),
            naming.value(hold.reason),
            f"{words.clock(hold.since)} {hold.by}".rstrip(),
            f"{words.clock(hold.until)} {hold.ended} {hold.ended_by}".rstrip() if hold.until is not None else "open",
        )
        for hold in sheet.holds
    ]


def _notes(sheet: Handover, words: Words) -> list[Sequence[object]]:
    return [(words.clock(note.time), note.badge, words.name(note.subject), note.text) for note in sheet.notes]


def _decisions(sheet: Handover, words: Words) -> list[Sequence[object]]:
    return [
        (
            words.clock(one.time),
            " and ".join(badge for badge in (one.badge, one.second) if badge),
            f"{naming.value(one.method)} {words.name(one.subject)}",
            one.outcome or "open",
        )
        for one in reversed(sheet.decisions)
    ]


# ---- charts ----------------------------------------------------------------------------------------------


def _output(bars: Sequence[Bar], lines: Sequence[LineSheet], words: Words) -> str:
    """Boards made, a bar an hour (or a day), one part a line."""
    most = max((sum(bar.made.values()) for bar in bars), default=0)
    if not most:
        return '<section class="wide"><h2>Output</h2><p class="dim">Nothing was made.</p></section>'
    width = WIDE / len(bars)
    drawn: list[str] = []
    for index, bar in enumerate(bars):
        foot = HIGH
        for line, shade in zip(lines, SHADES * len(lines), strict=False):
            height = HIGH * bar.made[line.line] / most
            foot -= height
            told = f"{line.name}, {words.clock(bar.start)}: {bar.made[line.line]}"
            drawn.append(
                f'<rect x="{index * width + width * 0.1:.1f}" y="{foot:.1f}" width="{width * 0.8:.1f}" '
                f'height="{height:.1f}" fill="{shade}"><title>{_text(told)}</title></rect>'
            )
    every = max(1, len(bars) // 8)
    daily = len(bars) > 1 and bars[1].start - bars[0].start > 7200
    shown = "%d %b" if daily else "%H:%M"
    marks = "".join(
        f'<text x="{(index + 0.5) * width:.1f}" y="{HIGH + 11}" text-anchor="middle" font-size="9">'
        f"{_text(words.calendar.wall(bar.start).strftime(shown))}</text>"
        for index, bar in enumerate(bars)
        if index % every == 0
    )
    keys = "".join(
        f'<span class="key" style="background: {shade}"></span>{_text(line.name)}'
        for line, shade in zip(lines, SHADES * len(lines), strict=False)
    )
    return (
        f'<section class="wide output"><h2>Output {"a day" if daily else "an hour"}, at most {most} boards</h2>'
        f'<svg viewBox="0 0 {WIDE} {HIGH + 14}" role="img" aria-label="Boards made over the time">'
        f'{"".join(drawn)}{marks}</svg><p class="dim">{keys}</p></section>'
    )


def _courses(courses: Sequence[Course], words: Words) -> str:
    drawn = "".join(_course(course, words) for course in courses[:MOST_COURSES] if course.means)
    if not drawn:
        return ""
    left = len(courses) - MOST_COURSES
    more = f'<p class="dim">and {left} more, which moved less</p>' if left > 0 else ""
    title = "Measured, beside the limits (dashed): what moved furthest"
    return f'<section class="wide"><h2>{title}</h2><div class="grid">{drawn}</div>{more}</section>'


def _course(course: Course, words: Words) -> str:
    values = [value for _, value in course.means] + list(course.limits or ())
    low, high = min(values), max(values)
    margin = (high - low) * 0.08 or 1.0
    low, high = low - margin, high + margin
    first, last = course.means[0][0], course.means[-1][0]
    wide = WIDE / 2

    def at(moment: float, value: float) -> str:
        across = wide / 2 if last == first else wide * (moment - first) / (last - first)
        return f"{across:.1f},{HIGH / 2 * (high - value) / (high - low):.1f}"

    limits = "".join(
        f'<polyline points="{at(first, limit)} {at(last, limit)}" stroke="#b33" stroke-dasharray="4 3" fill="none"/>'
        for limit in (course.limits or ())
        if last > first
    )
    line = " ".join(at(moment, value) for moment, value in course.means)
    dots = "".join(
        f'<circle cx="{point.split(",")[0]}" cy="{point.split(",")[1]}" r="2" fill="{SHADES[0]}">'
        f"<title>{_text(f'{words.clock(moment)}: {value:.1f}')}</title></circle>"
        for (moment, value), point in zip(course.means, line.split(), strict=True)
    )
    told = f"{naming.value(course.quantity)}, {course.name}: {_between(course)}, {course.n} boards"
    return (
        f'<div class="course"><p>{_text(told)}</p><svg viewBox="-4 -4 {wide + 8} {HIGH / 2 + 8}" role="img" '
        f'aria-label="{_text(told)}"><polyline points="{line}" stroke="{SHADES[0]}" stroke-width="1.5" fill="none"/>'
        f"{limits}{dots}</svg></div>"
    )


def _between(course: Course) -> str:
    """`118 to 101`: its first mean and its last."""
    return f"{course.means[0][1]:.1f} to {course.means[-1][1]:.1f}"
