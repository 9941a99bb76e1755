"""What each part is started with: its command, its configuration, its files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from callrouter.asterisk_link.render import AsteriskConfiguration, Phone, render_configuration
from callrouter.layout import SETUP_FOLDER, Layout, sounds_folder
from callrouter.local_system.account import Account
from callrouter.local_system.child import Part
from callrouter.local_system.secrets import Secrets, write_private
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT, Settings

_PROGRAMS = SETUP_FOLDER / "bin"


class ProgramMissing(Exception):
    """A program that set-up should have provided is not there."""


def program(name: str) -> Path:
    """Return a program that set-up provided. Raises ProgramMissing with the remedy."""
    path = _PROGRAMS / name
    if not path.exists():
        raise ProgramMissing(f"{name} is not set up in {_PROGRAMS}; remedy: make setup")
    return path


def phone_names(settings: Settings) -> tuple[str, ...]:
    """Every SIP account that needs a password."""
    softphone = (settings.sip.softphone,) if settings.sip.softphone else ()
    return (*settings.sip.seats, settings.sip.duty_phone, *softphone)


def broker_part(settings: Settings, layout: Layout, secrets: Secrets, account: Account | None) -> Part:
    """Return Mosquitto, with a password and a list of permitted topics for each of its two users."""
    folder = layout.broker
    (folder / "data").mkdir(parents=True, exist_ok=True)
    passwords = folder / "passwords"
    write_private(passwords, f"callrouter:{secrets.mqtt_controller}\nticketing:{secrets.mqtt_ticketing}\n")
    subprocess.run(  # noqa: S603 - our own program and file
        [program("mosquitto_passwd"), "-U", passwords], check=True, capture_output=True
    )
    topics = f"{settings.topic_prefix}/{settings.instance}"
    write_private(
        folder / "permissions",
        f"user callrouter\ntopic write {topics}/records\ntopic read {topics}/acks\n"
        f"user ticketing\ntopic read {topics}/records\ntopic write {topics}/acks\n",
    )
    write_private(
        folder / "mosquitto.conf",
        f"listener {settings.mqtt.port} {settings.mqtt.host}\n"
        "allow_anonymous false\n"
        f"password_file {passwords}\nacl_file {folder / 'permissions'}\n"
        # A message the broker forgot is sent again by the outbox; its own store only saves the repetition.
        f"persistence true\npersistence_location {folder / 'data'}/\nautosave_interval 60\n"
        "max_queued_messages 0\nlog_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\n",
    )
    if account:
        account.owns(folder)
    return Part(
        name="broker",
        command=[str(program("mosquitto")), "-c", str(folder / "mosquitto.conf")],
        log_file=layout.logs / "broker.log",
        environment=_plain_environment(),
        account=account,
    )


def subscriber_part(settings: Settings, layout: Layout, secrets: Secrets) -> Part:
    """Return the reference ticketing subscriber."""
    layout.ticketing.parent.mkdir(parents=True, exist_ok=True)
    password = layout.ticketing.parent / "mqtt-password"
    write_private(password, secrets.mqtt_ticketing)
    return Part(
        name="ticketing",
        command=[
            sys.executable,
            str(PROJECT_ROOT / "deploy" / "ticketing-subscriber" / "subscriber.py"),
            "--host", settings.mqtt.host,
            "--port", str(settings.mqtt.port),
            "--username", "ticketing",
            "--password-file", str(password),
            "--topic", f"{settings.topic_prefix}/{settings.instance}/records",
            "--database", str(layout.ticketing),
        ],
        log_file=layout.logs / "ticketing.log",
        environment=_plain_environment(),
    )  # fmt: skip


def asterisk_part(
    settings: Settings, layout: Layout, secrets: Secrets, clock_offset_s: int, account: Account | None
) -> Part:
    """Return Asterisk, its configuration rendered into the instance's folder."""
    render_asterisk(settings, layout, secrets, clock_offset_s, etc=layout.asterisk_etc, account=account)
    return Part(
        name="asterisk",
        command=[str(program("asterisk")), "-f", "-C", str(layout.asterisk_etc / "asterisk.conf")],
        log_file=layout.logs / "asterisk.log",
        environment=_plain_environment() | {"HOME": str(layout.asterisk)},
        account=account,
        stop_signal=signal.SIGTERM,
    )


