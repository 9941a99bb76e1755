"""Calls that would go round in a circle between 12345 and the lines that forward to it (C12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plans.qingxi import found, text_at, told

TAX = '"sip:192.0.2.10:5060"'


def dialling(user: str) -> tuple[str, str]:
    return TAX, f'"sip:{user}@192.0.2.10:5060"'


@pytest.mark.parametrize(
    ("user", "source"),
    [
        ("12345", "-"),
        ("099112345", "-"),
        ("+8699112345", "-"),
        ("09916110012", "-"),
        ("09916110000", "-"),
        ("12300", "900:L4"),
        ("12333", "900:L6"),
        ("09912180014", "operator"),
        ("+869912180014", "operator"),
        ("13800138000", "operator"),
    ],
)
def test_c12_a_peer_that_dials_what_lands_at_12345_comes_back_loop(
    tmp_path: Path, user: str, source: str
) -> None:
    (finding,) = found(tmp_path, operator=[dialling(user)])
    assert told([finding]) == [f"operator.yaml error LOOP {source}"]
    assert text_at(tmp_path, finding) == dialling(user)[1]


@pytest.mark.parametrize("user", ["09915551234", "hotline", "110", "96511"])
def test_c12_a_peer_that_dials_the_other_sides_own_number_is_right(tmp_path: Path, user: str) -> None:
    assert found(tmp_path, operator=[dialling(user)]) == []


def test_c12_a_peer_that_dials_a_branch_by_its_hotline_number_wants_a_look(tmp_path: Path) -> None:
    assert told(found(tmp_path, operator=[dialling("12366")])) == ["operator.yaml warning LOOP 900:L7"]


def test_c30_another_platforms_12345_may_be_dialled(tmp_path: Path) -> None:
    neighbour = """\
platforms:
  - id: linshi
    name: 邻市12345平台
    spoken_name: 邻市平台
    level: city
    areas: ["0992"]
    hours: always
    peer: linshi
    why: 邻市 / the neighbouring city
peers:
  - id: linshi
    uri: "sip:12345@192.0.2.20:5060"
    purpose: 邻市平台 / the neighbouring city
    why: 示例 / an example
"""
    assert found(tmp_path, operator=[("peers:\n", neighbour)]) == []


def test_c9_a_line_may_be_dialled_in_by_its_own_number(tmp_path: Path) -> None:
    own = ('{number: "09916110000", line: "12333"}', '{number: "09912180014", line: "09912180014"}')
    assert found(tmp_path, operator=[own]) == []


def test_c9_a_line_that_is_taken_for_another_would_never_be_found_line_hidden(tmp_path: Path) -> None:
    taken = ('{number: "09916110000", line: "12333"}', '{number: "09912180014", line: "12333"}')
    (finding,) = found(tmp_path, operator=[taken])
    assert told([finding]) == ["operator.yaml error LINE_HIDDEN operator"]


@pytest.mark.parametrize("number", ["12333", "09912180014"])
def test_c9_a_line_among_the_pilots_would_never_be_found_line_hidden(tmp_path: Path, number: str) -> None:
    (finding,) = found(tmp_path, operator=[('pilots: ["09916110012"]', f'pilots: ["{number}"]')])
    assert finding.fault.code == "LINE_HIDDEN"
    assert text_at(tmp_path, finding) == f'["{number}"]'
