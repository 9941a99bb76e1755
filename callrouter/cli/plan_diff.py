"""`callrouter plan diff`: what calls are treated otherwise by the second plan, and what is written otherwise.

Exit codes: 0 the same, 1 they differ, 2 a plan that can't be loaded or a bad argument.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import typer

from callrouter.cli.plan_folders import NoSuchPlan
from callrouter.cli.plan_pair import load_both
from callrouter.cli.plan_revisions import plan_at
from callrouter.plans.comparison.decided import Group, decided_otherwise
from callrouter.plans.comparison.numbers import IN_NO_PLAN, Asked
from callrouter.plans.comparison.ways import MOBILE, WITHHELD, Ways
from callrouter.plans.comparison.written import Rewritten, rewritten
from callrouter.vocabulary.plan import Plan

_SHOWN_NUMBERS: Final = 8
_WORDS: Final = {
    "line": "热线 line",
    "mode": "方式 mode",
    "phase": "阶段 phase",
    "landing": "接听方 landing",
    "treatment": "处理 treatment",
    "announcement": "提示 announcement",
    "notice": "语音 notice",
    "stray": "本不该来 stray",
    "platform": "平台 platform",
    "entry": "来电进入 came in at",
    "area": "地区 area",
    "here": "经由 by way of",
    "answers": "应答平台 answered at",
    "number_fate": "号码 number",
    "seat_fate": "座席 seats",
    "expert_seats": "专家座席 expert seats",
    "tag": "标记 tag",
    "source": "转来方 source",
    "register_rule": "分转期限 register by",
    "hours": "时段 hours",
    "otherwise": "其他时间 otherwise",
}
_MOBILE_NUMBER: Final = re.compile(r"1[3-9][0-9]{9}")
"""It may be somebody's own: people see a part of it, programs all."""
_ANY_OTHER: Final = "计划外号码 in no plan"
_DIMENSIONS: Final = (("中继 trunk", 0), ("平台 platform", 1), ("区号 area", 2), ("主叫 caller", 3))
_CALLERS: Final = {MOBILE: "手机 mobile", WITHHELD: "无号码 withheld"}


def print_diff(before: str, after: str, *, as_json: bool, overlay: bool) -> int:
    """Print what differs, and return the exit code."""
    with ExitStack() as folders:
        try:
            made = folders.enter_context(plan_at(before)), folders.enter_context(plan_at(after))
        except NoSuchPlan as fault:
            sys.stderr.write(f"{fault}\n")
            return 2
        sides = load_both(made, overlay=overlay)
        old, new = sides[0].plan, sides[1].plan
        if old is None or new is None:
            for asked, side in zip((before, after), sides, strict=True):
                sys.stderr.writelines(f"{asked}: {finding}\n" for finding in side.findings)
            return 2
        told, groups = rewritten(old, new), decided_otherwise(old, new)
        lists_differ = old.lists.digest != new.lists.digest
    if as_json:
        typer.echo(
            json.dumps(_as_value(told, groups, lists_differ=lists_differ), ensure_ascii=False, indent=1)
        )
    else:
        for line in _text(told, groups, (old, new), lists_differ=lists_differ):
            typer.echo(line)
    return 1 if told or groups or lists_differ else 0


def _text(
    told: tuple[Rewritten, ...], groups: tuple[Group, ...], plans: tuple[Plan, Plan], *, lists_differ: bool
) -> Iterator[str]:
    if not (told or groups or lists_differ):
        yield "没有差别 / no difference"
        return
    zone, every = ZoneInfo(plans[1].timezone), Ways(*plans, ())
    for group in groups:
        yield f"{_when(group.starts, zone)} — {_when(group.ends, zone)}  {_numbers(group)}"
        for change in group.changes:
            outside, _, word = change.what.rpartition(".")
            where = f"{_WORDS['otherwise']}: " if outside else ""
            yield f"    {where}{_WORDS.get(word, word)}: {_value(change.before)} → {_value(change.after)}"
        yield f"    {_ways(group, every)}"
    if not groups:
        yield "来电的处理没有差别 / no call is treated otherwise"
    yield ""
    yield "改动 / written otherwise:"
    for one in told:
        yield f"  {one.file} {one.path}: {_value(one.before)} → {_value(one.after)}"
    if lists_differ:
        yield "  号码表（CSV）有改动 / the numbers of CSV lists differ"


def _when(at: datetime | None, zone: ZoneInfo) -> str:
    return "…" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _numbers(group: Group) -> str:
    shown = [_asked(one) for one in group.asked[:_SHOWN_NUMBERS]]
    more = " …" if len(group.asked) > _SHOWN_NUMBERS else ""
    if not group.numbers:
        return f"另有 / besides: {' '.join(shown)}{more}"
    word = "number" if group.numbers == 1 else "numbers"
    return f"{group.numbers} 个号码 / {group.numbers} {word}: {' '.join(shown)}{more}"


def _asked(one: Asked) -> str:
    if one.listed == IN_NO_PLAN:
        return f"{one.number}（{_ANY_OTHER}）"
    number = f"{one.number[:3]}****{one.number[-4:]}" if _MOBILE_NUMBER.fullmatch(one.number) else one.number
    if not one.listed:
        return number
    return f"{number}（{one.listed}{f' ×{one.stands_for}' if one.stands_for else ''}）"


def _ways(group: Group, every: Ways) -> str:
    """By which ways calls are concerned; what makes no difference is not told."""
    if group.by_all:
        return "不论从何处来 / however it comes in"
    ways = [way for alike in group.alike.values() for way in alike]
    told = []
    known = (every.trunks, every.platforms, every.areas, every.callers)
    for word, place in _DIMENSIONS:
        values = list(dict.fromkeys(_spelled(way[place], word) for way in ways))
        if len(values) < len(known[place]) and values != ["—"]:
            more = " …" if len(values) > _SHOWN_NUMBERS else ""
            told.append(f"{word} {' '.join(values[:_SHOWN_NUMBERS])}{more}")
    return f"来自 / by: {'; '.join(told) or '各处，但不是每种组合 / anywhere, but not by each combination'}"


def _spelled(value: str | None, dimension: str) -> str:
    if dimension == _DIMENSIONS[3][0]:
        known = _CALLERS.get(value or "")
        return known or (f"{value[:-7]}…" if value and len(value) > 7 else value or "")
    return value or "—"


def _value(value: object) -> str:
    match value:
        case None:
            return "—"
        case True:
            return "是 yes"
        case False:
            return "否 no"
        case _:
            return str(value)


def _as_value(
    told: tuple[Rewritten, ...], groups: tuple[Group, ...], *, lists_differ: bool
) -> dict[str, object]:
    return {
        "identical": not (told or groups or lists_differ),
        "decisions": [
            {
                "starts": group.starts and group.starts.isoformat(),
                "ends": group.ends and group.ends.isoformat(),
                "count": group.numbers,
                "numbers": [
                    {"number": one.number, "stands_for": one.stands_for, "list": one.listed or None}
                    for one in group.asked
                ],
                "ways": [way._asdict() | {"stands_for": len(alike)} for way, alike in group.alike.items()],
                "by_all": group.by_all,
                "changes": [change._asdict() for change in group.changes],
            }
            for group in groups
        ],
        "written": [one._asdict() for one in told],
        "lists_differ": lists_differ,
    }
