"""`callrouter recordings`: the recorded calls as files: which there are, what is broken, what is old enough to go.

Exit codes: 0 done, 1 nothing found, 2 an error that the user can mend.
"""

from __future__ import annotations

from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, RehearsalOption

commands = typer.Typer(help="录音文件 / the files of recorded calls", no_args_is_help=True)

_DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="只说明会做什么 / only say what would be done")
]


@commands.command("list")
def list_recordings(config: ConfigOption = None, rehearsal: RehearsalOption = False) -> None:
    """列出录音、所属通话和状态 / Every recording with its call, its size and what is known of it."""
    from callrouter.cli.recordings_work import show

    raise typer.Exit(show(config, rehearsal))


@commands.command("repair")
def repair(
    *, dry_run: _DryRunOption = False, config: ConfigOption = None, rehearsal: RehearsalOption = False
) -> None:
    """修复 Asterisk 中断时留下的录音 / Mend what a killed Asterisk has left without its length."""
    from callrouter.cli.recordings_work import mend

    raise typer.Exit(mend(config, rehearsal, dry_run=dry_run))


@commands.command("prune")
def prune(
    *, dry_run: _DryRunOption = False, config: ConfigOption = None, rehearsal: RehearsalOption = False
) -> None:
    """删除超过保留期限的录音（recording.keep_days） / Remove recordings that are older than the settings say."""
    from callrouter.cli.recordings_work import remove_old

    raise typer.Exit(remove_old(config, rehearsal, dry_run=dry_run))
