"""Hainan's platform and Haikou's, each an Asterisk and a controller of its own, with a trunk between them.

Rules:
- Both read Hainan's plan, Haikou's with itself as home: what it answers, the province does not.
- They tell each other apart by addresses, so each has one of its own on this machine, and so have their seats.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from changed_plan import changed_plan
from running_system import MakeSystem, System, eventually, free_port
from without_notices import without_notices

from callrouter.sip_party.party import SipParty

PROVINCE, CITY = "127.0.0.46", "127.0.0.47"
PROVINCE_SEATS, CITY_SEATS = "127.0.0.48", "127.0.0.49"
AT_THE_PROVINCE, AT_THE_CITY = "1001", "1002"
"""Seats."""


@dataclass(frozen=True, slots=True)
class House:
    """A platform's system, and where its telephones are."""

    system: System
    address: str
    seats: str

    @property
    def sip(self) -> tuple[str, int]:
        return self.address, self.system.settings.sip.port

    @asynccontextmanager
    async def phone(self, name: str, tone_hz: int) -> AsyncIterator[SipParty]:
        async with SipParty.open(
            host=self.seats, user=name, password=self.system.password(name), server=self.sip, tone_hz=tone_hz
        ) as party:
            await party.register()
            await asyncio.to_thread(
                eventually, f"{name} is reachable", lambda: self.system.is_reachable(name)
            )
            yield party

    @asynccontextmanager
    async def caller(self, number: str, tone_hz: int) -> AsyncIterator[SipParty]:
        async with SipParty.open(host="127.0.0.2", user=number, server=self.sip, tone_hz=tone_hz) as party:
            yield party


def both(make_system: MakeSystem, folder: Path) -> tuple[House, House]:
    """The province's platform and the city's, started, and their trunk up both ways."""
    ports = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    province = make_system(
        plan=str(_provinces_plan(folder / "province", ports[1])),
        bind=PROVINCE,
        sip={"port": ports[0], "seats": [AT_THE_PROVINCE], "trunks": {"haikou": [f"{CITY}/32"]}},
    )
    city = make_system(
        plan=str(_citys_plan(folder / "city", ports[0])),
        bind=CITY,
        sip={"port": ports[1], "seats": [AT_THE_CITY], "trunks": {"hainan": [f"{PROVINCE}/32"]}},
    )
    for system in (province, city):
        system.start()
        without_notices(system)
    for system, peer in ((province, "peer-haikou"), (city, "peer-hainan")):
        eventually(f"{peer} is reachable", partial(system.trunk_is_up, peer))
    return House(province, PROVINCE, PROVINCE_SEATS), House(city, CITY, CITY_SEATS)


def _provinces_plan(folder: Path, port: int) -> Path:
    return changed_plan("hainan", folder, operator=[(r"sip:192\.0\.2\.31:5060", f"sip:{CITY}:{port}")])


def _citys_plan(folder: Path, port: int) -> Path:
    return changed_plan(
        "hainan",
        folder,
        plan=[
            (r"\nhome: hainan\n", "\nhome: haikou\n"),
            (r"(    kind: general\n    platform: )hainan", r"\1haikou"),
        ],
        operator=[
            (
                r"  - id: hainan\n    serves: \"yes\"\n    hours: always\n",
                "  - id: hainan\n    hours: always\n    peer: hainan\n",
            ),
            (
                r"  - id: haikou\n    hours: always\n    peer: haikou\n",
                '  - id: haikou\n    serves: "yes"\n    hours: always\n',
            ),
            (r"  - id: haikou\n    uri: .*\n", f'  - id: hainan\n    uri: "sip:{PROVINCE}:{port}"\n'),
            (r"(    overflow: platform\n    overflow_to: )haikou", r"\1hainan"),
            (r"(  - id: carrier\n    default_platform: )hainan", r"\1haikou"),
            (
                r"  - id: haikou\n    platform: hainan\n    default_platform: hainan\n    source: .platform:haikou.",
                '  - id: hainan\n    platform: haikou\n    default_platform: haikou\n    source: "platform:hainan"',
            ),
        ],
    )
