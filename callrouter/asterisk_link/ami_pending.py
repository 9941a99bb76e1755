"""Finds the action that a message answers.  PURE.

Rules
1. A response belongs to the action whose ActionID it repeats; nothing else pairs them, not even order.
2. A response with ``EventList: start`` opens a list: the events with the same ActionID are its items, up to
   the event that has an ``EventList`` of its own (``Complete``), which closes it and is no item.
3. Every other event is news, in the order of arrival, even with an ActionID (OriginateResponse).
4. A response to an action that nobody waits for any more is dropped and counted.
5. A list is bounded.
"""

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_protocol import AmiProtocolError

MAX_LIST_ITEMS = 20_000


class PendingActions:
    """The actions that wait for an answer, by ActionID."""

    def __init__(self) -> None:
        self.unmatched = 0
        """How many responses were dropped by rule 4."""
        self._waiting: set[str] = set()
        self._lists: dict[str, tuple[AmiMessage, list[AmiMessage]]] = {}

    def expect(self, action_id: str) -> None:
        """Wait for the answer to ``action_id``."""
        self._waiting.add(action_id)

    def forget(self, action_id: str) -> None:
        """Wait no more for ``action_id``; what still arrives of its list is dropped."""
        self._waiting.discard(action_id)
        self._lists.pop(action_id, None)

    def receive(self, message: AmiMessage) -> tuple[str, AmiResponse] | AmiMessage | None:
        """Return an action's ID with its whole answer, or an event that is news, or None.

        Raises `AmiProtocolError` for a list beyond its bound.
        """
        action_id = message.get("ActionID")
        if message.is_event:
            return self._receive_event(message, action_id)
        if action_id not in self._waiting or action_id in self._lists:
            self.unmatched += 1
            return None
        if message.get("EventList") == "start":
            self._lists[action_id] = (message, [])
            return None
        self._waiting.discard(action_id)
        return action_id, AmiResponse(message)

    def _receive_event(
        self, event: AmiMessage, action_id: str
    ) -> tuple[str, AmiResponse] | AmiMessage | None:
        opened = self._lists.get(action_id)
        if opened is None:
            return event
        response, items = opened
        if event.get("EventList"):
            self.forget(action_id)
            return action_id, AmiResponse(response, tuple(items))
        if len(items) >= MAX_LIST_ITEMS:
            raise AmiProtocolError("AMI list: more items than any Asterisk of ours has; close the connection")
        items.append(event)
        return None
