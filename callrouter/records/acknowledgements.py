"""What the ticketing side has said and nobody has written down yet.

Rules:
- Words about messages are gathered, to be closed together: a transaction costs much the same for one as for twenty,
  and in SQLite it keeps all others from writing.
- Words about manifests go to who waits for them.
- While the database cannot be used, at most `_MOST` are kept; others come again when their messages do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from callrouter.vocabulary.message import Acknowledgement

_GATHERED_WITHIN: Final = 0.05
"""Seconds that a word waits for others."""
_AT_ONCE: Final = 1000
"""In one transaction: others wait for its end."""
_MOST: Final = 20_000


class Acknowledgements:
    """Gathers acknowledgements.

    `wake` is called when it is time to close them, `hurry` when there are `many`: others wait for their places.
    """

    def __init__(self, wake: Callable[[], None], hurry: Callable[[], None], many: int) -> None:
        self._wake = wake
        self._hurry = hurry
        self._many = many
        self._words: list[Acknowledgement] = []
        self._timer: asyncio.TimerHandle | None = None
        self._manifests: dict[str, asyncio.Future[Acknowledgement]] = {}

    def add(self, words: Sequence[Acknowledgement], on_the_way: int) -> None:
        """Take words; `on_the_way`: how many messages wait for one."""
        for word in words:
            asked = self._manifests.get(word.id)
            if asked is None and len(self._words) < _MOST:
                self._words.append(word)
            elif asked is not None and not asked.done():
                asked.set_result(word)
        if len(self._words) >= self._many:
            self._hurry()
        elif 2 * len(self._words) >= on_the_way:
            self._wake()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHERED_WITHIN, self._wake)

    def first(self) -> list[Acknowledgement]:
        """Give the words to close next; they stay until they are `closed`."""
        self._stop_timer()
        return self._words[:_AT_ONCE]

    def closed(self, count: int) -> None:
        """Forget the first words; it may be time for those behind them."""
        del self._words[:count]
        if len(self._words) >= self._many:
            self._hurry()
        elif self._words:
            self._wake()

    def clear(self) -> None:
        """Forget all words."""
        self._words.clear()
        self._stop_timer()

    @contextmanager
    def expecting(self, manifest_id: str) -> Iterator[asyncio.Future[Acknowledgement]]:
        """Give what will be the word about a manifest."""
        word: asyncio.Future[Acknowledgement] = asyncio.get_running_loop().create_future()
        self._manifests[manifest_id] = word
        try:
            yield word
        finally:
            del self._manifests[manifest_id]

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
