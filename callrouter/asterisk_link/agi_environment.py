"""What Asterisk tells of a channel at the start of an AGI session.  PURE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_LINES
from callrouter.vocabulary.wire_text import wire_text

NO_ENVIRONMENT: Final = "a line in the environment that is none"


@dataclass(frozen=True, slots=True)
class EnvironmentFault:
    """What no Asterisk sends; ``fault`` is constant text, safe to log."""

    fault: str
    too_much: bool = False
    """Whether it was more than an environment can be."""


class AgiEnvironment(Mapping[str, str]):
    """Asterisk's names (``agi_channel`` …) and their text, cut up and decoded (`wire_text`) when asked for.

    A dip looks at a few of some 25 values, or at none; decoding the rest was a fifth of its cost.  ``block``
    holds ``name: value`` lines as Latin-1 text, one character an octet; whoever makes it has checked that they
    are that, and that no name stands twice.
    """

    __slots__ = ("_block", "_octets")

    def __init__(self, block: str) -> None:
        self._block = block
        self._octets: dict[str, str] | None = None

    def _lines(self) -> dict[str, str]:
        if self._octets is None:
            self._octets = dict([line.split(": ", 1) for line in self._block.split("\n")])
        return self._octets

    def __getitem__(self, name: str) -> str:
        octets = self._lines()[name]
        if octets.isascii() and octets.isprintable():
            return octets
        return wire_text(octets.encode("latin-1"))

    def __contains__(self, name: object) -> bool:
        return name in self._lines()

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines())

    def __len__(self) -> int:
        return len(self._lines())

    def __repr__(self) -> str:
        return f"AgiEnvironment({len(self)} values)"  # the values are personal data


def read_environment(block: bytes | bytearray) -> AgiEnvironment | EnvironmentFault:
    """Read the octets before the empty line that ends an environment."""
    text = block.decode("latin-1")
    lines = text.split("\n")
    if len(lines) > MAX_ENVIRONMENT_LINES:
        return EnvironmentFault("too many environment lines", too_much=True)
    if not all(line.startswith("agi_") and ": " in line for line in lines):
        return EnvironmentFault(NO_ENVIRONMENT)
    if len({line.partition(": ")[0] for line in lines}) != len(lines):
        return EnvironmentFault("a name twice in the environment")
    return AgiEnvironment(text)
