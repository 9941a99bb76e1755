"""Settings: read once, all faults told, a rehearsal that shares nothing with the live instance."""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from callrouter.layout import Layout
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_file import SettingsError, load_settings
from callrouter.settings_parts import Sip

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith("CALLROUTER_"):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        file = tmp_path / "callrouter.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return _write


def leaves(tree: dict[str, Any], path: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in tree.items():
        here = f"{path}.{name}".lstrip(".")
        found |= leaves(value, here) if isinstance(value, dict) else {here}
    return found


def test_the_shipped_file_states_every_setting_and_exactly_the_defaults() -> None:
    stated = yaml.safe_load((PROJECT_ROOT / "config" / "callrouter.yaml").read_text(encoding="utf-8"))
    assert leaves(stated) == leaves(Settings().model_dump())
    assert load_settings() == Settings()


def test_an_empty_file_means_the_defaults(write: Write) -> None:
    assert load_settings(write("# nothing\n")) == Settings()


def test_all_faults_are_told_at_once_each_with_its_place(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLROUTER_QUEUE__WAIT_S", "soon")
    monkeypatch.setenv("CALLROUTER_BNID", "0.0.0.0")
    file = write("sip: {port: 70000, prot: 5060}\nlog: {level: loud}\nboom: 1\nnode: Node 1\n")
    with pytest.raises(SettingsError) as raised:
        load_settings(file)
    lines = str(raised.value).splitlines()
    places = {line.strip().partition(":")[0] for line in lines[1:]}
    assert places == {"sip.port", "sip.prot", "log.level", "boom", "node", "queue.wait_s", "CALLROUTER_BNID"}
    assert "7 fault(s)" in lines[0]
    assert file.name in lines[0]


def test_a_fault_never_quotes_what_was_set(write: Write) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(write("mqtt: {port: hunter2}\n"))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("text", ["sip: [", "- a\n- b\n", "42\n", "1: 2\n", "_env_file: x\n", "\ttab: x\n"])
def test_a_file_that_is_no_settings_file_is_a_settings_error(write: Write, text: str) -> None:
    with pytest.raises(SettingsError, match=r"callrouter\.yaml"):
        load_settings(write(text))


def test_a_file_that_is_not_utf8_is_a_settings_error(tmp_path: Path) -> None:
    file = tmp_path / "callrouter.yaml"
    file.write_bytes("instance: x # 设置".encode("gb18030"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(file)


def test_a_missing_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: .*--config"):
        load_settings(tmp_path / "nowhere.yaml")


def test_the_environment_overrides_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLROUTER_SIP__PORT", "5062")
    monkeypatch.setenv("CALLROUTER_SIP__SEATS", '["2001"]')
    monkeypatch.setenv("CALLROUTER_BIND", "192.0.2.10")
    settings = load_settings(write("sip: {port: 5061, duty_phone: '2999'}\nbind: 127.0.0.3\n"))
    assert (settings.sip.port, settings.sip.seats, settings.sip.duty_phone) == (5062, ("2001",), "2999")
    assert settings.bind == IPv4Address("192.0.2.10")


def test_a_list_in_a_variable_that_is_not_json_is_a_settings_error(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLROUTER_SIP__SEATS", "1001,1002")
    with pytest.raises(SettingsError, match="JSON"):
        load_settings(write(""))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sip: {seats: ['1001', '1001']}", "names that differ"),
        ("sip: {softphone: '1999'}", "names that differ"),
        ("sip: {softphone: carrier}", "a section of pjsip.conf"),
        ("sip: {seats: [global]}", "a section of pjsip.conf"),
        ("sip: {seats: ['1001;x']}", "sip.seats"),
        ("sip: {rtp_first: 22000}", "rtp_first must be below"),
        ("queue: {general: general}", "head of its queues.conf"),
        ("agi: {port: 18080}", "agi.port and http.port share TCP port 18080"),
        ("agi: {port: 15138}", "agi.port and the rehearsal's ami.port share TCP port 15138"),
        ("http: {port: 65500}", "the rehearsal's http.port: 65600 is no port"),
        ("sip: {rtp_first: 300, rtp_last: 65001}", "the rehearsal's audio: -700 is no port"),
        ("sip: {port: 65500}", "the rehearsal's sip.port: 65600 is no port"),
        ("rehearsal: {run_dir: .local/run}", "the same folder"),
    ],
)
def test_what_could_not_work_is_refused(write: Write, text: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        load_settings(write(text))


def test_a_brokers_port_on_another_machine_is_none_of_ours(write: Write) -> None:
    assert load_settings(write("mqtt: {host: mqtt.example, port: 18180}")).mqtt.port == 18180


def udp_ports(settings: Settings) -> set[int]:
    return {settings.sip.port, *range(settings.sip.rtp_first, settings.sip.rtp_last + 1)}


def tcp_ports(settings: Settings) -> set[int]:
    return {settings.agi.port, settings.ami.port, settings.mqtt.port, settings.http.port}


@pytest.mark.parametrize(
    "text",
    ["", "sip: {rtp_first: 10000, rtp_last: 20000}", "sip: {rtp_first: 10001, rtp_last: 65535}"],
)
def test_a_rehearsal_shares_no_port_folder_topic_or_database_with_live(write: Write, text: str) -> None:
    live = load_settings(
        write(
            f"{text}\nbind: 0.0.0.0\ndatabase_url: postgresql+asyncpg://db.example/live\n"
            "asterisk: {log_dir: /var/log/asterisk, spool_dir: /var/spool/asterisk}\n"
            "managed: {asterisk: false, broker: false}\n"
        )
    )
    rehearsal = live.for_rehearsal()
    assert not udp_ports(live) & udp_ports(rehearsal)
    assert not tcp_ports(live) & tcp_ports(rehearsal)
    assert all(1 <= port <= 65535 for port in udp_ports(rehearsal) | tcp_ports(rehearsal))
    ours, theirs = Layout.of(live), Layout.of(rehearsal)
    kept = ("secrets", "clock", "logs", "asterisk", "cel_csv", "voicemail", "broker", "database", "ticketing")
    for name in kept:
        assert getattr(theirs, name).is_relative_to(theirs.root), name
        assert not getattr(theirs, name).is_relative_to(ours.root), name
    assert rehearsal.topic_prefix != live.topic_prefix
    assert rehearsal.database_url == ""
    assert rehearsal.managed.asterisk
    assert rehearsal.managed.broker


def test_a_rehearsal_stays_on_this_machine_whatever_live_does(write: Write) -> None:
    live = load_settings(
        write("bind: 0.0.0.0\nsip: {carrier_networks: [198.51.100.0/24]}\nmqtt: {host: mqtt.example}\n")
    )
    rehearsal = live.for_rehearsal()
    assert rehearsal.bind == IPv4Address("127.0.0.1")
    assert rehearsal.sip.carrier_networks == (IPv4Network("127.0.0.2/32"),)
    assert rehearsal.mqtt.host == "127.0.0.1"


def test_trunks_are_told_apart_by_their_addresses(write: Write) -> None:
    found = load_settings(
        write("sip: {trunks: {police-110: [192.0.2.110/32], chongqing: [192.0.2.31/32]}}\n")
    )
    assert found.sip.trunks["police-110"] == (IPv4Network("192.0.2.110/32"),)
    assert found.for_rehearsal().sip.trunks == {}


def test_in_a_rehearsal_a_trunks_calls_come_from_this_machine_alone(write: Write) -> None:
    found = load_settings(
        write("sip: {trunks: {police-110: [192.0.2.110/32, 127.0.0.210/32], chongqing: [192.0.2.31/32]}}\n")
    )
    assert found.for_rehearsal().sip.trunks == {"police-110": (IPv4Network("127.0.0.210/32"),)}
    ours = load_settings(
        write("sip: {carrier_networks: [192.0.2.1/32], trunks: {police-110: [127.0.0.2/32]}}\n")
    )
    assert ours.for_rehearsal().sip.trunks == {}


@pytest.mark.parametrize(
    ("trunks", "fault"),
    [
        ("{police-110: [127.0.0.0/8]}", "in common"),
        ("{police-110: [192.0.2.0/24], chongqing: [192.0.2.31/32]}", "in common"),
        ("{police-110: []}", "needs an address"),
        ("{peer-police: [192.0.2.110/32]}", "peer-"),
        ("{'1001': [192.0.2.110/32]}", "names that differ"),
        ("{carrier: [192.0.2.110/32]}", "carrier"),
        ("{Police: [192.0.2.110/32]}", "trunks"),
    ],
)
def test_trunks_that_could_be_taken_for_another_are_refused(write: Write, trunks: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        load_settings(write(f"sip: {{trunks: {trunks}}}\n"))


def test_relative_paths_hang_from_the_checkout(write: Write) -> None:
    settings = load_settings(write("run_dir: elsewhere\nasterisk: {log_dir: logs}\n"))
    layout = Layout.of(settings)
    assert layout.root == PROJECT_ROOT / "elsewhere"
    assert layout.cel_csv == PROJECT_ROOT / "logs" / "cel-custom" / "cel.csv"
    assert settings.path(Path("/var/lib/x")) == Path("/var/lib/x")


def test_supervisors_have_accounts_and_a_seat_may_be_one() -> None:
    assert Sip().supervisors == ()
    assert Sip(supervisors=("2001", "1002")).staff == ("1001", "1002", "2001")


@pytest.mark.parametrize(
    "wrong", [{"supervisors": ("1999",)}, {"supervisors": ("2001", "2001")}, {"seats": ("1001", "1001")}]
)
def test_no_account_is_two_phones(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match=r"rename one|remove one"):
        Sip.model_validate(wrong)
