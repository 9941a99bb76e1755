"""Settings of delivery: what cannot work is told at the start, and a rehearsal reaches nobody real."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from callrouter.layout import Layout, database_address
from callrouter.settings import Settings
from callrouter.settings_file import SettingsError, load_settings
from callrouter.settings_parts import Managed, Mqtt, Ticketing

LIVE = Settings(
    database_url="postgresql://callrouter@db.example/callrouter",
    mqtt=Mqtt(host="broker.example", username="voice", password_file=Path("/etc/x"), tls_ca=Path("/etc/ca")),
    managed=Managed(broker=False),
    ticketing=Ticketing(
        deliver_by="webhook",
        webhook_url="https://tickets.example/calls",
        webhook_secret_file=Path("/etc/secret"),
        lines_dir=Path("/srv/lines"),
    ),
)


def test_a_rehearsal_tells_no_real_ticketing_side_whichever_way_the_live_one_does() -> None:
    rehearsal = LIVE.for_rehearsal()
    assert rehearsal.ticketing == Ticketing()
    assert rehearsal.mqtt == Mqtt(port=LIVE.mqtt.port + LIVE.rehearsal.port_shift)
    assert (rehearsal.managed.broker, rehearsal.managed.ticketing_subscriber) == (True, True)
    assert database_address(rehearsal, Layout.of(rehearsal)).startswith("sqlite:///")


def test_a_time_of_day_is_text_because_yaml_takes_it_for_a_number_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("ticketing: {reconcile_at: 10:30}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="in quotes"):
        load_settings(file)
    file.write_text('ticketing: {reconcile_at: "10:30"}\n', encoding="utf-8")
    assert load_settings(file).ticketing.reconcile_at == time(10, 30)
    file.write_text("ticketing: {reconcile_at: }\n", encoding="utf-8")
    assert load_settings(file).ticketing.reconcile_at is None


@pytest.mark.parametrize(
    ("mqtt", "said"),
    [
        (Mqtt(tls_ca=Path("/etc/ca.pem")), "managed.broker"),
        (Mqtt(password_file=Path("/etc/password")), "managed.broker"),
        (Mqtt(username="ticketing"), "take another"),
    ],
)
def test_what_the_broker_of_ours_cannot_do_is_told(mqtt: Mqtt, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(mqtt=mqtt)
    assert Settings(mqtt=mqtt, managed=Managed(broker=False)).mqtt == mqtt


@pytest.mark.parametrize("name", ["a:b", "a b", "", "a\nuser admin"])
def test_a_name_that_would_forge_a_line_of_the_brokers_files_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Mqtt(username=name)


@pytest.mark.parametrize("url", ["", "tickets.example", "http://tickets.example/calls"])
def test_a_webhook_needs_an_address_that_nobody_listens_in_on(url: str) -> None:
    with pytest.raises(ValidationError, match="webhook_url"):
        Ticketing(deliver_by="webhook", webhook_url=url)
