"""How the process that collects wakes the one that publishes: an eventfd that both were given at their start.

Rules:
- It is made by whoever starts the two, and outlives either: the next one is given the same.
- To ring takes no time and never waits, whether anybody listens or not: rings add up to one.
- A ring says "look", not what is there: one too many costs a look, and one too few no more than the second after
  which the outbox looks by itself.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self


class Bell:
    """One that is rung by one process, and heard by another."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    @contextmanager
    def made(cls) -> Iterator[Self]:
        """Make one, to be given to processes that are started meanwhile (`Part.inherited`)."""
        descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            yield cls(descriptor)
        finally:
            os.close(descriptor)

    @classmethod
    def given(cls, descriptor: int) -> Self:
        """Take over the one that we were started with. Raises ValueError when there is none at this number."""
        try:
            what = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        except OSError:
            what = "nothing"
        if what != "anon_inode:[eventfd]":
            raise ValueError(f"descriptor {descriptor} is {what}, not the bell of whoever starts this")
        os.set_inheritable(descriptor, False)
        return cls(descriptor)

    def ring(self) -> None:
        """Wake the other one."""
        with suppress(BlockingIOError):  # rung 2**64 times, and heard never
            os.eventfd_write(self.descriptor, 1)

    @contextmanager
    def heard(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call this whenever it rings, on the running loop; at once if it has rung before."""
        loop = asyncio.get_running_loop()

        def rung() -> None:
            with suppress(BlockingIOError):
                os.eventfd_read(self.descriptor)
            wake()

        loop.add_reader(self.descriptor, rung)
        try:
            yield
        finally:
            loop.remove_reader(self.descriptor)
