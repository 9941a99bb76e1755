"""What a plan says of a call to one of its lines.

Rules:
- The phase in force at the instant decides; a deadline or an undated phase never does.
- A line that lands elsewhere, or has ended, is connected all the same when it reaches us, and marked as stray.
- A center or a department with a peer is called; general questions come to 12345 by being dialled there.
- What lands here, or cannot reach its center, is put to the line's own seats first where the plan says so (seats.py).
- Numbers of a list share one ruling; only number and name are theirs.
"""

from __future__ import annotations

from typing import Final, assert_never

from callrouter.decide.effective import phase_at
from callrouter.decide.platform import Belonging, answering, platform_of_level
from callrouter.decide.ruling import Case, Greeting, Received, Sort, base, platforms_case, to_a_center
from callrouter.decide.seats import at_seats
from callrouter.decide.words import LANDING_WORDS, PHASE_WORDS
from callrouter.vocabulary.decision import Reason, ReasonCode, Ruling
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.migration import Landing, Phase, PhaseName
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Release

NUMBER_CHANGED: Final = 22
"""Q.850 cause of a release by plan: number changed; Asterisk sends 410."""


def line_case(line: Line, received: Received) -> Case:
    """What is done with a call to the line."""
    phase = phase_at(line.schedule.phases, received.at)
    belonging = _belonging(line, phase, received)
    greeting = _greeting(line, phase, received)
    if _is_released(phase, greeting, received):
        return _of_line(_released(line, phase, belonging, greeting, received), line, phase)
    stray = phase.name is PhaseName.ENDED or phase.landing in _NOT_OURS
    sort = Sort(line.schedule.mode, phase.landing, stray)
    case = platforms_case(received, belonging, greeting, sort)
    if phase.landing not in _NOT_OURS:
        case = at_seats(case, line.number, answering(belonging.platform, received.plan).id, received)
    if phase.landing in _CENTERS:
        case = to_a_center(case, received.plan.centers.get(line.number, ()), received)
    return _of_line(case, line, phase)


def listed(ruling: Ruling, line: Line) -> Ruling:
    """The ruling of a list's line, told of another line of the same list."""
    # Put together from parts: `_replace` alone would take a third of the time that a decision may take.
    reasons = ruling.reasons
    in_plan = Reason(ReasonCode.LINE_IN_PLAN, line.place.rpartition(":")[0], line.name)
    told = (reasons[0], in_plan, *reasons[2:])
    parts = (ruling[0], told, *ruling[2:_LINE], line.number, line.name, *ruling[_LINE + 2 :])
    return _ruling_of(Ruling, parts)


_LINE: Final = Ruling._fields.index("line")
_ruling_of: Final = tuple.__new__
if Ruling._fields[:2] != ("treatment", "reasons") or Ruling._fields[_LINE + 1] != "name":
    raise AssertionError("a ruling's fields have moved: see listed()")
_CENTERS: Final = frozenset({Landing.BRANCH, Landing.DEPARTMENT})
_NOT_OURS: Final = frozenset({Landing.EXTERNAL, Landing.RELEASED, Landing.EMERGENCY})
"""By plan no call to such a line is answered here."""


def _belonging(line: Line, phase: Phase, received: Received) -> Belonging:
    """The platform of the line's level, and all reasons so far, the phase first and the line second."""
    found = platform_of_level(received.entry, line.level, received.dialled_area, received.plan, received.at)
    zh, en = LANDING_WORDS[phase.landing]
    detail = f"{PHASE_WORDS[phase.name]}，{zh} / phase {phase.name}: {en}"
    given = _given_by_the_operator(line, phase, received.plan)
    reasons = (Reason.at(_code(phase), phase.place, detail), _in_plan(line), *found.reasons)
    return Belonging(found.platform, (*reasons, given) if given else reasons)


def _code(phase: Phase) -> ReasonCode:
    if phase.name is PhaseName.ENDED:
        return ReasonCode.NUMBER_ENDED
    match phase.landing:
        case Landing.PLATFORM | Landing.BRANCH | Landing.DEPARTMENT:
            return ReasonCode.LINE_IN_PHASE
        case Landing.EXTERNAL | Landing.EMERGENCY:
            return ReasonCode.LANDS_ELSEWHERE
        case Landing.RELEASED:
            return ReasonCode.NUMBER_ENDED
        case _:
            assert_never(phase.landing)


def _in_plan(line: Line) -> Reason:
    return Reason.at(ReasonCode.LINE_IN_PLAN, line.place, line.name)


def _given_by_the_operator(line: Line, phase: Phase, plan: Plan) -> Reason | None:
    if phase.illustrative:
        chosen = phase.given_place or phase.place
    elif line.illustrative:
        chosen = _written_at(line, plan)
    else:
        return None
    detail = "文件未写明，由运营方示意 / the document is silent: the operator's choice"
    return Reason.at(ReasonCode.ILLUSTRATIVE, chosen, detail)


def _written_at(line: Line, plan: Plan) -> str:
    """The place of the line's own item; of a listed one, that of its list: all of the list share the ruling."""
    if line.number in plan.lines:
        return line.place
    return next((one.place for one in plan.lists.lists if one.id == line.announcement_owner), line.place)


def _greeting(line: Line, phase: Phase, received: Received) -> Greeting:
    desk = received.greeting(received.plan.desks.hub)
    if received.emergency:
        return desk
    notice = received.notice(phase.announcement, line.announcement_owner)
    return Greeting(phase.announcement, notice, desk.priority)


def _is_released(phase: Phase, greeting: Greeting, received: Received) -> bool:
    """Nobody is released in silence, nor whom an emergency service has sent."""
    return phase.landing is Landing.RELEASED and bool(greeting.notice) and not received.emergency


def _released(line: Line, phase: Phase, belonging: Belonging, greeting: Greeting, received: Received) -> Case:
    release = Release(greeting.notice or "", NUMBER_CHANGED)
    sort = Sort(line.schedule.mode, phase.landing)
    ruling = base(received, release, belonging.reasons, sort, belonging.platform)
    return Case(ruling._replace(announcement=greeting.announcement))


def _of_line(case: Case, line: Line, phase: Phase) -> Case:
    """Say in each ruling of the case which line it is, and where it stands."""
    following = line.schedule.next_phase(phase)
    ruling = case.ruling._replace(
        line=line.number,
        name=line.name,
        phase=phase.name,
        next_phase=following.name if following else None,
        next_phase_starts=following.starts if following else None,
        number_fate=phase.number_fate,
        seat_fate=phase.seat_fate,
        expert_seats=line.expert_seats,
        tag=line.tag,
    )
    return Case(ruling, case.hours, None if case.otherwise is None else _of_line(case.otherwise, line, phase))
