"""A timeline as a drawing: a row a line, a bar a phase, the deadlines as numbered marks, a legend beneath.

Rules:
- Colours are told apart by people of any colour vision, and by their lightness alone (Okabe and Ito's set); no colour
  says what words do not say as well.
- Every instant of the axis is labelled with day and time. What nobody has dated stands apart, at the right edge.
- What the operator has chosen has a hatched bar with a dashed edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from callrouter.plans.timeline.rows import Group, Row, RowKind, Timeline, in_order
from callrouter.plans.timeline.scale import Scale, scale_of
from callrouter.plans.timeline.svg_sheet import FAINT, INK, Sheet, shortened, text_width
from callrouter.plans.timeline.words import (
    Tongue,
    kind_word,
    landing_word,
    local,
    phase_word,
    phrase,
    schedule_words,
)
from callrouter.vocabulary.migration import Due, Phase, PhaseName

_PAINT: Final[Mapping[PhaseName, tuple[str, str]]] = {
    PhaseName.BEFORE: ("#e4e4e4", INK),
    PhaseName.TRANSITION: ("#e69f00", "#000000"),
    PhaseName.IN_FORCE: ("#0072b2", "#ffffff"),
    PhaseName.ENDED: ("#3d3d3d", "#ffffff"),
}
"""Fill and ink of a phase."""
_DUE: Final = "#d55e00"
_PALE: Final = "#cccccc"
_HATCH: Final = "illustrative"

_LABELS: Final = 330.0
_NARROWEST: Final = 860.0
_UNDATED: Final = 190.0
_MARGIN: Final = 16.0
_PLOT: Final = _MARGIN + _LABELS
_ROW: Final = 24.0
_BAR: Final = 18.0
_HEAD: Final = 40.0
_TOP: Final = 104.0


def draw(timeline: Timeline, tongue: Tongue) -> str:
    """The SVG file's text."""
    return _Drawing.of(timeline, tongue).whole()


