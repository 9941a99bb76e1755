"""When a call counts as accepted (受理), and by when what was left is passed on. Pure.

Rules:
- A call is accepted when the caller reaches a person; else when the message is finished; else when the caller asks to
  be called back.
- A document may say by when a platform passes on what it has accepted. The plan gives its two times of day, in the
  country's one zone: what is accepted before the first is passed on by then, the same day; all else by the second,
  the next day.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final

from callrouter.vocabulary.record import CallRecord, RecordedDecision

_BEIJING: Final = timezone(timedelta(hours=8))
_RULE: Final = re.compile(r"(?P<until>[0-2][0-9]:[0-5][0-9])/(?P<next_day>[0-2][0-9]:[0-5][0-9])", re.ASCII)


def register_by(accepted_at: datetime, until: time, next_day: time) -> datetime:
    """Give the instant, in UTC, by which what was accepted then is passed on."""
    local = accepted_at.astimezone(_BEIJING)
    if local.time() < until:
        by = datetime.combine(local.date(), until, _BEIJING)
    else:
        by = datetime.combine(local.date() + timedelta(days=1), next_day, _BEIJING)
    return by.astimezone(UTC)


def times_in(rule: str) -> tuple[time, time] | None:
    """Read `18:00/10:00`; None when it is no such rule."""
    found = _RULE.fullmatch(rule)
    if found is None:
        return None
    try:
        return time.fromisoformat(found["until"]), time.fromisoformat(found["next_day"])
    except ValueError:
        return None


def deadline(decision: RecordedDecision | None, left_at: datetime | None) -> datetime | None:
    """Give the instant by which what was left then is passed on; None when no rule says, or nothing was left."""
    if left_at is None or decision is None or decision.register_rule is None:
        return None
    times = times_in(decision.register_rule)
    return register_by(left_at, *times) if times else None


def explained(record: CallRecord, decision: RecordedDecision | None) -> CallRecord:
    """Give the record of a call that took the safe default with what would have been decided; None: with nothing."""
    left = record.voicemail is not None or record.call_back is not None
    left_at = record.accepted_at if left and not record.talks else None
    by = deadline(decision, left_at)
    return replace(record, decision=decision, decision_derived=decision is not None, register_by=by)
