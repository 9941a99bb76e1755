"""The process that makes records, wired together: the journal becomes records, records become delivered messages.

It runs until its input ends or it gets SIGTERM. Its output holds answers alone (`figures`), its log goes to stderr.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from callrouter.calls.arrivals import Decider
from callrouter.layout import Layout
from callrouter.plans.load import load_plan
from callrouter.records.keeper import RecordKeeper
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store
from callrouter.service.figures import FIGURES, NO_ANSWER, STATE, DatabaseFigures, RecordFigures, write_answer
from callrouter.settings import Settings
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher


async def run_records(settings: Settings, layout: Layout, *, rehearsal: bool, mqtt_password: str) -> None:
    """Make records and deliver them until told to stop.

    Raises PlanErrors for a plan that cannot serve, sqlalchemy.exc.SQLAlchemyError for a database that cannot be
    opened.
    """
    plan = load_plan(settings.path(settings.plan))
    decider = Decider(plan, lambda _decision: None)
    layout.database.parent.mkdir(parents=True, exist_ok=True)
    store = await Store.open(
        settings.database_url or f"sqlite+aiosqlite:///{layout.database}",
        explain=decider.explain,
        now=_wall_clock,
        rehearsal=rehearsal,
    )
    try:
        keeper = RecordKeeper(
            store,
            layout.cel_csv,
            settings.node,
            MqttPublisher(
                Broker(
                    settings.mqtt.host,
                    settings.mqtt.port,
                    client_id=f"{settings.instance}-{settings.node}",
                    username="callrouter",
                    password=mqtt_password,
                ),
                topic_prefix=settings.topic_prefix,
                instance=settings.instance,
            ),
            now=_wall_clock,
            acknowledged_within=timedelta(seconds=settings.ticketing.resend_after_s),
        )
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keeper.run(), name="records")
            await _until_told_to_stop(lambda word: _answer(word, keeper))
            keeping.cancel()
    finally:
        await store.close()


async def _until_told_to_stop(answer: Callable[[bytes], Awaitable[bytes]]) -> None:
    """Answer what is asked until there is nobody to ask, or SIGTERM. A Ctrl-C is the controller's to pass on."""
    loop = asyncio.get_running_loop()
    questions = asyncio.StreamReader()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    loop.add_signal_handler(signal.SIGTERM, questions.feed_eof)
    loop.add_signal_handler(signal.SIGINT, questions.feed_eof)
    try:
        while word := await questions.readline():
            # In a thread: whoever has asked may stand still, and records must not.
            with suppress(BrokenPipeError):
                await asyncio.to_thread(_write, await answer(word))
    finally:
        pipe.close()


def _write(answer: bytes) -> None:
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


async def _answer(word: bytes, keeper: RecordKeeper) -> bytes:
    if word == STATE:
        return write_answer(RecordFigures(keeper.counters, None))
    if word == FIGURES:
        return write_answer(RecordFigures(keeper.counters, await _in_the_database(keeper.reader)))
    return NO_ANSWER


async def _in_the_database(reader: RecordReader) -> DatabaseFigures | None:
    try:
        return DatabaseFigures(
            outbox_depth=await reader.outbox_depth(),
            outbox_dead_letters=await reader.dead_letters(),
            outbox_oldest_seconds=(await reader.oldest_waiting_age(_wall_clock())).total_seconds(),
            calls=tuple(
                (count.line or "none", count.phase or "none", count.terminal_state.value, count.calls)
                for count in await reader.counts()
            ),
        )
    except SQLAlchemyError:
        # The other figures are wanted most when this one is bad.
        return None


def _wall_clock() -> datetime:
    return datetime.now(UTC)
