"""A plan's hash: the same for the same rules.

Rules:
- Comments, layout, the order of keys and of lines, and the places where things stand do not matter; every rule does.
- An instant counts as the instant that it is, in UTC, not as it was written.
- What the language learned later counts only where it is said: a plan that does not use it keeps its hash.
- Listed numbers count by the digest that their lists keep: there may be a million of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime

from callrouter.vocabulary.line import Line
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.plan import Plan

_NOT_RULES = frozenset({"hash", "place", "given_place", "kept", "lines", "lists", "by_day"})
_LEARNED = frozenset(
    {
        *("calendar", "holidays", "workdays", "survey", "register_by", "menus"),
        *("answers", "answered_lines", "own_announcement", "own_priority", "overflow_to"),
        *("alternates", "others_at_most"),
    }
)
"""Keys that came later, and are no rule while nothing is said by them."""
_UNSAID = (None, ())


def fingerprint(plan: Plan) -> str:
    """SHA-256 of the plan's rules, in hex."""
    whole = {
        "plan": plan,
        "lines": [_line(plan.lines[number]) for number in sorted(plan.lines)],
        "lists": _lists(plan.lists),
    }
    text = json.dumps(whole, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _line(line: Line) -> list[object]:
    """A line's rules; its schedule counts once, among the plan's schedules."""
    rules = line._replace(place="")._asdict()
    rules["schedule"] = line.schedule.id
    return list(rules.values())


def _lists(lists: LineLists) -> object:
    if not lists.lists:
        return []
    return [lists.digest, sorted(lists.lists, key=lambda one: one.id)]


def _plain(value: object) -> object:
    """What JSON knows in place of what it doesn't."""
    if is_dataclass(value):
        said = {part.name: getattr(value, part.name) for part in fields(value) if part.name not in _NOT_RULES}
        return {name: held for name, held in said.items() if held not in _UNSAID or name not in _LEARNED}
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return dict(value)
        case Set():
            return sorted(value)
    raise TypeError(f"a plan holds no {type(value).__name__}")
