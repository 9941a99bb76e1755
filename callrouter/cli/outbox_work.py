"""The work of `callrouter outbox`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.cli.database import opened
from callrouter.cli.instance import running_instance
from callrouter.log import mask_personal
from callrouter.records.database import Database
from callrouter.records.outbox_rows import OutboxEntry, OutboxRows, RowState
from callrouter.records.reconcile_cursor import Cursor, CursorRow
from callrouter.service.masking import json_text
from callrouter.service.reveals import who
from callrouter.settings_file import SettingsError

_AT_ONCE: Final = 400
_ALL: Final = 1_000_000
_HEADINGS: Final = (
    *("写下 created", "消息 id", "通话 call", "序号 seq", "种类 kind", "状态 state", "失败 failed"),
    *("下次 next try", "原因 reason"),
)
_LONGEST_REASON: Final = 256
_Found = TypeVar("_Found")


def list_entries(
    config: Path | None, rehearsal: bool, *, dead: bool, is_open: bool, limit: int, as_json: bool
) -> int:
    """Show open messages and dead letters; the exit code."""
    states = [state for state, asked in ((RowState.OPEN, is_open), (RowState.DEAD, dead)) if asked]
    states = states or [RowState.OPEN, RowState.DEAD]
    entries = _run(config, rehearsal, lambda rows: rows.listing(states, limit=limit), to_write=False)
    if not entries:
        typer.echo("没有这样的消息 / no such messages", err=True)
        return 1
    told = [_told(entry) for entry in entries]
    if as_json:
        for one in told:
            typer.echo(json_text(one))
    else:
        print_table(_HEADINGS, (one.values() for one in told))
    return 0


def retry_dead(config: Path | None, rehearsal: bool, message: str | None) -> int:
    """Open one dead letter again, or all; the exit code."""

    async def again(rows: OutboxRows) -> int:
        if message is not None:
            return await rows.retry([message])
        # Each once: what is rejected anew meanwhile is a dead letter again, and stays one.
        dead = [entry.id for entry in await rows.listing([RowState.DEAD], limit=_ALL)]
        return sum([await rows.retry(dead[at : at + _AT_ONCE]) for at in range(0, len(dead), _AT_ONCE)])

    count = _run(config, rehearsal, again)
    typer.echo(f"重新投递 {count} 条 / {count} to be sent again" if count else _NOT_DEAD, err=not count)
    return 0 if count else 1


def drop_open(config: Path | None, rehearsal: bool, message: str, reason: str) -> int:
    """Give up an open message; the exit code. Raises SettingsError for a reason that says nothing."""
    if not reason.strip():
        raise SettingsError("--reason: 请写明原因 / say why: it is kept with the dead letter")
    why = f"{reason.strip()[:_LONGEST_REASON]} ({who()})"
    dropped = _run(config, rehearsal, lambda rows: rows.drop(message, why, datetime.now(UTC)))
    typer.echo("已放弃 / dropped" if dropped else _NOT_OPEN, err=not dropped)
    return 0 if dropped else 1


def tell_or_ask_reconcile(config: Path | None, rehearsal: bool, *, now: bool) -> int:
    """Say how the comparison with the ticketing side stands, or ask for one; the exit code."""
    name = running_instance(config, rehearsal).settings.instance

    async def work(database: Database) -> Cursor:
        row = CursorRow(database, name)
        if now:
            await row.want(from_the_beginning=True)
        return await row.read()

    cursor = _with_database(config, rehearsal, work, to_write=now)
    if now:
        typer.echo(
            "已请求核对，投递进程几秒内开始；最近 10 分钟写下的消息不在其中"
            " / asked for: the process that publishes begins in some seconds; the messages of the last ten minutes"
            " are left out"
        )
        return 0
    finished = cursor.finished_at
    if cursor.is_wanted:
        typer.echo("已请求，尚未完成 / asked for, not finished yet")
    else:
        typer.echo(f"上次核对 / last compared: {beijing(finished) if finished else '从未 / never'}")
    typer.echo(f"已核对到 / compared up to position: {cursor.position}")
    return 0 if finished or cursor.is_wanted else 1


_NOT_DEAD: Final = "没有这样的死信 / no such dead letter; see callrouter outbox list --dead"
_NOT_OPEN: Final = "没有这样的未确认消息 / no such open message; see callrouter outbox list --open"


def _run(
    config: Path | None,
    rehearsal: bool,
    work: Callable[[OutboxRows], Awaitable[_Found]],
    *,
    to_write: bool = True,
) -> _Found:
    return _with_database(config, rehearsal, lambda database: work(OutboxRows(database)), to_write=to_write)


def _with_database(
    config: Path | None,
    rehearsal: bool,
    work: Callable[[Database], Awaitable[_Found]],
    *,
    to_write: bool,
) -> _Found:
    instance = running_instance(config, rehearsal)

    async def done() -> _Found:
        async with opened(instance, to_write=to_write) as database:
            return await work(database)

    return asyncio.run(done())


def _told(entry: OutboxEntry) -> dict[str, Any]:
    return {
        "created_at": beijing(entry.created_at),
        "id": entry.id,
        "call_id": entry.call_id,
        "sequence": entry.sequence,
        "kind": entry.kind,
        "state": entry.state.value,
        "attempts": entry.attempts,
        "next_attempt_at": entry.next_attempt_at and beijing(entry.next_attempt_at),
        # The other side's words: they may hold a number.
        "reason": entry.reason and mask_personal(None, "", {"text": entry.reason})["text"],
    }