def render_asterisk(
    settings: Settings,
    layout: Layout,
    secrets: Secrets,
    clock_offset_s: int,
    *,
    etc: Path,
    account: Account | None = None,
) -> None:
    """Make Asterisk's folders and write its configuration into `etc`."""
    var = layout.asterisk
    for folder in (
        "lib",
        "spool/voicemail",
        "lib/keys",
        "run",
        "log/cel-custom",
        "cache",
        "data/sounds",
        "data/agi-bin",
    ):
        (var / folder).mkdir(parents=True, exist_ok=True)
    var.chmod(0o700)
    _link(layout.asterisk_data / "sounds" / "zh_CN", sounds_folder())
    # Without its documentation Asterisk refuses to register its own options, and ends.
    _link(layout.asterisk_data / "documentation", _installation().data / "documentation")
    render_configuration(
        PROJECT_ROOT / "asterisk", _configuration(settings, layout, secrets, clock_offset_s, etc), etc
    )
    if account:
        account.owns(var)


def controller_part(layout: Layout, config: Path | None, rehearsal: bool) -> Part:
    """Return the controller; it reads the same settings as we did, and the clock from its folder."""
    command = [sys.executable, "-m", "callrouter", "controller"]
    command += ["--config", str(config)] if config else []
    command += ["--rehearsal"] if rehearsal else []
    own = {name: value for name, value in os.environ.items() if name.startswith("CALLROUTER_")}
    return Part(
        name="controller",
        command=command,
        log_file=layout.logs / "controller.log",
        environment={**_plain_environment(), **own, "PYTHONPATH": str(PROJECT_ROOT)},
    )


def _configuration(
    settings: Settings, layout: Layout, secrets: Secrets, clock_offset_s: int, etc: Path
) -> AsteriskConfiguration:
    duty = settings.sip.duty_phone
    phones = [Phone(seat, secrets.phones[seat], "from-seat", seat=True) for seat in settings.sip.seats]
    phones.append(Phone(duty, secrets.phones[duty], "from-seat", seat=True))
    if settings.sip.softphone:
        name = settings.sip.softphone
        phones.append(Phone(name, secrets.phones[name], "from-carrier", seat=False))
    return AsteriskConfiguration(
        etc=str(etc),
        var=str(layout.asterisk),
        data=str(layout.asterisk_data),
        modules=str(_installation().modules),
        music=str(sounds_folder() / "moh"),
        node=settings.node,
        bind=str(settings.bind),
        sip_port=settings.sip.port,
        rtp_first=settings.sip.rtp_first,
        rtp_last=settings.sip.rtp_last,
        carrier_networks=tuple(str(network) for network in settings.sip.carrier_networks),
        phones=tuple(phones),
        outbound_trunks=(),
        queues=_queues(settings),
        safe_queue=settings.queue.general,
        last_resort=f"PJSIP/{duty}",
        queue_wait_s=settings.queue.wait_s,
        last_resort_ring_s=settings.queue.duty_ring_s,
        voicemail_limit_s=settings.queue.voicemail_limit_s,
        agi_host="127.0.0.1",
        agi_port=settings.agi.port,
        ami_host="127.0.0.1",
        ami_port=settings.ami.port,
        ami_secret=secrets.ami,
        clock_offset=clock_offset_s,
    )


def _queues(settings: Settings) -> tuple[str, ...]:
    """Name every queue that the plan may send a caller to; a broken plan is refused before anything starts."""
    plan = load_plan(settings.path(settings.plan))
    desks = {desk.queue for desk in (plan.hotline, plan.emergency, plan.unknown_number)}
    return tuple(sorted(desks | {settings.queue.general}))


@dataclass(frozen=True, slots=True)
class _Installation:
    """Where the Asterisk that set-up chose keeps its modules and its shared data."""

    modules: Path
    data: Path


def _installation() -> _Installation:
    for root in (SETUP_FOLDER / "debian", Path("/")):
        for library in ("usr/lib/*-linux-gnu", "usr/lib"):
            for modules in sorted(root.glob(f"{library}/asterisk/modules")):
                if (modules / "chan_pjsip.so").exists():
                    return _Installation(modules, root / "usr" / "share" / "asterisk")
    raise ProgramMissing(f"no Asterisk modules under {SETUP_FOLDER} or /usr/lib; remedy: make setup")


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() or link.exists():
        link.unlink()
    link.symlink_to(target)


def _plain_environment() -> dict[str, str]:
    """Pass on what a program needs, and no secret that happens to stand in our own environment."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}
