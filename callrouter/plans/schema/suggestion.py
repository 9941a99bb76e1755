"""What an admin may have meant by a word that is not known.

Rules:
- However many words are wrong and however many are known, little is compared: a plan full of slips is told in time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from heapq import nlargest
from itertools import islice

from callrouter.plans.findings import clipped

_MOST_LISTED = 12
_MOST_COMPARED = 12
_MOST_LOOKED_AT = 300
_MOST_PASSED = 20_000
_SAME_BEGINNING = 2
_LONGEST = 60
_TYPED_IN_CHINESE = str.maketrans("“”‘’、。·—", "\"\"'',.--")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The remedy for a word that is none of the known ones."""
    if not known:
        return "先写出它，或删除这一行 / write it first, or delete this line"
    meant = nearest(word, known)
    if meant is not None:
        return f"是不是 {clipped(meant)}？ / did you mean {clipped(meant)}?"
    listed = ", ".join(clipped(one) for one in islice(known, _MOST_LISTED))
    more = " …" if len(known) > _MOST_LISTED else ""
    return f"可以用： {listed}{more} / use one of: {listed}{more}"


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that is most like this one; None if none is much like it."""
    word = half_width(word[:_LONGEST])
    close = get_close_matches(word, _worth_comparing(word, known), n=1, cutoff=0.6)
    return close[0] if close else None


def half_width(text: str) -> str:
    """The text as a keyboard without a Chinese input method types it: `１２３００` is 12300, `“a：b”` is a:b."""
    return unicodedata.normalize("NFKC", text.translate(_TYPED_IN_CHINESE)).strip("\"' ")


def _worth_comparing(word: str, known: Collection[str]) -> Sequence[str]:
    """The few that begin and end most like the word: comparing whole words is slow."""
    near: Collection[str] = known
    if len(known) > _MOST_LOOKED_AT:  # thousands of numbers: a slip is rarely in the first digits
        begins = word[:_SAME_BEGINNING]
        alike = (one for one in islice(known, _MOST_PASSED) if one.startswith(begins))
        near = list(islice(alike, _MOST_LOOKED_AT))
    if len(near) <= _MOST_COMPARED:
        return list(near)
    return nlargest(_MOST_COMPARED, near, key=lambda one: _same_ends(word, one[:_LONGEST]))


def _same_ends(one: str, other: str) -> int:
    return _same_beginning(one, other) + _same_beginning(one[::-1], other[::-1])


def _same_beginning(one: str, other: str) -> int:
    differs = (at for at, (char, its) in enumerate(zip(one, other, strict=False)) if char != its)
    return next(differs, min(len(one), len(other)))
