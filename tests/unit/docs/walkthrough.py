"""A document that a reader can follow step by step: its files and its commands, in their order.

A fenced block whose first line is "yaml" or "csv" and a path is that file, whole. A block of "console" holds commands
after `$ `, each with all that it prints; a line of `…` alone stands for any number of lines.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.unit.cli.running import run

_BLOCK = re.compile(r"^```(?P<kind>\S+)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"\b[0-9a-f]{12}\b")


class File(NamedTuple):
    path: str
    text: str


class Command(NamedTuple):
    line: str
    printed: tuple[str, ...]
    """What the document says that it prints."""


def steps(document: str) -> Iterator[File | Command]:
    """The steps of a document, in order."""
    for block in _BLOCK.finditer(document):
        if block["path"]:
            yield File(block["path"], block["text"])
        elif block["kind"] == "console":
            for command in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                line, *printed = command.rstrip("\n").split("\n")
                yield Command(line, tuple(printed))


def follow(step: File | Command, place: Path) -> list[str] | None:
    """Do a step in the folder `place`, which must be the working directory; what it printed, None for a file."""
    if isinstance(step, File):
        (place / step.path).write_text(step.text, encoding="utf-8")
        return None
    program, *arguments = shlex.split(step.line)
    match program:
        case "mkdir":
            (place / arguments[-1]).mkdir(parents=True)
            return []
        case "touch":
            (place / arguments[-1]).touch()
            return []
        case "callrouter":
            ran = run(*arguments)
            return (ran.out + ran.err).splitlines()
    raise AssertionError(f"a reader can't follow {step.line}")


def agrees(said: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether what the document says is what was printed; a plan's hash may be another."""
    rest = [_HASH.sub("#", line) for line in printed]
    skipping = False
    for line in said:
        if line == "…":
            skipping = True
            continue
        wanted = _HASH.sub("#", line)
        if wanted not in (rest if skipping else rest[:1]):
            return False
        rest = rest[rest.index(wanted) + 1 :]
        skipping = False
    return skipping or not rest
