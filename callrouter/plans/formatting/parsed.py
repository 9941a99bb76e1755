"""From a file's text to its tree: every value with the comments and blank lines that belong to it.

Rules:
- It takes only what the plan reader accepts: one document, no anchors, tags or directives, keys that are words.
- A comment on a line of its own that stands as far to the right as entries that have just ended belongs below the
  last of them; else it belongs to the entry that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml

from callrouter.plans.formatting.gaps import Gap, comments_in, gap_of
from callrouter.plans.formatting.scalars import ends_at, header_comment
from callrouter.plans.formatting.tree import Block, Document, Entry, Note, Row, Scalar

_BLOCK_TEXT = frozenset("|>")
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def parsed(text: str) -> Document:
    """The tree of a text that the plan reader accepts, each line ended by a line feed alone."""
    builder = _Builder(text)
    try:
        return builder.document()
    finally:
        builder.close()


def comments_of(text: str) -> list[str]:
    """Every comment, in order, told from the text and its words alone."""
    return list(comments_in(text, _words(text)))


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Where each single value begins and ends."""
    loader = yaml.CSafeLoader(text)
    # The stubs tell neither a scalar's style nor its marks.
    follow: Callable[[], Any] = loader.get_event
    try:
        while type(event := follow()) is not yaml.StreamEndEvent:
            if isinstance(event, yaml.ScalarEvent) and not _is_nothing(event):
                start, end = _span(event)
                if event.style in _BLOCK_TEXT:  # its first line may hold a comment
                    start, end = text.find("\n", start, end), ends_at(text, start, end, event.value)
                yield start, end
    finally:
        loader.dispose()


class _Builder:
    """Builds the tree out of the parser's events and the text between them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._loader = yaml.CSafeLoader(text)
        self._next: Callable[[], Any] = self._loader.get_event
        self._at = 0
        """How far the text has been read."""
        self._closed: list[Block] = []
        """Blocks that have ended since the last word, inner ones first."""
        self._last: Entry | None = None
        """The entry on whose line the reading stands, if its key or value has been read."""

    def close(self) -> None:
        """Give the parser back."""
        self._loader.dispose()

    def document(self) -> Document:
        """Read the whole file."""
        self._next()  # the start of the stream
        self._next()  # the start of the document: a comment beside `---` is one before the first value
        root = Entry(Scalar("", "", ""))
        event = self._next()
        notes, blank = self._notes(event, -1)
        if _is_block(event):
            root.value = _headed(self._block(event), notes, blank=blank)
        else:
            root.before, root.value = notes, self._inline(event)
            self._take_header_comment(root)
            self._last = root
        end = self._next()
        below, _ = self._notes(end, -1)
        after = gap_of(self._text, end.end_mark.index, len(self._text))
        return Document(root, below, [Note(comment.text) for comment in after.comments])

    def _block(self, event: Any) -> Block:
        block = Block(isinstance(event, yaml.MappingStartEvent), event.start_mark.column)
        read = self._keyed if block.is_mapping else self._item
        while type(event := self._next()) not in _ENDS:
            block.entries.append(read(event, block.column))
        self._closed.append(block)
        return block

    def _item(self, event: Any, column: int) -> Entry:
        """An item of a block."""
        if _is_nothing(event):  # it has no place of its own: what stands around it belongs to what follows
            self._last = Entry(Scalar("", "", ""))
            return self._last
        notes, blank = self._notes(event, column)
        self._last = None
        entry = Entry(self._block(event) if _is_block(event) else self._inline(event), None, notes, blank)
        if not isinstance(entry.value, Block):
            self._take_header_comment(entry)
            self._last = entry
        return entry

    def _keyed(self, event: Any, column: int) -> Entry:
        """A key of a block and its value."""
        notes, blank = ([], False) if _is_nothing(event) else self._notes(event, column)
        self._last = None
        entry = Entry(Scalar("", "", ""), self._scalar(event), notes, blank)
        value = self._next()
        if _is_block(value):
            self._last = entry
            notes, blank = self._notes(value, column)
            self._last = None
            entry.value = _headed(self._block(value), notes, blank=blank)
            return entry
        if not _is_nothing(value):
            # There is no place between a key and a value on one line: what was there goes above the key.
            entry.before += [Note(comment.text) for comment in self._gap(value).comments]
            entry.value = self._inline(value)
            self._take_header_comment(entry)
        self._last = entry
        return entry

    def _inline(self, event: Any) -> Scalar | Row:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        return self._row(event)

    def _row(self, event: Any) -> Row:
        """A mapping or list in brackets."""
        row = Row(isinstance(event, yaml.MappingStartEvent))
        self._at = event.end_mark.index
        while type(event := self._next()) not in _ENDS:
            gap = Gap((), blank=False, broken=False) if _is_nothing(event) else self._gap(event)
            entry = Entry(Scalar("", "", ""), broken=gap.broken)
            entry.before = [Note(comment.text, beside=comment.beside) for comment in gap.comments]
            if row.is_mapping:
                entry.key = self._scalar(event)
                event = self._next()
                if not _is_nothing(event):
                    entry.before += [Note(comment.text) for comment in self._gap(event).comments]
            if not _is_nothing(event):
                entry.value = self._inline(event)
            row.entries.append(entry)
        row.after = [Note(comment.text, beside=comment.beside) for comment in self._gap(event).comments]
        self._at = event.end_mark.index
        return row

    def _scalar(self, event: Any) -> Scalar:
        start, end = _span(event)
        if event.style in _BLOCK_TEXT:
            end = ends_at(self._text, start, end, event.value)
        self._at = max(self._at, end)
        return Scalar(self._text[start:end], event.value, event.style or "")

    def _take_header_comment(self, entry: Entry) -> None:
        """The comment beside the `|` of a block of text belongs to its entry."""
        if isinstance(entry.value, Scalar) and entry.value.style in _BLOCK_TEXT:
            entry.beside = header_comment(entry.value.source)

    def _gap(self, event: Any) -> Gap:
        """What stands before the event, which is then behind."""
        start, self._at = self._at, max(self._at, event.start_mark.index)
        return gap_of(self._text, start, self._at)

    def _notes(self, event: Any, column: int) -> tuple[list[Note], bool]:
        """The notes for what begins here in a block at this column, and whether a blank line is above it.

        What stands beside the last entry, or below one that has ended, goes there.
        """
        gap = self._gap(event)
        ended, notes = self._closed, list[Note]()
        for comment in gap.comments:
            if comment.beside and self._last is not None:
                self._last.beside = comment.text
                continue
            right = not comment.bound and comment.column > column
            # Once a comment belongs further out, none below it belongs further in.
            ended = [block for block in ended if right and block.column <= comment.column]
            (ended[0].after if ended else notes).append(Note(comment.text, comment.blank))
        self._closed = []
        return notes, gap.blank


def _is_block(event: Any) -> bool:
    return isinstance(event, yaml.CollectionStartEvent) and not event.flow_style


def _is_nothing(event: Any) -> bool:
    """Whether a value is left out altogether, as in `key:`."""
    return isinstance(event, yaml.ScalarEvent) and len(set(_span(event))) == 1


def _span(event: Any) -> tuple[int, int]:
    """Where an event begins and ends in the text."""
    return event.start_mark.index, event.end_mark.index


def _headed(block: Block, notes: list[Note], *, blank: bool) -> Block:
    """The block, with what stands above its first entry."""
    first = block.entries[0]
    first.before[:0] = notes
    first.blank = first.blank or blank
    return block
