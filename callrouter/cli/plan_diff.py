"""`callrouter plan diff`: what calls are treated otherwise by the second plan, and what is written otherwise.

Exit codes: 0 the same, 1 they differ, 2 a plan that can't be loaded or a bad argument.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import typer

from callrouter.cli.plan_folders import NoSuchPlan, shown_as
from callrouter.cli.plan_revisions import plan_at
from callrouter.plans.comparison.decided import Group, Way, decided_otherwise
from callrouter.plans.comparison.numbers import Asked
from callrouter.plans.comparison.written import Rewritten, rewritten
from callrouter.plans.load import load
from callrouter.vocabulary.plan import Plan

_SHOWN_NUMBERS: Final = 8
_WORDS: Final = {
    "mode": "方式 mode",
    "phase": "阶段 phase",
    "landing": "接听方 landing",
    "treatment": "处理 treatment",
    "announcement": "提示 announcement",
    "notice": "语音 notice",
    "stray": "本不该来 stray",
    "platform": "平台 platform",
    "number_fate": "号码 number",
    "seat_fate": "座席 seats",
    "expert_seats": "专家座席 expert seats",
    "tag": "标记 tag",
    "source": "转来方 source",
    "register_rule": "分转期限 register by",
    "hours": "时段 hours",
    "otherwise": "其他时间 otherwise",
}


def print_diff(before: str, after: str, *, as_json: bool, overlay: bool) -> int:
    """Print what differs, and return the exit code."""
    with ExitStack() as folders:
        try:
            plans = [_plan(asked, folders, overlay=overlay) for asked in (before, after)]
        except NoSuchPlan as fault:
            sys.stderr.write(f"{fault}\n")
            return 2
        if plans[0] is None or plans[1] is None:
            return 2
        old, new = plans[0], plans[1]
        told, groups = rewritten(old, new), decided_otherwise(old, new)
        lists_differ = old.lists.digest != new.lists.digest
    if as_json:
        typer.echo(
            json.dumps(_as_value(told, groups, lists_differ=lists_differ), ensure_ascii=False, indent=1)
        )
    else:
        for line in _text(told, groups, ZoneInfo(new.timezone), lists_differ=lists_differ):
            typer.echo(line)
    return 1 if told or groups or lists_differ else 0


def _plan(asked: str, folders: ExitStack, *, overlay: bool) -> Plan | None:
    folder = folders.enter_context(plan_at(asked))
    loaded = load(folder, overlay=overlay, shown=shown_as(folder))
    if loaded.plan is None:
        sys.stderr.writelines(f"{asked}: {finding}\n" for finding in loaded.findings)
    return loaded.plan


def _text(
    told: tuple[Rewritten, ...], groups: tuple[Group, ...], zone: ZoneInfo, *, lists_differ: bool
) -> Iterator[str]:
    if not (told or groups or lists_differ):
        yield "没有差别 / no difference"
        return
    for group in groups:
        yield f"{_when(group.starts, zone)} — {_when(group.ends, zone)}  {_numbers(group)}"
        for change in group.changes:
            outside, _, word = change.what.rpartition(".")
            where = f"{_WORDS['otherwise']}: " if outside else ""
            yield f"    {where}{_WORDS.get(word, word)}: {_value(change.before)} → {_value(change.after)}"
        yield f"    {_ways(group.ways)}"
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
    word = "number" if group.numbers == 1 else "numbers"
    return f"{group.numbers} 个号码 / {group.numbers} {word}: {' '.join(shown)}{more}"


def _asked(one: Asked) -> str:
    if not one.listed:
        return one.number
    return f"{one.number}（{one.listed}{f' ×{one.stands_for}' if one.stands_for else ''}）"


def _ways(ways: tuple[Way, ...]) -> str:
    spelled = [
        " ".join(filter(None, (way.trunk or "-", way.platform and f"@{way.platform}"))) for way in ways
    ]
    each = list(dict.fromkeys(spelled))
    more = " …" if len(each) > _SHOWN_NUMBERS else ""
    return f"来自 / by: {', '.join(each[:_SHOWN_NUMBERS])}{more}"


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
                "ways": [way._asdict() for way in group.ways],
                "changes": [change._asdict() for change in group.changes],
            }
            for group in groups
        ],
        "written": [one._asdict() for one in told],
        "lists_differ": lists_differ,
    }
