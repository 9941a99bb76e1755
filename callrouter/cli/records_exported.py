"""The work of `callrouter records export`."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import typer

from callrouter.cli.database import Asked, opened
from callrouter.cli.instance import Instance, UnusableFileError, running_instance
from callrouter.plans.load import load_plan
from callrouter.records.reading import RecordReader, Wanted
from callrouter.service import sheet
from callrouter.service.masking import json_text, masked_record, printable
from callrouter.service.real_call import ScenarioError, scenario_of
from callrouter.service.reveals import note_reveal
from callrouter.service.stored_call import read_call
from callrouter.settings import PROJECT_ROOT

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Export:
    """Whose records go where."""

    config: Path | None
    rehearsal: bool
    output: Path | None
    unmasked: bool

    @property
    def instance(self) -> Instance:
        """The instance that is meant."""
        return running_instance(self.config, self.rehearsal)


def export_calls(export: Export, asked: Asked, *, as_csv: bool, excel: bool) -> int:
    """Export calls, the newest first; the exit code."""
    wanted, instance = asked.wanted(), export.instance
    calls = asyncio.run(_export(export, instance, wanted, as_csv=as_csv, excel=excel))
    typer.echo(f"导出 {calls} 条 / exported {calls} calls", err=True)
    return 0 if calls else 1


def export_scenario(export: Export, call_id: str) -> int:
    """Export one call as a test; the exit code."""
    instance = export.instance
    folder = instance.settings.path(instance.settings.plan)
    name = str(folder.relative_to(PROJECT_ROOT)) if folder.is_relative_to(PROJECT_ROOT) else str(folder)

    async def read() -> str | None:
        async with opened(instance) as database:
            call = await read_call(database, call_id)
            return None if call is None else scenario_of(call, load_plan(folder), name)

    try:
        text = asyncio.run(read())
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        return 2
    if text is None:
        typer.echo(f"没有这个通话 / no such call: {printable(call_id)}", err=True)
        return 1
    with _destination(export.output) as stream:
        stream.write(text)
    return 0


async def _export(export: Export, instance: Instance, wanted: Wanted, *, as_csv: bool, excel: bool) -> int:
    calls, after, is_first = 0, None, True
    async with opened(instance) as database:
        reader = RecordReader(database.engine)
        with _destination(export.output) as stream:
            table = csv.writer(stream)
            if as_csv:
                stream.write(sheet.BOM if excel else "")
                table.writerow(sheet.header())
            while is_first or after:
                page = await reader.page(wanted, limit=_PAGE, after=after)
                after, is_first = page.after, False
                if export.unmasked and page.records:
                    note_reveal(instance.layout.reveals, "records export", len(page.records))
                for record in page.records:
                    shown = record if export.unmasked else masked_record(record)
                    if as_csv:
                        table.writerow(sheet.line(shown))
                    else:
                        stream.write(json_text(shown) + "\n")
                calls += len(page.records)
    return calls


@contextmanager
def _destination(file: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that only its owner reads and that is whole or not there.

    Raises UnusableFileError where there can be none.
    """
    if file is None:
        with _standard_output() as stream:
            yield stream
        return
    if file.exists() and not file.is_file():
        # A device or a folder: it would be replaced.
        raise UnusableFileError(f"{file}: 不是普通文件，请换一个 / not a plain file; name another")
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                yield stream
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, PermissionError) and error.errno is None:
            raise
        raise UnusableFileError(
            f"{file}: 无法写入，目录要存在、可写、有空间 / cannot be written ({error.strerror}): its folder must be"
            " there, with room, and be yours to write"
        ) from None


@contextmanager
def _standard_output() -> Iterator[IO[str]]:
    """Raises UnusableFileError when whoever reads has gone, or a disk behind it is full."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        if isinstance(error, PermissionError):
            raise
        with suppress(OSError, ValueError):
            # What is left would be tried again at the end of the process, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UnusableFileError(
            f"标准输出无法写完，导出不完整 / standard output cannot be written to its end ({error.strerror}):"
            " the export is not whole; --output FILE writes all or nothing"
        ) from None
