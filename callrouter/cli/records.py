"""`callrouter records`: read the call records; masked unless asked otherwise, and then it is written down who asked.

Exit codes: 0 done, 1 nothing found, 2 an error that the user can mend.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callrouter.cli.instance import ConfigOption, RehearsalOption
from callrouter.settings_file import SettingsError
from callrouter.vocabulary.record_words import TerminalState

commands = typer.Typer(help="通话记录 / call records", no_args_is_help=True)


class Format(StrEnum):
    """How records are exported."""

    CSV = "csv"
    JSONL = "jsonl"


SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", help="起始时刻（含），不写时区按北京时间 / from, Beijing time unless it says otherwise"
    ),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="截止时刻（不含）/ until, exclusive")]
LineOption = Annotated[str | None, typer.Option("--line", help="热线号码 / the hotline, such as 12315")]
StateOption = Annotated[TerminalState | None, typer.Option("--state", help="结束状态 / terminal state")]
UnmaskedOption = Annotated[
    bool,
    typer.Option(
        "--unmasked", help="显示完整号码；会记下谁看了多少条 / show whole numbers; who asked is logged"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="每行一个 JSON / one JSON value a line")]


@commands.command("list")
def list_records(
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    line: LineOption = None,
    state: StateOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="最多多少条 / at most")] = 20,
    as_json: JsonOption = False,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """列出通话，最新的在前 / The calls, the newest first."""
    from callrouter.cli.database import Asked
    from callrouter.cli.records_shown import Shown, list_calls

    shown = Shown(config, rehearsal, as_json=as_json, unmasked=unmasked)
    raise typer.Exit(list_calls(shown, Asked(since, until, line, state), limit))


@commands.command("show")
def show_record(
    *,
    call_id: Annotated[str, typer.Argument(metavar="CALL_ID", help="通话编号 / the call's id")],
    journal: Annotated[
        bool, typer.Option("--journal", help="连同 Asterisk 记下的每一行 / with what Asterisk wrote down")
    ] = False,
    as_json: JsonOption = False,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """一个通话的记录、更正和投递 / One call's record, its corrections, and where its messages stand."""
    from callrouter.cli.records_shown import Shown, show_call

    raise typer.Exit(
        show_call(Shown(config, rehearsal, as_json=as_json, unmasked=unmasked), call_id, with_journal=journal)
    )


@commands.command("export")
def export_records(
    *,
    since: SinceOption = None,
    until: UntilOption = None,
    line: LineOption = None,
    state: StateOption = None,
    output_format: Annotated[Format, typer.Option("--format", help="输出格式 / the format")] = Format.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", help="写入的文件，权限 0600 / the file, 0600 [standard output]")
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="带 BOM，供 Excel 识别 UTF-8 / with the BOM that Excel needs")
    ] = False,
    as_scenario: Annotated[
        str | None,
        typer.Option(
            "--as-scenario",
            metavar="CALL_ID",
            help="把一个真实通话变成测试，号码换掉 / one real call as a test, with other numbers",
        ),
    ] = None,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """导出通话记录 / Export records as CSV or JSON lines, or one call as a test."""
    from callrouter.cli.database import Asked
    from callrouter.cli.records_exported import Export, export_calls, export_scenario

    export = Export(config, rehearsal, output, unmasked=unmasked)
    if as_scenario is not None and (unmasked or excel or any((since, until, line, state))):
        raise SettingsError(
            "--as-scenario 只导出一个通话，号码总是换掉：请去掉 --unmasked、--excel 和筛选条件"
            " / --as-scenario exports one call, always with other numbers: leave out --unmasked, --excel and filters"
        )
    if excel and output_format is not Format.CSV:
        raise SettingsError("--excel 只用于 --format csv / --excel is for --format csv alone")
    if as_scenario is not None:
        raise typer.Exit(export_scenario(export, as_scenario))
    asked = Asked(since, until, line, state)
    raise typer.Exit(export_calls(export, asked, as_csv=output_format is Format.CSV, excel=excel))


@commands.command("schema")
def schema(
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="写入的目录 / the folder to write into [standard output: schemas]"),
    ] = None,
    as_reference: Annotated[
        bool, typer.Option("--reference", help="字段大全 / the fields, as Markdown")
    ] = False,
) -> None:
    """投递内容的格式 / The format of what is delivered: JSON Schema and AsyncAPI."""
    from callrouter.cli.records_schema import print_reference, write_schemas

    raise typer.Exit(print_reference() if as_reference else write_schemas(output))


@commands.command("make", hidden=True)
def make_records(
    *,
    config: ConfigOption = None,
    rehearsal: RehearsalOption = False,
    roles: Annotated[str | None, typer.Option("--roles")] = None,
    on_pipes: Annotated[bool, typer.Option("--on-pipes")] = False,
    bell: Annotated[int | None, typer.Option("--bell", min=0)] = None,
) -> None:
    """制作并投递通话记录 / Make and deliver records; `serve` and the controller start this by themselves.

    With `route` among the roles (as without --roles), or --on-pipes, it works for whoever started it and asks over
    pipes; else alone, with probes, and in two processes of its own if it is to collect and to publish.
    """
    from callrouter.cli.records_made import make, make_apart
    from callrouter.service.roles import OWN_ROLES, Role, read_roles, shares

    chosen = read_roles(roles) & OWN_ROLES
    on_pipes = on_pipes or Role.ROUTE in chosen
    if on_pipes or len(shares(chosen)) == 1:
        make(config, rehearsal, chosen, bell, on_pipes=on_pipes)
    else:
        make_apart(config, rehearsal, chosen)
