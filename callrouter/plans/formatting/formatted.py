"""A plan's file in canonical form: the same plan, the same comments, one layout.

Rules:
- What the plan reader refuses is not laid out: its findings are told.
- What was made is read again. If it doesn't hold the same values, quoted or plain as they were, with every comment,
  or is not laid out the same once more, nothing comes of it: that is a defect of this program, not of the file.
- A byte order mark goes, and lines end in a line feed alone.
"""

from __future__ import annotations

from typing import NamedTuple

from callrouter.plans.findings import Finding
from callrouter.plans.formatting.key_order import put_in_order
from callrouter.plans.formatting.kinds import kind_by_keys
from callrouter.plans.formatting.layout import laid_out
from callrouter.plans.formatting.parsed import comments_of, parsed
from callrouter.plans.reading.written import ListMarks, MappingMarks, Marks, Written
from callrouter.plans.reading.yaml_reader import decoded, read_text
from callrouter.plans.schema.parts import Part


class Formatted(NamedTuple):
    """A file's canonical text, or why there is none."""

    text: str | None
    findings: tuple[Finding, ...] = ()


class MeaningLost(Exception):
    """The canonical text would not say the same: a defect of ours. The text says what was lost."""


def formatted(raw: bytes, name: str, kind: type[Part] | None) -> Formatted:
    """The canonical form of a file's bytes; `name` is the file's in findings, no `kind` is told from its keys.

    Raises MeaningLost.
    """
    written = Written(name)
    text = decoded(raw, written)
    if text is not None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        read_text(text, written)
    if text is None or written.findings:
        return Formatted(None, tuple(written.findings))
    kind = kind or kind_by_keys(written.data)
    made = _made(text, kind)
    _compare(text, written, made, kind)
    return Formatted(made)


def _made(text: str, kind: type[Part]) -> str:
    document = parsed(text)
    put_in_order(document, kind)
    return laid_out(document)


def _compare(text: str, before: Written, made: str, kind: type[Part]) -> None:
    """See that nothing was lost. Raises MeaningLost."""
    if made == text:
        return
    after = read_text(made, Written(before.name))
    if after.findings:
        raise MeaningLost(str(after.findings[0]))
    if after.data != before.data:
        raise MeaningLost("值不一样 / the values differ")
    if _plain(after.marks) != _plain(before.marks):
        raise MeaningLost("引号不一样 / what is quoted differs")
    if sorted(comments_of(made)) != sorted(comments_of(text)):
        raise MeaningLost("注释不一样 / the comments differ")
    if _made(made, kind) != made:
        raise MeaningLost("再整理一次又会改变 / laid out once more, it would change again")


def _plain(marks: Marks) -> object:
    """Which values are written without quotes."""
    match marks:
        case MappingMarks():
            return {key: _plain(value) for key, value in marks.values.items()}
        case ListMarks():
            return [_plain(item) for item in marks.items]
        case _:
            return marks & 1
