"""What panoramisk's AMI client gets wrong, against ours, on the same scripted Asterisk."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from panoramisk.manager import Manager
from scripted_asterisk import BOOT_NAME, REFUSED, SOON_S, Action, Connection, ScriptedAsterisk, running

from callrouter.asterisk_link.ami_client import AmiClient, AmiState, AmiTimings
from callrouter.asterisk_link.ami_errors import AmiAuthenticationFailed, AmiLost
from callrouter.asterisk_link.ami_messages import AmiActionError
from callrouter.asterisk_link.backoff import Backoff

ORIGINATE = {"Channel": "Local/13800138000@agents", "Application": "Wait", "Async": "true"}


class Waits:
    """Stands in for the clock between two attempts: writes each wait down and lets it take no time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def our_client(port: int, waits: Waits, states: list[AmiState], ping_every_s: float = 60) -> AmiClient:
    timings = AmiTimings(
        ping_every_s=ping_every_s,
        ping_answer_s=0.1,
        reconnect=Backoff(0.25, 10),
        after_refused_login=Backoff(30, 600),
    )
    return AmiClient(
        *("127.0.0.1", port, "callrouter", "not-a-secret"),
        boot_name=lambda: BOOT_NAME,
        chance=random.Random(1),
        on_state=states.append,
        timings=timings,
        sleep=waits,
    )


@contextlib.asynccontextmanager
async def their_client(
    port: int, monkeypatch: pytest.MonkeyPatch, ping_every_s: float = 60
) -> AsyncIterator[tuple[Any, list[float]]]:
    """Panoramisk's client, logging in; its waits before a reconnect are written down and take no time."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    call_later = loop.call_later

    def note(delay: float, callback: Callable[..., object], *arguments: object) -> asyncio.TimerHandle:
        reconnects = getattr(callback, "__name__", "") == "connect"
        if reconnects:
            waits.append(delay)
        return call_later(0 if reconnects else delay, callback, *arguments)

    monkeypatch.setattr(loop, "call_later", note)
    manager = Manager(
        host="127.0.0.1", port=port, username="callrouter", secret="not-a-secret", events="on", loop=loop
    )
    manager.ping_delay = manager.ping_interval = ping_every_s
    try:
        async with asyncio.timeout(SOON_S):
            await manager.connect()
            yield manager, waits
    finally:
        # Nothing but this ends its reconnecting.
        monkeypatch.setattr(manager, "connect", lambda: None)
        manager.close()
        await asyncio.sleep(0)


class Originates:
    """An Asterisk that dies with the first Originate unanswered, and after the reconnect answers everything."""

    def __init__(self) -> None:
        self.received: list[Action] = []
        self.asterisk = ScriptedAsterisk(self.die, self.live)

    async def die(self, connection: Connection) -> None:
        await connection.log_in()
        self.received.append(await connection.action_but_ping())

    async def live(self, connection: Connection) -> None:
        await connection.log_in()
        while True:
            action = await connection.action_but_ping()
            self.received.append(action)
            connection.answer(action, "Success")
            self.asterisk.changed()


async def test_ours_fails_an_unanswered_originate_and_never_sends_it_again() -> None:
    script, states = Originates(), list[AmiState]()
    async with (
        script.asterisk.listening() as asterisk,
        running(our_client(asterisk.port, Waits(), states)) as ami,
    ):
        await ami.wait_ready()
        with pytest.raises(AmiLost):
            await ami.action("Originate", ORIGINATE)
        await asterisk.until(lambda: asterisk.accepted == 2)
        await ami.wait_ready()
        # Whatever were queued would stand in front of this one.
        await ami.action("Status")
    assert [action["Action"] for action in script.received] == ["Originate", "Status"]


async def test_theirs_sends_an_unanswered_originate_again_after_the_reconnect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Originates()
    async with (
        script.asterisk.listening() as asterisk,
        their_client(asterisk.port, monkeypatch) as (manager, _),
    ):
        await manager.authenticated_future
        future = manager.send_action({"Action": "Originate", **ORIGINATE})
        await asterisk.until(lambda: len(script.received) == 2)
        assert (await future).response == "Success"
    first, second = script.received
    assert first["Action"] == "Originate"
    assert first == second  # sent once, received twice


class HalfOpen:
    """An Asterisk that logs in and then says nothing more; it counts the pings it does not answer."""

    def __init__(self) -> None:
        self.pings = 0
        self.asterisk = ScriptedAsterisk(self.fall_silent)

    async def fall_silent(self, connection: Connection) -> None:
        await connection.log_in()
        while True:
            await connection.action()
            self.pings += 1
            self.asterisk.changed()


async def test_ours_gives_up_a_half_open_link_after_one_unanswered_ping() -> None:
    script, states = HalfOpen(), list[AmiState]()
    async with (
        script.asterisk.listening() as asterisk,
        running(our_client(asterisk.port, Waits(), states, ping_every_s=0.02)),
    ):
        await asterisk.until(lambda: asterisk.accepted == 2)
        assert script.pings == 1
        assert states[:3] == [AmiState.CONNECTED, AmiState.READY, AmiState.LOST]


async def test_theirs_never_notices_a_half_open_link(monkeypatch: pytest.MonkeyPatch) -> None:
    script = HalfOpen()
    async with (
        script.asterisk.listening() as asterisk,
        their_client(asterisk.port, monkeypatch, ping_every_s=0.01) as (manager, waits),
    ):
        await asterisk.until(lambda: script.pings == 30)
        assert (asterisk.accepted, waits) == (1, [])
        assert manager.authenticated
        assert len([a for a in manager.protocol.responses.values() if a["action"] == "Ping"]) >= 30


class Busy:
    """An Asterisk that tells an event of each action before it answers, and answers the later action first."""

    def __init__(self, actions: int) -> None:
        self.asterisk = ScriptedAsterisk(self.answer_backwards)
        self.actions = actions

    async def answer_backwards(self, connection: Connection) -> None:
        await connection.log_in()
        taken = [await connection.action_but_ping() for _ in range(self.actions)]
        for action in reversed(taken):
            mine = f"SystemName: {BOOT_NAME}\r\nActionID: {action['ActionID']}\r\n"
            connection.tell(
                f"Event: OriginateResponse\r\nPrivilege: call,all\r\n{mine}Response: Failure\r\n\r\n"
            )
            connection.answer(action, "Success", f"Value: {action['Number']}\r\n")
        await connection.action()


async def test_ours_takes_no_event_for_a_response_and_mixes_up_no_two_actions() -> None:
    # What astami and basicami (not in the lock) fail at: they take the event, and astami fails two at once.
    script = Busy(actions=20)
    async with (
        script.asterisk.listening() as asterisk,
        running(our_client(asterisk.port, Waits(), [])) as ami,
    ):
        await ami.wait_ready()
        asked = [ami.action("Status", {"Number": str(number)}) for number in range(20)]
        answers = await asyncio.gather(*asked)
    assert [answer.get("Value") for answer in answers] == [str(number) for number in range(20)]


INJECTION = "PJSIP/x\r\n\r\nAction: Originate\r\nActionID: forged\r\nChannel: Local/13800138000@trunk"


class Received:
    """An Asterisk that notes every action and answers it."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.asterisk = ScriptedAsterisk(self.note)

    async def note(self, connection: Connection) -> None:
        await connection.log_in()
        while True:
            action = await connection.action_but_ping()
            self.actions.append(action["Action"])
            connection.answer(action, "Success")
            self.asterisk.changed()


