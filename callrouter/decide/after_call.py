"""What follows from a ruling beside the connection: the notice of recording before it, the survey after it.

Rules:
- A call that is recorded is told so once, after its front notice; an emergency is told nothing, nothing may delay it.
- Whom an emergency service handed over (M05) and whoever calls the minors' line (Z01) hear a short one instead; so
  does whoever hears no front notice: he was not decided about and has waited for it, or the plan wants it short.
- Who talked to an agent is asked for a rating only where the plan says so. Never asked are an emergency, whom
  somebody handed over, and whoever calls the minors' line.
- The plan names lines and queues of enforcement and mediation: there satisfaction is not to be chased
  (不片面追求满意率, 000:L55, 004:L89). A call passes a queue that is named if it was put there first; in which queue
  it ended, the dialplan knows, and asks the same.
"""

from __future__ import annotations

from typing import Final

from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Release

HANDED_OVER_NOTICE: Final = "M05"
MINORS_NOTICE: Final = "Z01"

_LONG_NOTICE: Final = "g04"
_SHORT_NOTICES: Final = {HANDED_OVER_NOTICE: None, MINORS_NOTICE: "z02", None: "g06"}
"""Where the long form is not said. Who is handed over hears one announcement, which says of the recording itself."""


def second_notice(announcement: str | None, *, urgent: bool = False) -> str | None:
    """Give the file key of the notice of recording; None if there is to be none.

    `announcement` is the catalogue id of the front notice before it, such as `M05`; None for a call without one.
    Whether calls are recorded at all, the settings say.
    """
    if urgent:
        return None
    return _SHORT_NOTICES.get(announcement, _LONG_NOTICE)


def is_urgent(ruling: Ruling) -> bool:
    """Whether nothing may stand between the caller and an agent: an emergency number was dialled."""
    return ruling.mode is Mode.EMERGENCY


def is_surveyed(ruling: Ruling, plan: Plan) -> bool:
    """Whether a caller under the ruling is asked for a rating once an agent has talked to him and left."""
    survey, treatment = plan.survey, ruling.treatment
    if survey is None or not survey.offered or isinstance(treatment, Release):
        return False
    if is_urgent(ruling) or ruling.source is not None or ruling.announcement == MINORS_NOTICE:
        return False
    return ruling.line not in survey.except_lines and treatment.queue not in survey.except_queues
