"""Events of a desk: what a client hears, when it is told to look again, and who never delays whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from callrouter.calls.desk_protocol import AsteriskAwayError, DeskChange, DeskNews
from callrouter.console.desk_api import DeskApi
from callrouter.console.desk_stream import StreamLimits
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus
from tests.unit.console.desk_parts import CALLER, NOW, Desks, call_of, desks

SHORT = StreamLimits(most=4, most_of_a_seat=2, waiting=3, heartbeat_s=0.05, stuck_s=0.2)
CALM = StreamLimits(waiting=3, heartbeat_s=5, stuck_s=5)


@dataclass
class Client:
    """One who listens over ASGI; while `reads` is not set he takes nothing."""

    headers: dict[str, str]
    status: int = 0
    told: dict[str, str] = field(default_factory=dict)
    octets: bytes = b""
    is_over: bool = False
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def runs(self, desks: Desks) -> None:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/desk/events",
            "raw_path": b"/desk/events",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in self.headers.items()],
        }
        await desks.application(scope, self._receive, self._send)
        self.is_over = True
        self._heard.set()

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.told = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        await self.reads.wait()
        self.octets += message["body"]
        self._heard.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        blocks = self.octets.decode().split("\n\n")
        found = [
            dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks if "data: " in block
        ]
        return [{**one, "data": json.loads(one["data"])} for one in found]

    async def hears(self, events: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(3):
            while len(self.events) < events:
                self._heard.clear()
                await self._heard.wait()
        return self.events

    async def has_begun(self) -> None:
        await self.has("retry: ")

    async def has(self, text: str) -> None:
        async with asyncio.timeout(3):
            while text not in self.octets.decode():
                self._heard.clear()
                await self._heard.wait()

    async def ends(self) -> None:
        async with asyncio.timeout(3):
            while not self.is_over:
                self._heard.clear()
                await self._heard.wait()


@asynccontextmanager
async def listening(
    made: Desks, account: str = "1001", *, after: str | None = None, reads: bool = True
) -> AsyncIterator[Client]:
    client = Client({"Authorization": f"Bearer {made.tokens[account]}"})
    if after is not None:
        client.headers["Last-Event-ID"] = after
    if reads:
        client.reads.set()
    task = asyncio.create_task(client.runs(made))
    try:
        if reads:
            await client.has_begun()
        else:
            await asyncio.sleep(0.02)
        yield client
    finally:
        client.gone.set()
        client.reads.set()
        await task


@pytest.fixture
def made(tmp_path: Path) -> Desks:
    return desks(tmp_path, CALM)


async def test_an_agent_hears_what_happens_to_his_calls_and_to_no_others(made: Desks) -> None:
    async with listening(made) as client:
        made.desk.begins(call_of("1002"))
        made.desk.begins(call_of("1001"))
        made.desk.happens("1001", Stimulus.HOLD)
        made.desk.happens("1001", Stimulus.AGENT_GONE)
        events = await client.hears(3)
    assert client.status == 200
    assert client.told["content-type"].startswith("text/event-stream")
    assert client.told["cache-control"] == "no-store"
    assert [(one["id"], one["event"]) for one in events] == [("2", "began"), ("3", "changed"), ("4", "ended")]
    assert [one["data"]["state"] for one in events] == ["talk", "held", "queued"]
    assert events[1]["data"] | {"at": ""} == {
        "what": "changed", "at": "", "call_id": "node1-1001-1", "seat": "1001", "state": "held", "attempt": 0,
        "target": None, "stimulus": "hold", "outcome": None,
    }  # fmt: skip
    assert CALLER not in client.octets.decode()


async def test_a_supervisor_hears_of_all_calls(made: Desks) -> None:
    async with listening(made, "1101") as client:
        for seat in ("1001", "1002"):
            made.desk.begins(call_of(seat))
        assert [one["data"]["seat"] for one in await client.hears(2)] == ["1001", "1002"]


async def test_who_comes_back_goes_on_behind_what_he_heard_last(made: Desks) -> None:
    made.desk.begins(call_of())
    made.desk.happens("1001", Stimulus.HOLD)
    made.desk.happens("1001", Stimulus.RESUME)
    async with listening(made, after="1") as client:
        assert [one["id"] for one in await client.hears(2)] == ["2", "3"]


async def test_who_was_away_for_too_long_is_told_to_look_again(made: Desks) -> None:
    made.desk.begins(call_of())
    made.desk.missing()
    async with listening(made, after="0") as client:
        made.desk.happens("1001", Stimulus.HOLD)
        events = await client.hears(2)
    assert [(one["id"], one["event"]) for one in events] == [("2", "resync"), ("3", "changed")]
    assert events[0]["data"]["call_id"] is None


@pytest.mark.parametrize("after", ["", "x", "-1", "1.0", "1" * 19, "\u0661"])
async def test_a_number_that_is_none_is_refused(made: Desks, after: str) -> None:
    async with made.client("1001") as http:
        answer = await http.get("/desk/events", headers={b"Last-Event-ID": after.encode()})
    assert (answer.status_code, answer.json()["error"]) == (400, "last_event_id")


async def test_a_slow_client_is_told_to_look_again_and_delays_nobody(made: Desks) -> None:
    async with listening(made, reads=False) as slow, listening(made) as quick:
        made.desk.begins(call_of())
        await quick.hears(1)
        for number in range(6):
            made.desk.happens("1001", Stimulus.RESUME if number % 2 else Stimulus.HOLD)
            await quick.hears(2 + number)
        slow.reads.set()
        made.desk.happens("1001", Stimulus.HOLD)
        await quick.hears(8)
        await slow.has('"state":"held"')
        events = slow.events
    assert "resync" in [one["event"] for one in events]
    assert len(events) <= 1 + CALM.waiting
    # Where he goes on is behind all that was dropped.
    ids = [int(one["id"]) for one in events]
    assert ids == sorted(ids)
    assert ids[-1] == 8
    assert [one["event"] for one in quick.events] == ["began"] + ["changed"] * 7


async def test_the_way_is_kept_open_by_comments(tmp_path: Path) -> None:
    made = desks(tmp_path, SHORT)
    async with listening(made) as client:
        await client.has(": \n\n: \n\n")
    assert client.events == []


async def test_who_takes_nothing_at_all_is_let_go(tmp_path: Path) -> None:
    made = desks(tmp_path, SHORT)
    async with listening(made, reads=False) as client:
        assert made.api.streams.open_streams == 1
        await client.ends()
        assert not client.reads.is_set()
        assert made.api.streams.open_streams == 0


async def test_who_is_revoked_hears_no_more(made: Desks) -> None:
    async with listening(made) as client:
        made.desk.begins(call_of())
        await client.hears(1)
        made.keep_only("1002")
        made.desk.happens("1001", Stimulus.HOLD)
        await client.ends()
    assert len(client.events) == 1


async def test_who_is_revoked_and_hears_nothing_is_let_go_at_the_next_comment(tmp_path: Path) -> None:
    made = desks(tmp_path, SHORT)
    async with listening(made) as client:
        made.keep_only("1002")
        await client.ends()


async def test_a_client_who_goes_leaves_nothing_behind(made: Desks) -> None:
    tasks = len(asyncio.all_tasks())
    async with listening(made):
        assert made.api.streams.open_streams == 1
    await asyncio.sleep(0.01)
    assert made.api.streams.open_streams == 0
    assert len(asyncio.all_tasks()) == tasks


async def test_so_many_clients_of_a_seat_and_of_all_and_no_more(tmp_path: Path) -> None:
    made = desks(tmp_path, SHORT)
    async with listening(made), listening(made), made.client("1001") as third:
        answer = await third.get("/desk/events")
        assert (answer.status_code, answer.json()["error"]) == (429, "too_many")
        async with listening(made, "1002"), listening(made, "1002"), made.client("1101") as fifth:
            assert (await fifth.get("/desk/events")).status_code == 429
    async with listening(made):
        assert made.api.streams.open_streams == 1


async def test_a_server_that_stops_lets_all_of_them_go(made: Desks) -> None:
    async with listening(made) as one, listening(made, "1101") as other:
        made.api.streams.close()
        await one.ends()
        await other.ends()
    async with made.client("1001") as http:
        answer = await http.get("/desk/events")
    assert (answer.status_code, answer.json()["error"]) == (503, "draining")


class Failing:
    """Changes that break off."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.is_closed = False

    async def subscribe(
        self, _seat: str | None, _after: int | None = None
    ) -> AsyncGenerator[DeskChange, None]:
        try:
            yield DeskChange(1, DeskNews.BEGAN, NOW, outcome="what-nobody-knows-yet")
            if self.error:
                raise self.error
        finally:
            self.is_closed = True


@pytest.mark.parametrize("error", [None, AsteriskAwayError(), RuntimeError(CALLER)])
async def test_where_the_changes_break_off_the_client_is_let_go_to_come_back(
    tmp_path: Path,
    error: Exception | None,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = desks(tmp_path, CALM)
    failing = Failing(error)
    made.api = DeskApi(failing, made.api.tokens, made.api.streams)  # type: ignore[arg-type] # one method of it
    async with listening(made) as client:
        await client.ends()
    assert ("desk_changes_ended" in capsys.readouterr().out) is (error is not None)
    assert [one["data"]["outcome"] for one in client.events] == ["what-nobody-knows-yet"]
    assert failing.is_closed
    assert CALLER not in caplog.text


async def test_a_head_opens_no_stream(made: Desks) -> None:
    async with made.client("1001") as http:
        assert (await http.head("/desk/events")).status_code == 405
    assert made.api.streams.open_streams == 0
