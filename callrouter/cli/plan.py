"""`callrouter plan`: check a plan, and ask it what it does with a call."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from callrouter.announcements import OF_THE_DIALPLAN, PROMPTS_FOLDER, announcements_of
from callrouter.cli.instance import ConfigOption, choose_instance
from callrouter.clock import parse_instant
from callrouter.decide.explain import explain
from callrouter.decide.route import decide
from callrouter.plans.check import Severity, check
from callrouter.plans.load import load_plan
from callrouter.prompts.catalogue import load_catalogue
from callrouter.prompts.check import check as check_prompts
from callrouter.prompts.findings import Finding as PromptFinding
from callrouter.prompts.findings import PromptError
from callrouter.prompts.findings import Severity as PromptSeverity
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan

commands = typer.Typer(help="归并计划 / migration plans", no_args_is_help=True)

PlanOption = Annotated[Path | None, typer.Option("--plan", help="计划目录 / the plan's folder")]
AtOption = Annotated[
    str | None, typer.Option("--at", help="时刻 / the instant, such as 2021-10-01T00:00:00+08:00 [now]")
]


@commands.command("check")
def check_plan(plan: PlanOption = None, at: AtOption = None, config: ConfigOption = None) -> None:
    """检查计划和提示音 / Check a plan and its announcements; exit code 1 if it could not serve."""
    loaded = load_plan(_folder(plan, config))
    catalogue = load_catalogue(PROMPTS_FOLDER)
    findings = check(loaded, catalogue.prompts.keys() | set(OF_THE_DIALPLAN), _instant(at))
    for finding in findings:
        typer.echo(str(finding))
    wrong = _prompt_faults(loaded)
    for fault in wrong:
        typer.echo(str(fault))
    typer.echo(
        f"{loaded.title}: {len(loaded.lines)} 个号码 / lines, 版本 / version {loaded.version},"
        f" {loaded.hash[:12]}; {len(findings)} 条发现 / findings, {len(wrong)} 条提示音问题 / prompt faults"
    )
    if wrong or any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


@commands.command("explain")
def explain_call(
    number: Annotated[str, typer.Argument(help="被叫号码 / the dialled number")],
    plan: PlanOption = None,
    at: AtOption = None,
    config: ConfigOption = None,
) -> None:
    """某号码在某时刻如何处理 / What the plan does with a call to a number at an instant, and why."""
    loaded = load_plan(_folder(plan, config))
    instant = _instant(at)
    called = parse_number(number, loaded.short_codes)
    call = Call("explain", called, FoundBy.REQUEST_URI, UnknownNumber(""), "explain", instant)
    for line in explain(decide(call, loaded, instant)):
        typer.echo(line)


def _prompt_faults(plan: Plan) -> list[PromptFinding]:
    try:
        findings = check_prompts(announcements_of(plan), PROMPTS_FOLDER)
    except PromptError as error:
        return [error.finding]
    return [finding for finding in findings if finding.severity is not PromptSeverity.INFO]


def _folder(plan: Path | None, config: Path | None) -> Path:
    settings = choose_instance(config).settings
    return plan or settings.path(settings.plan)


def _instant(at: str | None) -> datetime:
    return datetime.now(UTC) if at is None else parse_instant(at)
