"""Asterisk's documentation of itself, cut down to that of its options.

Rules:
- Asterisk refuses to register an option that its documentation lacks, and ends. It searches the whole for each one,
  and needs of the rest no more than names: without it, it starts in a quarter of the time, and takes half the memory.
- What is cut is the help of this Asterisk's own console. The installation's files are left alone.
- What cannot be cut is taken as it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from callrouter.local_system.made_sounds import write_for_all

_OF_OPTIONS: Final = "configInfo"
_MISSED_IF_GONE: Final = {"application", "function", "manager", "agi"}
"""Asterisk warns of each that it does not find; their names are enough."""


def cut_documentation(installed: Path, folder: Path) -> None:
    """Write what options need of the documentation in `installed` into `folder`, and nothing if it is there.

    Raises OSError when a file cannot be read or written.
    """
    for file in sorted(installed.rglob("*.xml")):
        cut, made_of = folder / file.relative_to(installed), file.stat().st_mtime_ns
        if cut.exists() and cut.stat().st_mtime_ns == made_of:
            continue
        write_for_all(cut, _of_options(file.read_bytes()))
        # The same time as its source's: another Asterisk is told by it.
        os.utime(cut, ns=(made_of, made_of))


def _of_options(whole: bytes) -> bytes:
    try:
        root = ElementTree.fromstring(whole)  # noqa: S314 - a file of the installed programs, as they are
    except ElementTree.ParseError:
        return whole
    for part in list(root):
        if part.tag in _MISSED_IF_GONE:
            part[:] = []
        elif part.tag != _OF_OPTIONS:
            root.remove(part)
    cut: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return cut
