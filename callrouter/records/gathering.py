"""A batch of rows, sorted by calls. Pure.

Rules:
- Ids hold the node's name and the boot's mark in place of the boot name, wherever a row has them: nothing that is
  kept tells that.
- Text that cannot be an id belongs to no call: a database could not hold it. Such rows are counted.
- A line of the queue log belongs to the call of the caller's channel; those about no call are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from callrouter.vocabulary.cel import CelRow, boot_name_of, cel_row_of, node_of_boot
from callrouter.vocabulary.queue_log import NO_CALL, QueueRow, queue_row_of

_LONGEST_ID = 200
"""Characters. Asterisk's own are shorter than 150; a database's index takes no text of any length."""


@dataclass(slots=True)
class NewRows:
    """What a batch brings of one call."""

    boot: str | None
    """The `node_of_boot` in its ids; None when they have none."""
    cel: list[CelRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)


@dataclass(slots=True)
class Gathered:
    """A batch by calls."""

    calls: dict[str, NewRows] = field(default_factory=dict)
    """By linkedid, in the order of their first rows."""
    boots: dict[str, int] = field(default_factory=dict)
    """The boots (`node_of_boot`) that occur, in order, with the instant of a row of each, in µs since 1970."""
    strange: int = 0
    """Rows whose ids cannot be ids."""


def gather(node: str, cel: Iterable[CelRow], queue: Iterable[QueueRow]) -> Gathered:
    """Sort a batch by calls, with the node's name in place of the boot name."""
    gathered = Gathered()
    rows = tuple(cel)
    names = _gather_one_boot(gathered, rows, node) or _gather_any(gathered, rows, node)
    calls = gathered.calls
    for at_s, id_, name, member, event, data in queue:
        if id_ == NO_CALL:
            continue
        linkedid = names[id_]
        if not linkedid:
            gathered.strange += 1
            continue
        call = calls.get(linkedid)
        if call is None:
            call = calls[linkedid] = NewRows(names.mark_of(linkedid))
        call.queue.append(queue_row_of((at_s, linkedid, name, member, event, names.in_data(data))))
    return gathered


def _gather_one_boot(gathered: Gathered, rows: Sequence[CelRow], node: str) -> _Names | None:
    """Do as `_gather_any` where all ids begin with one boot name, as nearly always: by columns, in half the time."""
    if not rows:
        return None
    names = _Names(node)
    events, instants, uniqueids, linkedids, *others, extras = zip(*rows, strict=True)
    uniqueids, linkedids = (tuple(map(names.__getitem__, ids)) for ids in (uniqueids, linkedids))
    if len(names.boots) < len(names) or len(names.marks) > 1:
        return None
    ((boot, mark),) = names.marks.items()
    if boot in "\n".join(extras):
        extras = tuple(extra.replace(boot, mark) for extra in extras)
    gathered.boots[mark] = instants[0]
    calls = gathered.calls
    fields = zip(events, instants, uniqueids, linkedids, *others, extras, strict=True)
    for linkedid, row in zip(linkedids, map(cel_row_of, fields), strict=True):
        call = calls.get(linkedid)
        if call is None:
            call = calls[linkedid] = NewRows(mark)
        call.cel.append(row)
    return names


def _gather_any(gathered: Gathered, rows: Iterable[CelRow], node: str) -> _Names:
    names = _Names(node)
    calls, boots = gathered.calls, names.boots
    for row in rows:
        uniqueid, linkedid = names[row.uniqueid], names[row.linkedid]
        if not uniqueid or not linkedid:
            gathered.strange += 1
            continue
        boot = boots.get(linkedid) or boots.get(uniqueid)
        mark = names.marks[boot] if boot else None
        # Facts name channels too.
        extra = row.extra.replace(boot, mark) if boot and mark else row.extra
        call = calls.get(linkedid)
        if call is None:
            call = calls[linkedid] = NewRows(mark)
            if mark is not None:
                gathered.boots.setdefault(mark, row.at_us)
        call.cel.append(row._replace(uniqueid=uniqueid, linkedid=linkedid, extra=extra))
    return names


class _Names(dict[str, str]):
    """The ids of a batch, with the node's name in place of the boot name; empty for what is no id."""

    def __init__(self, node: str) -> None:
        super().__init__()
        self.boots: dict[str, str] = {}
        """The boot name that an id had, by what it is now."""
        self.marks: dict[str, str] = {}
        """The `node_of_boot` by boot name."""
        self._node = node

    def mark_of(self, name: str) -> str | None:
        boot = self.boots.get(name)
        return None if boot is None else self.marks[boot]

    def in_data(self, data: tuple[str, ...]) -> tuple[str, ...]:
        """Give a queue line's data with the ids among them named."""
        if "-" not in "".join(data):
            return data  # no id has a boot name
        return tuple(self._named(text, boot_name_of(text)) for text in data)

    def __missing__(self, id_: str) -> str:
        boot = boot_name_of(id_)
        name = self._named(id_, boot)
        if len(name) > _LONGEST_ID or not name.isprintable():
            name = ""
        elif boot:
            self.boots[name] = boot
        self[id_] = name
        return name

    def _named(self, id_: str, boot: str) -> str:
        if not boot:
            return id_
        mark = self.marks.get(boot)
        if mark is None:
            mark = self.marks[boot] = node_of_boot(self._node, boot)
        return mark + id_[len(boot) :]
