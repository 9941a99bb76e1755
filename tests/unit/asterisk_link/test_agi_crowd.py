"""Who comes in, who makes room, whose time is over."""

from __future__ import annotations

from dataclasses import dataclass

from callrouter.asterisk_link.agi_crowd import AgiCrowd


@dataclass(eq=False)
class Peer:
    began: float
    waits: bool = True


def crowd(*peers: Peer, places: int = 10) -> AgiCrowd[Peer]:
    made = AgiCrowd[Peer](places, time_limit_s=2.5, environment_limit_s=1.0)
    for peer in peers:
        assert made.enter(peer)
    return made


def test_the_oldest_that_waits_makes_room_and_a_call_does_not() -> None:
    call, oldest, newer = Peer(0.0, waits=False), Peer(0.1), Peer(0.2)
    full = crowd(call, oldest, newer, places=3)
    newcomer = Peer(0.3)
    assert not full.enter(newcomer)
    assert full.make_room() is oldest
    assert full.enter(newcomer)
    assert list(full) == [call, newer, newcomer]


def test_when_all_are_calls_nobody_makes_room() -> None:
    full = crowd(Peer(0.0, waits=False), Peer(0.1, waits=False), places=2)
    assert full.make_room() is None
    assert len(full) == 2


def test_whoever_leaves_gives_a_place_free_once() -> None:
    peer = Peer(0.0)
    full = crowd(peer, places=1)
    full.leave(peer)
    full.leave(peer)
    assert full.enter(Peer(0.1))


def test_the_environment_has_its_own_limit_within_the_sessions() -> None:
    slow, late, served, young = Peer(0.0), Peer(0.1, waits=False), Peer(1.2, waits=False), Peer(1.9)
    all_four = crowd(slow, late, served, young)
    assert all_four.overdue(0.99) == ([], [])
    assert all_four.overdue(1.0) == ([slow], [])
    assert all_four.overdue(2.6) == ([slow], [late])


def test_the_environments_limit_is_never_longer_than_the_sessions() -> None:
    made = AgiCrowd[Peer](1, time_limit_s=0.5, environment_limit_s=1.0)
    peer = Peer(0.0)
    made.enter(peer)
    assert made.overdue(0.5) == ([peer], [])
