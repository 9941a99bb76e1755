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
from typing import Final
from urllib.parse import unquote_to_bytes

from callrouter.vocabulary.wire_text import wire_text

# Asterisk takes 127 at most (MAX_ARGS 128, less the script).
_PLACES = tuple(f"agi_arg_{position}" for position in range(1, 128))
_PLAIN = r"[A-Za-z0-9_.!~*'()-]*+"
ENCODED: Final = rf"{_PLAIN}(?:%[0-9A-Fa-f]{{2}}{_PLAIN})*"
"""What ``URIENCODE`` writes, as a pattern."""

_ENCODED = re.compile(ENCODED)


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
        if _ENCODED.fullmatch(encoded) is None:
            return ArgumentFault(place, "a value that is not URI-encoded")
        facts[name] = decoded(encoded)
    return facts


def decoded(encoded: str) -> str:
    """Decode a value of the form `ENCODED` (rule 4)."""
    escapes = encoded.count("%")
    if not escapes:
        return encoded
    if escapes == encoded.count("%40"):
        return encoded.replace("%40", "@")  # a SIP Call-ID: nearly every dip has one
    return wire_text(unquote_to_bytes(encoded))