@dataclass(frozen=True, slots=True)
class _Drawing:
    timeline: Timeline
    tongue: Tongue
    scale: Scale
    sheet: Sheet
    numbers: Mapping[str, int]
    """A deadline's number in the list beneath, by its place."""

    @classmethod
    def of(cls, timeline: Timeline, tongue: Tongue) -> _Drawing:
        reach = [_end_of(due.by, timeline) for due in timeline.all_dues]
        if not reach and not timeline.instants:
            reach = [_end_of(timeline.issued, timeline)]
        scale = scale_of(timeline.instants, reach)
        width = _LABELS + scale.width + (_UNDATED if timeline.has_undated else 0) + 2 * _MARGIN
        sheet = Sheet(f"{timeline.title} {timeline.version}", max(width, _NARROWEST))
        sheet.hatching(_HATCH, "#ffffff")
        return cls(
            timeline, tongue, scale, sheet, {due.place: n for n, due in enumerate(timeline.all_dues, 1)}
        )

    @property
    def right(self) -> float:
        """Where the axis ends."""
        return _PLOT + self.scale.width

    def whole(self) -> str:
        """Draw everything, from top to bottom."""
        self._title()
        top = self._axis(self._body_height())
        if self.timeline.dues:
            top = self._heading(top, phrase("whole_plan", self.tongue), self.timeline.dues)
        for group in self.timeline.groups:
            top = self._group(top, group)
        top = self._legend(top + 26)
        return self.sheet.whole(self._list_of_dues(top) + _MARGIN)

    def _body_height(self) -> float:
        rows = sum(len(group.rows) for group in self.timeline.groups)
        return rows * _ROW + (len(self.timeline.groups) + bool(self.timeline.dues)) * _HEAD

    def _title(self) -> None:
        timeline = self.timeline
        self.sheet.text(_MARGIN, 28, f"{timeline.title}", size=17, font_weight="bold")
        below = (
            f"{timeline.jurisdiction} {timeline.version} · {timeline.document}（{timeline.issued}） · "
            f"{phrase('local_time', self.tongue)} {timeline.zone.key} · {phrase('not_to_scale', self.tongue)}"
        )
        self.sheet.text(_MARGIN, 47, below, size=11, ink=FAINT)

    def _axis(self, body: float) -> float:
        """Label every instant, and draw its line through the rows; give where the rows begin."""
        for instant, place in zip(self.scale.knots, self.scale.places, strict=True):
            day, clock = local(instant, self.timeline.zone).split(" ")
            x = _PLOT + place
            self.sheet.text(x, _TOP - 22, day, size=12, text_anchor="middle", font_weight="bold")
            self.sheet.text(x, _TOP - 8, clock, size=11, ink=FAINT, text_anchor="middle")
            self.sheet.line(x, _TOP - 3, x, _TOP + body, stroke=_PALE, stroke_dasharray="2 3")
        if self.timeline.has_undated:
            self.sheet.text(self.right + 14, _TOP - 15, phrase("undated", self.tongue), font_weight="bold")
            self.sheet.line(
                self.right, _TOP - 34, self.right, _TOP + body, stroke=FAINT, stroke_dasharray="6 3"
            )
        return _TOP

    def _heading(self, top: float, said: str, dues: Sequence[Due]) -> float:
        """A group's name over its rows, and its deadlines as marks on the axis."""
        base = top + _HEAD - 10
        self.sheet.text(_MARGIN, base, said, font_weight="bold")
        if dues:
            self.sheet.line(_PLOT, base + 4, self.right, base + 4, stroke=_PALE)
        taken = 0.0
        for day, together in groupby(in_order(dues), key=lambda due: due.by):
            taken = self._mark(
                base, _PLOT + self.scale.at(_end_of(day, self.timeline)), taken, list(together)
            )
        return top + _HEAD

    def _mark(self, base: float, x: float, taken: float, dues: Sequence[Due]) -> float:
        """One mark for the deadlines of a day, right of what is taken; its foot stands where it belongs."""
        numbers = [self.numbers[due.place] for due in dues]
        text = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
        width = max(16.0, text_width(text, 10) + 8)
        left = max(x - width / 2, taken + 2)
        middle = left + width / 2
        about = "\n".join(_said_of_due(due, self.tongue) for due in dues)
        self.sheet.line(middle, base - 6, x, base + 4, stroke=_DUE)
        self.sheet.box(left, base - 18, width, 16, rx=8, fill=_DUE, about=about)
        self.sheet.text(middle, base - 6.5, text, size=10, ink="#ffffff", text_anchor="middle")
        return left + width

    def _group(self, top: float, group: Group) -> float:
        schedule = group.schedule
        top = self._heading(top, schedule_words(schedule, self.tongue), schedule.dues)
        for row in group.rows:
            self._row(top, row)
            top += _ROW
        return top

    def _row(self, top: float, row: Row) -> None:
        base = top + _ROW - 8
        if row.kind is RowKind.LINE:
            self.sheet.text(_MARGIN, base, row.label, font_weight="bold")
            start = _MARGIN + max(56.0, text_width(row.label, 12) + 10)
        else:
            start = _MARGIN + 8
        note = "" if row.kind is RowKind.LINE else f"（{kind_word(row.kind, self.tongue)}）"
        mark = "*" if row.illustrative else ""
        name = shortened(f"{row.name}{note}{mark}", 12, _PLOT - start - 8)
        self.sheet.text(start, base, name, about=f"{row.label} {row.name} [{row.source}]")
        for phase in row.schedule.phases:
            left = 0.0 if phase.starts is None else self.scale.at(phase.starts)
            right = self.scale.width if phase.ends is None else self.scale.at(phase.ends)
            self._bar(_PLOT + left, top, right - left, phase)
        share = (_UNDATED - 20) / max(1, len(row.schedule.undated))
        for index, phase in enumerate(row.schedule.undated):
            self._bar(self.right + 10 + index * share, top, share - 4, phase, is_dated=False)

    def _bar(self, x: float, top: float, width: float, phase: Phase, *, is_dated: bool = True) -> None:
        fill, ink = _PAINT[phase.name]
        about = _said_of_phase(phase, self.timeline, self.tongue)
        place = (x + 0.5, top + (_ROW - _BAR) / 2, max(width - 1, 1.0), _BAR)
        if is_dated:
            self.sheet.box(*place, fill=fill, about=about)
        else:
            ink = INK
            self.sheet.box(
                *place, fill="#ffffff", stroke=fill, stroke_width=2, stroke_dasharray="5 3", about=about
            )
        if phase.illustrative:
            self._hatch(*place)
        text = _fitting(phase, self.tongue, width - 8)
        self.sheet.text(x + width / 2, top + _ROW / 2 + 4, text, size=11, ink=ink, text_anchor="middle")

    def _hatch(self, x: float, y: float, width: float, height: float) -> None:
        fill = f"url(#{_HATCH})"
        self.sheet.box(x, y, width, height, fill=fill, fill_opacity=0.3, stroke=INK, stroke_dasharray="3 2")

    def _legend(self, top: float) -> float:
        x = _MARGIN
        for name, (fill, _ink) in _PAINT.items():
            self.sheet.box(x, top - 11, 22, 14, fill=fill)
            x = self._beside(x + 28, top, phase_word(name, self.tongue))
        self.sheet.box(x, top - 11, 22, 14, fill=_PAINT[PhaseName.TRANSITION][0])
        self._hatch(x, top - 11, 22, 14)
        x = self._beside(x + 28, top, phrase("illustrative", self.tongue))
        top, x = top + 22, _MARGIN
        self.sheet.box(
            x, top - 11, 22, 14, fill="#ffffff", stroke=FAINT, stroke_width=2, stroke_dasharray="5 3"
        )
        x = self._beside(x + 28, top, phrase("undated", self.tongue))
        self.sheet.box(x, top - 12, 16, 16, rx=8, fill=_DUE)
        self._beside(x + 22, top, phrase("dues", self.tongue))
        return top + 24

    def _beside(self, x: float, base: float, text: str) -> float:
        self.sheet.text(x, base, text)
        return x + text_width(text, 12) + 22

    def _list_of_dues(self, top: float) -> float:
        for due in self.timeline.all_dues:
            self.sheet.text(_MARGIN + 16, top, f"{self.numbers[due.place]}", ink=_DUE, text_anchor="end")
            self.sheet.text(_MARGIN + 24, top, _said_of_due(due, self.tongue), size=11)
            top += 18
        return top


