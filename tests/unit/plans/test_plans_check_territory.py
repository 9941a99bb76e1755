"""Platforms: counties (C29), who serves what, and calls that would come back (C12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plans.qingxi import Changes, found, text_at, told

COUNTY: Changes = [
    (
        "queues:\n",
        """\
  - id: dongxian
    name: 东县12345工作站
    spoken_name: 东县工作站
    level: county
    parent: qingxi
    areas: []
    hours: always
    source: "900:L14"
queues:
""",
    )
]
NEIGHBOUR = """\
platforms:
  - id: linshi
    name: 邻市12345平台
    spoken_name: 邻市平台
    level: city
    areas: ["0992"]
    hours: always
    PEER
    why: 邻市 / the neighbouring city
peers:
"""
FROM_THERE = """\
  - id: linshi
    platform: PLATFORM
    default_platform: qingxi
    source: "platform:linshi"
    why: 邻市转来 / what the neighbour hands over
  - id: carrier
"""


def test_c29_a_county_that_only_gets_tickets_is_right(tmp_path: Path) -> None:
    assert found(tmp_path, plan=COUNTY) == []


@pytest.mark.parametrize(
    ("section", "item", "points_at"),
    [
        ("platforms", 'id: dongxian\n    serves: "yes"', '"yes"'),
        ("platforms", "id: dongxian\n    peer: tax", "tax"),
        ("trunks", "id: east\n    platform: dongxian\n    default_platform: qingxi", "dongxian"),
        ("trunks", "id: east\n    default_platform: dongxian", "dongxian"),
        (
            "queues",
            "id: east\n    name: 东县座席\n    spoken_name: 东县\n    kind: dedicated\n    platform: dongxian",
            "dongxian",
        ),
    ],
)
def test_c29_nothing_brings_a_county_a_live_call_county_live_calls(
    tmp_path: Path, section: str, item: str, points_at: str
) -> None:
    why = "    why: 想让县里接 / somebody wants it\n"
    if section == "platforms":
        change = ("peers:\n", f"platforms:\n  - {item}\n{why}peers:\n")
    else:
        change = (f"{section}:\n", f"{section}:\n  - {item}\n{why}")
    findings = found(tmp_path, plan=COUNTY, operator=[change])
    (county,) = [finding for finding in findings if finding.fault.code == "COUNTY_LIVE_CALLS"]
    assert told([county]) == ["operator.yaml error COUNTY_LIVE_CALLS 900:L14"]
    assert text_at(tmp_path, county) == points_at


def test_c29_a_county_is_not_home_either(tmp_path: Path) -> None:
    findings = found(tmp_path, plan=[*COUNTY, ("home: qingxi", "home: dongxian")])
    assert "plan.yaml error COUNTY_LIVE_CALLS -" in told(findings)


def test_c28_a_platform_served_here_without_a_queue_of_its_own_wants_a_look_queue_unreachable(
    tmp_path: Path,
) -> None:
    served = NEIGHBOUR.replace("PEER", 'serves: "yes"')
    (finding,) = found(tmp_path, operator=[("peers:\n", served)])
    assert told([finding]) == ["operator.yaml warning QUEUE_UNREACHABLE operator"]


def test_seats_of_a_platform_that_others_serve_get_no_calls_queue_unreachable(tmp_path: Path) -> None:
    seats = """\
queues:
  - id: there
    name: 邻市座席
    spoken_name: 邻市座席
    kind: general
    platform: linshi
    seats: ["1009"]
    why: 示例 / an example
"""
    there = NEIGHBOUR.replace("PEER", "peer: tax")
    (finding,) = found(tmp_path, operator=[("peers:\n", there), ("queues:\n", seats)])
    assert told([finding]) == ["operator.yaml warning QUEUE_UNREACHABLE operator"]
    assert text_at(tmp_path, finding) == "id: there"


def test_c12_a_call_is_not_sent_back_to_the_platform_that_handed_it_over_loop(tmp_path: Path) -> None:
    there = NEIGHBOUR.replace("PEER", "peer: tax")
    back = ("  - id: carrier\n", FROM_THERE.replace("PLATFORM", "linshi"))
    (finding,) = found(tmp_path, operator=[("peers:\n", there), back])
    assert told([finding]) == ["operator.yaml error LOOP -"]
    assert text_at(tmp_path, finding) == "linshi"


def test_c28_a_platform_that_is_served_here_answers_what_it_hands_over(tmp_path: Path) -> None:
    there = NEIGHBOUR.replace("PEER", 'serves: "yes"\n    peer: tax')
    back = ("  - id: carrier\n", FROM_THERE.replace("PLATFORM", "linshi"))
    codes = {one.fault.code for one in found(tmp_path, operator=[("peers:\n", there), back])}
    assert codes == {"QUEUE_UNREACHABLE"}


def test_c36_what_an_emergency_service_hands_over_may_go_on_to_a_peer(tmp_path: Path) -> None:
    there = NEIGHBOUR.replace("PEER", "peer: tax")
    on = FROM_THERE.replace("PLATFORM", "linshi").replace("platform:linshi", "emergency:110")
    assert found(tmp_path, operator=[("peers:\n", there), ("  - id: carrier\n", on)]) == []


def test_c27_a_call_that_another_platform_hands_over_may_be_answered_here(tmp_path: Path) -> None:
    there = NEIGHBOUR.replace("PEER", "peer: tax")
    here = ("  - id: carrier\n", FROM_THERE.replace("PLATFORM", "qingxi"))
    assert found(tmp_path, operator=[("peers:\n", there), here]) == []
