"""What stands between two words of a file: comments, blank lines, and whether the line ends.

Rules:
- Between two words there is nothing but YAML's signs (`-`, `:`, `,`, brackets), spaces, line ends and comments: the
  first `#` of a line there begins a comment, which runs to the line's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Comment(NamedTuple):
    """A comment as it was written."""

    text: str
    """From its `#` on, without spaces at the end."""
    column: int
    """From 0."""
    beside: bool
    """Whether it follows a word on that word's line."""
    bound: bool
    """Whether one of YAML's signs stands before it on a line of its own: it belongs to what that begins."""
    blank: bool
    """Whether a blank line is above it."""


class Gap(NamedTuple):
    """What stands between two words."""

    comments: tuple[Comment, ...]
    blank: bool
    """Whether there is a blank line above the second word, below the comments."""
    broken: bool
    """Whether the second word begins a line."""


def gap_of(text: str, start: int, end: int) -> Gap:
    """The gap from one index of the text to another; index 0 is the file's beginning, where no word is before."""
    lines = text[start:end].split("\n")
    comments: list[Comment] = []
    blank = False
    for index, line in enumerate(lines):
        sign, found, said = line.partition("#")
        if found:
            beside = index == 0 and start > 0
            bound = index > 0 and bool(sign.strip())
            comments.append(Comment(f"#{said}".rstrip(), len(sign), beside, bound, blank))
            blank = False
        elif 0 < index < len(lines) - 1 and not line.strip():
            blank = True
    return Gap(tuple(comments), blank, len(lines) > 1)


def comments_in(text: str, words: Iterator[tuple[int, int]]) -> Iterator[str]:
    """Every comment of a text whose words begin and end at these indices."""
    at = 0
    for start, end in words:
        yield from (comment.text for comment in gap_of(text, at, max(at, start)).comments)
        at = max(at, end)
    yield from (comment.text for comment in gap_of(text, at, len(text)).comments)
