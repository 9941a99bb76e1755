"""In which order keys stand: the schema's, what is told of an item first, its source or reason behind that.

Rules:
- A key that the schema doesn't know stays behind the one that it followed.
- An entry takes its comments along; a head that a blank line sets off from the first entry stays at the top, and so
  does a line for the editor.
- Names that an author gives (`schedules`) stay in the author's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from callrouter.plans.formatting.tree import Block, Document, Entry, Node, Note, Row
from callrouter.plans.schema.parts import Cited
from callrouter.plans.schema.queue_parts import QueueWays

_LONG: Final = frozenset({"stretches", "says"})
"""What runs over several lines, and so stands behind the source or the reason."""
_EDITOR: Final = "# yaml-language-server:"


def put_in_order(document: Document, model: type[BaseModel]) -> None:
    """Put the keys of a file of this kind in order."""
    _order(document.root.value, model)


def _order(node: Node, annotation: object) -> None:
    if not isinstance(node, Block | Row):
        return
    if not node.is_mapping:
        inner = _inner(annotation, list)
        for entry in node.entries:
            _order(entry.value, inner)
        return
    if (inner := _inner(annotation, dict)) is not None:
        for entry in node.entries:
            _order(entry.value, inner)
        return
    model = _model(annotation, [_key(entry) for entry in node.entries])
    if model is None:
        return
    for entry in node.entries:
        field = model.model_fields.get(_key(entry))
        _order(entry.value, field.annotation if field else None)
    _sort(node, keys_of(model))


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a mapping in the order in which they are written."""
    reasons = {"why", "source"} if issubclass(model, Cited) else {"why"}
    ways = set(QueueWays.model_fields) if issubclass(model, QueueWays) else set[str]()

    def rank(key: str) -> int:
        return 3 if key in _LONG else 2 if key in reasons else 1 if key in ways else 0

    return sorted(model.model_fields, key=rank)


def _sort(node: Block | Row, order: Sequence[str]) -> None:
    """Sort the entries; those of unknown keys stay behind what they followed."""
    places = {key: index for index, key in enumerate(order)}
    ranks: list[int] = []
    for entry in node.entries:
        ranks.append(places.get(_key(entry), ranks[-1] if ranks else -1))
    if ranks == sorted(ranks):
        return
    entries = [entry for _, entry in sorted(zip(ranks, node.entries, strict=True), key=lambda one: one[0])]
    if isinstance(node, Row):
        # Lines of a row are broken where they were, whatever stands there now.
        for entry, broken in zip(entries, [one.broken for one in node.entries], strict=True):
            entry.broken = broken
    elif entries[0] is not node.entries[0]:
        _change_heads(node.entries[0], entries[0])
    node.entries = entries


def _change_heads(old: Entry, new: Entry) -> None:
    """Another entry comes first: the head stays at the top, and no blank line comes with the new one."""
    blanks = [index for index, note in enumerate(old.before) if note.blank and index]
    cut = len(old.before) if old.blank else blanks[-1] if blanks else 0
    if not cut and old.before and old.before[0].text.startswith(_EDITOR):
        cut = 1
    head, old.before = old.before[:cut], old.before[cut:]
    above = _starts_blank(old, to=False)
    _starts_blank(old, to=_starts_blank(new, to=above))
    new.before[:0] = head


def _starts_blank(entry: Entry, *, to: bool) -> bool:
    """Whether a blank line is above the entry and its comments; from now on, as it is said."""
    first: Note | Entry = entry.before[0] if entry.before else entry
    was, first.blank = first.blank, to
    return was


def _key(entry: Entry) -> str:
    return entry.key.value if entry.key else ""


def _inner(annotation: object, kind: type) -> Any:
    """What the items of a list, or the values of a mapping by names, are; None if it is no such thing."""
    for choice in _choices(annotation):
        if get_origin(choice) is kind:
            return get_args(choice)[-1]
    return None


def _model(annotation: object, keys: Sequence[str]) -> type[BaseModel] | None:
    """The part that has most of these keys."""
    models = [one for one in _choices(annotation) if isinstance(one, type) and issubclass(one, BaseModel)]
    return max(models, key=lambda model: len(model.model_fields.keys() & set(keys)), default=None)


def _choices(annotation: Any) -> Iterator[object]:
    """What a value may be, one by one."""
    origin = get_origin(annotation)
    if origin in (list, dict) or origin is None:
        yield annotation
    else:
        for choice in get_args(annotation):
            yield from _choices(choice)
