"""The work of `callrouter records list` and `show`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typer

from callrouter.cli.database import BEIJING, Asked, opened
from callrouter.cli.instance import Instance, running_instance
from callrouter.log import mask_personal
from callrouter.records.reading import Delivery, RecordReader
from callrouter.service.masking import masked_record, masked_row, printable, told_by
from callrouter.service.reveals import note_reveal
from callrouter.service.stored_call import StoredCall, read_call
from callrouter.vocabulary.cel import CelRow

_COLUMNS: Final = (
    *(("arrived_at", "到达 arrived", 19), ("call_id", "通话 call", 26), ("caller_raw", "主叫 caller", 14)),
    *(("called_raw", "被叫 called", 13), ("line", "热线 line", 8), ("phase", "阶段 phase", 11)),
    *(("terminal_state", "结束 state", 12), ("agent", "座席 agent", 11), ("waited_ms", "等待 wait s", 8)),
    ("talk_ms", "通话 talk s", 8),
)
"""Key, heading, width."""


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
    records = _as_shown(shown, instance, "records list", records)
    if shown.as_json:
        for record in records:
            typer.echo(json.dumps(record, ensure_ascii=False))
        return 0
    typer.echo("  ".join(_padded(heading, width) for _key, heading, width in _COLUMNS).rstrip())
    for record in records:
        typer.echo("  ".join(_padded(_cell(record, key), width) for key, _, width in _COLUMNS).rstrip())
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
    revisions = _as_shown(shown, instance, "records show", call.revisions)
    rows = [_row(row, told_by(row) if shown.unmasked else masked_row(row)) for row in call.journal.cel]
    if shown.as_json:
        whole = {"record": revisions[-1], "earlier_revisions": revisions[:-1], "messages": messages}
        typer.echo(json.dumps({**whole, **({"journal": rows} if with_journal else {})}, ensure_ascii=False))
        return 0
    _tell(revisions, messages)
    if with_journal:
        _tell_journal(rows)
    return 0


def _as_shown(
    shown: Shown, instance: Instance, command: str, records: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    if not shown.unmasked:
        return [masked_record(record) for record in records]
    note_reveal(instance.layout.reveals, command, len(records))
    return list(records)


def _tell(revisions: Sequence[dict[str, Any]], messages: Sequence[dict[str, Any]]) -> None:
    for record in revisions[:-1]:
        typer.echo(f"更正前 / before: revision {record['revision']}, {record['terminal_state']}")
    for key, value in revisions[-1].items():
        typer.echo(f"{key:22} {_spelled(value)}")
    typer.echo("\n投递 / messages")
    for message in messages:
        typer.echo("  " + "  ".join(printable(value) for value in message.values()))


def _tell_journal(rows: Sequence[dict[str, Any]]) -> None:
    typer.echo(
        "\nAsterisk 的记录 / journal" if rows else "\nAsterisk 的记录已清理 / the journal's rows were pruned"
    )
    for row in rows:
        facts = "  ".join(f"{key}={printable(value)}" for key, value in row["told"].items())
        typer.echo(f"  {row['at']}  {row['event']:14} {facts}")


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
    return at.astimezone(BEIJING).isoformat(timespec="milliseconds") if at else None


def _cell(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    if key in {"line", "phase"}:
        value = (record.get("decision") or {}).get(key)
    elif key == "arrived_at":
        value = datetime.fromisoformat(record[key]).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    elif key.endswith("_ms"):
        value = None if value is None else f"{value / 1000:.1f}"
    return printable(value)


def _spelled(value: object) -> str:
    if isinstance(value, dict | list):
        return printable(json.dumps(value, ensure_ascii=False))
    return printable(value)


def _padded(text: str, width: int) -> str:
    # A Chinese character takes two places.
    return text + " " * max(0, width - sum(2 if ord(letter) > 0x2E7F else 1 for letter in text))
