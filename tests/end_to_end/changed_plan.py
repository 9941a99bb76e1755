"""A shipped plan, changed for a test: each change must find its place, once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from callrouter.settings import PROJECT_ROOT

Changes = Iterable[tuple[str, str]]
"""Patterns, and what stands there instead."""


def changed_plan(name: str, folder: Path, *, operator: Changes = (), plan: Changes = ()) -> Path:
    """Copy the plan into `folder` with these changes in its two files; return the copy."""
    copy = folder / name
    shutil.copytree(PROJECT_ROOT / "dialplans" / name, copy)
    for file, changes in ((copy / "operator.yaml", operator), (copy / "plan.yaml", plan)):
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            text, count = re.subn(old, new, text)
            assert count == 1, (old, count)
        file.write_text(text, encoding="utf-8")
    return copy
