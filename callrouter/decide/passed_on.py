"""What follows from another platform's having passed a call on, and what we tell the next.  PURE.

Rules:
- Only a trunk by which the plan says that a platform or an emergency service brings calls is listened to.
- The line that was dialled there is the line here too, where what arrived is no line of its own and the plan knows
  it.
- Who handed the call over to the platform before us handed it to us.
- A call that has passed us before, or that a number of the plan forwarded to us after we had passed it there, is
  answered here, whatever the plan says: nothing sends it round again (002:L15).
- What we tell holds nothing of the caller. It is one text for all calls under a ruling, but for those that were
  passed on to us: they keep their case, and their path grows by us.
"""

from __future__ import annotations

from callrouter.vocabulary.call import Call
from callrouter.vocabulary.context import LONGEST_PATH, PassedOn, is_word
from callrouter.vocabulary.decision import Reason, ReasonCode, Ruling
from callrouter.vocabulary.numbers import Number, PhoneNumber, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Trunk
from callrouter.vocabulary.treatment import Connect, Dial


def is_believed(trunk: Trunk | None) -> bool:
    """Whether a platform or an emergency service brings calls by the trunk: what it tells of them is believed."""
    return trunk is not None and trunk.source is not None


def line_told(passed_on: PassedOn, plan: Plan) -> Number | None:
    """The line that was dialled at the platform before us, if it is one of the plan."""
    number = parse_number(passed_on.line, plan.short_codes) if passed_on.line else None
    if isinstance(number, PhoneNumber) and passed_on.line and plan.line(passed_on.line) is not None:
        return number
    return None


def kept_here(ruling: Ruling, call: Call, trunk: Trunk | None, plan: Plan) -> Ruling:
    """The ruling for a call that was passed on: one that came round is not sent on once more."""
    ours = {ruling.here, ruling.entry, ruling.platform}
    been_here = call.passed_on is not None and not ours.isdisjoint(call.passed_on.path)
    if not (been_here or call.came_back):
        return ruling
    reason = Reason.at(
        ReasonCode.CAME_ROUND,
        trunk.place if trunk is not None else plan.hub.place,
        "来电绕回本平台，不再转出 / the call came round to us: it is answered here and not passed on again",
    )
    treatment = ruling.treatment
    if isinstance(treatment, Dial):
        treatment = Connect(treatment.queue, treatment.notice, treatment.priority)
    return ruling._replace(treatment=treatment, reasons=(*ruling.reasons, reason))


def before_entry(ruling: Ruling, call: Call) -> tuple[str, ...]:
    """The platforms that had the call before its entry: those that passed it on, and ours for one not served here."""
    before = () if call.passed_on is None else call.passed_on.path
    return before if ruling.here in ("", ruling.entry) else (*before, ruling.here)


def path_of(ruling: Ruling, call: Call) -> tuple[str, ...]:
    """The platforms that the call has passed, ours last; of a path that is too long, the newest.

    One that is not served here has not had it yet: it may be whom the call goes to.
    """
    path = list(before_entry(ruling, call))
    for platform in (
        ruling.entry if ruling.here in ("", ruling.entry) else "",
        ruling.answers or ruling.platform,
    ):
        if platform and path[-1:] != [platform]:
            path.append(platform)
    return tuple(path[-LONGEST_PATH:])


def carried(ruling: Ruling, call: Call) -> str:
    """What the next platform is told, `path=…&line=…&…`; without `case`, where the call's own id is its case.

    The rule is last: it is left out where there is little room.
    """
    words = {
        "case": call.passed_on.case if call.passed_on is not None else None,
        "path": "+".join(path_of(ruling, call)),
        "line": ruling.line,
        "mode": str(ruling.mode),
        "source": ruling.source,
        "rule": ruling.reasons[0].rule,
    }
    return "&".join(f"{key}={value}" for key, value in words.items() if value and is_word(key, value))
