"""Finds the action that a message answers.  PURE.

Rules
1. A response belongs to the action whose ActionID it repeats; nothing else pairs them, not even order.
2. A response with ``EventList: start`` opens a list: the events with the same ActionID are its items, up to
   the event that has an ``EventList`` of its own (``Complete``, ``Cancelled``), which closes it and is no item.
   What Asterisk counted (``ListItems``) and we have not is *missing*.
3. Every other event is news, in the order of arrival, even with an ActionID (OriginateResponse).
4. A response to an action that nobody waits for any more is dropped and counted.
5. A list is bounded, in items and in characters.
"""

from dataclasses import dataclass, field
from typing import Final

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_protocol import AmiProtocolError

MAX_LIST_ITEMS: Final = 20_000
MAX_LIST_CHARACTERS: Final = 32 * 1024 * 1024


@dataclass(slots=True)
class _OpenList:
    """A list that is being received."""

    response: AmiMessage
    items: list[AmiMessage] = field(default_factory=list)
    characters: int = 0

    def add(self, item: AmiMessage) -> None:
        self.characters += sum(len(name) + len(value) for name, value in item.headers)
        if len(self.items) >= MAX_LIST_ITEMS or self.characters > MAX_LIST_CHARACTERS:
            raise AmiProtocolError("AMI list: more items than any Asterisk of ours has; close the connection")
        self.items.append(item)

    def close(self, end: AmiMessage) -> AmiResponse:
        counted = end.get("ListItems")
        # More digits than any list of ours has are no count, and int() of them would be slow.
        missing = (
            int(counted) - len(self.items)
            if counted.isascii() and counted.isdigit() and len(counted) < 10
            else 0
        )
        return AmiResponse(self.response, tuple(self.items), max(0, missing))


class PendingActions:
    """The actions that wait for an answer, by ActionID."""

    def __init__(self) -> None:
        self.unmatched = 0
        """How many responses were dropped by rule 4."""
        self._waiting: set[str] = set()
        self._lists: dict[str, _OpenList] = {}
        self._grown: _OpenList | None = None

    @property
    def is_listing(self) -> bool:
        """Whether a list has begun and not ended: Asterisk then writes nothing else."""
        return bool(self._lists)

    def expect(self, action_id: str) -> None:
        """Wait for the answer to ``action_id``."""
        self._waiting.add(action_id)

    def forget(self, action_id: str) -> None:
        """Wait no more for ``action_id``; what still arrives of its list is dropped."""
        self._waiting.discard(action_id)
        self._lists.pop(action_id, None)

    def retract(self) -> bool:
        """Take back the message received last, if it was an item of a list that is still open; return whether."""
        if self._grown is None:
            return False
        self._grown.items.pop()
        self._grown = None
        return True

    def receive(self, message: AmiMessage) -> tuple[str, AmiResponse] | AmiMessage | None:
        """Return an action's ID with its whole answer, or an event that is news, or None.

        Raises `AmiProtocolError` for a list beyond its bound.
        """
        self._grown = None
        action_id = message.get("ActionID")
        if message.is_event:
            return self._receive_event(message, action_id)
        if action_id not in self._waiting or action_id in self._lists:
            self.unmatched += 1
            return None
        if message.get("EventList").lower() == "start":
            self._lists[action_id] = _OpenList(message)
            return None
        self._waiting.discard(action_id)
        return action_id, AmiResponse(message)

    def _receive_event(
        self, event: AmiMessage, action_id: str
    ) -> tuple[str, AmiResponse] | AmiMessage | None:
        opened = self._lists.get(action_id)
        if opened is None:
            return event
        if event.get("EventList"):
            self.forget(action_id)
            return action_id, opened.close(event)
        opened.add(event)
        self._grown = opened
        return None
