"""A plan as it was at a revision of the repository: `HEAD~1:dialplans/sichuan`, as git itself writes it.

The folder above the plan is taken along: documents, calendars and the other plans are beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from callrouter.cli.plan_folders import NoSuchPlan

_REVISION: Final = re.compile(r"[^-\s:\x00-\x1f\x7f][^\s:\x00-\x1f\x7f]*")
"""Never an option."""
_WITHIN_S: Final = 60


@contextmanager
def plan_at(asked: str) -> Iterator[Path]:
    """The plan's folder: a path, or one that is made of a revision and is gone afterwards. Raises NoSuchPlan."""
    revision, colon, inside = asked.partition(":")
    if not colon or Path(asked).is_dir():
        folder = Path(asked)
        if not folder.is_dir():
            raise NoSuchPlan(
                f"{asked}: 没有这个目录 / there is no such folder; 写计划目录，或 版本:目录 / {_HINT}"
            )
        yield folder
        return
    with TemporaryDirectory(prefix="callrouter-plan-") as room:
        yield _unpacked(revision, inside, Path(room))


_HINT: Final = "give the folder of a plan, or revision:folder, such as HEAD~1:dialplans/sichuan"


def _unpacked(revision: str, asked: str, room: Path) -> Path:
    inside = PurePosixPath(asked)
    if not _REVISION.fullmatch(revision) or inside.is_absolute() or ".." in inside.parts:
        raise NoSuchPlan(f"{revision}:{inside}: 不是版本和目录 / no revision and folder; {_HINT}")
    above = inside.parent
    # As in `git show`: from the top of the repository, or from here if it says so.
    top = [] if asked.startswith("./") else ["-C", _top()]
    # Behind `--` nothing is an option, and with literal paths nothing is a pattern.
    literally = os.environ | {"GIT_LITERAL_PATHSPECS": "1"}
    command = ["git", *top, "archive", "--format=zip", "--", revision, *([str(above)] if above.parts else [])]
    try:
        made = subprocess.run(  # noqa: S603
            command, capture_output=True, timeout=_WITHIN_S, check=False, env=literally
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        raise NoSuchPlan(
            f"{revision}:{inside}: git: {type(fault).__name__}; 需要 git / git is needed"
        ) from None
    if made.returncode:
        said = made.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoSuchPlan(f"{revision}:{inside}: {said[-1] if said else 'git archive'}; {_HINT}")
    with zipfile.ZipFile(BytesIO(made.stdout)) as archive:
        archive.extractall(room)
    folder = room / inside
    if not folder.is_dir():
        raise NoSuchPlan(f"{revision}:{inside}: 该版本没有这个目录 / not there at that revision; {_HINT}")
    return folder


def _top() -> str:
    """The way to the top of the repository; here, where there is none: git itself says so then."""
    command = ["git", "rev-parse", "--show-cdup"]
    try:
        made = subprocess.run(command, capture_output=True, timeout=_WITHIN_S, check=False, text=True)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "."
    return made.stdout.strip() or "."
