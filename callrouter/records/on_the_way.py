"""What was sent and not answered yet, in memory; and what travels together. Pure: the time is an argument.

Rules:
- Never are two messages of a call on the way, except inside one batch, in their order. A call's live events and its
  record never share a batch: they may take different ways.
- What failed before goes alone: should it be the reason why a batch was not answered, it costs only itself.
- Of a call's messages that were sent in vain only the first counts as failed; the later ones wait for it anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from callrouter.records.outbox_due import DueMessage
from callrouter.vocabulary.message import LIVE, Message

_Call = tuple[str, str]


class Sent(NamedTuple):
    """A message on the way."""

    message: Message
    position: int
    attempts: int
    """Failed ones before."""
    sent_at: float


class OnTheWay:
    """The messages that were sent and not answered, oldest first."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}
        self.again = 0
        """How many of them had failed before."""

    def __len__(self) -> int:
        return len(self._sent)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._sent

    def positions(self) -> Collection[int]:
        """Give their rows' positions."""
        return [sent.position for sent in self._sent.values()]

    def put(self, batch: Iterable[DueMessage], time: float) -> None:
        """Note that messages are being sent."""
        for one in batch:
            self._sent[one.message.id] = Sent(one.message, one.position, one.attempts, time)
            self.again += one.attempts > 0

    def take(self, ids: Iterable[str]) -> None:
        """Forget messages; ids that are not on the way are passed over."""
        for message_id in ids:
            sent = self._sent.pop(message_id, None)
            if sent is not None:
                self.again -= sent.attempts > 0

    def clear(self) -> None:
        """Forget all."""
        self._sent.clear()
        self.again = 0

    def oldest_sent_at(self) -> float | None:
        """Give when the oldest was sent; None when there is none."""
        return next((sent.sent_at for sent in self._sent.values()), None)

    def sent_until(self, time: float) -> list[str]:
        """Give the ids of what was sent at this time or before."""
        ids = []
        for message_id, sent in self._sent.items():
            if sent.sent_at > time:
                break
            ids.append(message_id)
        return ids

    def failed_among(self, ids: Iterable[str]) -> list[Sent]:
        """Give those of these messages that count as failed: of each call the first."""
        first: dict[_Call, Sent] = {}
        for sent in (self._sent[id_] for id_ in ids if id_ in self._sent):
            call = (sent.message.node, sent.message.call_id)
            if call not in first or sent.message.sequence < first[call].message.sequence:
                first[call] = sent
        return list(first.values())


def in_batches(
    messages: Sequence[DueMessage], *, most_at_once: int, largest: int
) -> list[tuple[DueMessage, ...]]:
    """Divide what is due into what is sent together, of at most `largest` bytes of bodies.

    What may not be sent together with an earlier message of its call, nor beside it, is left out: it stays due.
    """
    alone = [(one,) for one in messages if one.attempts]
    batches: list[list[DueMessage]] = []
    size = 0
    placed: dict[_Call, tuple[int, bool]] = {}
    waiting: set[_Call] = set()
    for one in (one for one in messages if not one.attempts):
        call, is_live = (one.message.node, one.message.call_id), one.message.kind in LIVE
        fits = bool(batches) and len(batches[-1]) < most_at_once and size + one.size <= largest
        if call in waiting or (call in placed and (not fits or placed[call] != (len(batches), is_live))):
            waiting.add(call)
            continue
        if not fits:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += one.size
        placed[call] = (len(batches), is_live)
    return [*alone, *map(tuple, batches)]
