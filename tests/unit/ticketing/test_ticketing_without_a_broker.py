"""From the outbox to the other side, by webhook and as JSON lines, with things going wrong on the way."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.delivery import Outbox, Publisher
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.ticketing.json_lines import JsonLinesPublisher
from callrouter.ticketing.webhook import Waits, WebhookPublisher
from callrouter.ticketing.webhook_signature import keys_of
from tests.unit.records.written_outbox import opened, states, story, write
from tests.unit.ticketing.test_ticketing_json_lines import no_file_larger_than
from tests.unit.ticketing.web_double import Request, response, until, web_double

KEYS = keys_of(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "here")
STORY = [row for number in range(12) for row in story(number, 4)]


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def delivering(database: Database, publisher: Publisher) -> AsyncIterator[RecordCounters]:
    counters = RecordCounters()
    outbox = Outbox(
        *(OutboxRows(database), publisher),
        now=now,
        counters=counters,
        acknowledged_within=timedelta(seconds=0.3),
        longest_wait=timedelta(seconds=0.3),
    )
    task = asyncio.create_task(outbox.run())
    try:
        yield counters
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def webhook(port: int) -> WebhookPublisher:
    waits = Waits(answered_within=0.5, shortest=0.02, longest=0.1, longest_asked=0.1)
    url = f"http://127.0.0.1:{port}/"
    return WebhookPublisher(url, KEYS, instance="test", now=now, waits=waits, most_at_once=7)


class Side:
    """A ticketing side that stores, and now and then does something else."""

    def __init__(self, faults: Callable[[int, list[str]], bytes | None]) -> None:
        self.stored: dict[str, tuple[str, str]] = {}
        self.requests = 0
        self._faults = faults

    def answer(self, request: Request) -> bytes | None:
        self.requests += 1
        body = json.loads(request.body)
        events = body if isinstance(body, list) else [body]
        fault = self._faults(self.requests, [event["subject"] for event in events])
        if fault is not None:
            return fault
        for event in events:
            self.stored.setdefault(event["id"], (event["subject"], event["sequence"]))
        # An answer that gets lost now and then: the messages are stored, and come again.
        return None if self.requests % 11 == 5 else response(204)

    def sequences(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for call, sequence in self.stored.values():
            found.setdefault(call, []).append(sequence)
        return found


async def test_by_webhook_everything_arrives_once_and_in_order_whatever_is_answered(tmp_path: Path) -> None:
    bad = [response(500), response(503, retry_after="0"), response(401), response(302), response(413), b""]

    def faults(number: int, calls: list[str]) -> bytes | None:
        return bad[number // 3 % len(bad)] if number % 3 == 0 and (number < 40 and len(calls) > 1) else None

    async with opened(f"sqlite:///{tmp_path / 'records.db'}") as database, web_double() as double:
        side = Side(faults)
        double.answer = side.answer
        await write(database, STORY)
        async with delivering(database, webhook(double.port)) as counters:
            await until(lambda: counters.acknowledged >= len(STORY))
        assert Counter((await states(database)).values()) == {RowState.ACKNOWLEDGED: len(STORY)}
    assert side.sequences() == {row.call_id: ["1", "2", "3", "4"] for row in STORY}


async def test_by_webhook_one_bad_message_is_the_only_dead_letter(tmp_path: Path) -> None:
    poison = STORY[5].call_id

    def faults(_number: int, calls: list[str]) -> bytes | None:
        return response(422, b"no") if poison in calls else None

    async with opened(f"sqlite:///{tmp_path / 'records.db'}") as database, web_double() as double:
        side = Side(faults)
        double.answer = side.answer
        await write(database, STORY)
        async with delivering(database, webhook(double.port)) as counters:
            await until(lambda: counters.acknowledged + counters.rejected >= len(STORY))
        dead = await OutboxRows(database).listing([RowState.DEAD], limit=99)
        assert {(one.call_id, one.reason) for one in dead} == {(poison, "HTTP 422 no")}
    assert set(side.sequences()) == {row.call_id for row in STORY} - {poison}


def written(lines: Path) -> list[tuple[str, str]]:
    text = b"".join(file.read_bytes() for file in sorted(lines.glob("*.jsonl")))
    events = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]
    return [(event["subject"], event["sequence"]) for event in events]


async def test_as_lines_everything_is_written_once_and_in_order_although_the_disk_was_full(
    tmp_path: Path,
) -> None:
    lines = tmp_path / "lines"
    publisher = JsonLinesPublisher(
        lines, instance="test", now=now, most_at_once=5, shortest_wait=0.02, longest_wait=0.05
    )
    async with opened(f"sqlite:///{tmp_path / 'records.db'}") as database:
        await write(database, STORY)
        # Some lines fit, and the last of them half; so does the database's own log.
        with no_file_larger_than(5_000):
            async with delivering(database, publisher) as counters:
                await until(lambda: counters.publish_failures >= 1)
        async with delivering(database, publisher):
            await until(lambda: len(written(lines)) == len(STORY))
            await asyncio.sleep(0.1)
    assert max(Counter(written(lines)).values()) == 1
    found: dict[str, list[str]] = {}
    for call, sequence in written(lines):
        found.setdefault(call, []).append(sequence)
    assert found == {row.call_id: ["1", "2", "3", "4"] for row in STORY}
