"""Callers who come by chance and talk for a while, to so many seats: what theory says of their waits (Erlang C).

Times are in seconds. Chance is an argument. The queue is as it would be after a long time (PASTA: a caller who comes
finds what there is at any instant), so a short stretch of it has no bias; how far its share may stray is found by
playing many such stretches.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import pstdev


@dataclass(frozen=True)
class Load:
    """How many seats there are, for how long a call holds one, and how many would be busy if there were enough.

    A call holds its seat for the talk, and until the next caller has seen that the seat is free.
    """

    seats: int
    talk_s: float
    until_seen_s: float
    erlangs: float

    @property
    def holds_s(self) -> float:
        return self.talk_s + self.until_seen_s

    @property
    def calls_a_second(self) -> float:
        return self.erlangs / self.holds_s

    def has_to_wait(self) -> float:
        """The share of callers who find every seat busy (Erlang, 1917)."""
        seats, load = self.seats, self.erlangs
        busy = load**seats / math.factorial(seats) * seats / (seats - load)
        return busy / (sum(load**n / math.factorial(n) for n in range(seats)) + busy)

    def waits_at_most(self, seconds: float) -> float:
        """The share of callers who wait at most so long."""
        return 1 - self.has_to_wait() * math.exp(-(self.seats - self.erlangs) * seconds / self.holds_s)

    def already_there(self, chance: random.Random) -> int:
        """How many are talking or waiting at an instant picked by chance."""
        first, draw = 1.0, chance.random()
        weights = [first]
        for n in range(1, 400):
            weights.append(weights[-1] * self.erlangs / min(n, self.seats))
        total, reached = sum(weights), 0.0
        for n, weight in enumerate(weights):
            reached += weight / total
            if draw <= reached:
                return n
        return len(weights)


@dataclass(frozen=True)
class Caller:
    """One who comes at an instant and will talk for so long; those who are there already come at 0."""

    comes_at: float
    talks_for: float
    was_there: bool


def callers(load: Load, lasts_s: float, chance: random.Random) -> list[Caller]:
    """Whoever is there at the beginning, and whoever comes within that time."""
    there = [
        Caller(0.0, chance.expovariate(1 / load.talk_s), was_there=True)
        for _ in range(load.already_there(chance))
    ]
    came, at = [], chance.expovariate(load.calls_a_second)
    while at < lasts_s:
        came.append(Caller(at, chance.expovariate(1 / load.talk_s), was_there=False))
        at += chance.expovariate(load.calls_a_second)
    return [*there, *came]


def waits(load: Load, them: Sequence[Caller]) -> list[float]:
    """How long each would wait if the first who came were always the first to be answered."""
    free_at = [0.0] * load.seats
    heapq.heapify(free_at)
    found = []
    for caller in them:
        begins = max(caller.comes_at, heapq.heappop(free_at))
        found.append(begins - caller.comes_at)
        heapq.heappush(free_at, begins + caller.talks_for + load.until_seen_s)
    return found


def share_within(seconds: float, them: Sequence[Caller], their_waits: Sequence[float]) -> float:
    """The share of those who came (were not there before) that waited at most so long."""
    own = [wait for caller, wait in zip(them, their_waits, strict=True) if not caller.was_there]
    return sum(wait <= seconds for wait in own) / len(own)


def stray_of_share(load: Load, lasts_s: float, seconds: float, chance: random.Random) -> float:
    """The standard deviation of that share among stretches of that length."""
    shares = []
    for _ in range(600):
        them = callers(load, lasts_s, chance)
        shares.append(share_within(seconds, them, waits(load, them)))
    return pstdev(shares)
