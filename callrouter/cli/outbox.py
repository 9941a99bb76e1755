"""`callrouter outbox`: what the ticketing side has not acknowledged, and what a person can do about it.

Exit codes: 0 done, 1 nothing found, 2 an error that the user can mend.
"""

from __future__ import annotations

from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, RehearsalOption
from callrouter.settings_file import SettingsError

commands = typer.Typer(
    help="待投递消息 / what is still to be told to the ticketing side", no_args_is_help=True
)

_IdArgument = Annotated[str, typer.Argument(metavar="ID", help="消息编号 / the message's id")]


@commands.command("list")
def list_messages(
    *,
    dead: Annotated[bool, typer.Option("--dead", help="只看死信 / dead letters alone")] = False,
    is_open: Annotated[bool, typer.Option("--open", help="只看未确认的 / open ones alone")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多多少条 / at most")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON / one JSON value a line")] = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """未确认的消息和死信，最早的在前 / Open messages and dead letters, the oldest first."""
    from callrouter.cli.outbox_work import list_entries

    raise typer.Exit(
        list_entries(config, rehearsal, dead=dead, is_open=is_open, limit=limit, as_json=as_json)
    )


@commands.command("retry")
def retry(
    *,
    message: Annotated[
        str | None, typer.Argument(metavar="ID", help="死信的编号 / the dead letter's id")
    ] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="所有死信 / every dead letter")] = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """重新投递死信 / Send dead letters again."""
    from callrouter.cli.outbox_work import retry_dead

    if (message is None) is not all_dead:
        raise SettingsError("给出一个消息编号，或 --all-dead / give one message's id, or --all-dead")
    raise typer.Exit(retry_dead(config, rehearsal, message))


@commands.command("drop")
def drop(
    *,
    message: _IdArgument,
    reason: Annotated[str, typer.Option("--reason", help="原因，留作记录 / why; it is kept")],
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """不再投递一条未确认的消息；成为死信，可以重试 / Give up an open message; it becomes a dead letter."""
    from callrouter.cli.outbox_work import drop_open

    raise typer.Exit(drop_open(config, rehearsal, message, reason))


@commands.command("reconcile")
def reconcile(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="现在就核对，不等到每日时刻 / at once, not at its time")
    ] = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """与工单方核对：上次何时、核对到哪里；--now 请求立即核对 / When both sides were compared last; --now: again."""
    from callrouter.cli.outbox_work import tell_or_ask_reconcile

    raise typer.Exit(tell_or_ask_reconcile(config, rehearsal, now=now))