async def test_ours_sends_nothing_of_an_action_whose_value_breaks_its_line() -> None:
    script = Received()
    async with (
        script.asterisk.listening() as asterisk,
        running(our_client(asterisk.port, Waits(), [])) as ami,
    ):
        await ami.wait_ready()
        for hostile in (INJECTION, "PJSIP/x\nAction: Originate", "PJSIP/x\rAction: Originate", "PJSIP/x\0"):
            with pytest.raises(AmiActionError):
                await ami.action("Hangup", {"Channel": hostile})
        await ami.action("Status")
    assert script.actions == ["Status"]


async def test_theirs_sends_an_action_that_stands_in_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Received()
    async with (
        script.asterisk.listening() as asterisk,
        their_client(asterisk.port, monkeypatch) as (manager, _),
    ):
        await manager.authenticated_future
        # Its headers go out in alphabetical order, so the forged action takes all that follow.
        manager.send_action({"Action": "Hangup", "ActionID": "mine", "Channel": INJECTION})
        await asterisk.until(lambda: len(script.actions) == 2)
    assert script.actions == ["Hangup", "Originate"]


class Refusing:
    """An Asterisk that refuses every login and closes, as Asterisk does."""

    def __init__(self) -> None:
        self.refusals = 0
        self.asterisk = ScriptedAsterisk(self.refuse)

    async def refuse(self, connection: Connection) -> None:
        connection.tell("Asterisk Call Manager/11.0.0\r\n")
        connection.answer(await connection.action(), "Error", REFUSED)
        self.refusals += 1


async def test_ours_says_that_the_password_is_wrong_and_waits_longer_and_longer() -> None:
    script, states, waits = Refusing(), list[AmiState](), Waits()
    async with (
        script.asterisk.listening() as asterisk,
        running(our_client(asterisk.port, waits, states)) as ami,
    ):
        with pytest.raises(AmiAuthenticationFailed):
            await ami.wait_ready()
        await asterisk.until(lambda: len(waits.seconds) >= 8)
    for wait, whole in zip(waits.seconds[:8], (30, 60, 120, 240, 480, 600, 600, 600), strict=True):
        assert whole / 2 <= wait <= whole
    assert set(states) == {AmiState.CONNECTED, AmiState.AUTHENTICATION_FAILED, AmiState.CLOSED}


async def test_theirs_tries_a_wrong_password_every_two_seconds_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Refusing()
    async with (
        script.asterisk.listening() as asterisk,
        their_client(asterisk.port, monkeypatch) as (_, waits),
    ):
        await asterisk.until(lambda: script.refusals == 25)
        assert len(waits) >= 24
        assert set(waits) == {2}
