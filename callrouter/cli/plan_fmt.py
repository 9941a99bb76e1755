"""`callrouter plan fmt`: plan files laid out the one way, each replaced whole or not at all.

Exit codes: 0 done, 1 something would change (`--check`), 2 a file that can't be read, laid out or written.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

import typer

from callrouter.cli.plan_folders import NoSuchPlan, plan_folders, shown_as
from callrouter.plans.formatting.formatted import MeaningLost, formatted
from callrouter.plans.formatting.kinds import files_in, kind_of
from callrouter.plans.reading.calendar_file import FOLDER as CALENDARS
from callrouter.plans.reading.written import Written
from callrouter.plans.reading.yaml_reader import LARGEST_FILE, bytes_of

STDIN: Final = Path("-")
_FILES: Final = "plan.yaml, lines.yaml, operator.yaml, *.cases.yaml, calendars/*.yaml"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with the files."""

    check: bool
    """Only tell, by the exit code too, what would change."""
    diff: bool
    """Only show what would change."""
    stdin_name: str | None
    """Which file standard input is."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """A file, or standard input, as it is and as it should be."""

    name: str
    raw: bytes
    text: str

    @property
    def changes(self) -> bool:
        return self.text.encode() != self.raw


def format_plans(paths: Sequence[Path], wanted: Wanted, config: Path | None) -> int:
    """Lay out the files that are meant, and return the exit code. Raises SettingsError.

    One that can't be laid out is told, and the others are laid out all the same.
    """
    if STDIN in paths:
        return _format_stdin(paths, wanted)
    try:
        files = _files(paths, config)
    except NoSuchPlan as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return max(_format_file(path, name, wanted) for path, name in files)


def _format_stdin(paths: Sequence[Path], wanted: Wanted) -> int:
    """Standard input to standard output, which stays empty if the text can't be laid out."""
    if len(paths) > 1:
        sys.stderr.write(
            "-: 标准输入只能单独给出 / standard input is given alone; 去掉其他路径 / leave out the rest\n"
        )
        return 2
    laid = _laid(sys.stdin.buffer.read(LARGEST_FILE + 1), wanted.stdin_name or "<stdin>")
    if laid is None:
        return 2
    if not wanted.check and not wanted.diff:
        # Not by text streams: they would write line ends of their own.
        sys.stdout.buffer.write(laid.text.encode())
        sys.stdout.flush()
        return 0
    return _tell(laid, wanted)


def _format_file(path: Path, name: str, wanted: Wanted) -> int:
    written = Written(name)
    raw = bytes_of(path, written)
    if raw is None:
        sys.stderr.writelines(f"{finding}\n" for finding in written.findings)
        return 2
    laid = _laid(raw, name, path)
    if laid is None:
        return 2
    if wanted.check or wanted.diff:
        return _tell(laid, wanted)
    if laid.changes:
        try:
            _replace(path.resolve(), laid.text.encode())
        except OSError as error:
            sys.stderr.write(
                f"{name}: 没有写成，文件没有改动（{error.strerror}）/ not written, the file is as it was; "
                "检查目录是否可写、磁盘是否已满 / see that its folder can be written to and the disk is not full\n"
            )
            return 2
        typer.echo(f"{name}: 已整理 / formatted")
    return 0


def _laid(raw: bytes, name: str, path: Path | None = None) -> _Laid | None:
    """The file as it should be; None, and what is wrong on standard error, if that can't be told."""
    try:
        result = formatted(raw, name, kind_of(path.absolute() if path else Path(name)))
    except MeaningLost as lost:
        sys.stderr.write(
            f"{name}: 没有整理，文件没有改动：整理后{lost} / not formatted, the file is as it was; "
            "这是本程序的缺陷，请连同文件报告 / a defect of CallRouter: report it with the file\n"
        )
        return None
    sys.stderr.writelines(f"{finding}\n" for finding in result.findings)
    return None if result.text is None else _Laid(name, raw, result.text)


def _tell(laid: _Laid, wanted: Wanted) -> int:
    """Tell what would change, and return the exit code."""
    if not laid.changes:
        return 0
    if wanted.diff:
        for line in _diff(laid):
            typer.echo(line)
    else:
        typer.echo(f"{laid.name}: 待整理 / would be formatted")
    return int(wanted.check)


def _diff(laid: _Laid) -> Iterator[str]:
    """What changes, as `diff -u` shows it; what can't be seen of it is told in words."""
    text = laid.raw.decode("utf-8-sig")
    before = text.replace("\r\n", "\n").replace("\r", "\n")
    if before != laid.raw.decode("utf-8"):
        yield f"{laid.name}: 去掉字节序标记、统一换行 / the byte order mark goes, lines end in a line feed"
    ours = laid.text.splitlines(keepends=True)
    for line in unified_diff(before.splitlines(keepends=True), ours, laid.name, laid.name):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _files(paths: Sequence[Path], config: Path | None) -> tuple[tuple[Path, str], ...]:
    """The files that are meant, each once, and what they are called. Raises NoSuchPlan and SettingsError."""
    found: dict[Path, tuple[Path, str]] = {}
    for path in paths or plan_folders([], config):
        for file, name in _files_of(path):
            found.setdefault(file.resolve(), (file, name))
    return tuple(found.values())


def _files_of(path: Path) -> list[tuple[Path, str]]:
    if not path.is_dir() and path.exists():
        if kind_of(path.absolute()) is None:
            raise NoSuchPlan(
                f"{path}: 不是计划的 YAML 文件 / this is no YAML file of a plan; 可以是 / it may be: {_FILES}"
            )
        return [(path, _name(path))]
    folders = list(plan_folders([path], None))
    if folders != [path] and (path / CALENDARS).is_dir():
        folders.append(path / CALENDARS)
    files = [(file, f"{shown_as(folder)}/{file.name}") for folder in folders for file in files_in(folder)]
    if not files:
        raise NoSuchPlan(
            f"{path}: 没有计划的 YAML 文件 / there is no YAML file of a plan; 写计划所在的目录 / "
            f"give the folder of a plan: {_FILES}"
        )
    return files


def _name(path: Path) -> str:
    return f"{shown_as(path.parent)}/{path.name}" if path.is_absolute() else path.as_posix()


def _replace(path: Path, data: bytes) -> None:
    """Put the new bytes in the file's place in one step. Raises OSError; the file is then as it was.

    It keeps its mode and, where we may give files away (as root), its owner: whoever reads it still can.
    """
    old = path.stat()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            with suppress(PermissionError):
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
