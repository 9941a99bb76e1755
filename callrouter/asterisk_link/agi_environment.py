"""What Asterisk tells of a channel at the start of an AGI session.  PURE."""

from collections.abc import Iterator, Mapping

from callrouter.asterisk_link.wire_text import wire_text


class AgiEnvironment(Mapping[str, str]):
    """Asterisk's names (``agi_channel`` …) and their text, decoded by `wire_text` when asked for.

    A dip looks at a few of some 25 values, and decoding the rest was a fifth of its cost.  ``octets`` holds
    each value as Latin-1 text, one character an octet.
    """

    __slots__ = ("_octets",)

    def __init__(self, octets: dict[str, str]) -> None:
        self._octets = octets

    def __getitem__(self, name: str) -> str:
        octets = self._octets[name]
        if octets.isascii() and octets.isprintable():
            return octets
        return wire_text(octets.encode("latin-1"))

    def __contains__(self, name: object) -> bool:
        return name in self._octets

    def __iter__(self) -> Iterator[str]:
        return iter(self._octets)

    def __len__(self) -> int:
        return len(self._octets)

    def __repr__(self) -> str:
        return f"AgiEnvironment({len(self)} values)"  # the values are personal data
