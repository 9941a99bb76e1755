"""The command line: what is printed where, and the exit code that scripts go by."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

import pytest

from callrouter import cli
from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.cli.instance import MENDABLE_ERRORS, choose_instance, running_instance
from callrouter.clock import ClockError
from callrouter.layout import Layout
from callrouter.local_system import asterisk
from callrouter.settings import PROJECT_ROOT
from callrouter.settings_file import SettingsError, load_settings

SICHUAN = PROJECT_ROOT / "dialplans" / "sichuan"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as the installed program does, in this process."""
    for name in tuple(os.environ):
        if name.startswith("CALLROUTER_"):
            monkeypatch.delenv(name)

    def _run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["callrouter", *arguments])
        try:
            code = cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return _run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of an instance in a folder of its own."""
    file = tmp_path / "callrouter.yaml"
    file.write_text(
        f"run_dir: {tmp_path / 'run'}\nrehearsal: {{run_dir: {tmp_path / 'rehearsal'}}}\n", encoding="utf-8"
    )
    return file


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A copy of the Sichuan plan, to be spoilt."""
    return Path(shutil.copytree(SICHUAN, tmp_path / "dialplans" / "sichuan"))


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "explain", "--dialled", "12315", "--at", "2021-10-01"), "2021-09-30T23:59:50+08:00"),
        (("plan", "explain", "--dialled", "12315", "--config", "/nowhere/x.yaml"), "--config"),
        (("plan", "explain", "/nowhere/sichuan", "--dialled", "12315"), "nowhere/sichuan"),
        (("prompts", "check", "--config", "/nowhere/x.yaml"), "--config"),
        (("asterisk", "render", "--to", "/nowhere/etc", "--config", "/nowhere/x.yaml"), "--config"),
        (("controller", "--rehearsal", "--config", "/nowhere/x.yaml"), "--config"),
        (("records", "make", "--config", "/nowhere/x.yaml"), "--config"),
        (("records", "make", "--roles", "collect,publish", "--config", "/nowhere/x.yaml"), "--config"),
        (("records", "list", "--config", "/nowhere/x.yaml"), "--config"),
        (("records", "make", "--on-pipes", "--bell", "999999"), "--bell"),
        (("records", "list", "--since", "yesterday"), "yesterday"),
        (("outbox", "retry"), "--all-dead"),
        (("serve", "--roles", "route,kollect"), "kollect"),
    ],
)
def test_what_the_user_can_mend_is_one_message_on_stderr_and_exit_code_2(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_every_fault_of_the_settings_is_told_by_any_command(run: Run, config: Path) -> None:
    config.write_text("sip: {port: x}\nboom: 1\n", encoding="utf-8")
    ran = run("plan", "check", "--config", str(config))
    assert ran.code == 2
    assert "sip.port" in ran.err
    assert "boom" in ran.err


def test_a_defect_of_ours_is_not_dressed_up_as_the_users(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_folder: Path, **_options: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("callrouter.cli.plan_explain.load", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        run("plan", "explain", "--dialled", "12315")


def test_the_shipped_plans_can_serve(run: Run) -> None:
    ran = run("plan", "check", str(PROJECT_ROOT / "dialplans"), "--at", "2021-09-01T00:00:00+08:00")
    assert ran.code == 0, ran.out
    assert ran.out.count("0 个错误 / errors") == 5


def test_a_plan_whose_announcement_was_not_rendered_is_exit_code_1(run: Run, plan: Path) -> None:
    spoil(plan / "plan.yaml", "announcement: G01", "announcement: G03")
    ran = run("plan", "check", str(plan))
    assert ran.code == 1
    assert "PROMPT_FILE_MISSING" in ran.out
    assert "g03-sichuan" in ran.out


def test_a_recording_that_speaks_of_another_day_is_as_bad_as_none(run: Run, plan: Path) -> None:
    lines = plan / "lines.yaml"
    lines.write_text(lines.read_text("utf-8").replace("2021-10-01T00:00:00", "2021-11-01T00:00:00"), "utf-8")
    ran = run("plan", "check", str(plan))
    assert ran.code == 1
    assert "t01-12300-sichuan" in ran.out
    assert "x01-12300-sichuan" in ran.out
    assert "g02-12315-sichuan" not in ran.out


def test_the_shipped_announcements_are_all_there(run: Run) -> None:
    ran = run("prompts", "check")
    assert (ran.code, ran.err) == (0, "")
    assert "every announcement is there" in ran.out


def test_a_missing_announcement_is_exit_code_1(run: Run, config: Path, plan: Path) -> None:
    spoil(plan / "plan.yaml", "12345政务服务便民热线  #", "12345新名称热线  #")
    config.write_text(f"plan: {plan}\n", encoding="utf-8")
    ran = run("prompts", "check", "--config", str(config))
    assert ran.code == 1
    assert "error: g01" in ran.out
    assert "every announcement is there" not in ran.out


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = tmp_path / "set-up" / "debian" / "usr" / "lib" / "x86_64-linux-gnu" / "asterisk" / "modules"
    modules.mkdir(parents=True)
    (modules / "chan_pjsip.so").touch()
    monkeypatch.setattr(asterisk, "SETUP_FOLDER", tmp_path / "set-up")


def test_render_writes_a_configuration_for_an_asterisk_of_ones_own(
    run: Run, config: Path, set_up: None, tmp_path: Path
) -> None:
    to = tmp_path / "etc"
    ran = run("asterisk", "render", "--to", str(to), "--config", str(config))
    assert (ran.code, ran.err) == (0, "")
    assert str(to) in ran.out
    assert {file.stat().st_mode & 0o777 for file in to.iterdir()} == {0o600}
    before = (to / "pjsip.conf").read_text(encoding="utf-8")
    assert "[1001](phone)" in before
    assert run("asterisk", "render", "--to", str(to), "--config", str(config)).code == 0
    assert (to / "pjsip.conf").read_text(encoding="utf-8") == before
    assert "password" not in ran.out


@pytest.mark.parametrize("is_managed", [True, False])
def test_render_changes_the_boot_name_only_where_no_asterisk_of_ours_may_run(
    run: Run, config: Path, set_up: None, tmp_path: Path, is_managed: bool
) -> None:
    with config.open("a", encoding="utf-8") as settings:
        settings.write(f"managed: {{asterisk: {str(is_managed).lower()}}}\n")
    file = Layout.of(load_settings(config)).boot_name
    names = []
    for _rendering in range(2):
        assert run("asterisk", "render", "--to", str(tmp_path / "etc"), "--config", str(config)).code == 0
        names.append(read_boot_name(file))
        assert f"systemname = {names[-1]}\n" in (tmp_path / "etc" / "asterisk.conf").read_text("utf-8")
    assert len(set(names)) == (1 if is_managed else 2)


def test_render_into_a_folder_that_a_configuration_cannot_name_is_told(
    run: Run, config: Path, set_up: None, tmp_path: Path
) -> None:
    ran = run("asterisk", "render", "--to", str(tmp_path / "etc;x"), "--config", str(config))
    assert ran.code == 2
    assert "etc: " in ran.err
    assert not (tmp_path / "etc;x").exists()


@pytest.mark.parametrize("arguments", [("frobnicate",), ("plan", "explain"), ("asterisk", "render")])
def test_wrong_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "Usage" in ran.err


def test_every_command_has_help(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for command in ("serve", "controller", "demo", "plan", "prompts", "asterisk", "records", "outbox"):
        assert command in ran.out


def test_without_a_clock_the_instance_is_live(run: Run, config: Path) -> None:
    instance = choose_instance(config, bind="192.0.2.10")
    assert instance.clock is None
    assert instance.settings.bind == IPv4Address("192.0.2.10")
    assert instance.config == config


def test_with_a_clock_it_is_a_rehearsal_that_no_bind_can_let_out(run: Run, config: Path) -> None:
    instance = choose_instance(config, clock="2021-09-30T23:59:50+08:00", bind="192.0.2.10")
    assert instance.clock
    ahead = instance.clock.now() - datetime(2021, 9, 30, 15, 59, 50, tzinfo=UTC)
    assert abs(ahead.total_seconds()) < 2
    assert instance.settings.bind == IPv4Address("127.0.0.1")
    assert instance.layout.root == config.parent / "rehearsal"


def test_a_controller_that_is_started_again_takes_the_clock_of_its_instance(run: Run, config: Path) -> None:
    instance = choose_instance(config, clock="2021-09-30T23:59:50+08:00")
    assert instance.clock
    with pytest.raises(ClockError, match=r"clock\.json"):
        running_instance(config, rehearsal=True)
    instance.clock.save(instance.layout.clock)
    again = running_instance(config, rehearsal=True)
    assert again.clock == instance.clock
    assert again.settings == instance.settings
    assert running_instance(config, rehearsal=False).clock is None


@pytest.mark.parametrize("bind", ["everywhere", "::", "300.0.0.1"])
def test_an_address_that_is_none_is_refused(run: Run, config: Path, bind: str) -> None:
    with pytest.raises(SettingsError, match="IPv4"):
        choose_instance(config, bind=bind)


def test_every_error_that_the_user_can_mend_is_an_error_and_not_everything() -> None:
    assert all(issubclass(error, Exception) for error in MENDABLE_ERRORS)
    assert not {Exception, ValueError, OSError, RuntimeError} & set(MENDABLE_ERRORS)
