"""One call as a person reads it: each field with its name in Chinese, its parts a line each, instants of Beijing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.service.masking import printable
from callrouter.ticketing.chinese_words import FIELDS

_NAME_ENDS: Final = re.compile("[，：；（]")
"""What follows explains the name: that is in the reference."""
_INSTANTS: Final = frozenset({"at", "register_by"})
_MESSAGE: Final = (
    *("消息 id", "序号 seq", "种类 kind", "状态 state", "失败 failed", "写下 created", "关闭 closed"),
    *("答复 outcome", "原因 reason"),
)


def tell_call(revisions: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]]) -> None:
    """Print the newest revision, what was before it, and where its messages stand."""
    for record in revisions[:-1]:
        typer.echo(f"更正前 / before: revision {record['revision']}, {record['terminal_state']}")
    chinese = FIELDS["CallRecord"]
    for key, value in revisions[-1].items():
        name = f"{key}  {_NAME_ENDS.split(chinese.get(key, ''))[0]}".rstrip()
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            typer.echo(f"{name}:")
            for part in value:
                typer.echo(f"    {_spelled(key, part)}")
        else:
            typer.echo(f"{name}: {_spelled(key, value)}")
    typer.echo("\n投递 / messages")
    print_table(_MESSAGE, (message.values() for message in messages))


def tell_journal(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what Asterisk wrote down."""
    typer.echo(
        "\nAsterisk 的记录 / journal" if rows else "\nAsterisk 的记录已清理 / the journal's rows were pruned"
    )
    for row in rows:
        facts = "  ".join(f"{key}={printable(value)}" for key, value in row["told"].items())
        typer.echo(f"  {row['at']}  {row['event']:14} {facts}")


def _spelled(key: str, value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{name}={_spelled(name, one)}" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        spelled = (f"[{_spelled(key, one)}]" if isinstance(one, Mapping) else printable(one) for one in value)
        return ", ".join(spelled) or "-"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, str) and (key in _INSTANTS or key.endswith("_at")):
        return beijing(datetime.fromisoformat(value), "milliseconds")
    return printable(value)
