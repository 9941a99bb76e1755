"""Listed numbers for the compiled fallback: a file in which Asterisk finds one of them by halving.

Measured on Asterisk 22: exact extensions cost a reload that grows with the square of their number, and AstDB takes
them one transaction after another; a look into this file costs a few steps, twenty times for a million.

Rules:
- Rows are of one width and sorted as numbers: `number`, a blank, its list's id, blanks, a line end.
- Its name tells what is in it, so a new one never changes what the old one's readers see.
- The newest few are kept: what Asterisk follows until it is told otherwise is among them.
- A number with a course of its own (`followed_plan.numbers_of`) is found before anybody looks in here.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from callrouter.asterisk_link.fallback_of_the_plan import ListedNumbers
from callrouter.vocabulary.plan import Plan

_NUMBER_WIDTH: Final = 12
_KEPT: Final = 3


def write_listed(plan: Plan, folder: Path) -> ListedNumbers | None:
    """Write the plan's listed numbers into the folder; None if it has none. Raises OSError if that is impossible."""
    if not len(plan.lists):
        return None
    width = max(len(one.id) for one in plan.lists.lists)
    rows = sorted(
        (int(number), number, one.id) for one in plan.lists.lists for number, _ in plan.lists.rows_of(one.id)
    )
    text = "".join(f"{number:<{_NUMBER_WIDTH}} {list_id:<{width}}\n" for _, number, list_id in rows).encode()
    file = folder / f"listed-{hashlib.sha256(text).hexdigest()[:16]}"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        with new.open("wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    file.touch()
    for older in sorted(folder.glob("listed-*"), key=lambda one: one.stat().st_mtime_ns)[:-_KEPT]:
        older.unlink()
    return ListedNumbers(str(file), len(rows), _NUMBER_WIDTH, _NUMBER_WIDTH + 1 + width + 1)
