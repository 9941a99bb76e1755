"""What agents and programmers are told of the desk is what it does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from callrouter.console.desk_api import WITHIN_S
from callrouter.console.desk_errors import FAULTS
from callrouter.console.desk_operations import EVENTS_PATH, OPERATIONS
from callrouter.console.desk_repeats import KEPT, KEPT_S
from callrouter.console.desk_stream import StreamLimits
from callrouter.layout import Layout
from callrouter.settings import PROJECT_ROOT, Settings
from tests.unit.cli.running import run

BOTH = ("desk.md", "desk.zh-CN.md")


def text_of(name: str) -> str:
    return (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(name: str, section: int) -> list[list[str]]:
    part = re.split(r"^## ", text_of(name), flags=re.MULTILINE)[section]
    found = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"
    ]
    return found[2:]


@pytest.mark.parametrize("name", BOTH)
def test_every_request_is_told_with_its_body_and_no_other(name: str) -> None:
    told = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in rows(name, 3)}
    assert told == {
        f"GET {EVENTS_PATH}": set(),
        **{f"{one.method} {one.path}": set(one.asks.model_fields) for one in OPERATIONS},
    }


@pytest.mark.parametrize("name", BOTH)
def test_every_error_is_told_with_its_status_and_whether_the_key_is_free(name: str) -> None:
    told: dict[str, Any] = {row[1].strip("`"): (int(row[0]), "○" in row[2]) for row in rows(name, 5)}
    assert told == {word: (fault.status, fault.is_undone) for word, fault in FAULTS.items()}


@pytest.mark.parametrize("name", BOTH)
def test_every_key_is_one_of_the_dialplans_and_every_request_beside_it_is_there(name: str) -> None:
    keys = {match for row in rows(name, 1) for match in re.findall(r"\*\d", row[0])}
    asterisk = PROJECT_ROOT / "asterisk"
    assert keys == set(
        re.findall(r"=> (\*\d)[,{]", (asterisk / "features.conf.j2").read_text(encoding="utf-8"))
    )
    requests = {request for row in rows(name, 1) for request in re.findall(r"POST (/[\w/-]+)", row[2])}
    assert requests <= {one.path for one in OPERATIONS}
    assert len(requests) == 9


@pytest.mark.parametrize("name", BOTH)
def test_every_code_of_a_supervisor_is_one_of_the_dialplans(name: str) -> None:
    codes = {row[0].split("`")[1] for row in rows(name, 2)}
    dialplan = (PROJECT_ROOT / "asterisk" / "extensions-supervisor.conf.j2").read_text(encoding="utf-8")
    assert codes == set(re.findall(r'"(\*8\d)"', dialplan))


@pytest.mark.parametrize("name", BOTH)
def test_figures_settings_and_files_are_the_programs(name: str) -> None:
    text = text_of(name)
    limits, settings = StreamLimits(), Settings()
    for figure in (
        round(WITHIN_S * 1000),
        KEPT,
        int(limits.heartbeat_s),
        int(limits.stuck_s),
        limits.most_of_a_seat,
    ):
        assert re.search(rf"(?<!\d){figure}(?!\d)", text), figure
    assert KEPT_S == 600
    assert Layout.of(settings).desk_tokens.name in text
    named = set(re.findall(r"`desk\.(\w+)`", text))
    assert named == {"show_numbers", "most_streams"}
    assert all(hasattr(settings.desk, one) for one in named)
    assert settings.desk.most_streams == limits.most


@pytest.mark.parametrize("name", BOTH)
def test_every_command_is_there(name: str) -> None:
    commands = {
        tuple(found.split())
        for found in re.findall(r"callrouter (desk(?: [a-z]+)+|transfers list)", text_of(name))
    }
    assert len(commands) == 5
    for command in commands:
        assert run(*command, "--help").code == 0, command


def test_both_languages_tell_the_same() -> None:
    one, other = (re.findall(r"`[^`\n]+`|^```\w+", text_of(name), re.MULTILINE) for name in BOTH)
    assert sorted(set(one)) == sorted(set(other))
