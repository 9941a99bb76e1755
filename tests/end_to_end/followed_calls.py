"""What a real Asterisk looks up in the compiled fallback, beside what the controller would say of the same calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from running_system import System, eventually

from callrouter.asterisk_link.arrival import arrival
from callrouter.asterisk_link.verdict import verdict_of
from callrouter.decide.after_call import is_surveyed
from callrouter.decide.followed_plan import numbers_of
from callrouter.decide.memory import beginnings, memory_of
from callrouter.decide.route import decide
from callrouter.service.fallback_for_asterisk import with_fallback
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.plan import Plan

_WIDTH = 120
_AROUND = (timedelta(seconds=-1), timedelta(0), timedelta(seconds=1))
_PROBE = """
[probe]
exten => s,1,Set(ROW=0)
 same => n,Set(CR_CLOCK_OFFSET=0)
 same => n(next),Set(ASKED=${{FILE({asked},$[${{ROW}} * {width}],{length})}})
 same => n,GotoIf($["${{ASKED:0:1}}"="."]?done)
 same => n,Set(CR_CALLED=${{CUT(ASKED,|,1)}})
 same => n,Set(CR_TRUNK=${{CUT(ASKED,|,2)}})
 same => n,Set(CR_CALLER=${{CUT(ASKED,|,3)}})
 same => n,Set(CR_PRESENTATION=${{CUT(ASKED,|,4)}})
 same => n,Set(CR_ARRIVED_AT=${{CUT(ASKED,|,5)}})
 same => n,Set(CR_VERDICT=)
 same => n,Gosub(fallback,s,1)
 same => n,Set(FILE({answered},,,al,u)=${{CR_VERDICT}})
 same => n,Set(ROW=$[${{ROW}} + 1])
 same => n,Goto(next)
 same => n(done),Set(FILE({answered},,,al,u)=.)
 same => n,Hangup()
