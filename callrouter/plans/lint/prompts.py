"""Announcements: known to the catalogue, with all they speak, recorded; and numbers spoken as they are.

Rules:
- What a phase without an instant would play counts too: the recording must be there on the day it is dated.
- A missing recording is silence in the caller's ear: an error, told once for each place that plays it. Of a transfer,
  and of guidance, general words are heard instead, which name nobody: a warning.
- What only a queue, a voicemail or a transfer can say (its seats' name, its address, the callers ahead, the target)
  no desk or phase can.
- A spoken number is read digit by digit; `1` is 幺 or 一.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, all_phases, error, named, warning
from callrouter.plans.wanted_guidance import unspeakable_guides
from callrouter.plans.wanted_notice import WantedNotice
from callrouter.plans.wanted_prompts import (
    OF_TRANSFERS,
    SPEAKS_ADDRESS,
    SPEAKS_COUNT,
    SPEAKS_END,
    SPEAKS_HOURS,
    SPEAKS_NUMBER,
    SPEAKS_SEATS,
    wanted,
)
from callrouter.vocabulary.plan import Plan

_READINGS = {
    "0": "零〇", "1": "幺一", "2": "二", "3": "三", "4": "四",
    "5": "五", "6": "六", "7": "七", "8": "八", "9": "九",
}  # fmt: skip


def prompts(subject: Subject) -> Iterator[Finding]:
    """Find announcements that are unknown, unspeakable or unrecorded, and numbers that are spoken wrong."""
    yield from _unknown(subject)
    yield from _unspeakable(subject)
    yield from _unspeakable_guides(subject)
    yield from _unrecorded(subject)
    yield from _misspoken(subject)


def _unknown(subject: Subject) -> Iterator[Finding]:
    desks = subject.plan.desks
    played = [
        (desk.announcement, desk.place)
        for desk in (desks.hub, desks.emergency, desks.unknown, desks.handed_over, desks.closed)
    ]
    played += [
        (phase.announcement, phase.place) for schedule in subject.schedules for phase in all_phases(schedule)
    ]
    played += [
        (queue.own_announcement, queue.given_place or queue.place) for queue in subject.plan.queues.values()
    ]
    played += [
        (menu.announcement, menu.place) for menu in subject.plan.menus or () if not menu.is_own_recording
    ]
    for announcement, place in played:
        if announcement is not None and announcement not in subject.announcements:
            yield error(
                subject.spot(place, "announcement"),
                Code.PROMPT_UNKNOWN,
                f"提示目录里没有 {announcement}",
                f"the catalogue has no {announcement}",
                "更正编号，或在 ivr_prompts/catalogue.yaml 增加 / correct the id, or add it to the catalogue",
            )


def _unspeakable(subject: Subject) -> Iterator[Finding]:
    """Tell once for each place what an announcement there would speak and the plan doesn't say."""
    told = set()
    for notice in wanted(subject.plan):
        lacks = _lacks(notice, subject.plan)
        if lacks is None or not notice.dated or (notice.place, lacks) in told:
            continue
        told.add((notice.place, lacks))
        zh, en, fix = lacks
        yield error(
            subject.spot(notice.place, "announcement"),
            Code.PROMPT_UNSPEAKABLE,
            f"{notice.announcement} 要说{zh}",
            f"{notice.announcement} speaks {en}",
            fix,
        )


def _unspeakable_guides(subject: Subject) -> Iterator[Finding]:
    for guidance in unspeakable_guides(subject.plan):
        yield warning(
            subject.spot(guidance.place, "guide"),
            Code.PROMPT_FILE_MISSING,
            "引导语中有语音说不了的字符，来电人只听到不带去处的提示",
            "the voice can't say a character of the guidance: callers hear words that name no place",
            "用汉字、数字和标点写 / write it in Chinese characters, digits and marks",
        )


def _lacks(notice: WantedNotice, plan: Plan) -> tuple[str, str, str] | None:
    """What the announcement speaks and does not have, and what to do."""
    if notice.announcement in SPEAKS_END and notice.stop_day is None:
        return (
            "停用的日子，号码却没有停用时刻",
            "the day on which the number stops, and nobody has given it",
            "改用 T02，或给出 ended 的时刻 / use T02, or give the instant of `ended`",
        )
    if notice.announcement in SPEAKS_NUMBER and notice.number is None:
        return (
            "号码，CSV 列表中的号码却共用一段录音",
            "the number, and the numbers of a list share one recording",
            "改用 T03 / use T03",
        )
    of_others = notice.announcement in SPEAKS_SEATS | SPEAKS_ADDRESS | SPEAKS_COUNT | OF_TRANSFERS
    if of_others and not (notice.seats or notice.email or notice.target or notice.dialled or notice.guide):
        return (
            "座席、邮箱、等候的情况或转接对象，只有排队、留言和转接时才有",
            "seats, an address, a wait or a target, which only a queue, a voicemail or a transfer has",
            "改用 G01 / use G01",
        )
    if notice.announcement in SPEAKS_HOURS and notice.place != plan.desks.closed.place:
        return (
            "服务时间，只有非工作时间的来电（desks.closed）才有",
            "hours, which only callers outside them (desks.closed) are told",
            "改用 G01 / use G01",
        )
    return None


def _unrecorded(subject: Subject) -> Iterator[Finding]:
    if subject.recorded is None:
        return
    missing: dict[tuple[str, str, bool], list[str]] = {}
    for notice in wanted(subject.plan):
        known = notice.announcement in subject.announcements
        if known and _lacks(notice, subject.plan) is None and notice.key not in subject.recorded:
            spared = notice.announcement in OF_TRANSFERS
            missing.setdefault((notice.place, _written_in(notice), spared), []).append(notice.key)
    for (place, field, spared), keys in missing.items():
        tell, (zh, en) = (warning, _UNNAMED) if spared else (error, _SILENT)
        yield tell(
            subject.spot(place, field),
            Code.PROMPT_FILE_MISSING,
            f"没有这样说的语音文件：{named(keys)}，{zh}",
            f"no recording says this: {en}",
            "运行 callrouter prompts build / run `callrouter prompts build`",
        )


_SILENT: Final = ("来电人会听不到或听错", "callers would hear nothing, or what is wrong")
_UNNAMED: Final = ("只放不带名称的提示", "the general words are heard, which name nobody")


def _written_in(notice: WantedNotice) -> str:
    """The field of the plan from which the announcement follows."""
    if notice.guide is not None:
        return "guide"
    if notice.dialled is not None:
        return "spoken_number"
    if notice.seats is not None or notice.target is not None:
        return "spoken_name"
    return "announcement" if notice.email is None else "email"


def _misspoken(subject: Subject) -> Iterator[Finding]:
    plan = subject.plan
    spoken = [(plan.hub.number, plan.hub.spoken_number, plan.hub.place)]
    spoken += [(line.number, line.spoken_number, line.place) for line in plan.lines.values()]
    spoken += [(one.number, one.spoken_number, one.place) for one in plan.emergencies.values()]
    for number, said, place in spoken:
        same = len(number) == len(said) and all(
            char in _READINGS[digit] for digit, char in zip(number, said, strict=True)
        )
        if not same:
            yield warning(
                subject.spot(place, "spoken_number"),
                Code.SPOKEN_NUMBER_DIFFERS,
                f"{number} 的读法写成了 {said}",
                f"{number} is spoken {said}",
                "请核对，逐位写读法 / see whether that is meant; write it digit by digit",
            )
