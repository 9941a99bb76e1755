"""A configuration for the templates, with every value a plain one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import Notice, OfThePlan, Played, ToldLine
from callrouter.asterisk_link.render import (
    AsteriskConfiguration,
    InboundTrunk,
    OutboundTrunk,
    Phone,
    render_configuration,
)
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.plan_followed import FALLBACK
from tests.unit.asterisk_link.plan_targets import EMERGENCIES, GUIDANCES, TARGETS


@pytest.fixture(scope="session")
def configuration() -> AsteriskConfiguration:
    return AsteriskConfiguration(
        etc="/srv/cr/etc",
        var="/srv/cr",
        log="/srv/cr/log",
        spool="/srv/cr/spool",
        data="/srv/cr/data",
        modules="/srv/cr/modules",
        music="/srv/cr/sounds/moh",
        node="node1",
        boot_name="abcdefghijklmnop",
        bind="192.0.2.10",
        sip_port=5060,
        rtp_first=21000,
        rtp_last=21999,
        carrier_networks=("198.51.100.0/24",),
        inbound_trunks=(InboundTrunk("police", ("203.0.113.110/32", "203.0.113.112/30")),),
        phones=(
            Phone("1001", "secret-of-1001", "from-seat", seat=True),
            Phone("citizen", "secret-of-citizen", "from-carrier", seat=False),
        ),
        outbound_trunks=(OutboundTrunk("branch1", "sip:192.0.2.99:5060", "branch center"),),
        silent_trunk_s=30,
        emergency_ring_s=20,
        transfer_ring_s=30,
        plan=OfThePlan(
            queues=("hotline", "urgent"),
            notices=(
                Notice("none", (Played("g04", 200, 6200),), 6400),
                Notice(
                    "g01-sichuan", (Played("g01-sichuan", 200, 4200), Played("g04", 4200, 10_200)), 10_400
                ),
            ),
            targets=TARGETS,
            told_lines=(ToldLine("12345678", "b04-12345678"),),
            emergencies=EMERGENCIES,
            guidances=GUIDANCES,
            fallback=FALLBACK,
        ),
        safe_queue="hotline",
        last_resort="PJSIP/1999",
        queue_wait_s=300,
        last_resort_ring_s=25,
        ring_s=15,
        wrap_up_s=5,
        long_wait_s=60,
        overload_at=40,
        longest_notice_s=20,
        usual_priority=0,
        recording=True,
        sounds="/srv/cr/sounds",
        silence="/srv/cr/silence",
        places="/srv/cr/places",
        voicemail_limit_s=180,
        voicemail_shortest_s=2,
        call_back=True,
        agi_host="127.0.0.1",
        agi_port=14573,
        ami_host="127.0.0.1",
        ami_port=15038,
        ami_secret="secret-of-ami",
        clock_offset=-17,
    )


@pytest.fixture(scope="session")
def rendered(
    configuration: AsteriskConfiguration, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """A file of the rendered configuration, by its name."""
    folder: Path = tmp_path_factory.mktemp("etc")
    render_configuration(PROJECT_ROOT / "asterisk", configuration, folder)
    return lambda name: (folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def dialplan(rendered: Callable[[str], str]) -> str:
    """The whole dialplan: the file that Asterisk reads, and those that it includes."""
    text = rendered("extensions.conf")
    included = re.findall(r'^#include "(extensions-[a-z]+\.conf)"$', text, re.MULTILINE)
    assert included
    return "\n".join([text, *map(rendered, included)])
