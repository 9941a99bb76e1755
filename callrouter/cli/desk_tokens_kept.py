"""The desks' tokens, made and revoked: the file is replaced whole, by one command at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.cli.instance import Instance, running_instance
from callrouter.console.desk_tokens import SECRET_BYTES, TokenFile, TokenFileError, keep, read_tokens
from callrouter.local_system.secrets import SecretsError, write_private
from callrouter.settings_file import SettingsError
from callrouter.vocabulary.desk_role import Role

_HEADINGS: Final = ("标识 id", "账号 seat", "角色 role", "生成时间 made")


def add_token(config: Path | None, rehearsal: bool, seat: str, role: Role) -> int:
    """Make a token and print it. Raises SettingsError for an account that the settings do not have in that role."""
    instance = running_instance(config, rehearsal)
    _require_account(instance, seat, role)
    with _changing(instance) as file:
        kept = _read(file)
        token, made = keep(secrets.token_bytes(SECRET_BYTES), seat, role, datetime.now(UTC))
        _write(file, TokenFile(tokens=(*kept.tokens, made)))
    typer.echo(token)
    typer.echo(f"标识 / id: {made.id}；以后不再显示 / it is not shown again", err=True)
    return 0


def print_tokens(config: Path | None, rehearsal: bool) -> int:
    """Print which there are."""
    kept = _read(running_instance(config, rehearsal).layout.desk_tokens)
    rows = [(one.id, one.seat, one.role.value, beijing(one.made_at)) for one in kept.tokens]
    print_table(_HEADINGS, rows)
    return 0


def revoke_token(config: Path | None, rehearsal: bool, token_id: str) -> int:
    """Take a token out of the file; 1 if there is none of that id."""
    instance = running_instance(config, rehearsal)
    with _changing(instance) as file:
        kept = _read(file)
        left = tuple(one for one in kept.tokens if one.id != token_id)
        if len(left) == len(kept.tokens):
            typer.echo(
                "没有这个令牌；见 callrouter desk token list / no such token; see `callrouter desk token list`",
                err=True,
            )
            return 1
        _write(file, TokenFile(tokens=left))
    typer.echo(f"{token_id}: 已作废 / revoked")
    return 0


def _require_account(instance: Instance, seat: str, role: Role) -> None:
    sip = instance.settings.sip
    known = sip.supervisors if role is Role.SUPERVISOR else sip.staff
    if seat not in known:
        where = "sip.supervisors" if role is Role.SUPERVISOR else "sip.seats"
        raise SettingsError(
            f"{seat}: 不在设置 {where} 中 / not among {where} in the settings; add it there first"
        )


def _read(file: Path) -> TokenFile:
    try:
        return read_tokens(file)
    except TokenFileError as error:
        raise SecretsError(str(error)) from None


def _write(file: Path, tokens: TokenFile) -> None:
    write_private(file, tokens.model_dump_json(indent=1) + "\n")


@contextmanager
def _changing(instance: Instance) -> Iterator[Path]:
    """Hold the file against other commands: the one that came first is not undone by the one after."""
    file = instance.layout.desk_tokens
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file.with_name(f".{file.name}.lock"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(handle)
