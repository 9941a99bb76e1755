"""Asterisk as this installation runs it, live and in a rehearsal."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from callrouter.asterisk_link.boot_name import new_boot_name, read_boot_name
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.asterisk_link.place_in_queue import SOUND, places_told
from callrouter.layout import Layout, sounds_folder
from callrouter.local_system import asterisk as room
from callrouter.local_system.asterisk import asterisk_part, render_asterisk
from callrouter.local_system.programs import ProgramMissing
from callrouter.local_system.secrets import Secrets
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_parts import Queue, Sip
from tests.unit.decide.a_plan import NOW

MakeSettings = Callable[..., Settings]


@pytest.fixture
def exposed(settings: MakeSettings) -> Settings:
    """A live instance that faces the network and a carrier's trunk."""
    return settings(
        bind=IPv4Address("0.0.0.0"),
        sip=Sip(carrier_networks=(IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.7/32"))),
    )


def render(settings: Settings, secrets: Secrets, etc: Path, offset_s: int = 0) -> Callable[[str], str]:
    hainan = load_plan(PROJECT_ROOT / "dialplans" / "hainan")  # it overflows to another platform
    plan = of_the_plan(settings, hainan, at=NOW, rehearsal=settings.bind == IPv4Address("127.0.0.1"))
    render_asterisk(
        settings, Layout.of(settings), secrets, offset_s, etc=etc, boot_name=new_boot_name(), plan=plan
    )
    return lambda name: "\n".join(
        line
        for line in (etc / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(";")
    )


def values(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name} = (.*)$", text, re.MULTILINE)


def test_live_takes_calls_where_the_settings_say(
    set_up: Path, exposed: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    file = render(exposed, secrets, tmp_path / "etc")
    assert values(file("pjsip.conf"), "bind") == ["0.0.0.0:5060"]
    assert values(file("pjsip.conf"), "match") == ["198.51.100.0/24", "203.0.113.7/32"]


def test_a_rehearsal_of_an_exposed_instance_listens_on_loopback_only(
    set_up: Path, exposed: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    file = render(exposed.for_rehearsal(), secrets, tmp_path / "etc", offset_s=-162_000_000)
    pjsip = file("pjsip.conf")
    assert values(pjsip, "bind") == ["127.0.0.1:5160"]
    assert values(pjsip, "match") == ["127.0.0.2/32"]
    assert set(values(pjsip, "media_address")) == {"127.0.0.1"}
    assert set(values(pjsip, "bind_rtp_to_media_address")) == {"yes"}
    assert values(file("manager.conf"), "bindaddr") == ["127.0.0.1"]
    everything = "\n".join(file(conf.name) for conf in (tmp_path / "etc").iterdir())
    addresses = set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", everything))
    assert addresses <= {"127.0.0.1", "127.0.0.2", "255.255.255.255", "0.0.0.0"}
    assert re.findall(r"^.*0\.0\.0\.0.*$", everything, re.MULTILINE) == ["deny = 0.0.0.0/0.0.0.0"]
    assert values(file("extensions.conf"), "CR_CLOCK_OFFSET") == ["-162000000"]


def test_a_rehearsal_has_no_way_out(
    set_up: Path, exposed: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    file = render(exposed.for_rehearsal(), secrets, tmp_path / "etc")
    pjsip, extensions = file("pjsip.conf"), file("extensions.conf")
    dialplan = "\n".join(file(included) for included in re.findall(r'#include "(.*)"', extensions))
    assert values(pjsip, "contact") == []
    assert "type = registration" not in pjsip
    assert "context = from-nowhere" not in pjsip
    dialled = set(re.findall(r"Dial\(([^,]+)", extensions + dialplan))
    # The platform's step is there, and no step of any queue leads to it; nor has a target's or an emergency
    # service's endpoint a contact.
    assert dialled == {
        *("${CR_LAST_RESORT}", "PJSIP/1001", "PJSIP/1002", "PJSIP/1999"),
        *("PJSIP/${CUT(CR_STEP", "${CR_TARGET_DIAL}", "${CR_SOS_TRUNK}", "Local/s@emergency-courier/n"),
        "PJSIP/${CR_DIALS}@${CR_HOUSE}",
    }
    assert "Return(platform|" not in dialplan
    assert values(extensions, "CR_LAST_RESORT") == ["PJSIP/1999"]
    assert "[1999](phone)" in pjsip


def test_only_the_queue_that_has_seats_is_made(
    set_up: Path, settings: MakeSettings, secrets: Secrets, tmp_path: Path
) -> None:
    # A queue of the plan without seats must not exist: it would be empty, and the dialplan's safe queue is not.
    file = render(settings(queue=Queue(general="desk-1")), secrets, tmp_path / "etc")
    assert {"general", "desk-1"} <= set(re.findall(r"^\[(.*)\]$", file("queues.conf"), re.MULTILINE))
    assert values(file("extensions.conf"), "CR_SAFE_QUEUE") == ["desk-1"]


def test_only_the_softphone_may_play_the_caller_and_each_phone_has_its_password(
    set_up: Path, settings: MakeSettings, secrets: Secrets, tmp_path: Path
) -> None:
    pjsip = render(settings(), secrets, tmp_path / "etc")("pjsip.conf")
    sections = dict(
        re.findall(r"^\[(\w+)\]\(phone\)\n(.*?)(?=^\[\w+\]\(phone\)|\Z)", pjsip, re.MULTILINE | re.DOTALL)
    )
    assert set(sections) == set(secrets.phones)
    for name, section in sections.items():
        assert values(section, "context") == ["from-carrier" if name == "citizen" else "from-seat"]
        assert values(section, "password") == [secrets.phones[name]]


def test_its_folders_are_made_closed_and_hold_what_asterisk_does_not_make_itself(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings()
    layout = Layout.of(chosen)
    for _again in range(2):
        part = asterisk_part(chosen, layout, secrets, 0, None, plan=OfThePlan(queues=("hotline",)))
        assert part.before_start is not None
        part.before_start()
    assert layout.asterisk.stat().st_mode & 0o777 == 0o700
    assert layout.cel_csv.parent.is_dir()
    assert layout.voicemail.is_dir()
    assert (layout.asterisk_data / "sounds" / "zh_CN").readlink() == sounds_folder()
    assert part.command == [
        str(set_up / "bin" / "asterisk"), "-f", "-C", str(layout.asterisk_etc / "asterisk.conf"),
    ]  # fmt: skip
    assert part.environment["HOME"] == str(layout.asterisk)
    assert layout.asterisk_etc.stat().st_mode & 0o777 == 0o700


def test_what_is_made_for_it_is_there_when_it_starts_and_is_not_among_what_it_owns(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    installed = set_up / "debian" / "usr" / "share" / "asterisk" / "documentation"
    installed.mkdir(parents=True)
    (installed / "core-en_US.xml").write_text("<docs><info name='left-out'/></docs>", encoding="utf-8")
    chosen = settings()
    layout = Layout.of(chosen)
    part = asterisk_part(chosen, layout, secrets, 0, None, plan=OfThePlan(queues=("hotline",)))
    assert part.before_start is not None
    part.before_start()
    assert (layout.asterisk_data / "documentation" / "core-en_US.xml").is_file()
    for made in ("silence/lead.alaw", "places/zh_CN_p3w5/place.alaw", "documentation/core-en_US.xml"):
        assert (layout.made_for_asterisk / made).is_file()
    assert layout.asterisk not in layout.made_for_asterisk.parents


def test_all_music_of_an_asterisk_of_ones_own_is_there_too(
    set_up: Path, settings: MakeSettings, secrets: Secrets, tmp_path: Path
) -> None:
    entries = values(render(settings(), secrets, tmp_path / "etc")("musiconhold.conf"), "entry")
    assert entries
    # Nothing has been started here.
    missing = {entry for entry in entries if not Path(f"{entry}.alaw").exists()}
    places = str(Layout.of(settings()).made_for_asterisk / "places" / SOUND)
    assert missing == {places}
    assert all((Path(places).parent / told.language / f"{SOUND}.alaw").exists() for told in places_told())


def test_every_start_has_a_boot_name_of_its_own_which_the_controller_can_read(
    set_up: Path, settings: MakeSettings, secrets: Secrets
) -> None:
    chosen = settings()
    layout = Layout.of(chosen)
    prepare = asterisk_part(
        chosen, layout, secrets, 0, None, plan=OfThePlan(queues=("hotline",))
    ).before_start
    assert prepare is not None
    names = set()
    for _start in range(2):
        prepare()
        boot_name = read_boot_name(layout.boot_name)
        assert layout.boot_name.stat().st_mode & 0o777 == 0o600
        assert values((layout.asterisk_etc / "asterisk.conf").read_text("utf-8"), "systemname") == [boot_name]
        names.add(boot_name)
    assert len(names) == 2


def test_an_asterisk_that_is_not_there_is_told_with_the_remedy(
    settings: MakeSettings, secrets: Secrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SETUP_FOLDER", tmp_path)
    if [*Path("/usr/lib").glob("asterisk/modules"), *Path("/usr/lib").glob("*/asterisk/modules")]:
        pytest.skip("this machine has an Asterisk of its own")
    with pytest.raises(ProgramMissing, match="remedy: make setup"):
        render(settings(), secrets, tmp_path / "etc")
