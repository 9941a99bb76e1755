"""Delivery goes on: silent messages, damaged rows, lost leases and unforeseen errors cost only themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.counters import RecordCounters
from callrouter.records.delivery import DeliveryListener, Outbox
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.records.tables import lease
from callrouter.ticketing.publisher_double import PublisherDouble, say_nothing
from callrouter.vocabulary.message import Manifest, Message, Outcome, PublishError
from tests.unit.records.running_outbox import System, running, until
from tests.unit.records.test_records_outbox_rows import NOW
from tests.unit.records.written_outbox import Row, opened, records, states, story, write

SILENT = 150
WINDOW = 20


def silent_about(*calls: str) -> Callable[[Message], Outcome | None]:
    return lambda message: None if message.call_id in calls else Outcome.STORED


async def test_new_records_flow_beside_any_number_that_nobody_answers(tmp_path: Path) -> None:
    silent = records(range(SILENT))
    side = PublisherDouble(silent_about(*(row.call_id for row in silent)))
    async with running(tmp_path, side, window=WINDOW, within=0.1, longest_wait=0.6, before=silent) as system:
        # Everything silent has been sent at least once: from now on it competes by being sent again.
        await until(lambda: system.counters.published >= SILENT + WINDOW)
        await system.write(records(range(SILENT, SILENT + 20)))
        await until(lambda: system.counters.acknowledged == 20, seconds=3)
        published = system.counters.published
        # And the silent ones are still tried.
        await until(lambda: system.counters.published >= published + WINDOW)


async def test_one_that_makes_its_batch_fail_costs_the_others_one_attempt(tmp_path: Path) -> None:
    def choke(message: Message) -> Outcome | None:
        if message.call_id == "call-3":
            raise PublishError("the other side cannot read this")
        return Outcome.STORED

    async with running(tmp_path, PublisherDouble(choke), within=0.1, before=records(range(10))) as system:
        await until(lambda: system.counters.acknowledged == 9)
        left = [id_ for id_, state in (await states(system.database)).items() if state == RowState.OPEN]
        assert left == [Row("call-3").id]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "[" * 100_000, '{"n":NaN}', '{"n":[-Infinity]}', "{}{}"]
)
async def test_a_damaged_row_is_a_dead_letter_and_the_others_of_its_batch_flow(
    tmp_path: Path, body: str
) -> None:
    side = PublisherDouble()
    side.link_failures = 2
    rows = [Row(f"bad-{number}", body=body) for number in range(30)] + records(range(30))
    async with running(tmp_path, side, window=WINDOW, before=rows) as system:
        await until(lambda: system.counters.acknowledged == 30 and system.counters.rejected == 30)
        dead = await system.rows.listing([RowState.DEAD], limit=99)
        assert {one.call_id for one in dead} == {f"bad-{number}" for number in range(30)}
        assert all("cannot be read" in (one.reason or "") for one in dead)
        assert system.counters.unforeseen_errors == 2


@pytest.mark.parametrize("body", ['{"a":"NaN"}', '{"Infinity":1}', '{"half":"\\ud800"}', ' {"a":1}\n'])
async def test_what_only_looks_damaged_is_sent_as_it_was_written(tmp_path: Path, body: str) -> None:
    async with running(tmp_path, PublisherDouble(), before=[Row("odd", body=body)]) as system:
        (message,) = await system.side.next()
        assert message.body == body


async def test_a_dead_letter_holds_up_nothing_of_its_call(tmp_path: Path) -> None:
    first, *_ = rows = story(1, 3)
    side = PublisherDouble(lambda one: Outcome.REJECTED if one.id == first.id else Outcome.STORED)
    async with running(tmp_path, side, before=rows) as system:
        await until(lambda: system.counters.acknowledged == 2 and system.counters.rejected == 1)


async def test_an_unforeseen_error_in_handing_over_costs_only_that_message(tmp_path: Path) -> None:
    def fail(message: Message) -> Outcome | None:
        if message.call_id == "call-0":
            raise ZeroDivisionError
        return Outcome.STORED

    async with running(tmp_path, PublisherDouble(fail), within=0.1, before=records([0, 1])) as system:
        await until(lambda: system.counters.acknowledged == 1 and system.counters.unforeseen_errors >= 2)
        system.side.answer = silent_about()
        await until(lambda: system.counters.acknowledged == 2)


@pytest.mark.parametrize("step", ["due", "close", "retry_later", "make_all_due"])
async def test_an_unforeseen_error_in_a_step_does_not_end_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    really = getattr(OutboxRows, step)

    async def fail_once(*_arguments: object, **_options: object) -> None:
        monkeypatch.setattr(OutboxRows, step, really)
        raise ZeroDivisionError

    monkeypatch.setattr(OutboxRows, step, fail_once)
    heard: list[str] = []

    def deaf_at_first(message: Message) -> Outcome | None:
        heard.append(message.id)
        return Outcome.STORED if heard.count(message.id) > 1 else None

    side = PublisherDouble(deaf_at_first)
    async with running(tmp_path, side, within=0.1, before=records([1, 2])) as system:
        await until(lambda: system.counters.acknowledged == 2)
        assert system.counters.unforeseen_errors == 1


async def test_what_was_acknowledged_while_the_database_is_locked_is_closed_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = True
    really = OutboxRows.close

    async def close(*arguments: object, **options: object) -> object:
        if locked:
            raise sa.exc.OperationalError("close", {}, Exception("database is locked"))
        return await really(*arguments, **options)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(OutboxRows, "close", close)
    async with running(tmp_path, PublisherDouble(), within=0.05, before=records(range(9))) as system:
        await until(lambda: system.counters.database_failures >= 2)
        assert system.counters.published == 9  # nothing is sent again that has its answer
        locked = False
        await until(lambda: system.counters.acknowledged == 9)


class Gate:
    """A publisher whose hand-overs last until they are let through."""

    most_at_once = 10

    def __init__(self) -> None:
        self.begun = 0
        self.ended_well = 0
        self.cancelled = 0

    async def run(self, listener: DeliveryListener) -> None:
        listener.link_up()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # Taking leave of a broker that does not answer.
            await asyncio.sleep(1)

    async def publish(self, messages: object) -> None:
        self.begun += 1
        try:
            await asyncio.sleep(0.3)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.ended_well += 1

    async def publish_manifest(self, manifest: Manifest) -> None:
        raise AssertionError


async def test_without_the_lease_publishing_stops_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    fence: Fence | None = Fence("publish:x", 1)
    gate = Gate()
    async with opened(f"sqlite:///{tmp_path / 'records.db'}") as database:
        await write(database, records(range(5)))
        await hold(database_write=database.write, token=1)
        counters = RecordCounters()
        outbox = Outbox(OutboxRows(database), gate, now=lambda: NOW, counters=counters, fence=lambda: fence)
        task = asyncio.create_task(outbox.run())
        await until(lambda: gate.begun == 1)
        fence = None
        outbox.wake()
        await until(lambda: gate.cancelled == 1, seconds=0.25)
        with pytest.raises(LeaseLostError):
            await task
        assert gate.ended_well == 0
        assert set((await states(database)).values()) == {"open"}


async def test_a_lost_link_ends_what_was_being_handed_over(tmp_path: Path) -> None:
    gate = Gate()
    async with running(tmp_path, None, within=60, before=records(range(5)), publisher=gate) as system:
        await until(lambda: gate.begun == 1)
        system.outbox.link_down()
        await until(lambda: gate.cancelled == 1, seconds=0.25)
        system.outbox.link_up()
        await until(lambda: gate.ended_well == 1)


async def test_one_that_woke_up_after_another_took_the_lease_publishes_nothing(tmp_path: Path) -> None:
    side = PublisherDouble()
    async with opened(f"sqlite:///{tmp_path / 'records.db'}") as database:
        await write(database, records(range(5)))
        await hold(database_write=database.write, token=2)
        # It still believes that it has it.
        outbox = Outbox(
            *(OutboxRows(database), side),
            now=lambda: NOW,
            counters=RecordCounters(),
            fence=lambda: Fence("publish:x", 1),
        )
        with pytest.raises(LeaseLostError):
            await outbox.run()
        assert side.published.empty()
        # And it can be run again, when it has it.
        outbox._fence = lambda: Fence("publish:x", 2)
        task = asyncio.create_task(outbox.run())
        await side.next()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def hold(database_write: Callable[[], object], token: int) -> None:
    async with database_write() as connection:  # type: ignore[attr-defined]  # the database's own
        values = {"name": "publish:x", "holder": "h", "token": token, "renewals": 0}
        await connection.execute(sa.insert(lease), values)


async def test_the_subscriber_may_be_away_for_long_and_gets_everything_in_order(tmp_path: Path) -> None:
    rows = [row for number in range(20) for row in story(number, 3)]
    side = PublisherDouble(say_nothing)
    async with running(tmp_path, side, within=0.05, longest_wait=0.2, before=rows) as system:
        await until(lambda: system.counters.published >= 200)
        assert set((await states(system.database)).values()) == {"open"}
        taken = await _listen(side, system)
        assert taken == {f"call-{number}": [1, 2, 3] for number in range(20)}


async def _listen(side: PublisherDouble, system: System) -> dict[str, list[int]]:
    taken: dict[str, list[int]] = {}

    def take(message: Message) -> Outcome | None:
        its = taken.setdefault(message.call_id, [])
        if message.sequence in its:
            return Outcome.DUPLICATE
        its.append(message.sequence)
        return Outcome.STORED

    side.answer = take
    await until(lambda: system.counters.acknowledged == 60)
    return taken
