"""The work of `callrouter records list` and `show`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typer

from callrouter.cli.columns import BEIJING, beijing, print_table
from callrouter.cli.database import Asked, opened
from callrouter.cli.instance import Instance, running_instance
from callrouter.cli.records_told import tell_call, tell_journal
from callrouter.log import mask_personal
from callrouter.records.reading import Delivery, RecordReader
from callrouter.service.masking import json_text, masked_record, masked_rows, printable, told_by
from callrouter.service.reveals import note_reveal
from callrouter.service.stored_call import StoredCall, read_call
from callrouter.vocabulary.cel import CelRow

_COLUMNS: Final = {
    "arrived_at": "到达 arrived",
    "call_id": "通话 call",
    "caller_raw": "主叫 caller",
    "called_raw": "被叫 called",
    "line": "热线 line",
    "phase": "阶段 phase",
    "terminal_state": "结束 state",
    "agent": "座席 agent",
    "waited_ms": "等待 wait s",
    "talk_ms": "通话 talk s",
}
"""Keys and headings."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose records, and how they are shown."""

    config: Path | None
    rehearsal: bool
    as_json: bool
    unmasked: bool

    @property
    def instance(self) -> Instance:
        """The instance that is meant."""
        return running_instance(self.config, self.rehearsal)


def list_calls(shown: Shown, asked: Asked, limit: int) -> int:
    """Show calls; the exit code."""
    wanted, instance = asked.wanted(), shown.instance

    async def read() -> Sequence[dict[str, Any]]:
        async with opened(instance) as database:
            return (await RecordReader(database.engine).page(wanted, limit=limit)).records

    records = asyncio.run(read())
    if not records:
        typer.echo("没有符合的通话 / no such calls", err=True)
        return 1
    records = _as_shown(shown, instance, "records list", records, calls=len(records))
    if shown.as_json:
        for record in records:
            typer.echo(json_text(record))
        return 0
    print_table(list(_COLUMNS.values()), ([_cell(record, key) for key in _COLUMNS] for record in records))
    return 0


def show_call(shown: Shown, call_id: str, *, with_journal: bool) -> int:
    """Show one call; the exit code."""
    instance = shown.instance

    async def read() -> tuple[StoredCall | None, list[Delivery]]:
        async with opened(instance) as database:
            call = await read_call(database, call_id)
            return call, await RecordReader(database.engine).deliveries(call_id)

    call, deliveries = asyncio.run(read())
    if call is None:
        typer.echo(f"没有这个通话 / no such call: {printable(call_id)}", err=True)
        return 1
    messages = [_message(each) for each in deliveries]
    revisions = _as_shown(shown, instance, "records show", call.revisions, calls=1)
    told = map(told_by, call.journal.cel) if shown.unmasked else masked_rows(call.journal.cel)
    rows = [_row(row, says) for row, says in zip(call.journal.cel, told, strict=True)]
    if shown.as_json:
        whole = {"record": revisions[-1], "earlier_revisions": revisions[:-1], "messages": messages}
        typer.echo(json_text({**whole, **({"journal": rows} if with_journal else {})}))
        return 0
    tell_call(revisions, messages)
    if with_journal:
        tell_journal(rows)
    return 0


def _as_shown(
    shown: Shown, instance: Instance, command: str, records: Sequence[dict[str, Any]], *, calls: int
) -> list[dict[str, Any]]:
    if not shown.unmasked:
        return [masked_record(record) for record in records]
    note_reveal(instance.layout.reveals, command, calls)
    return list(records)


def _row(row: CelRow, told: dict[str, str]) -> dict[str, Any]:
    return {"at": _instant(row.at), "event": printable(row.event), "uniqueid": row.uniqueid, "told": told}


def _message(delivery: Delivery) -> dict[str, Any]:
    # The other side's words may hold a number.
    said = delivery.reason and mask_personal(None, "", {"text": delivery.reason})["text"]
    told = {
        key: _instant(value) if isinstance(value, datetime) else value
        for key, value in asdict(delivery).items()
    }
    return {**told, "reason": said}


def _instant(at: datetime | None) -> str | None:
    return beijing(at, "milliseconds") if at else None


def _cell(record: dict[str, Any], key: str) -> object:
    value = record.get(key)
    if key in {"line", "phase"}:
        return (record.get("decision") or {}).get(key)
    if key == "arrived_at":
        return datetime.fromisoformat(record[key]).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return f"{value / 1000:.1f}" if key.endswith("_ms") and value is not None else value
