"""`callrouter plan cases`: a plan's own tests, and how much of it they try.

Exit codes: 0 all as they say, 1 some are not, or too little was tried, 2 a plan or a case file can't be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from callrouter.cli.plan_folders import NoSuchPlan, plan_folders, shown_as
from callrouter.plans.cases.cases_file import cases_beside
from callrouter.plans.cases.tried import Tried, try_cases
from callrouter.plans.load import load


def run_cases(
    paths: Sequence[Path], fail_under: float, config: Path | None, *, as_json: bool, overlay: bool
) -> int:
    """Try the cases of every plan that is meant. Raises SettingsError."""
    try:
        folders = plan_folders(paths, config)
    except NoSuchPlan as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    codes = [_of_one(folder, fail_under, as_json=as_json, overlay=overlay) for folder in folders]
    return max(codes)


def _of_one(folder: Path, fail_under: float, *, as_json: bool, overlay: bool) -> int:
    shown = shown_as(folder)
    loaded = load(folder, overlay=overlay, shown=shown)
    calls, findings = cases_beside(folder, shown)
    if loaded.plan is None or findings:
        sys.stderr.writelines(f"{finding}\n" for finding in (*loaded.findings, *findings))
        return 2
    tried = try_cases(calls, loaded.plan)
    if as_json:
        typer.echo(json.dumps(_as_value(shown, tried), ensure_ascii=False))
    else:
        _tell(shown, tried)
    return int(bool(tried.otherwise) or tried.percent < fail_under)


def _tell(shown: str, tried: Tried) -> None:
    for one in tried.otherwise:
        typer.echo(
            f"{one.call.place}: {one.call.dialled} @ {one.call.at.isoformat()}: {one.what}: "
            f"案例说 / the case says {one.said}，计划是 / the plan says {one.found}"
        )
    for rule in tried.untried:
        typer.echo(f"{rule.place}: {rule.kind} {rule.name}: 没有案例用到 / no case tries it")
    typer.echo(
        f"{shown}: {tried.calls} 个来电 / calls, {len(tried.otherwise)} 处不符 / otherwise; "
        f"规则 / rules {tried.rules - len(tried.untried)}/{tried.rules} ({tried.percent:.1f} %)"
    )


def _as_value(shown: str, tried: Tried) -> dict[str, object]:
    return {
        "plan": shown,
        "calls": tried.calls,
        "otherwise": [
            {
                "place": one.call.place,
                "dialled": one.call.dialled,
                "at": one.call.at.isoformat(),
                "what": one.what,
                "said": one.said,
                "found": one.found,
            }
            for one in tried.otherwise
        ],
        "rules": tried.rules,
        "untried": [rule._asdict() for rule in tried.untried],
        "percent": round(tried.percent, 2),
    }
