"""`callrouter plan explain`: what a plan does with one call, asked by the same functions that serve."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import typer

from callrouter.announcements import announcement_text
from callrouter.cli.plan_folders import NoSuchPlan, plan_folder, shown_as
from callrouter.clock import parse_instant
from callrouter.decide.after_call import is_surveyed
from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.explain import Language, explain, explanation
from callrouter.decide.route import decide
from callrouter.decide.transfers import transfers_of
from callrouter.plans.load import load
from callrouter.prompts.findings import PromptError
from callrouter.vocabulary.call import Call, Clues, FoundBy
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.sip_address import addresses

CONTRACT: Final = (
    "plan",
    "plan_hash",
    "at",
    "line",
    "name",
    "mode",
    "number_fate",
    "seat_fate",
    "phase",
    "next_phase",
    "landing",
    "treatment",
    "stray",
    "source",
    "platform",
    "queue",
    "priority",
    "expert_seats",
    "announcement",
    "announcement_text",
    "transfers",
    "found_by",
    "reasons",
)
"""What a program may count on in the JSON object: these keys, all of them, no others."""

_UNKNOWN_NUMBER: Final = 1
_BAD_PLAN_OR_ARGUMENTS: Final = 2

_FOUND_BY: Final = {
    FoundBy.DID: ("按呼入号码（dids）认出", "known by the dialled-in number (dids)"),
    FoundBy.HISTORY_INFO: ("取自 History-Info 头", "taken from History-Info"),
    FoundBy.DIVERSION: ("取自 Diversion 头", "taken from Diversion"),
    FoundBy.TO: ("取自 To 头", "taken from To"),
    FoundBy.REQUEST_URI: (
        "就是 --dialled：信头没有指出计划中的号码，或该中继不看这些信头（finders）",
        "--dialled itself: no header names a number of the plan, or the trunk's finders don't look there",
    ),
}
"""How the dialled line was found: Chinese, English."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The call that is asked about, as it was typed."""

    dialled: str
    at: str | None
    caller: str
    trunk: str | None
    platform: str | None
    to: str
    diversion: tuple[str, ...]
    """Header values, topmost first."""
    history_info: tuple[str, ...]


class NotInPlan(Exception):
    """An argument names something that the plan has not; the text says what it has."""


def explain_call(
    path: Path | None, asked: Asked, lang: Language, *, as_json: bool, overlay: bool, config: Path | None
) -> int:
    """Print what is done with the call; return 0, 1 for a number in no plan, 2 for a bad plan or argument.

    Raises ClockError and SettingsError.
    """
    given = None if asked.at is None else parse_instant(asked.at)
    try:
        folder = plan_folder(path, config)
        loaded = load(folder, overlay=overlay, shown=shown_as(folder))
        if loaded.plan is None:
            sys.stderr.writelines(f"{finding}\n" for finding in loaded.findings)
            return _BAD_PLAN_OR_ARGUMENTS
        plan = loaded.plan
        at = given or datetime.now(UTC).replace(microsecond=0).astimezone(ZoneInfo(plan.timezone))
        call = _call(asked, plan, at)
    except (NoSuchPlan, NotInPlan) as fault:
        sys.stderr.write(f"{fault}\n")
        return _BAD_PLAN_OR_ARGUMENTS
    sys.stderr.writelines(f"{said}\n" for said in _unreadable(asked))
    decision = decide(call, plan, at)
    text = _words_played(plan, decision)
    if as_json:
        told = explanation(decision, call, plan, at, text)
        typer.echo(json.dumps({key: told[key] for key in CONTRACT}, ensure_ascii=False, indent=1))
    else:
        ways = transfers_of(decision.ruling, call, plan, at)
        for line in explain(
            decision,
            lang,
            announcement_text=text,
            transfers=ways,
            survey=is_surveyed(decision.ruling, plan),
        ):
            typer.echo(line)
        if asked.to or asked.diversion or asked.history_info:
            typer.echo(_found(call.found_by, lang))
    return _UNKNOWN_NUMBER if decision.mode is Mode.UNKNOWN else 0


def _words_played(plan: Plan, decision: Decision) -> str | None:
    """What the caller hears; None if it is nothing, or if a check of the plan would find its text wanting."""
    try:
        return announcement_text(plan, decision)
    except PromptError:
        return None


def _call(asked: Asked, plan: Plan, at: datetime) -> Call:
    """The call at the door. Raises NotInPlan for a trunk or platform that is none of the plan's."""
    if asked.trunk is not None and asked.trunk not in plan.trunks:
        raise NotInPlan(_not_there("--trunk", asked.trunk, plan.trunks))
    if asked.platform is not None and asked.platform not in plan.platforms:
        raise NotInPlan(_not_there("--platform", asked.platform, plan.platforms))
    trunk = plan.trunks[asked.trunk] if asked.trunk is not None else None
    clues = Clues(asked.dialled, asked.to, asked.diversion, asked.history_info)
    called, found_by = find_dialled(clues, trunk, plan)
    caller = parse_number(asked.caller, plan.short_codes)
    return Call("explain", called, found_by, caller, asked.trunk or "", at, asked.platform)


def _found(found_by: FoundBy, lang: Language) -> str:
    zh, en = _FOUND_BY[found_by]
    told = {Language.CHINESE: f"被叫号码：{zh}", Language.ENGLISH: f"dialled line: {en}"}
    return told.get(lang) or " / ".join(told.values())


def _unreadable(asked: Asked) -> Iterator[str]:
    """What is to be said of header values that would be passed over in a real call too; never the values."""
    example = "<sip:03552180012@carrier.example>"
    if not all(any(entry.user for entry in addresses(value)) for value in asked.diversion):
        yield f"--diversion: 读不懂，当作没有 / can't be read, and is passed over; 写成 / write '{example}'"
    entries = [[entry for entry in addresses(value) if entry.user] for value in asked.history_info]
    if not all(found and all(entry.parameter("index") for entry in found) for found in entries):
        yield (
            "--history-info: 读不懂或没有 index，当作没有 / can't be read or has no index, and is passed over; "
            f"写成 / write '{example};index=1'"
        )


def _not_there(option: str, given: str, known: Iterable[str]) -> str:
    names = ", ".join(known) or "(没有，见 operator.yaml / none: see operator.yaml)"
    return f"{option} {given}: 计划里没有 / not in the plan; 可用的 / there are: {names}"
