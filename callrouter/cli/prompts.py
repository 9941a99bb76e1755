"""`callrouter prompts`: render, check and unpack the announcements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callrouter.cli.instance import ConfigOption, choose_instance
from callrouter.layout import PROMPTS_FOLDER, sounds_folder
from callrouter.prompts.findings import Severity

if TYPE_CHECKING:
    from callrouter.prompts.renderings import WantedPrompt

commands = typer.Typer(help="提示音 / announcements", no_args_is_help=True)


@commands.command("check")
def check_prompts(config: ConfigOption = None) -> None:
    """检查提示音 / Check that all the plan can play is rendered, whole and of its very text."""
    from callrouter.prompts.check import check

    findings = check(_wanted(config), PROMPTS_FOLDER)
    for finding in findings:
        typer.echo(str(finding))
    if any(finding.severity is not Severity.INFO for finding in findings):
        raise typer.Exit(1)
    typer.echo("提示音齐全 / every announcement is there")


@commands.command("build")
def build_prompts(
    voice: Annotated[
        Path,
        typer.Option(help="语音文件，只用录音时不需要 / the voice's .bin file; not needed for recordings"),
    ] = Path("zf_xiaobei.bin"),
    config: ConfigOption = None,
) -> None:
    """合成缺少的提示音 / Render what is missing or changed; needs the synthesis extra."""
    from callrouter.prompts.build import build

    built = build(_wanted(config), PROMPTS_FOLDER, voice, typer.echo)
    for finding in built.findings:
        typer.echo(str(finding))
    typer.echo(f"{len(built.rendered)} 条新制 / rendered, {len(built.kept)} 条未变 / kept")
    if built.findings:
        raise typer.Exit(1)


@commands.command("unpack")
def unpack_prompts(quiet: Annotated[bool, typer.Option("--quiet")] = False) -> None:
    """展开为 8 kHz A-law / Unpack the masters for Asterisk; set-up does this."""
    from callrouter.prompts.unpack import unpack

    done = unpack(PROMPTS_FOLDER, sounds_folder(), (lambda _line: None) if quiet else typer.echo)
    if done.findings:
        for finding in done.findings:
            typer.echo(str(finding), err=True)
        raise typer.Exit(1)


def _wanted(config: Path | None) -> tuple[WantedPrompt, ...]:
    """What the plan of the settings can play, and the plans beside it: they share one folder of masters."""
    from callrouter.announcements import announcements_of
    from callrouter.plans.load import PLAN_FILE, load_plan

    settings = choose_instance(config).settings
    chosen = settings.path(settings.plan)
    beside = (folder for folder in sorted(chosen.parent.iterdir()) if (folder / PLAN_FILE).is_file())
    wanted = {
        prompt.key: prompt
        for folder in (*beside, chosen)
        for prompt in announcements_of(load_plan(folder), PROMPTS_FOLDER)
    }
    return tuple(wanted.values())
