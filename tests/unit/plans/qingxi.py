"""The sound plan of Qingxi, an invented city, changed here and there, and what a check then finds.

`broken/sound` is right; its document's data is `broken/documents/900.yaml`. Each change is an (old, new) pair of one
of its files, and the old text must stand there once:

    found(tmp_path, lines=[("announcement: T01\\n", "")])
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from callrouter.plans.check import check
from callrouter.plans.findings import Finding, Severity
from callrouter.plans.load import Loaded, load

BROKEN = Path(__file__).parent / "broken"
CHINA = timezone(timedelta(hours=8))
AT = datetime(2021, 12, 1, tzinfo=CHINA)
"""When the broken plans are checked."""
CATALOGUE = frozenset(
    {"F01", "G01", "G02", "G03", "G05", "H01", "M05", "N02", "T01", "T02", "T03", "X01", "X02", "X03"}
)

Changes = Sequence[tuple[str, str]]


def qingxi(
    folder: Path,
    *,
    plan: Changes = (),
    lines: Changes = (),
    operator: Changes = (),
    offices: Changes = (),
    overlay: bool = True,
) -> Loaded:
    """Load the sound plan with these changes."""
    shutil.copytree(BROKEN / "documents", folder / "documents", dirs_exist_ok=True)
    made = folder / "sound"
    shutil.copytree(BROKEN / "sound", made, dirs_exist_ok=True)
    files = {"plan.yaml": plan, "lines.yaml": lines, "operator.yaml": operator, "offices.csv": offices}
    for name, changes in files.items():
        path = made / name
        text = path.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (name, old, text.count(old))
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    return load(made, overlay=overlay, shown="sound")


def found(
    folder: Path,
    *,
    plan: Changes = (),
    lines: Changes = (),
    operator: Changes = (),
    offices: Changes = (),
    overlay: bool = True,
    at: datetime = AT,
) -> list[Finding]:
    """What a check of the changed plan finds, notes apart."""
    loaded = qingxi(folder, plan=plan, lines=lines, operator=operator, offices=offices, overlay=overlay)
    return [
        finding
        for finding in check(loaded, at, CATALOGUE, None)
        if finding.fault.severity is not Severity.NOTE
    ]


def told(findings: Sequence[Finding]) -> list[str]:
    """`lines.yaml error NEW_LINE 900:L13`, for each."""
    return [
        f"{finding.file.rpartition('/')[2]} {fault.severity} {fault.code} {fault.source or '-'}"
        for finding in findings
        for fault in (finding.fault,)
    ]


def text_at(folder: Path, finding: Finding) -> str:
    """What stands in the changed plan where the finding points."""
    path = folder / finding.file
    return path.read_text("utf-8").splitlines()[finding.line - 1][finding.column - 1 :]
