"""The steps of a decision's argument as one fact of the journal, short enough for the verdict.  PURE.

Rules:
- `<code>~<file>~<line>`, joined by `~~`; the first step is not in it, the verdict has that one in facts of its own.
- A file in the folder of the first step's rule is named alone; of another the whole path is told.
- A rule that cannot be spelled so is left out, its code is not. What does not fit is left out from the end on, and
  `more` in the last place says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

MOST_OCTETS: Final = 420
"""Of the fact, percent-encoded: a record keeps 512 characters of a text, and a verdict has room for these."""
MORE: Final = "more"
_BETWEEN: Final = "~~"
_WITHIN: Final = "~"
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class RecordedReason:
    """A step of the argument by which it was decided."""

    code: str
    rule: str | None
    """The plan line that says so, `file:line`; None: it was not written down."""


def spell(steps: Sequence[RecordedReason]) -> str:
    """Spell all steps but the first."""
    if len(steps) < 2:
        return ""
    folder = _folder(steps[0].rule or "")
    told: list[str] = []
    octets = 0
    for step in steps[1:]:
        text = _spelled(step, folder)
        octets += len(quote(text, safe="")) + len(_BETWEEN)
        if octets > MOST_OCTETS - len(MORE):
            told.append(MORE)
            break
        told.append(text)
    return _BETWEEN.join(told)


def read(first: RecordedReason, text: str | None) -> tuple[RecordedReason, ...]:
    """Give all steps back, the first one included; what is not of this form is left out."""
    if not text:
        return (first,)
    folder = _folder(first.rule or "")
    read_steps = (_read(part, folder) for part in text.split(_BETWEEN))
    return (first, *(step for step in read_steps if step is not None))


def _folder(rule: str) -> str:
    return rule.rpartition("/")[0]


def _spelled(step: RecordedReason, folder: str) -> str:
    file, _, line = (step.rule or "").rpartition(":")
    if not (file and line.isdigit()) or _WITHIN in file:
        return step.code
    alone = file.removeprefix(f"{folder}/") if folder else file
    if "/" in alone:
        alone = file
    return _WITHIN.join((step.code, alone, line))


def _read(text: str, folder: str) -> RecordedReason | None:
    parts = text.split(_WITHIN)
    if not parts[0]:
        return None
    if len(parts) != _PARTS:
        return RecordedReason(parts[0], None) if len(parts) == 1 else None
    code, file, line = parts
    where = file if "/" in file or not folder else f"{folder}/{file}"
    return RecordedReason(code, f"{where}:{line}")
