"""The work of `callrouter recordings`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.cli.database import opened
from callrouter.cli.instance import Instance, running_instance
from callrouter.records.recording_files import Folder, RecordingFile, look_into, remove
from callrouter.records.recording_repair import repaired

_HEADINGS: Final = ("文件 file", "通话 call", "字节 bytes", "通话结束 call ended", "状态 state")


def show(config: Path | None, rehearsal: bool) -> int:
    """List the recordings; the exit code."""
    instance = running_instance(config, rehearsal)
    folder = _look(instance)
    _tell_of_strangers(folder)
    if not folder.recordings:
        typer.echo("没有录音 / no recordings", err=True)
        return 1
    _print(folder.recordings)
    return 0


def mend(config: Path | None, rehearsal: bool, *, dry_run: bool) -> int:
    """Repair what is broken; the exit code."""
    instance = running_instance(config, rehearsal)
    broken = _look(instance).broken()
    if not broken:
        typer.echo("没有需要修复的录音 / nothing to repair", err=True)
        return 1
    if dry_run:
        _print(broken)
        typer.echo(f"将修复 {len(broken)} 个 / would repair {len(broken)}")
        return 0
    mended = [one for one in broken if repaired(one.name, instance.layout.recordings)]
    for one in broken:
        word = (
            "已修复 repaired"
            if one in mended
            else "未能修复 could not be repaired: may it be written by you?"
        )
        typer.echo(f"{one.name}: {word}")
    return 0 if len(mended) == len(broken) else 2


def remove_old(config: Path | None, rehearsal: bool, *, dry_run: bool) -> int:
    """Remove what has been kept long enough; the exit code."""
    instance = running_instance(config, rehearsal)
    days = instance.settings.recording.keep_days
    folder = _look(instance)
    old = folder.older_than(days, datetime.now(UTC))
    unknown = folder.without_record()
    if unknown:
        typer.echo(
            f"{len(unknown)} 个录音没有话单，保留不动 / {len(unknown)} recordings have no record and are kept:"
            f" {', '.join(one.name for one in unknown[:5])}",
            err=True,
        )
    if not old:
        typer.echo(f"没有超过 {days} 天的录音 / no recording is older than {days} days", err=True)
        return 1
    octets = sum(one.octets for one in old)
    if dry_run:
        _print(old)
        typer.echo(f"将删除 {len(old)} 个，共 {octets} 字节 / would remove {len(old)}, {octets} bytes")
        return 0
    gone = remove(instance.layout.recordings, old)
    typer.echo(
        f"已删除 {len(gone)} 个，共 {octets} 字节；话单中的指纹保留 /"
        f" removed {len(gone)}, {octets} bytes; the records keep their hashes"
    )
    return 0


def _look(instance: Instance) -> Folder:
    async def look() -> Folder:
        async with opened(instance) as database:
            return await look_into(instance.layout.recordings, database, instance.settings.node)

    return asyncio.run(look())


def _print(files: tuple[RecordingFile, ...]) -> None:
    print_table(
        _HEADINGS,
        (
            (one.name, one.call_id, one.octets, beijing(one.ended_at) if one.ended_at else "", _state(one))
            for one in files
        ),
    )


def _state(one: RecordingFile) -> str:
    if one.is_up:
        return "通话中 the call is up"
    if one.ended_at is None:
        return "没有话单 no record"
    return "待修复 to be repaired" if one.is_broken else "完整 whole"


def _tell_of_strangers(folder: Folder) -> None:
    if folder.strangers:
        typer.echo(
            f"{len(folder.strangers)} 个文件不是录音，不会改动 / {len(folder.strangers)} files are no recordings"
            f" and are left alone: {', '.join(folder.strangers[:5])}",
            err=True,
        )
