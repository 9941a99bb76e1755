"""Rendering: nothing is guessed, nothing breaks out of its line, nobody else reads it."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.asterisk_link.render import (
    AsteriskConfiguration,
    InboundTrunk,
    OutboundTrunk,
    Phone,
    render_configuration,
)
from callrouter.asterisk_link.unsafe_value import UnsafeValue
from callrouter.settings import PROJECT_ROOT

TEMPLATES = PROJECT_ROOT / "asterisk"
Rendered = Callable[[str], str]


@pytest.fixture
def one_template(tmp_path: Path) -> Callable[[str], Path]:
    def make(text: str) -> Path:
        folder = tmp_path / "templates"
        folder.mkdir(exist_ok=True)
        (folder / "x.conf.j2").write_text(text, encoding="utf-8")
        return folder

    return make


def test_every_template_becomes_a_file(configuration: AsteriskConfiguration, tmp_path: Path) -> None:
    written = render_configuration(TEMPLATES, configuration, tmp_path / "new" / "etc")
    assert {file.name for file in written} == {path.stem for path in TEMPLATES.glob("*.conf.j2")}
    assert {file.name for file in (tmp_path / "new" / "etc").iterdir()} == {file.name for file in written}
    for file in written:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"{{|{%|\bNone\b|\bUndefined\b", text), file.name


def test_every_value_is_used_by_some_template(configuration: AsteriskConfiguration) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.conf.j2"))
    used = set(re.findall(r"\b[a-z_]+\b", " ".join(re.findall(r"{{.*?}}|{%.*?%}", text, re.DOTALL))))
    assert set(asdict(configuration)) <= used


def test_a_value_that_is_not_given_is_an_error_and_leaves_no_file(
    configuration: AsteriskConfiguration, one_template: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(UndefinedError):
        render_configuration(one_template("x = {{ nowhere }}\n"), configuration, tmp_path / "etc")
    assert list((tmp_path / "etc").iterdir()) == []


def test_a_disk_without_room_for_every_file_leaves_all_the_old_ones_and_nothing_else(
    configuration: AsteriskConfiguration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    render_configuration(TEMPLATES, configuration, tmp_path)
    before = {file: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    room_for = iter(range(len(before) - 1))

    def flushed(_descriptor: int) -> None:
        if next(room_for, None) is None:
            raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", flushed)
    with pytest.raises(OSError, match="no space"):
        render_configuration(TEMPLATES, replace(configuration, boot_name="zzzzzzzzzzzzzzzz"), tmp_path)
    assert {file: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == before


def test_another_houses_trunk_is_known_by_its_addresses_and_treated_as_the_carriers(
    rendered: Callable[[str], str],
) -> None:
    pjsip = rendered("pjsip.conf")
    assert (
        "[police](trunk)\n[police]\ntype = identify\nendpoint = police\n"
        "match = 203.0.113.110/32\nmatch = 203.0.113.112/30\n"
    ) in pjsip
    assert "[carrier](trunk)\n" in pjsip


def test_a_folder_without_templates_is_an_error(configuration: AsteriskConfiguration, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="incomplete"):
        render_configuration(tmp_path / "empty", configuration, tmp_path / "etc")


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\0", '"', "'", ";", "[", "]", "$", "{", ",", "=", "|", "\t", "#"]
)
def test_a_sign_that_could_break_out_of_its_line_is_refused_wherever_it_stands(
    configuration: AsteriskConfiguration, tmp_path: Path, sign: str
) -> None:
    bad = f"hunter2{sign}x"
    spoilt = {
        "node": replace(configuration, node=bad),
        "ami_secret": replace(configuration, ami_secret=bad),
        "plan.queues": replace(configuration, plan=OfThePlan(queues=("hotline", bad))),
        "carrier_networks": replace(configuration, carrier_networks=(bad,)),
        "inbound_trunks.name": replace(configuration, inbound_trunks=(InboundTrunk(bad, ()),)),
        "phones.password": replace(configuration, phones=(Phone("1001", bad, "from-seat", seat=True),)),
        "outbound_trunks.purpose": replace(
            configuration, outbound_trunks=(OutboundTrunk("b", "sip:192.0.2.1", bad),)
        ),
    }
    for name, broken in spoilt.items():
        with pytest.raises(UnsafeValue, match=re.escape(name)) as raised:
            render_configuration(TEMPLATES, broken, tmp_path / "etc")
        assert "hunter2" not in str(raised.value)
    assert not (tmp_path / "etc").exists()


def test_files_are_for_their_owner_only_even_over_a_file_that_was_open(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    old = tmp_path / "pjsip.conf"
    old.write_text("old", encoding="utf-8")
    old.chmod(0o644)
    for file in render_configuration(TEMPLATES, configuration, tmp_path):
        assert file.stat().st_mode & 0o777 == 0o600, file.name


def test_a_file_is_replaced_whole_and_never_written_into(
    configuration: AsteriskConfiguration, one_template: Callable[[str], Path], tmp_path: Path
) -> None:
    etc = tmp_path / "etc"
    render_configuration(one_template("first = {{ node }}\n"), configuration, etc)
    with (etc / "x.conf").open(encoding="utf-8") as reader:
        render_configuration(one_template("second = {{ node }}\n"), configuration, etc)
        assert reader.read() == "first = node1\n"
    assert (etc / "x.conf").read_text(encoding="utf-8") == "second = node1\n"
    assert [file.name for file in etc.iterdir()] == ["x.conf"]


def test_every_phone_has_its_account_and_no_seat_may_act_as_the_carrier(rendered: Rendered) -> None:
    pjsip = rendered("pjsip.conf")
    seat = pjsip[pjsip.index("[1001](phone)") : pjsip.index("[citizen](phone)")]
    citizen = pjsip[pjsip.index("[citizen](phone)") : pjsip.index("[branch1]")]
    assert "context = from-seat" in seat
    assert "password = secret-of-1001" in seat
    assert "qualify_frequency" in seat
    assert "\nmax_initial_qualify_time = 1\n" in pjsip
    assert "context = from-carrier" in citizen
    assert "device_state_busy_at" not in citizen


def test_an_outbound_trunk_delivers_no_calls(rendered: Rendered) -> None:
    pjsip = rendered("pjsip.conf")
    trunk = pjsip[pjsip.index("[branch1](trunk)") :]
    assert "context = from-nowhere" in trunk
    assert "contact = sip:192.0.2.99:5060" in trunk


def test_every_queue_is_there_with_music_and_an_end_when_nobody_can_answer(rendered: Rendered) -> None:
    sections = rendered("queues.conf").split("\n[")[1:]
    queues = {section.partition("]")[0]: section for section in sections if not section.startswith("general")}
    assert set(queues) == {"hotline", "urgent"}
    for queue in queues.values():
        assert "musicclass = hold" in queue
        assert "joinempty = paused,invalid,unavailable,unknown" in queue
        assert "leavewhenempty = paused,invalid,unavailable,unknown" in queue
    assert "[hold]" in rendered("musiconhold.conf")


def test_the_manager_listens_on_loopback_and_lets_nobody_else_in(rendered: Rendered) -> None:
    manager = rendered("manager.conf")
    assert "bindaddr = 127.0.0.1" in manager
    assert "deny = 0.0.0.0/0.0.0.0" in manager
    assert re.findall(r"^permit = (.*)$", manager, re.MULTILINE) == ["127.0.0.1/255.255.255.255"]
    rights = set(re.findall(r"^(?:read|write) = (.*)$", manager, re.MULTILINE))
    assert rights == {"system,agent,user", "agent,reporting,call"}
    assert "enabled = no" in rendered("http.conf")


def test_a_socket_on_loopback_cannot_send_off_this_machine() -> None:
    # Why a rehearsal, whose SIP is bound to 127.0.0.1, reaches no real trunk. Connecting UDP sends nothing.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        assert bound.connect_ex(("192.0.2.1", 5060)) in (errno.EINVAL, errno.ENETUNREACH)
