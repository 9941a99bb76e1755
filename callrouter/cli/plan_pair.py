"""Two plans loaded at the same time: a list of a million numbers takes seconds, and one need not wait for the other.

Rules:
- Small plans are loaded one after the other: a second process costs more than it saves.
- What the other process has loaded, plan or findings, comes back whole; if it dies, its plan is loaded here.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from callrouter.cli.plan_folders import shown_as
from callrouter.plans.findings import Finding
from callrouter.plans.load import load
from callrouter.vocabulary.plan import Plan

_LARGE: Final = 1_000_000
"""Octets of CSV files."""


class Side(NamedTuple):
    """One of the two plans."""

    plan: Plan | None
    """None: it has errors."""
    findings: tuple[Finding, ...]


def load_both(folders: tuple[Path, Path], *, overlay: bool) -> tuple[Side, Side]:
    """Load the plans in both folders."""
    before, after = folders
    if min(map(_size, folders)) < _LARGE or (os.cpu_count() or 1) < 2:
        return _loaded(before, overlay=overlay), _loaded(after, overlay=overlay)
    ForkingPickler.register(MappingProxyType, _as_sent)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    other = context.Process(target=_told, args=(theirs, before, overlay), daemon=True)
    other.start()
    theirs.close()
    try:
        second = _loaded(after, overlay=overlay)
        try:
            first = ours.recv()
        except (EOFError, OSError):
            first = None
    finally:
        ours.close()
        other.join()
    return (first if isinstance(first, Side) else _loaded(before, overlay=overlay)), second


def _told(told: Connection, folder: Path, overlay: bool) -> None:
    told.send(_loaded(folder, overlay=overlay))


def _loaded(folder: Path, *, overlay: bool) -> Side:
    loaded = load(folder, overlay=overlay, shown=shown_as(folder))
    return Side(loaded.plan, loaded.findings)


def _as_sent(mapping: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Python sends no such mapping by itself."""
    return _as_made, (dict(mapping),)


def _as_made(mapping: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(mapping)


def _size(folder: Path) -> int:
    try:
        return sum(one.stat().st_size for one in folder.glob("*.csv"))
    except OSError:
        return 0
