"""The prompts that ship with the project: complete, right, and what today's catalogue would make."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from callrouter.prompts.build import build
from callrouter.prompts.catalogue import CatalogueEntry, load_catalogue
from callrouter.prompts.check import check
from callrouter.prompts.files import read_master
from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    FILE_NAME,
    Rendering,
    WantedPrompt,
    load_renderings,
    manifest_text,
    master_path,
)
from callrouter.prompts.text import spoken_digits, spoken_numbers
from callrouter.prompts.unpack import unpack

FOLDER = Path(__file__).parents[3] / "ivr_prompts"
MANIFEST = load_renderings(FOLDER)
CATALOGUE = load_catalogue(FOLDER)
SPOKEN = [rendering for rendering in MANIFEST.values() if rendering.key not in ALWAYS_WANTED]
MERGED = [
    *("12396", "12300", "12349", "12336", "12312", "12301", "12356"),
    *("96119", "12330", "12331", "12358", "12365", "12322"),
]
SEATS = [
    *("business-environment-hainan", "expert-12320-hainan", "expert-12329-hainan", "minors-hainan"),
    *(f"expert-{line}-inner-mongolia" for line in ("12316", "12320", "12329", "12333", "12348", "12385")),
    *("expert-12333-sichuan", "expert-12348-sichuan"),
]
"""Expert and dedicated queues of the shipped plans."""
DUAL = [
    *("12348", "12333", "12369", "12319", "12329", "12328", "12316"),
    *("12318", "12320", "12350", "12315", "12393", "12317", "12385"),
]
BRANCH = ["12360", "12366", "12313", "12367", "12305"]


def as_wanted() -> list[WantedPrompt]:
    return [WantedPrompt(made.key, made.prompt_id, made.spoken) for made in SPOKEN]


def test_every_prompt_that_sichuan_needs_is_shipped() -> None:
    needed = {f"{prompt}-{number}-sichuan" for prompt in ("t01", "x01") for number in MERGED}
    needed |= {f"g02-{number}-sichuan" for number in DUAL} | {f"g05-{number}-sichuan" for number in BRANCH}
    needed |= {f"m05-{number}-sichuan" for number in ("110", "119", "120", "122")}
    needed |= {"g01-sichuan", "g04", "x03", "f01", "m06", "n02", "h02", "h03", *ALWAYS_WANTED}

    assert needed <= MANIFEST.keys()


def test_every_prompt_of_queues_seats_voicemail_recording_and_survey_is_shipped() -> None:
    needed = {f"{prompt}-{seats}" for prompt in ("e01", "e02") for seats in SEATS}
    needed |= {f"q03-{ahead}" for ahead in range(1, 51)} | {f"q06-{minutes}" for minutes in range(1, 31)}
    needed |= {"q01", "q02", "q04", "q05", "q07", "q08", "q09", "o01", "m06", "k01", "k02", "k03", "k04"}
    needed |= {
        "n03",
        "h03",
        "h05",
        "h04-kunming-yunnan",
        "h04-xishuangbanna-yunnan",
        "g04",
        "g06",
        "z01",
        "z02",
    }
    needed |= {
        "i01",
        "i02",
        "v01",
        "v02",
        "v03",
        "a01",
        "a02",
        "a03",
        "a04",
        "a05",
        "r01",
        "r02",
        "listening",
    }

    assert needed <= MANIFEST.keys()


def test_every_prompt_of_transfers_emergencies_and_the_agents_codes_is_shipped() -> None:
    three_way = ("customs-sichuan", "immigration-sichuan", "post-sichuan", "tax-sichuan", "tobacco-sichuan")
    plain = ("customs-hohhot", "customs-manzhouli", "immigration", "post", "tax", "tobacco")
    needed = {f"{stage}-{center}" for stage in ("b01", "b03", "b05") for center in three_way}
    needed |= {f"{stage}-{center}-inner-mongolia" for stage in ("b02", "b03") for center in plain}
    needed |= {f"b05-{seats}" for seats in SEATS}
    needed |= {f"{stage}-chongqing-sichuan" for stage in ("s01", "b03", "b05")}
    needed |= {"u01-water-sichuan", "b03-water-sichuan", "b04-12315", "b04-03558000001", "b04-96128"}
    needed |= {"b11", "b12", "b13", "b15", "b16", "w01", "w02", "w03"}
    needed |= {f"w04-{number:02}" for number in range(100)}
    needed |= {
        "n01-litigation-sichuan",
        "n01-military-changzhi",
        "n04",
        "p01-12366-yunnan",
        "p02",
        "p03-gas-yunnan",
    }
    needed |= {"m04", *(f"w05-{digit}" for digit in range(10))}
    needed |= {f"m0{which}-{number}" for which in (1, 2, 3) for number in ("110", "119", "120", "122")}
    needed |= {f"c{number:02}" for number in {*range(2, 43)} - {18, 19, 33}}

    assert needed <= MANIFEST.keys()


@pytest.mark.parametrize("made", SPOKEN, ids=lambda made: made.key)
def test_c47_nobody_listens_for_more_than_eight_seconds_before_a_person(made: Rendering) -> None:
    # Told apart: a change of number (T, X), what a message needs (H01, N02, K04), and what is heard after the person
    # or by choice (V01, H04). G03 speaks an office's full name, F01 and M06 the emergency numbers.
    # B01 is heard while the target is called, B03 M01 and N01 by whoever has talked with a person already.
    if re.match("[tx]0|h01|n02|k04|v01|h04|g03|f01|m01|m06|b01|b03|n01", made.key) is None:
        assert made.duration_ms <= 8000
    assert made.duration_ms <= 1000 * CATALOGUE.entry(made.prompt_id).longest_seconds


def test_the_shipped_folder_passes_its_own_check() -> None:
    assert check(as_wanted(), FOLDER) == []


def test_the_manifest_is_sorted_one_line_a_key() -> None:
    assert (FOLDER / FILE_NAME).read_text("utf-8") == manifest_text(MANIFEST.values())


def test_a_build_would_make_nothing_new(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "ivr_prompts")

    built = build(as_wanted(), tmp_path / "ivr_prompts", tmp_path / "no voice needed", pytest.fail)

    assert built.rendered == ()
    assert built.findings == ()


def pattern_of(entry: CatalogueEntry) -> re.Pattern[str]:
    pieces = re.split(r"\{[a-z_]+\}", entry.text)
    return re.compile("[\u4e00-\u9fff，]+".join(re.escape(spoken_numbers(piece)) for piece in pieces))


@pytest.mark.parametrize("made", SPOKEN, ids=lambda made: made.key)
def test_what_is_said_is_the_catalogues_text_for_that_number(made: Rendering) -> None:
    entry = CATALOGUE.entry(made.prompt_id)
    prompt, _, owner = made.key.partition("-")
    number = re.match(r"[0-9]*", owner)

    assert made.prompt_id == prompt.upper()
    assert pattern_of(entry).fullmatch(made.spoken)
    if {"old_no", "emg_no"} & set(entry.variables):
        assert number
        assert number[0]
        assert spoken_digits(number[0]) in made.spoken


def test_the_transition_is_said_to_end_on_the_last_day_of_september() -> None:
    for number in MERGED:
        assert "原号码使用到九月三十日，十月一日起停用" in MANIFEST[f"t01-{number}-sichuan"].spoken
        assert "已于十月一日停用" in MANIFEST[f"x01-{number}-sichuan"].spoken


@pytest.mark.parametrize("made", SPOKEN, ids=lambda made: made.key)
def test_a_shipped_prompt_starts_at_once_and_fits_a_telephone_line(made: Rendering) -> None:
    sound = read_master(master_path(FOLDER, made.key)).astype(np.float64) / 32768
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / 8000)
    passed = power[(frequency >= 250) & (frequency <= 3500)].sum() / power.sum()
    first = int(np.argmax(np.abs(sound) > 0.01)) / 8000

    assert first <= 0.16  # what begins with a soft hiss (现, 下, 四) takes its time to become loud
    assert passed > 0.98
    assert made.duration_ms == round(1000 * len(sound) / 8000)


def test_the_music_joins_its_own_beginning_and_is_quieter_than_speech() -> None:
    music = read_master(master_path(FOLDER, "hold")).astype(np.float64) / 32768
    speech = read_master(master_path(FOLDER, "g01-sichuan")).astype(np.float64) / 32768

    assert abs(music[0] - music[-1]) <= np.abs(np.diff(music)).max()
    assert np.sqrt(np.mean(music**2)) < np.sqrt(np.mean(speech**2)) / 1.5


def test_the_whole_set_unpacks(tmp_path: Path) -> None:
    unpacked = unpack(FOLDER, tmp_path, lambda _line: None)

    assert set(unpacked.written) == set(MANIFEST)
    assert unpacked.findings == ()
    assert (tmp_path / "moh" / "hold.alaw").stat().st_size == 32 * 8000


def test_the_repository_stays_small() -> None:
    # The same words are one master under several keys, and version control keeps the same bytes once.
    different = {path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}

    assert sum(map(len, different)) < 19_500_000
