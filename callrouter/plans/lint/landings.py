"""Landings that do not go with what the mode is called: a label over other facts than it says.

Rules:
- A mode is a label, so nothing follows from it; but an admin who reads `dual` expects 12345 to answer.
- Before a migration the line rings where it always did. An ended number is the platform's, or is released.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, all_phases, warning
from callrouter.vocabulary.migration import Landing, Mode, Phase, PhaseName

_PLATFORM: Final = frozenset({Landing.PLATFORM})
_IN_FORCE: Final = {
    Mode.MERGED: _PLATFORM,
    Mode.DUAL: frozenset({Landing.PLATFORM, Landing.DEPARTMENT}),
    Mode.BRANCH: frozenset({Landing.BRANCH}),
    Mode.PARALLEL: frozenset({Landing.EXTERNAL}),
    Mode.FORWARDED: _PLATFORM,
    Mode.ABSORBED: _PLATFORM,
    Mode.WITHDRAWN: frozenset({Landing.RELEASED, Landing.EXTERNAL, Landing.PLATFORM}),
}
"""Where calls land once a mode is in force (policy facts, section 0.2)."""
_OTHERWISE: Final = {
    PhaseName.BEFORE: frozenset({Landing.EXTERNAL}),
    PhaseName.TRANSITION: _PLATFORM,
    PhaseName.ENDED: frozenset({Landing.PLATFORM, Landing.RELEASED}),
}


def landings(subject: Subject) -> Iterator[Finding]:
    """Find the phases whose landing is not what their mode and name let a reader expect."""
    for schedule in subject.schedules:
        for phase in all_phases(schedule):
            expected = _expected(schedule.mode, phase)
            if phase.landing not in expected:
                words = "、".join(sorted(expected))
                yield warning(
                    subject.spot(phase.place, "landing"),
                    Code.LANDING_UNEXPECTED,
                    f"{schedule.mode} 的 {phase.name} 阶段由 {phase.landing} 接听，通常是 {words}",
                    f"a phase {phase.name} of {schedule.mode} landing at {phase.landing} is not what the words say",
                    f"核对 landing，或改 mode、name / see which of landing, mode and name is meant ({words})",
                )


def _expected(mode: Mode, phase: Phase) -> frozenset[Landing]:
    if phase.name is PhaseName.IN_FORCE:
        return _IN_FORCE[mode]
    return _OTHERWISE[phase.name]
