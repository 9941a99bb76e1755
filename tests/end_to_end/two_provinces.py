"""Two more pairs of platforms, each an Asterisk of its own: Sichuan and Chongqing, Kunming and Yunnan's province.

Rules:
- Chongqing reads Sichuan's plan with the two names exchanged: whoever is home there is the peer here.
- Sichuan is a rehearsal, so its day can be chosen: the linkage has a day on which it begins.
- Yunnan's province has no number that the public could dial: its carrier's calls are Kunming's, as the plan says.
"""

from __future__ import annotations

import re
import socket
from functools import partial
from pathlib import Path

from changed_plan import changed_plan
from running_system import MakeSystem, System, eventually, free_port
from two_platforms import CITY, CITY_SEATS, PROVINCE, PROVINCE_SEATS, House

HERE, THERE = "1001", "1002"
"""Seats of the first and of the second."""
REHEARSED = "127.0.0.1"
_ALWAYS = (r"hours: (?:eight-to-eight|nine-to-nine)", "hours: always")


def sichuan_and_chongqing(make_system: MakeSystem, folder: Path, at: str) -> tuple[House, House]:
    """Sichuan at that instant, and Chongqing today."""
    ports = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    sichuan = make_system(
        plan=str(
            changed_plan(
                "sichuan",
                folder / "sichuan",
                operator=[(r"sip:192\.0\.2\.33:5060", f"sip:{CITY}:{ports[1]}")],
            )
        ),
        sip={"port": ports[0], "seats": [HERE], "trunks": {"chongqing": [f"{CITY}/32"]}},
    )
    chongqing = make_system(
        plan=str(_exchanged(folder / "chongqing", ports[0] + sichuan.settings.rehearsal.port_shift)),
        bind=CITY,
        sip={"port": ports[1], "seats": [THERE], "trunks": {"sichuan": [f"{REHEARSED}/32"]}},
    )
    chongqing.start()
    sichuan.rehearse(at)
    _wait_for(sichuan, "peer-chongqing")
    _wait_for(chongqing, "peer-sichuan")
    return House(sichuan, REHEARSED, PROVINCE_SEATS), House(chongqing, CITY, CITY_SEATS)


def _exchanged(folder: Path, port: int) -> Path:
    copy = changed_plan(
        "sichuan",
        folder,
        operator=[
            (r"areas: \[\"023\"\]", "areas: []"),
            (r"sip:192\.0\.2\.33:5060", f"sip:{REHEARSED}:{port}"),
        ],
    )
    other = {"sichuan": "chongqing", "chongqing": "sichuan"}
    for file in (copy / "plan.yaml", copy / "operator.yaml"):
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"\b(?:sichuan|chongqing)\b", lambda name: other[name[0]], text)
        file.write_text(text.replace("jurisdiction: chongqing", "jurisdiction: sichuan"), encoding="utf-8")
    return copy


def kunming_and_yunnan(make_system: MakeSystem, folder: Path) -> tuple[House, House]:
    """A city's platform, and the province's, which only cities reach."""
    ports = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    kunming = make_system(
        plan=str(_without("yunnan", "province", "kunming", folder / "kunming", f"{PROVINCE}:{ports[1]}")),
        bind=CITY,
        sip={"port": ports[0], "seats": [HERE], "trunks": {"yunnan": [f"{PROVINCE}/32"]}},
    )
    province = make_system(
        plan=str(_without("kunming", "hotline", "yunnan", folder / "province", f"{CITY}:{ports[0]}")),
        bind=PROVINCE,
        sip={"port": ports[1], "seats": [THERE], "trunks": {"kunming": [f"{CITY}/32"]}},
        queue={"general": "province"},
    )
    for system in (kunming, province):
        system.start()
    _wait_for(kunming, "peer-yunnan")
    _wait_for(province, "peer-kunming")
    return House(kunming, CITY, CITY_SEATS), House(province, PROVINCE, PROVINCE_SEATS)


def _without(other: str, its_queue: str, home: str, folder: Path, address: str) -> Path:
    """Yunnan's plan at `home`: the other platform is behind a trunk, and has no seats here."""
    copy = changed_plan(
        "yunnan",
        folder,
        plan=[(r"\nhome: kunming\n", f"\nhome: {home}\n")],
        operator=[
            (
                rf"  - id: {other}\n    serves: \"yes\"\n    hours: [\w-]+\n",
                f"  - id: {other}\n    hours: always\n    peer: {other}\n",
            ),
            (rf"  - id: {its_queue}\n    seats: .*\n    why: .*\n", ""),
            (
                r"\npeers:\n",
                f'\npeers:\n  - id: {other}\n    uri: "sip:{address}"\n    purpose: the other\n    why: a test\n',
            ),
            (
                r"\ntrunks:\n",
                "\ntrunks:\n" + _trunk(other, home),
            ),
        ],
    )
    operator = copy / "operator.yaml"
    operator.write_text(re.sub(*_ALWAYS, operator.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def _trunk(other: str, home: str) -> str:
    return (
        f"  - id: {other}\n    platform: {home}\n    default_platform: {home}\n"
        f'    source: "platform:{other}"\n    why: a test\n'
    )


def _wait_for(system: System, peer: str) -> None:
    eventually(f"{peer} is reachable", partial(system.trunk_is_up, peer), within_s=30)
