"""`callrouter plan check`: what is found in plans, as text, JSON or GitHub annotations, and what the exit code is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

import typer

from callrouter.announcements import OF_THE_DIALPLAN, rightly_recorded
from callrouter.cli.plan import Format
from callrouter.cli.plan_folders import NoSuchPlan, plan_folders, shown_as
from callrouter.clock import parse_instant
from callrouter.layout import PROMPTS_FOLDER
from callrouter.plans.check import check
from callrouter.plans.findings import Finding, Severity
from callrouter.plans.load import Loaded, load
from callrouter.prompts.catalogue import load_catalogue

_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How plans are to be checked."""

    at: str | None
    overlay: bool
    strict: bool
    """Whether warnings fail too."""
    recordings: bool
    """Whether announcements must have been recorded."""
    output: Format


def check_plans(paths: Sequence[Path], wanted: Wanted, config: Path | None) -> int:
    """Tell what is found in every plan that is meant; return the exit code: 0, 1 for errors, 2 if it could not run.

    Raises ClockError, SettingsError and PromptError.
    """
    at = datetime.now(UTC) if wanted.at is None else parse_instant(wanted.at)
    try:
        folders = plan_folders(paths, config)
    except NoSuchPlan as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    announcements = load_catalogue(PROMPTS_FOLDER).prompts.keys() | set(OF_THE_DIALPLAN)
    everything: list[Finding] = []
    for folder in folders:
        loaded = load(folder, overlay=wanted.overlay, shown=shown_as(folder))
        recorded = rightly_recorded(loaded.plan) if wanted.recordings and loaded.plan else None
        findings = check(loaded, at, announcements, recorded)
        everything += findings
        if wanted.output is Format.TEXT:
            _tell(loaded, shown_as(folder), findings)
    _print(everything, wanted.output)
    failing = (Severity.ERROR, Severity.WARNING) if wanted.strict else (Severity.ERROR,)
    return int(any(finding.fault.severity in failing for finding in everything))


def _tell(loaded: Loaded, shown: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        typer.echo(str(finding))
    counts = [sum(finding.fault.severity is severity for finding in findings) for severity in Severity]
    summary = "{} 个错误 / errors, {} 个警告 / warnings, {} 条说明 / notes".format(*counts)
    if loaded.plan is None:
        typer.echo(f"{shown}: 不能使用 / can't be used; {summary}")
        return
    plan = loaded.plan
    numbers = len(plan.lines) + len(plan.lists)
    typer.echo(
        f"{shown}: {plan.title}，{numbers} 个号码 / numbers，"
        f"版本 / version {plan.version}，{plan.hash[:12]}; {summary}"
    )


def _print(findings: Iterable[Finding], output: Format) -> None:
    match output:
        case Format.TEXT:
            pass
        case Format.JSON:
            typer.echo(json.dumps([as_data(finding) for finding in findings], ensure_ascii=False, indent=1))
        case Format.GITHUB:
            for finding in findings:
                typer.echo(as_annotation(finding))
        case _:
            assert_never(output)


def as_data(finding: Finding) -> dict[str, str | int | None]:
    """A finding as JSON tells it; line and column 0 mean the file as a whole."""
    fault = finding.fault
    return {
        "file": finding.file,
        "line": finding.line,
        "col": finding.column,
        "severity": fault.severity.value,
        "code": fault.code.value,
        "message": f"{fault.zh} / {fault.en}",
        "fix": fault.fix,
        "source": fault.source,
    }


def as_annotation(finding: Finding) -> str:
    """A finding as a workflow command, which GitHub shows beside the line."""
    fault = finding.fault
    place = [("file", finding.file)]
    place += [("line", str(finding.line)), ("col", str(finding.column))] if finding.line else []
    named = ",".join(f"{name}={_property(value)}" for name, value in [*place, ("title", fault.code.value)])
    cited = f" [{fault.source}]" if fault.source else ""
    return f"::{_GITHUB[fault.severity]} {named}::{_data(f'{fault.zh} / {fault.en}{cited}; {fault.fix}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
