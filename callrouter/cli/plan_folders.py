"""Which plan folders a command line means, and how their files are named in what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from callrouter.cli.instance import choose_instance

_FILES: Final = ("plan.yaml", "lines.yaml", "operator.yaml")


class NoSuchPlan(Exception):
    """A path on the command line holds no plan; the text says which and what to give."""


def plan_folders(paths: Sequence[Path], config: Path | None) -> tuple[Path, ...]:
    """The plan folders that are meant: each path itself, or every plan in it; none given: the settings' plan.

    Raises NoSuchPlan for each path that is no folder, all of them in one, and SettingsError.
    """
    if not paths:
        settings = choose_instance(config).settings
        return (_folder(settings.path(settings.plan)),)
    wrong = [_fault(path) for path in paths if not path.is_dir()]
    if wrong:
        raise NoSuchPlan("\n".join(wrong))
    return tuple(folder for path in paths for folder in _plans_of(path))


def plan_folder(path: Path | None, config: Path | None) -> Path:
    """The one plan folder that is meant. Raises NoSuchPlan or SettingsError."""
    return plan_folders([], config)[0] if path is None else _folder(path)


def shown_as(folder: Path) -> str:
    """The folder's name in findings: as it was given; of a path of this machine, the last two parts."""
    return f"{folder.parent.name}/{folder.name}" if folder.is_absolute() else folder.as_posix()


def _plans_of(path: Path) -> tuple[Path, ...]:
    """A folder without a plan file that holds folders with one is a folder of plans."""
    if not _has_plan(path):
        inside = tuple(folder for folder in sorted(path.iterdir()) if folder.is_dir() and _has_plan(folder))
        if inside:
            return inside
    return (path,)


def _has_plan(folder: Path) -> bool:
    return any((folder / name).exists() for name in _FILES)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise NoSuchPlan(_fault(path))
    return path


def _fault(path: Path) -> str:
    known = path.parent if path.is_file() else None
    hint = f"；是不是 {known}？ / did you mean {known}?" if known and _has_plan(known) else ""
    return (
        f"{path}: 没有这个目录 / there is no such folder; 写计划所在的目录 / give the folder of a plan{hint}"
    )
