"""A real Asterisk for the recorder: our own rendered configuration, and beside it what only a recording needs."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.layout import Layout
from callrouter.local_system import secrets
from callrouter.local_system.asterisk import asterisk_part
from callrouter.settings_file import load_settings

BOOT_NAME = "bootnameexample2"
"""What every event carries as SystemName."""

_MANAGER = """
[wire]
secret = not-a-secret
read = system,call,agent,user,reporting,cdr,command
write = all
writetimeout = 5000
"""
_QUEUES = """
[hotline]
strategy = leastrecent
member => Local/1001@agents/n,0,值班员一
member => Local/1002@agents/n,0,值班员二

; Nobody is in it, and callers wait all the same.
[waiting]
strategy = rrmemory
"""
_DIALPLAN = """
[agents]
exten => _X.,1,Wait(5)

[dip]
exten => _1X.,1,Goto(asked,${EXTEN},1)
; As our own dialplan sets it, so that a hung server cannot hold the channel.
exten => _2X.,1,Set(AGIEXITONHANGUP=yes)
 same => n,Goto(asked,${EXTEN},1)

[asked]
exten => _X.,1,Set(CALLERID(num)=${EXTEN})
 same => n,Set(CALLERID(name)=市民"(甲) hangup)
 same => n,AGI(agi://127.0.0.1:AGI_PORT/arrival,called=${URIENCODE(${EXTEN})},name=${URIENCODE(${CALLERID(name)})},empty=)
 same => n,UserEvent(DipDone,Verdict: ${URIENCODE(${VERDICT})},Status: ${AGISTATUS})
"""


@dataclass(frozen=True)
class Recorded:
    """The running Asterisk: its ports, and the phones' passwords."""

    sip_port: int
    ami_port: int
    agi_port: int
    phones: dict[str, str]


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running_asterisk(folder: Path) -> Iterator[Recorded]:
    """Start Asterisk in ``folder`` and end it, by its process id, on leaving."""
    rtp = 30_000
    chosen = {
        "run_dir": str(folder / "run"),
        "sip": {"port": _free_port(socket.SOCK_DGRAM), "rtp_first": rtp, "rtp_last": rtp + 400},
        "agi": {"port": _free_port(socket.SOCK_STREAM)},
        "ami": {"port": _free_port(socket.SOCK_STREAM)},
        "queue": {"general": "spare"},
    }
    config = folder / "callrouter.yaml"
    config.write_text(yaml.safe_dump(chosen), encoding="utf-8")
    settings = load_settings(config)
    layout = Layout.of(settings)
    accounts = [*settings.sip.seats, settings.sip.duty_phone, settings.sip.softphone]
    made = secrets.load_or_make(layout.secrets, filter(None, accounts))
    part = asterisk_part(settings, layout, made, 0, None, plan=OfThePlan(queues=("spare",)))
    assert part.before_start is not None
    part.before_start()
    _add(layout.asterisk_etc, layout.boot_name.read_text("ascii").strip(), settings.agi.port)
    assert part.log_file is not None
    part.log_file.parent.mkdir(parents=True, exist_ok=True)
    with part.log_file.open("wb") as log:
        process = subprocess.Popen(part.command, env=dict(part.environment), stdout=log, stderr=log)
    try:
        _wait_for(settings.ami.port)
        yield Recorded(settings.sip.port, settings.ami.port, settings.agi.port, made.phones)
    finally:
        process.terminate()
        process.wait(20)


def _add(etc: Path, boot_name: str, agi_port: int) -> None:
    for file in etc.glob("*.conf"):
        file.write_text(file.read_text("utf-8").replace(boot_name, BOOT_NAME), "utf-8")
    for name, more in (
        ("manager.conf", _MANAGER),
        ("queues.conf", _QUEUES),
        ("extensions.conf", _DIALPLAN.replace("AGI_PORT", str(agi_port))),
        ("modules.conf", "load = app_userevent.so\nload = func_pjsip_endpoint.so\n"),
    ):
        with (etc / name).open("a", encoding="utf-8") as template:
            template.write(more)
    manager = etc / "manager.conf"
    lines = manager.read_text("utf-8").splitlines(keepends=True)
    # A recording holds what a call makes Asterisk say, but for the variables.
    kept = [line for line in lines if not line.startswith("disabledevents")]
    manager.write_text(
        "".join(kept).replace("[general]\n", "[general]\ndisabledevents = VarSet,TestEvent\n", 1), "utf-8"
    )


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            if probe.recv(10):
                return
        assert time.monotonic() < deadline, "Asterisk does not start"
        time.sleep(0.1)