"""


class Dialled(NamedTuple):
    """A call, as the dialplan would have it."""

    called: str
    trunk: str
    caller: str
    at: datetime


def calls_at_every_boundary(plan: Plan, *, more: Sequence[datetime] = ()) -> Iterator[Dialled]:
    """Every number, at each instant of change and a second around it; by every trunk, area, and emergency service."""
    changes = sorted({at.astimezone(UTC).replace(microsecond=0) for at in (*beginnings(plan), *more)})
    instants = [change + by for change in changes for by in _AROUND]
    trunks = ("", *plan.trunks)
    for place, at in enumerate(instants):
        for number in numbers_of(plan):
            dialled = _dialled(number, plan)
            yield Dialled(dialled, trunks[place % len(trunks)], "13800138000", at)
    at = instants[-1] + timedelta(hours=11)
    for trunk in trunks:
        for number in numbers_of(plan):
            yield Dialled(_dialled(number, plan), trunk, "13800138000", at)
    for area in sorted(memory_of(plan).areas):
        for number in (*plan.lines, plan.hub.number, "110", "99999"):
            if len(number) <= 6:
                yield Dialled(f"{area}{number}", trunks[1], f"{area}86001234", at)
                yield Dialled(number, trunks[1], f"{area}86001234", at)
    for service in ("110", "122"):
        for number in numbers_of(plan):
            yield Dialled(_dialled(number, plan), trunks[1], service, at)
    yield from _spelled_otherwise(plan, trunks[1], at)


def _dialled(number: str, plan: Plan) -> str:
    listed = next((first for first, _ in plan.lists.rows_of(number)), None)
    return listed or number or "99999"


def _spelled_otherwise(plan: Plan, trunk: str, at: datetime) -> Iterator[Dialled]:
    code = next(number for number in plan.lines if len(number) <= 6)
    pilots = [pilot for one in plan.trunks.values() for pilot in one.pilots]
    dids = [did for one in plan.trunks.values() for did, _ in one.dids]
    for called in (
        *(
            f"+86{code}",
            f"0086{code}",
            f"86{code}",
            f"{code};npdi",
            f"+1{code}",
            "x",
            "1",
            "86811211",
            "+8613800138000",
        ),
        *(
            "02886001234",
            "013800138000",
            "2886001234",
            "400800",
            "4008001234",
            f"010{code}",
            f"10{code}",
            "86110",
        ),
        *(f"028-{code}", "86811211", "9" * 21, "0", "00", "+", "8681211", "68120001", *pilots, *dids),
    ):
        yield Dialled(called, trunk, "13800138000", at)
        yield Dialled(called, trunk, f"+86{code}", at)


def said_by_the_controller(call: Dialled, plan: Plan) -> str:
    """The verdict, with the facts that the compiled fallback writes down."""
    arrived = arrival(
        {
            **dict.fromkeys(("to", "diversion", "history_info", "context", "sip_call_id"), ""),
            "call_id": "node1-1.1",
            "called": call.called,
            "caller": call.caller,
            "presentation": "allowed_not_screened",
            "trunk": call.trunk or "nobodys",
            "arrived_at": f"{call.at.timestamp():.6f}",
            "clock_offset": "0",
        },
        plan,
    )
    assert isinstance(arrived, Call)
    decision = decide(arrived, plan, arrived.arrived_at)
    ruling = decision.ruling
    parts = verdict_of(arrived, decision, survey=is_surveyed(ruling, plan)).split("|")
    facts = {"line": ruling.line, "mode": ruling.mode, "phase": ruling.phase, "plan_hash": ruling.plan_hash}
    parts[5] = "&".join(("fallback=plan_followed", *(f"{key}={value or ''}" for key, value in facts.items())))
    return "|".join(parts)


def followed(
    system: System, plan: Plan, settings: Settings, calls: Sequence[Dialled], at: datetime
) -> list[str]:
    """What Asterisk looks up, for each call; the hours of the plan are written out from `at` on."""
    told = with_fallback(
        of_the_plan(settings, plan, at=at), settings, plan, at, system.layout.made_for_asterisk
    )
    environment = Environment(
        loader=FileSystemLoader(PROJECT_ROOT / "asterisk"), undefined=StrictUndefined, trim_blocks=True
    )
    rendered = environment.get_template("extensions-fallback.conf.j2").render(plan=asdict(told))
    place = system.layout.asterisk / "spool"
    asked, answered = place / "asked", place / "answered"
    asked.write_text("".join(_rows(calls)), encoding="ascii")
    answered.write_text("")
    answered.chmod(0o666)
    probe = _PROBE.format(asked=asked, answered=answered, width=_WIDTH, length=_WIDTH - 1)
    (system.layout.asterisk_etc / "extensions-fallback.conf").write_text(rendered + probe, encoding="ascii")
    system.asks_asterisk("dialplan reload")
    system.asks_asterisk("module load res_clioriginate.so")
    system.asks_asterisk("channel originate Local/s@probe application NoOp")

    def all_of_them() -> list[str]:
        lines = answered.read_text().splitlines()
        return lines[:-1] if lines and lines[-1] == "." else []

    found: list[str] = eventually("every call was looked up", all_of_them, within_s=60)
    return found


def _rows(calls: Iterable[Dialled]) -> Iterator[str]:
    for call in calls:
        text = "|".join(
            (
                quote(call.called, safe=""),
                call.trunk or "nobodys",
                quote(call.caller, safe=""),
                "allowed_not_screened",
                f"{call.at.timestamp():.6f}",
            )
        )
        assert len(text) < _WIDTH, text
        yield f"{text:<{_WIDTH - 1}}\n"
    yield f"{'.':<{_WIDTH - 1}}\n"


def at_the_earliest(plan: Plan) -> datetime:
    """Before anything in the plan begins."""
    return min(at for at in beginnings(plan)) - timedelta(days=2)


def loaded_folder(plan: str) -> Path:
    """A shipped plan's folder."""
    return PROJECT_ROOT / "dialplans" / plan
