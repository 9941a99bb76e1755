"""What starts, ends: Ctrl-C and crashes leave no process, a taken port stops everything before it begins."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import yaml
from running_system import (
    MakeSystem,
    System,
    children_of,
    command_line,
    eventually,
    is_alive,
    records_processes_of,
)

from callrouter.settings import PROJECT_ROOT


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for child in children_of(pid):
        found |= {child} | descendants(child)
    return found


def run(system: System, *arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callrouter", *arguments, "--config", str(system.config)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def all_gone(pids: set[int]) -> bool:
    return not any(is_alive(pid) for pid in pids)


def test_ctrl_c_ends_every_process(make_system: MakeSystem) -> None:
    system = make_system()
    system.start()
    assert system.process
    family = descendants(system.process.pid)
    assert len(family) >= 4
    system.process.send_signal(signal.SIGINT)
    assert system.process.wait(15) == 0
    eventually("all processes are gone", lambda: all_gone(family), within_s=5)


def test_a_crash_of_the_supervisor_leaves_no_process(make_system: MakeSystem) -> None:
    system = make_system()
    system.start()
    assert system.process
    family = descendants(system.process.pid)
    system.process.kill()
    system.process.wait(5)
    eventually("all processes are gone", lambda: all_gone(family), within_s=5)


def test_a_controller_that_dies_is_started_again(make_system: MakeSystem) -> None:
    system = make_system()
    system.start()
    first = system.pid_of("controller")
    os.kill(first, signal.SIGKILL)
    eventually(
        "another controller is ready", lambda: _is_another(system, first) and system.readyz()[0] == 200
    )


def test_a_killed_controller_takes_its_records_processes_along_and_the_next_has_its_own(
    make_system: MakeSystem,
) -> None:
    system = make_system()
    system.start()
    first = system.pid_of("controller")
    records = _records_processes(first)
    os.kill(first, signal.SIGKILL)
    eventually("its records processes are gone", lambda: all_gone(records), within_s=2)
    eventually(
        "another controller makes records", lambda: system.readyz()[1].get("wanted", {}).get("records")
    )
    assert _records_processes(system.pid_of("controller")).isdisjoint(records)


def test_a_controller_that_is_told_to_stop_ends_its_records_processes_even_those_that_hang(
    make_system: MakeSystem,
) -> None:
    system = make_system(managed={"controller": False})
    system.start()
    for hang in (False, True):
        controller = system.start_controller()
        records = _records_processes(controller.pid)
        if hang:
            for process in records:
                os.kill(process, signal.SIGSTOP)
        controller.send_signal(signal.SIGINT)
        assert controller.wait(10) == 0
        assert all_gone(records)


@pytest.mark.parametrize(("role", "other"), [("collect", "publish"), ("publish", "collect")])
def test_a_records_process_that_hangs_or_dies_is_named_and_the_other_one_works_on(
    make_system: MakeSystem, role: str, other: str
) -> None:
    system = make_system()
    system.start()
    controller = system.pid_of("controller")

    def told(of_it: str, of_the_other: str) -> bool:
        body = system.readyz()[1]
        return (body.get(role), body.get(other)) == (of_it, of_the_other)

    eventually("both work", lambda: told("holder", "holder"), within_s=40)
    before = records_processes_of(controller)
    os.kill(before[role], signal.SIGSTOP)
    eventually("who hangs is named", lambda: told("hung", "holder"))
    shown = system.metrics()
    assert system.readyz()[1]["wanted"]["records"] is False
    assert "\ncallrouter_records_running 0.0\n" in shown
    assert f"\ncallrouter_records_running_{role} 0.0\n" in shown
    assert f"\ncallrouter_records_running_{other} 1.0\n" in shown
    assert "\ncallrouter_database_reachable 1.0\n" in shown
    os.kill(before[role], signal.SIGCONT)
    eventually("both work again", lambda: told("holder", "holder"), within_s=40)
    os.kill(before[role], signal.SIGKILL)
    eventually("it is started again", lambda: system.starts_of_records() == 2, within_s=40)
    eventually("both work again", lambda: told("holder", "holder"), within_s=40)
    after = records_processes_of(controller)
    assert after[other] == before[other]
    assert after[role] != before[role]
    assert f"\ncallrouter_records_starts_{role} 2.0\n" in system.metrics()
    assert f'"part": "records {role}"' in (system.layout.logs / "controller.log").read_text()


def _records_processes(controller: int) -> set[int]:
    def both() -> set[int]:
        found = records_processes_of(controller)
        return set(found.values()) if {"collect", "publish"} <= found.keys() else set()

    return set(eventually("it makes records and delivers them", both, within_s=40))


def test_who_collects_and_delivers_without_a_controller_has_two_processes_and_one_set_of_probes(
    make_system: MakeSystem,
) -> None:
    system = make_system()
    system.start("--roles", "broker,ticketing,collect,publish")
    assert system.process
    [keeper] = [pid for pid in children_of(system.process.pid) if "callrouter records" in command_line(pid)]
    working = _records_processes(keeper)
    assert len(working) == 2
    body = system.readyz()[1]
    assert (body["needed"], body["collect"], body["publish"]) == ({"database": True}, "holder", "holder")
    assert "\ncallrouter_outbox_depth 0.0\n" in system.metrics()
    system.process.send_signal(signal.SIGINT)
    assert system.process.wait(15) == 0
    assert all_gone(working)


def _is_another(system: System, first: int) -> bool:
    try:
        return system.pid_of("controller") != first
    except AssertionError:
        return False


def test_a_second_start_is_ready_in_ten_seconds(make_system: MakeSystem) -> None:
    system = make_system()
    system.start()
    system.stop()
    began = time.monotonic()
    system.start()
    assert time.monotonic() - began < 10


def test_every_taken_port_is_named_before_anything_starts(make_system: MakeSystem) -> None:
    system = make_system()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as mqtt,
    ):
        sip.bind(("127.0.0.1", system.settings.sip.port))
        mqtt.bind(("127.0.0.1", system.settings.mqtt.port))
        mqtt.listen()
        refused = run(system, "serve")
    assert refused.returncode == 2
    assert f"sip.port: UDP 127.0.0.1:{system.settings.sip.port}" in refused.stderr
    assert f"mqtt.port: TCP 127.0.0.1:{system.settings.mqtt.port}" in refused.stderr
    assert "CALLROUTER_SIP__PORT" in refused.stderr
    assert not system.layout.logs.exists()


def test_every_faulty_setting_is_named_at_once(make_system: MakeSystem) -> None:
    system = make_system()
    faulty = {"node": "Node One", "sip": {"rtp_first": "many"}, "queue": {"wait_s": 0}}
    system.config.write_text(yaml.safe_dump(faulty), encoding="utf-8")
    refused = run(system, "serve")
    assert refused.returncode == 2
    for setting in ("node", "sip.rtp_first", "queue.wait_s"):
        assert setting in refused.stderr


def test_the_demonstration_verifies_a_call_and_leaves(make_system: MakeSystem) -> None:
    shown = run(make_system(), "demo", "--once")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for step in (
        "arrived",
        "decided",
        "announcement g02-12315-sichuan",
        "queue",
        "picked up",
        "record",
        "acknowledged",
    ):
        assert step in shown.stdout
    assert "13800138000" not in shown.stdout


def test_the_demonstration_says_why_it_failed(make_system: MakeSystem) -> None:
    shown = run(make_system(), "demo", "--once", "--number", "sip:*1@127.0.0.1")
    assert shown.returncode == 1
    assert "FAILED" in shown.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "file", "told"),
    [
        ("mode: dual", "mode: duel", "lines.yaml:", "dual"),
        ("announcement: G01", "announcement: H01", "plan.yaml:", "PROMPT_UNSPEAKABLE"),
    ],
    ids=["does-not-load", "can-not-be-said"],
)
def test_a_plan_with_an_error_is_refused_before_anything_starts(
    make_system: MakeSystem, right: str, wrong: str, file: str, told: str
) -> None:
    system = make_system()
    plan = system.config.parent / "sichuan"
    plan.mkdir()
    for sound in (PROJECT_ROOT / "dialplans" / "sichuan").iterdir():
        text = sound.read_text(encoding="utf-8")
        (plan / sound.name).write_text(text.replace(right, wrong), encoding="utf-8")
    os.environ["CALLROUTER_PLAN"] = str(plan)
    try:
        refused = run(system, "serve")
    finally:
        del os.environ["CALLROUTER_PLAN"]
    assert refused.returncode == 2
    assert file in refused.stderr
    assert told in refused.stderr
