"""What an admin may have meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from callrouter.plans.findings import clipped

_MOST_LISTED = 12
_MOST_COMPARED = 300
_SAME_BEGINNING = 2


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The remedy for a word that is none of the known ones."""
    if not known:
        return "先写出它，或删除这一行 / write it first, or delete this line"
    near = list(known)
    if len(near) > _MOST_COMPARED:  # thousands of numbers: a slip is rarely in the first digits
        near = [one for one in near if one[:_SAME_BEGINNING] == word[:_SAME_BEGINNING]][:_MOST_COMPARED]
    close = get_close_matches(word[:100], near, n=1, cutoff=0.6)
    if close:
        return f"是不是 {clipped(close[0])}？ / did you mean {clipped(close[0])}?"
    listed = ", ".join(clipped(one) for one in list(known)[:_MOST_LISTED])
    more = " …" if len(known) > _MOST_LISTED else ""
    return f"可以用： {listed}{more} / use one of: {listed}{more}"
