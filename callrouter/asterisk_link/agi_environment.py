"""What Asterisk tells of a channel at the start of an AGI session.  PURE."""

from collections.abc import Iterator, Mapping

from callrouter.vocabulary.wire_text import wire_text


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
