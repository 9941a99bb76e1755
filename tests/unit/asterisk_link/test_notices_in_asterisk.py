"""The notice as the queue's music on hold: what the dialplan names is there, with the lengths that it counts on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import NOT_FOR_EMERGENCIES, URGENT_LANGUAGE, Notice
from callrouter.asterisk_link.place_in_queue import SOUND, places_told
from callrouter.asterisk_link.render import AsteriskConfiguration, render_configuration
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]


@pytest.fixture(scope="module")
def steps(rendered: Rendered) -> list[Step]:
    return steps_of(rendered("extensions-queue.conf"))


def classes_in(text: str) -> dict[str, list[str]]:
    """The entries of each class of music, in order."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("]")
        assert name not in found, f"{name} is there twice"
        found[name] = re.findall(r"^(?:entry|directory) = (.*)$", rest, re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def classes(rendered: Rendered) -> dict[str, list[str]]:
    return classes_in(rendered("musiconhold.conf"))


def returned(steps: list[Step], context: str, exten: str) -> str:
    """What a table of the dialplan returns for an extension: exact ones come first, then patterns, as in Asterisk."""
    rows = [(step.exten, step.args) for step in steps if step.context == context]
    exact = [args for pattern, args in rows if pattern == exten]
    matching = [args for pattern, args in rows if pattern.startswith("_") and _matches(pattern[1:], exten)]
    return (exact or matching)[0].replace("${EXTEN}", exten)


def _matches(pattern: str, exten: str) -> bool:
    regex = pattern.replace("X", "[0-9]").replace(".", ".+")
    return re.fullmatch(regex, exten) is not None


def test_a_notice_has_three_classes_and_no_more_for_all_places_and_waits(
    steps: list[Step], classes: dict[str, list[str]], configuration: AsteriskConfiguration
) -> None:
    endings = {""} | {
        step.args.partition("=")[2]
        for step in steps
        if step.context == "place-in-queue" and step.args.startswith("CR_PLACE=-")
    }
    assert endings == {"", "-p", "-o"}
    named = {f"n-{notice.name}{ending}" for notice in configuration.plan.notices for ending in endings}
    assert named == {name for name in classes if name.startswith("n-")}


def test_every_place_and_wait_that_the_dialplan_can_name_has_a_language_of_its_own(steps: list[Step]) -> None:
    (set_to,) = [step.args for step in steps if step.context == "place-in-queue" and "language" in step.args]
    assert set_to == "CHANNEL(language)=zh_CN_p${CR_PLACE}w${GOSUB_RETVAL}"
    places = {returned(steps, "step-of-place", str(ahead)) for ahead in range(200)}
    waits = {returned(steps, "step-of-wait", str(minutes)) for minutes in range(200)}
    told = [told.language for told in places_told()]
    assert sorted(told) == sorted(f"zh_CN_p{place}w{wait}" for place, wait in product(places, waits))


def test_a_language_of_a_place_is_chinese_for_every_other_sound() -> None:
    # Asterisk cuts it at the last `_` when there is no such sound; it keeps no more than 39 characters.
    for told in places_told():
        assert told.language.rpartition("_")[0] == "zh_CN"
        assert len(told.language) < 40


@pytest.mark.parametrize(
    ("ahead", "minutes", "says"),
    [
        (0, 0, ["q05", "q08"]),
        (1, 1, ["q01", "q03-1", "q06-1", "q08"]),
        (10, 4, ["q01", "q03-10", "q06-5", "q08"]),
        (11, 6, ["q01", "q06-10", "q08"]),
        (50, 30, ["q01", "q06-30", "q08"]),
        (51, 31, ["q01", "q04", "q07", "q08"]),
    ],
)
def test_a_place_is_exact_and_a_wait_never_too_short(
    steps: list[Step], classes: dict[str, list[str]], ahead: int, minutes: int, says: list[str]
) -> None:
    place, wait = (
        returned(steps, "step-of-place", str(ahead)),
        returned(steps, "step-of-wait", str(minutes)),
    )
    assert [told.keys for told in places_told() if told.language == f"zh_CN_p{place}w{wait}"] == [tuple(says)]
    assert [Path(entry).name for entry in classes["n-none-p"]] == ["lead", "g04", "tail", SOUND, "hold"]
    assert f"/srv/cr/places/{SOUND}" in classes["n-none-p"]


def test_who_finds_too_many_waiting_hears_the_offer_behind_his_notice(classes: dict[str, list[str]]) -> None:
    assert [Path(entry).name for entry in classes["n-none-o"]] == ["lead", "g04", "tail", "o01", "hold"]


def test_a_class_begins_with_its_notice_and_goes_on_with_music(classes: dict[str, list[str]]) -> None:
    assert classes["n-g01-sichuan"] == [
        "/srv/cr/silence/lead",
        "/srv/cr/sounds/g01-sichuan",
        "/srv/cr/sounds/g04",
        "/srv/cr/silence/tail",
        "/srv/cr/sounds/moh/hold",
    ]


def test_the_last_entry_is_repeated_for_ever(rendered: Rendered) -> None:
    text = rendered("musiconhold.conf")
    assert text.count("loop_last = yes") == len(re.findall(r"^\[[nt]-", text, re.MULTILINE))


def test_the_dialplan_writes_down_what_a_class_plays_and_waits_for_its_end(steps: list[Step]) -> None:
    notice = [step for step in steps if (step.context, step.exten) == ("notice", "g01-sichuan")]
    assert [step.args for step in notice] == [
        "__CR_HEARD_MS=10400",
        "CR_NOTICE,key=g01-sichuan&state=scheduled&starts_ms=200&ends_ms=4200",
        "CR_NOTICE,key=g04&state=scheduled&starts_ms=4200&ends_ms=10200",
        "n-g01-sichuan",
    ]


def test_a_seat_is_given_up_by_the_queue_only_after_its_ring_and_the_longest_notice(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    longer = replace(configuration, ring_s=40, longest_notice_s=25)
    render_configuration(PROJECT_ROOT / "asterisk", longer, tmp_path)
    (seconds,) = set(
        re.findall(r"^timeout = (\d+)$", (tmp_path / "queues.conf").read_text("utf-8"), re.MULTILINE)
    )
    assert int(seconds) > 40 + 25


def test_a_call_without_a_notice_and_without_a_recording_hears_music_at_once(
    configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    silent = replace(configuration, plan=replace(configuration.plan, notices=(Notice("none", (), 0),)))
    render_configuration(PROJECT_ROOT / "asterisk", silent, tmp_path)
    classes = classes_in((tmp_path / "musiconhold.conf").read_text("utf-8"))
    assert [Path(entry).name for entry in classes["n-none"]] == ["lead", "tail", "hold"]


def test_an_emergency_waits_in_a_language_in_which_no_queue_offers_anything(
    rendered: Rendered, configuration: AsteriskConfiguration, tmp_path: Path
) -> None:
    assert rendered("extensions-queue.conf").count(f"Set(CHANNEL(language)={URGENT_LANGUAGE})") == 1
    said: set[str] = set()
    for call_back in (True, False):
        render_configuration(PROJECT_ROOT / "asterisk", replace(configuration, call_back=call_back), tmp_path)
        rows = re.findall(r"^periodic-announce = (.*)$", (tmp_path / "queues.conf").read_text(), re.MULTILINE)
        said |= {key for row in rows for key in row.split(",")}
    assert said == set(NOT_FOR_EMERGENCIES)
