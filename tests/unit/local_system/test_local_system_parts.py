"""What each part is started with: programs, files, rights, and what of ours it is not given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.crashpoint import VARIABLE
from callrouter.layout import Layout
from callrouter.local_system.asterisk import asterisk_part
from callrouter.local_system.parts import (
    broker_part,
    controller_part,
    phone_names,
    records_alone_part,
    records_part,
    records_shares,
    subscriber_part,
)
from callrouter.local_system.programs import ProgramMissing, plain_environment, program
from callrouter.local_system.secrets import Secrets
from callrouter.service.bell import Bell
from callrouter.service.figures import Work
from callrouter.service.roles import OWN_ROLES, RECORD_ROLES, Role
from callrouter.settings import Settings
from callrouter.settings_parts import Mqtt, Sip

MakeSettings = Callable[..., Settings]


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_a_program_that_set_up_did_not_provide_is_named_with_the_remedy(set_up: Path) -> None:
    assert program("mosquitto") == set_up / "bin" / "mosquitto"
    with pytest.raises(ProgramMissing, match=r"sipp is not set up .*; remedy: make setup"):
        program("sipp")


def test_no_secret_of_our_own_environment_reaches_a_part(
    set_up: Path, settings: MakeSettings, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hunter2")
    monkeypatch.setenv("CALLROUTER_DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/x")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    chosen = settings()
    layout = Layout.of(chosen)
    assert plain_environment()["LANG"] == "zh_CN.UTF-8"
    for part in (
        broker_part(chosen, layout, secrets, None),
        asterisk_part(chosen, layout, secrets, 0, None, plan=OfThePlan(queues=("hotline",))),
        subscriber_part(chosen, layout, secrets),
    ):
        assert "hunter2" not in repr(part), part.name
    controller = controller_part(layout, None, rehearsal=False)
    assert controller.environment["CALLROUTER_DATABASE_URL"].endswith("@db/x")
    assert "SOME_TOKEN" not in controller.environment


def test_no_password_stands_in_a_command_line_that_others_can_read(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings()
    layout = Layout.of(chosen)
    commands = [
        *broker_part(chosen, layout, secrets, None).command,
        *asterisk_part(chosen, layout, secrets, 0, None, plan=OfThePlan(queues=("hotline",))).command,
        *subscriber_part(chosen, layout, secrets).command,
        *controller_part(layout, None, rehearsal=True).command,
    ]
    assert "secret-of" not in " ".join(commands)


def test_the_broker_lets_each_user_do_its_own_half_and_nobody_else_anything(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings(topic_prefix="gov", instance="sichuan", mqtt=Mqtt(port=18884))
    folder = Layout.of(chosen).broker
    part = broker_part(chosen, Layout.of(chosen), secrets, None)
    assert part.command == [str(set_up / "bin" / "mosquitto"), "-c", str(folder / "mosquitto.conf")]
    config = (folder / "mosquitto.conf").read_text(encoding="utf-8")
    assert "listener 18884 127.0.0.1\n" in config
    assert "allow_anonymous false\n" in config
    assert (folder / "permissions").read_text(encoding="utf-8").splitlines() == [
        "user callrouter",
        "topic write gov/sichuan/records",
        "topic write gov/sichuan/live",
        "topic write gov/sichuan/reconcile",
        "topic read gov/sichuan/acks",
        "user ticketing",
        "topic read gov/sichuan/records",
        "topic read gov/sichuan/live",
        "topic read gov/sichuan/reconcile",
        "topic write gov/sichuan/acks",
    ]
    for name in ("passwords", "permissions", "mosquitto.conf"):
        assert mode_of(folder / name) == 0o600, name
        assert str(folder / name) in config or name == "mosquitto.conf"


def test_a_rehearsals_topics_are_its_own(set_up: Path, settings: MakeSettings, secrets: Secrets) -> None:
    rehearsal = settings().for_rehearsal()
    broker_part(rehearsal, Layout.of(rehearsal), secrets, None)
    permitted = (Layout.of(rehearsal).broker / "permissions").read_text(encoding="utf-8")
    assert "topic write callrouter-rehearsal/callrouter/records" in permitted
    command = " ".join(subscriber_part(rehearsal, Layout.of(rehearsal), secrets).command)
    assert "--topic callrouter-rehearsal/callrouter --" in command


def test_the_subscriber_gets_its_password_in_a_file_of_its_own(
    settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings()
    command = subscriber_part(chosen, Layout.of(chosen), secrets).command
    file = Path(command[command.index("--password-file") + 1])
    assert file.read_text(encoding="utf-8") == "secret-of-ticketing"
    assert mode_of(file) == 0o600
    assert Path(command[1]).is_file()


def test_the_controller_reads_the_settings_that_we_did(settings: MakeSettings, tmp_path: Path) -> None:
    layout = Layout.of(settings())
    command = controller_part(layout, tmp_path / "x.yaml", rehearsal=True).command
    assert command[1:] == [
        "-m",
        "callrouter",
        "controller",
        "--config",
        str(tmp_path / "x.yaml"),
        "--rehearsal",
    ]
    assert controller_part(layout, None, rehearsal=False).command[1:] == ["-m", "callrouter", "controller"]


def test_the_broker_knows_us_by_the_name_that_the_settings_give(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings(mqtt=Mqtt(username="voice-side"))
    broker_part(chosen, Layout.of(chosen), secrets, None)
    folder = Layout.of(chosen).broker
    assert (folder / "passwords").read_text(encoding="utf-8").startswith("voice-side:secret-of-controller\n")
    assert (folder / "permissions").read_text(encoding="utf-8").startswith("user voice-side\n")


def test_each_process_is_told_its_roles_where_they_are_not_all(
    settings: MakeSettings, tmp_path: Path
) -> None:
    layout = Layout.of(settings())
    some = frozenset({Role.ROUTE, Role.COLLECT})
    controller = controller_part(layout, None, rehearsal=False, roles=some)
    assert controller.command[-2:] == ["--roles", "route,collect"]
    assert records_part(None, False, "", some).command[-2:] == ["--roles", "route,collect"]
    assert records_part(None, False).command[-1] == "make"
    alone = records_alone_part(layout, None, False, frozenset({Role.PUBLISH}))
    assert alone.command[1:] == ["-m", "callrouter", "records", "make", "--roles", "publish"]
    assert alone.log_file == layout.logs / "records.log"


def test_the_records_process_reads_the_settings_that_the_controller_did(tmp_path: Path) -> None:
    part = records_part(tmp_path / "x.yaml", rehearsal=True)
    assert part.command[1:] == [
        *("-m", "callrouter", "records", "make"),
        *("--config", str(tmp_path / "x.yaml"), "--rehearsal"),
    ]
    assert records_part(None, rehearsal=False).command[1:] == ["-m", "callrouter", "records", "make"]
    assert part.niceness > 0


def test_only_the_first_records_process_is_armed() -> None:
    part = records_part(None, rehearsal=False, armed="record_kept:kill")
    assert part.before_start
    armed = []
    for _start in range(3):
        part.before_start()
        armed.append(part.environment[VARIABLE])
    assert armed == ["record_kept:kill", "", ""]


def test_every_phone_gets_a_password_and_an_empty_softphone_none(settings: MakeSettings) -> None:
    assert phone_names(settings()) == ("1001", "1002", "1999", "citizen")
    assert phone_names(settings(sip=Sip(seats=("2001",), softphone=""))) == ("2001", "1999")
    supervised = settings(sip=Sip(seats=("1001",), supervisors=("2001", "1001"), softphone=""))
    assert phone_names(supervised) == ("1001", "2001", "1999")


def test_of_both_records_processes_each_is_told_its_share_and_given_the_bell() -> None:
    collects, publishes = records_shares(None, False, "record_kept:kill", OWN_ROLES, Bell(77))
    made = [collects.process.part, publishes.process.part]  # type: ignore[attr-defined] # children are what is made
    assert [part.command[3:] for part in made] == [
        ["records", "make", "--bell", "77", "--roles", "route,collect"],
        ["records", "make", "--on-pipes", "--bell", "77", "--roles", "publish"],
    ]
    assert [(part.name, part.inherited, part.log_file) for part in made] == [
        ("records collect", (77,), None),
        ("records publish", (77,), None),
    ]
    assert collects.works == {Work.CONTROL, Work.COLLECT}
    assert publishes.works == {Work.PUBLISH}
    assert all(part.niceness > 0 for part in made)
    for part in made:
        assert part.before_start
        part.before_start()
        assert part.environment[VARIABLE] == "record_kept:kill"


def test_a_records_process_with_nobody_to_ring_for_is_given_no_bell() -> None:
    [share] = records_shares(None, False, "", frozenset({Role.ROUTE, Role.COLLECT}), Bell(77))
    part = share.process.part  # type: ignore[attr-defined] # children are what is made
    assert (part.name, part.inherited) == ("records", ())
    assert "--bell" not in part.command


def test_where_no_calls_are_decided_records_need_not_stand_back() -> None:
    for share in records_shares(None, False, "", RECORD_ROLES, Bell(77)):
        assert share.process.part.niceness == 0  # type: ignore[attr-defined] # children are what is made
