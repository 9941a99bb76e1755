"""A batch of rows, sorted by calls. Pure.

Rules:
- Ids hold the node's name and the boot's mark in place of the boot name, wherever a row has them: nothing that is
  kept tells that.
- Text that cannot be an id belongs to no call: a database could not hold it. Such rows are counted.
- A line of the queue log belongs to the call of the caller's channel; those about no call are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from callrouter.vocabulary.cel import CelRow, boot_name_of, id_at_node, node_of_boot
from callrouter.vocabulary.queue_log import NO_CALL, QueueRow

_row: Callable[[tuple[object, ...]], CelRow] = partial(tuple.__new__, CelRow)
"""`CelRow._make`, in a third of its time: every row passes here."""
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
    names = _Names(node)
    calls, boots = gathered.calls, names.boots
    for row in cel:
        event, at_us, uniqueid, linkedid, channel, context, exten, app, number, peer, extra = row
        uniqueid, linkedid = names[uniqueid], names[linkedid]
        if not uniqueid or not linkedid:
            gathered.strange += 1
            continue
        boot = boots.get(linkedid) or boots.get(uniqueid)
        if boot is not None:
            # Facts name channels too.
            extra = extra.replace(boot, node_of_boot(node, boot)) if boot in extra else extra
            row = _row((event, at_us, uniqueid, linkedid, channel, context, exten, app, number, peer, extra))  # noqa: PLW2901 -- the same row
        call = calls.get(linkedid)
        if call is None:
            call = calls[linkedid] = NewRows(names.mark_of(boot))
            if call.boot is not None:
                gathered.boots.setdefault(call.boot, at_us)
        call.cel.append(row)
    for line in queue:
        if line.call == NO_CALL:
            continue
        linkedid = names[line.call]
        if not linkedid:
            gathered.strange += 1
            continue
        calls.setdefault(linkedid, NewRows(names.mark_of(boots.get(linkedid)))).queue.append(
            line._replace(call=linkedid, data=tuple(id_at_node(text, node) for text in line.data))
        )
    return gathered


class _Names(dict[str, str]):
    """The ids of a batch, with the node's name in place of the boot name; empty for what is no id."""

    def __init__(self, node: str) -> None:
        super().__init__()
        self.boots: dict[str, str] = {}
        self._node = node

    def mark_of(self, boot: str | None) -> str | None:
        return None if boot is None else node_of_boot(self._node, boot)

    def __missing__(self, id_: str) -> str:
        boot = boot_name_of(id_)
        name = id_at_node(id_, self._node)
        if len(name) > _LONGEST_ID or not name.isprintable():
            name = ""
        elif boot:
            self.boots[name] = boot
        self[id_] = name
        return name
