"""Reads an input of the fuzzers: octets for a codec, and between them what is done besides.

``FF c`` is a command (for AMI: an action begins to wait), ``FF e`` the end (for AMI: the oldest action is
forgotten), ``FF r`` the octets before it again and again, beyond every bound.  ``FF`` before anything else is an
octet like any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_OPERATION = re.compile(rb"\xff([cer])")
_SHORT = 512
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")


class Operation(Enum):
    COMMAND = auto()
    END = auto()
    REPEAT = auto()


_LETTERS = {b"c": Operation.COMMAND, b"e": Operation.END, b"r": Operation.REPEAT}
Step = Operation | bytes


def steps(data: bytes) -> list[Step]:
    """The steps of an input, in order."""
    found: list[Step] = []
    for place, part in enumerate(_OPERATION.split(data)):
        if place % 2:
            found.append(_LETTERS[part])
        elif part:
            found.append(part)
    return found


def pieces(octets: bytes, size: int) -> Iterator[bytes]:
    return (octets[place : place + size] for place in range(0, len(octets), size))


def split_sizes(data: bytes) -> tuple[int, ...]:
    """The sizes of pieces to try: one that the input itself chooses, and single octets if it is not too long."""
    chosen = 1 + sum(data) % 17
    return (1, chosen) if len(data) <= _SHORT else (chosen,)


def is_clean(text: str) -> bool:
    """Whether a text can be logged and stored: no control character, no half of a character."""
    return _CONTROL.search(text) is None


def retained(value: object) -> int:
    """How many octets and characters an object holds on to, whatever its parts are called."""
    if isinstance(value, bytes | bytearray | str):
        return len(value)
    if isinstance(value, dict):
        return sum(retained(key) + retained(each) for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return sum(map(retained, value))
    if isinstance(value, Enum) or type(value).__module__ == "builtins":
        return 0
    names = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())}
    names |= set(getattr(value, "__dict__", ()))
    return sum(retained(getattr(value, name)) for name in names if hasattr(value, name))


@dataclass
class Choices:
    """Small numbers and texts drawn from an input; it ends in zeros."""

    data: bytes
    place: int = 0

    def number(self, below: int) -> int:
        self.place += 1
        return self.data[self.place - 1] % below if self.place <= len(self.data) else 0

    def octets(self, longest: int) -> bytes:
        length = self.number(longest + 1)
        self.place += length
        return self.data[self.place - length : self.place]