def _end_of(day: date, timeline: Timeline) -> datetime:
    """The first instant after a day: until then a deadline is met in time."""
    return datetime.combine(day + timedelta(days=1), time.min, timeline.zone)


def _fitting(phase: Phase, tongue: Tongue, width: float) -> str:
    """The most that a bar has room for: phase, who answers, announcement; the phase is the last to go."""
    name, landing = phase_word(phase.name, tongue), landing_word(phase.landing, tongue)
    announcement = f" · {phase.announcement}" if phase.announcement else ""
    for text in (f"{name} · {landing}{announcement}", f"{name}{announcement}", name):
        if text_width(text, 11) <= width:
            return text
    return ""


def _said_of_phase(phase: Phase, timeline: Timeline, tongue: Tongue) -> str:
    since = local(phase.starts, timeline.zone) if phase.starts else "…"
    until = local(phase.ends, timeline.zone) if phase.ends else "…"
    said = [phase_word(phase.name, tongue), f"{since} – {until}", landing_word(phase.landing, tongue)]
    said += [phase.announcement] if phase.announcement else []
    said += [phrase("illustrative", tongue)] if phase.illustrative else []
    return f"{' · '.join(said)} [{phase.source}]"


def _said_of_due(due: Due, tongue: Tongue) -> str:
    return f"{phrase('due', tongue)} {due.by.isoformat()} {due.what} [{due.source}]"
