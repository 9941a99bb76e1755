"""Which e-mail address is told when a message was left in a queue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import Address
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_parts import Queue
from callrouter.vocabulary.plan import Plan
from tests.unit.decide.a_plan import NOW


@pytest.fixture(scope="module")
def yunnan() -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / "yunnan")


@pytest.fixture
def sounds(tmp_path: Path, yunnan: Plan) -> Path:
    for platform in yunnan.platforms:
        (tmp_path / f"h04-{platform}-yunnan.alaw").write_bytes(bytes(8000))
    return tmp_path


def told(plan: Plan, sounds: Path, settings: Settings | None = None) -> dict[str, str]:
    addresses = of_the_plan(settings or Settings(), plan, sounds=sounds, at=NOW).addresses
    assert all(isinstance(one, Address) for one in addresses)
    return {one.queue: one.key for one in addresses}


def test_each_queue_tells_the_address_of_its_platform(yunnan: Plan, sounds: Path) -> None:
    found = told(yunnan, sounds)
    assert (found["hotline"], found["province"]) == ("h04-kunming-yunnan", "h04-yunnan-yunnan")
    assert found["yuxi"] == "h04-yuxi-yunnan"
    assert found.keys() == yunnan.queues.keys()


def test_the_general_queue_of_the_settings_tells_that_of_the_home_platform(
    yunnan: Plan, sounds: Path
) -> None:
    assert told(yunnan, sounds, Settings(queue=Queue(general="town")))["town"] == "h04-kunming-yunnan"


def test_a_platform_without_an_address_tells_none(yunnan: Plan, sounds: Path) -> None:
    silent = {
        name: replace(platform, email=None if name == "yuxi" else platform.email)
        for name, platform in yunnan.platforms.items()
    }
    assert yunnan.queues.keys() - told(replace(yunnan, platforms=silent), sounds).keys() == {"yuxi"}


def test_what_has_no_sound_is_not_told(yunnan: Plan, sounds: Path) -> None:
    (sounds / "h04-yuxi-yunnan.alaw").unlink()
    assert yunnan.queues.keys() - told(yunnan, sounds).keys() == {"yuxi"}
