"""A plan's hash: the same for the same rules.

Rules:
- Comments, layout, the order of keys and the places where things stand do not matter; every rule does.
- An instant counts as the instant that it is, in UTC, not as it was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime

from callrouter.vocabulary.plan import Plan

_NOT_RULES = frozenset({"hash", "place"})


def fingerprint(plan: Plan) -> str:
    """SHA-256 of the plan's rules, in hex."""
    text = json.dumps(plan, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """What JSON knows in place of what it doesn't."""
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value) if part.name not in _NOT_RULES}
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
