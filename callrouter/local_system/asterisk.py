"""Asterisk as this installation runs it: its folders, its configuration, its command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callrouter.asterisk_link.boot_name import new_boot_name
from callrouter.asterisk_link.of_the_plan import (
    NOT_FOR_EMERGENCIES,
    SAID_IN_EMERGENCIES,
    URGENT_LANGUAGE,
    OfThePlan,
)
from callrouter.asterisk_link.render import (
    AsteriskConfiguration,
    InboundTrunk,
    OutboundTrunk,
    Phone,
    render_configuration,
)
from callrouter.layout import SETUP_FOLDER, Layout, sounds_folder
from callrouter.local_system.account import Account
from callrouter.local_system.child import Part
from callrouter.local_system.documentation import cut_documentation
from callrouter.local_system.made_sounds import make_places, make_silences
from callrouter.local_system.programs import ProgramMissing, plain_environment, program
from callrouter.local_system.secrets import Secrets, write_private
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.cel import node_of_boot


def asterisk_part(
    settings: Settings,
    layout: Layout,
    secrets: Secrets,
    clock_offset_s: int,
    account: Account | None,
    *,
    plan: OfThePlan,
) -> Part:
    """Return Asterisk; its configuration is rendered into the instance's folder before each start."""

    def prepare() -> None:
        render_asterisk(
            settings,
            layout,
            secrets,
            clock_offset_s,
            etc=layout.asterisk_etc,
            boot_name=new_boot_name(),
            plan=plan,
        )
        if account:
            account.may_read(layout.asterisk_etc)

    _make_folders(layout)
    if account:
        account.owns(layout.asterisk)
    return Part(
        name="asterisk",
        before_start=prepare,
        command=[str(program("asterisk")), "-f", "-C", str(layout.asterisk_etc / "asterisk.conf")],
        log_file=layout.logs / "asterisk.log",
        environment=plain_environment() | {"HOME": str(layout.asterisk)},
        account=account,
    )


def render_asterisk(
    settings: Settings,
    layout: Layout,
    secrets: Secrets,
    clock_offset_s: int,
    *,
    etc: Path,
    boot_name: str,
    plan: OfThePlan,
) -> None:
    """Write Asterisk's configuration into `etc`; the controller is told the boot name by a file."""
    configuration = _configuration(
        settings,
        layout,
        secrets,
        etc=etc,
        clock_offset_s=clock_offset_s,
        boot_name=boot_name,
        plan=plan,
    )
    make_silences(layout.made_for_asterisk / "silence")
    make_places(layout.made_for_asterisk / "places", sounds_folder())
    render_configuration(PROJECT_ROOT / "asterisk", configuration, etc)
    write_private(layout.boot_name, boot_name)


def _make_folders(layout: Layout) -> None:
    for folder in ("lib/keys", "run", "cache", "data/sounds", "data/agi-bin"):
        (layout.asterisk / folder).mkdir(parents=True, exist_ok=True)
    # Asterisk does not make this one, and loses every row without it.
    layout.cel_csv.parent.mkdir(parents=True, exist_ok=True)
    for of_callers in (layout.voicemail, layout.recordings):
        of_callers.mkdir(parents=True, exist_ok=True)
        of_callers.chmod(0o700)
    layout.asterisk.chmod(0o700)
    sounds = layout.asterisk_data / "sounds"
    _link(sounds / "zh_CN", sounds_folder())
    (sounds / URGENT_LANGUAGE).mkdir(exist_ok=True)
    for said_to_others in NOT_FOR_EMERGENCIES:
        instead = sounds_folder() / f"{SAID_IN_EMERGENCIES}.alaw"
        _link(sounds / URGENT_LANGUAGE / f"{said_to_others}.alaw", instead)
    cut = layout.made_for_asterisk / "documentation"
    cut_documentation(_installation().data / "documentation", cut)
    _link(layout.asterisk_data / "documentation", cut)


def _configuration(
    settings: Settings,
    layout: Layout,
    secrets: Secrets,
    *,
    etc: Path,
    clock_offset_s: int,
    boot_name: str,
    plan: OfThePlan,
) -> AsteriskConfiguration:
    duty = settings.sip.duty_phone
    supervisors = settings.sip.supervisors
    phones = [
        Phone(name, secrets.phones[name], "from-seat", seat=True, supervisor=name in supervisors)
        for name in settings.sip.staff
    ]
    phones.append(Phone(duty, secrets.phones[duty], "from-seat", seat=True))
    if settings.sip.softphone:
        name = settings.sip.softphone
        phones.append(Phone(name, secrets.phones[name], "from-carrier", seat=False))
    return AsteriskConfiguration(
        etc=str(etc),
        var=str(layout.asterisk),
        log=str(layout.asterisk_log),
        spool=str(layout.asterisk_spool),
        data=str(layout.asterisk_data),
        modules=str(_installation().modules),
        music=str(sounds_folder() / "moh"),
        node=node_of_boot(settings.node, boot_name),
        boot_name=boot_name,
        bind=str(settings.bind),
        sip_port=settings.sip.port,
        rtp_first=settings.sip.rtp_first,
        rtp_last=settings.sip.rtp_last,
        carrier_networks=tuple(str(network) for network in settings.sip.carrier_networks),
        inbound_trunks=tuple(
            InboundTrunk(name, tuple(map(str, networks))) for name, networks in settings.sip.trunks.items()
        ),
        phones=tuple(phones),
        outbound_trunks=tuple(
            OutboundTrunk(way.endpoint, way.contact, way.purpose, way.others_at_most) for way in plan.ways_out
        ),
        silent_trunk_s=settings.sip.silent_trunk_s,
        plan=plan,
        safe_queue=settings.queue.general,
        last_resort=f"PJSIP/{duty}",
        queue_wait_s=settings.queue.wait_s,
        last_resort_ring_s=settings.queue.duty_ring_s,
        ring_s=settings.queue.ring_s,
        emergency_ring_s=settings.queue.emergency_ring_s,
        transfer_ring_s=settings.queue.transfer_ring_s,
        wrap_up_s=settings.queue.wrap_up_s,
        long_wait_s=settings.queue.long_wait_s,
        overload_at=settings.queue.overload_at,
        longest_notice_s=-(-max((notice.heard_ms for notice in plan.notices), default=0) // 1000),
        usual_priority=plan.usual_priority,
        recording=settings.recording.enabled,
        sounds=str(sounds_folder()),
        silence=str(layout.made_for_asterisk / "silence"),
        places=str(layout.made_for_asterisk / "places"),
        voicemail_limit_s=settings.queue.voicemail_limit_s,
        voicemail_shortest_s=settings.queue.voicemail_shortest_s,
        call_back=settings.queue.call_back,
        agi_host="127.0.0.1",
        agi_port=settings.agi.port,
        ami_host="127.0.0.1",
        ami_port=settings.ami.port,
        ami_secret=secrets.ami,
        clock_offset=clock_offset_s,
    )


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
                    return _Installation(modules, _data_folder(root))
    raise ProgramMissing(f"no Asterisk modules under {SETUP_FOLDER} or /usr/lib; remedy: make setup")


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() or link.exists():
        link.unlink()
    link.symlink_to(target)


def _data_folder(root: Path) -> Path:
    """Find the shared data: where Debian has it, else where a build from source puts it."""
    built = root / "var" / "lib" / "asterisk"
    return built if (built / "documentation").is_dir() else root / "usr" / "share" / "asterisk"
