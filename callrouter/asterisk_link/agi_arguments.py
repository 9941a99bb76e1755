r"""Reads the facts of a dip from the AGI arguments.  PURE.

Rules
1. The dialplan writes each fact as one argument, ``name=${URIENCODE(value)}``; Asterisk hands them on as
   ``agi_arg_1``, ``agi_arg_2`` … in order.
2. ``URIENCODE`` leaves letters, digits and ``-_.!~*'()`` and writes every other octet as ``%NN``.  Anything
   else in a value was not written by it: a fault.
3. A name that the dip does not know, and a name that stands twice, are faults.  A missing name is not:
   whether it is needed is for the reader of the facts to say.
4. An octet that is not UTF-8 and a control character, percent-encoded ones included, come out as ``\xNN``
   (see `wire_text`): such a text is no number, but the call still gets its answer.
5. A fault is a value, not an exception, and names the place, never the text.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from callrouter.asterisk_link.wire_text import wire_text

# Asterisk takes 127 at most (MAX_ARGS 128, less the script).
_PLACES = tuple(f"agi_arg_{position}" for position in range(1, 128))
_ENCODED = re.compile(r"(?:[A-Za-z0-9_.!~*'()-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class ArgumentFault:
    """An argument that no dialplan of ours writes; ``place`` is Asterisk's name for it (``agi_arg_2``)."""

    place: str
    fault: str


def agi_arguments(environment: Mapping[str, str], known: Collection[str]) -> dict[str, str] | ArgumentFault:
    """Return the facts by name, decoded, or the first fault; ``known`` are the names that may occur."""
    facts: dict[str, str] = {}
    for place in _PLACES:
        if place not in environment:
            break
        name, equals, encoded = environment[place].partition("=")
        if not equals:
            return ArgumentFault(place, "not of the form name=value")
        if name not in known:
            return ArgumentFault(place, "an unknown name")
        if name in facts:
            return ArgumentFault(place, "a repeated name")
        value = _decode(encoded)
        if value is None:
            return ArgumentFault(place, "a value that is not URI-encoded")
        facts[name] = value
    return facts


def _decode(encoded: str) -> str | None:
    if encoded.isascii() and encoded.isalnum():
        return encoded  # most facts are digits
    if _ENCODED.fullmatch(encoded) is None:
        return None
    return wire_text(unquote_to_bytes(encoded))
