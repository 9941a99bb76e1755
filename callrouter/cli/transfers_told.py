"""The sheet of transfer codes, and the table of targets that Asterisk is given: printed from the plan alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import typer

from callrouter.cli.columns import beijing, print_table
from callrouter.cli.instance import choose_instance
from callrouter.cli.plan_folders import NoSuchPlan, plan_folder, shown_as
from callrouter.clock import parse_instant
from callrouter.decide.guidance import Guidance, guidances_of
from callrouter.decide.transfer_codes import targets_of
from callrouter.decide.transfer_target import Asking, Offer, offers
from callrouter.layout import sounds_folder
from callrouter.plans.load import load
from callrouter.service.targets_for_asterisk import dialled_targets, staff_of
from callrouter.settings import Settings
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import CallAtHand

_ROLES: Final = {
    LegRole.BRANCH: "分中心 branch",
    LegRole.EXPERT: "专席 seats",
    LegRole.UTILITY: "公用事业 utility",
    LegRole.PLATFORM: "其他平台 platform",
    LegRole.COLLEAGUE: "座席 colleague",
    LegRole.SUPERVISOR: "班长 supervisor",
    LegRole.EMERGENCY: "紧急服务 emergency",
}
_KINDS: Final = {
    TransferKind.THREE_WAY: "三方 three-way",
    TransferKind.PLAIN: "转接 plain",
    TransferKind.EMERGENCY: "紧急 emergency",
}
_HEADINGS: Final = ("号码 code", "名称 name", "方式 kind", "是谁 who", "标识 id", "此刻 now")
_GUIDANCE_HEADINGS: Final = ("号码 code", "引导 guidance", "去处 where to", "标识 id")
_TARGET_HEADINGS: Final = ("标识 id", "号码 code", "呼叫 dials", "秒 s", "时段 hours", "起 from")
_NO_CODE: Final = (
    "号码已归别处，只能按标识转接；改名或改号 / its code is somebody else's, so it is reached by id"
    " alone; rename it or give it another number"
)
_NO_ID: Final = (
    "标识与别处相同或不能用，不能转接；改名 / its id is somebody else's, or one that a dialplan can't tell"
    " apart, so nobody can be passed to it; rename it"
)


def print_codes(path: Path | None, at: str | None, config: Path | None, *, as_json: bool) -> int:
    """Print the agents' sheet, as for a call to 12345; return 2 for a bad plan.

    Raises SettingsError and ClockError.
    """
    given = None if at is None else parse_instant(at)
    settings, plan = choose_instance(config).settings, _plan(path, config)
    if plan is None:
        return 2
    instant = given or datetime.now(UTC).astimezone(ZoneInfo(plan.timezone))
    asking = Asking(CallAtHand(Mode.HUB, plan.home), plan, instant, "", staff_of(settings))
    shown = sorted(offers(asking), key=lambda offer: not offer.target.code)
    told = guidances_of(plan, staff_of(settings)).by_id.values()
    if as_json:
        for offer in shown:
            typer.echo(json.dumps(_as_value(offer), ensure_ascii=False))
        for one in told:
            typer.echo(json.dumps(_guidance_as_value(one), ensure_ascii=False))
    else:
        print_table(_HEADINGS, [_cells(offer) for offer in shown])
        if told:
            typer.echo("")
            print_table(
                _GUIDANCE_HEADINGS, [(one.code or "-", one.name, one.says or "-", one.id) for one in told]
            )
    _tell_faults(plan, settings)
    return 0


def print_targets(path: Path | None, config: Path | None, *, as_json: bool) -> int:
    """Print what Asterisk is told; return 2 for a bad plan. Raises SettingsError."""
    settings, plan = choose_instance(config).settings, _plan(path, config)
    if plan is None:
        return 2
    made = dialled_targets(settings, plan, sounds_folder())
    if as_json:
        for target in made:
            typer.echo(json.dumps(asdict(target), ensure_ascii=False))
        return 0
    print_table(
        _TARGET_HEADINGS,
        [
            (
                target.id,
                target.code if target.is_first else f"({target.code})",
                " & ".join(target.dial),
                target.ring_s,
                "不限 any" if target.always else "平台 platform's",
                beijing(datetime.fromtimestamp(target.begins, UTC)) if target.begins else "-",
            )
            for target in made
        ],
    )
    return 0


def _plan(path: Path | None, config: Path | None) -> Plan | None:
    """The plan, or None once its faults have been told."""
    try:
        folder = plan_folder(path, config)
    except NoSuchPlan as fault:
        sys.stderr.write(f"{fault}\n")
        return None
    loaded = load(folder, shown=shown_as(folder))
    if loaded.plan is None:
        sys.stderr.writelines(f"{finding}\n" for finding in loaded.findings)
    return loaded.plan


def _cells(offer: Offer) -> Iterator[str]:
    target = offer.target
    yield target.code or "-"
    yield target.name
    yield "，".join(_KINDS[kind] for kind in target.kinds) or "-"
    yield _ROLES[target.role]
    yield target.id
    yield "可转 open" if offer.refused is None else offer.refused.reason


def _as_value(offer: Offer) -> dict[str, object]:
    target = offer.target
    return {
        "code": target.code or None,
        "id": target.id,
        "name": target.name,
        "role": target.role.value,
        "kinds": [kind.value for kind in target.kinds],
        "open": [kind.value for kind in offer.kinds],
        "refused": None if offer.refused is None else offer.refused.why.value,
        "reason": None if offer.refused is None else offer.refused.reason,
    }


def _guidance_as_value(guidance: Guidance) -> dict[str, object]:
    return {
        "code": guidance.code or None,
        "id": guidance.id,
        "name": guidance.name,
        "guidance": guidance.sort.value,
        "says": guidance.says or None,
    }


def _tell_faults(plan: Plan, settings: Settings) -> None:
    targets = targets_of(plan, staff_of(settings))
    sys.stderr.writelines(f"{one.place or 'sip'}: {one.id}: {_NO_CODE}\n" for one in targets.without_code)
    sys.stderr.writelines(f"{one.place or 'sip'}: {one.id}: {_NO_ID}\n" for one in targets.unnamed)
