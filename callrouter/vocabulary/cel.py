r"""One row of Asterisk's journal (CEL), read.

Rules:
- A row has the columns of `CEL_COLUMNS`, in that order; anything else is not a row.
- `eventtime` is epoch seconds with six decimals; it becomes whole microseconds, never through a float.
- What a row says beside that is text, kept as written: it came from callers and is not to be believed.
- A user event's `eventextra` is JSON `{"extra": "k=v&k=v"}`; each value is percent-encoded UTF-8. What cannot
  be read is an absent fact, never an error. In a fact, an octet that is not UTF-8 and a control character are
  escaped as `\xNN` (see `wire_text`): a caller may have written them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from callrouter.vocabulary.journal import CEL_COLUMNS
from callrouter.vocabulary.wire_text import without_controls

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"(\d{1,11})\.(\d{6})", re.ASCII)
_BOOT_NAME = re.compile(r"^[a-z2-7]{16}-(?=[0-9]+\.[0-9]+$)")
"""What Asterisk's ids begin with: see asterisk_link/boot_name."""
_MARK = re.compile(r"[0-9a-f]{8}-[0-9]+\.[0-9]+$")
"""What follows the node's name in an id: see `node_of_boot`."""


_read_json: Final = json.JSONDecoder().raw_decode
"""Without looking for white space about the value, which Asterisk writes none of: that takes longer than reading."""


class CelEvent(StrEnum):
    """The events of Asterisk's own that records are folded from (Asterisk: `struct ast_cel_event_record`)."""

    CHAN_START = "CHAN_START"
    ANSWER = "ANSWER"
    BRIDGE_ENTER = "BRIDGE_ENTER"
    BRIDGE_EXIT = "BRIDGE_EXIT"
    HANGUP = "HANGUP"
    CHAN_END = "CHAN_END"
    LINKEDID_END = "LINKEDID_END"
    """The last channel of a call is gone: nothing more will be written about it."""


class CelRowError(ValueError):
    """The text is not a journal row. The message says why, without quoting the row."""


class CelRow(NamedTuple):
    """A journal row. `(uniqueid, event, at_us, extra)` identifies it on its node.

    Without `extra` it would not: Asterisk may stamp two steps of a channel with one microsecond.
    """

    event: str
    """A `CelEvent`, a `JournalEvent`, or another of Asterisk's names."""
    at_us: int
    """Microseconds since 1970."""
    uniqueid: str
    """The channel's id."""
    linkedid: str
    """The call's id: the uniqueid of the channel that came first."""
    channel: str
    """The channel's name, such as `PJSIP/1001-0000002a`."""
    context: str
    exten: str
    app: str
    caller_number: str
    peer: str
    extra: str
    """JSON text, or empty."""

    @property
    def at(self) -> datetime:
        """When it was written down, in UTC."""
        return instant_at(self.at_us)


cel_row_of: Final[Callable[[tuple[str | int, ...]], CelRow]] = partial(tuple.__new__, CelRow)
"""Make a row of its fields, in their order: `CelRow._make` in a third of its time. Nothing is checked."""


def cel_row(fields: Sequence[str]) -> CelRow:
    """Read the fields of one CSV record; raise CelRowError when they are no row."""
    if len(fields) != len(CEL_COLUMNS):
        raise CelRowError(f"a row has {len(CEL_COLUMNS)} columns, this record has {len(fields)}")
    event, instant, *rest = fields
    uniqueid, linkedid, channel, context, exten, app, caller_number, peer, extra = rest
    if not event or not uniqueid or not linkedid:
        raise CelRowError("eventtype, uniqueid and linkedid must not be empty")
    return CelRow(
        event,
        microseconds_in(instant),
        uniqueid,
        linkedid,
        channel,
        context,
        exten,
        app,
        caller_number,
        peer,
        extra,
    )


def at_node(row: CelRow, node: str) -> CelRow:
    """Put `node_of_boot` where the ids have the boot name, which call ids must not tell; others stay as they are."""
    uniqueid, linkedid = (id_at_node(id_, node) for id_ in (row.uniqueid, row.linkedid))
    if (uniqueid, linkedid) == (row.uniqueid, row.linkedid):
        return row
    return row._replace(uniqueid=uniqueid, linkedid=linkedid)


def id_at_node(id_: str, node: str) -> str:
    """Do for one id what `at_node` does for a row's."""
    boot_name = boot_name_of(id_)
    return node_of_boot(node, boot_name) + id_[len(boot_name) :] if boot_name else id_


def node_of_boot(node: str, boot_name: str) -> str:
    """Name a node's boot: `node1-3f9c41ab`. The mark is a digest, from which nobody finds the boot name.

    Asterisk numbers its channels by the second and a count that begins anew at each start: without the mark two calls
    would get one id when the clock is set back and Asterisk started again.
    """
    return f"{node}-{sha256(boot_name.encode()).hexdigest()[:8]}"


def boot_at_node(id_: str, node: str) -> str | None:
    """Give the `node_of_boot` that an id of that node begins with; None when there is none."""
    rest = id_.removeprefix(f"{node}-")
    return id_[: len(node) + 9] if rest != id_ and _MARK.match(rest) else None


def boot_name_of(id_: str) -> str:
    """Give the boot name that an id begins with; empty when there is none."""
    match = _BOOT_NAME.match(id_)
    return match[0][:-1] if match else ""


def microseconds_in(text: str) -> int:
    """Read `1763798400.123456` as microseconds since 1970; raise CelRowError otherwise."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise CelRowError(
            "eventtime is not epoch seconds with six decimals: leave `dateformat` out of cel.conf"
        )
    return int(match[1] + match[2])


def instant_of(text: str) -> datetime:
    """Read `1763798400.123456`; raise CelRowError otherwise."""
    return instant_at(microseconds_in(text))


def microseconds_of(at: datetime) -> int:
    """Give the microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant_at(microseconds: int) -> datetime:
    """Undo `microseconds_of`."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return _EPOCH + timedelta(0, seconds, rest)


def extra_of(row: CelRow) -> Mapping[str, object]:
    """Read `eventextra`; nothing when it is not a JSON object."""
    return object_in(row.extra)


def facts_of(row: CelRow) -> Mapping[str, str]:
    """Read the facts of a user event of ours; a key that comes twice counts once, the first time."""
    return facts_in(row.extra)


def facts_in(extra: str) -> Mapping[str, str]:
    """Read the facts in the `eventextra` of a user event of ours."""
    text = object_in(extra).get("extra")
    facts: dict[str, str] = {}
    if not isinstance(text, str):
        return facts
    for pair in without_controls(text).split("&"):
        key, equals, value = pair.partition("=")
        if equals and key not in facts:
            facts[key] = _decoded(value) if "%" in value else value
    return facts


def object_in(text: str) -> Mapping[str, object]:
    """Read the text of an `eventextra`; nothing when it is not a JSON object."""
    if not text:
        return {}
    try:
        value, end = _read_json(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) and end == len(text) else {}


def _decoded(value: str) -> str:
    return without_controls(unquote_to_bytes(value).decode("utf-8", "backslashreplace"))
