"""The rendered dialplan as a list of steps."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    context: str
    exten: str
    priority: str
    label: str | None
    app: str
    args: str


def steps_of(text: str) -> list[Step]:
    """Every step of the dialplan; a line that is none, and no comment or global, fails."""
    steps: list[Step] = []
    context = exten = ""
    for line in text.splitlines():
        if not line or line.startswith((";", "#include ")):
            continue
        if heading := re.fullmatch(r"\[([a-z-]+)\]", line):
            context = heading[1]
        elif context not in ("general", "globals"):
            parsed = re.fullmatch(
                r"(?:exten => (?P<exten>[^,]+)| same => )?,?(?P<priority>\w+)(?:\((?P<label>[\w-]+)\))?,"
                r"(?P<app>\w+)\((?P<args>.*)\)",
                line,
            )
            assert parsed, line
            exten = parsed["exten"] or exten
            steps.append(
                Step(context, exten, parsed["priority"], parsed["label"], parsed["app"], parsed["args"])
            )
    return steps
