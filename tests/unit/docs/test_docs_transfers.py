"""The pages about transfers: their table is the program's."""

from __future__ import annotations

import re

import pytest

from callrouter.decide.transfer_table import Ignored, step
from callrouter.vocabulary.transfer import IgnoredReason, TransferEffect, TransferState, TransferStimulus
from callrouter.vocabulary.transfer_words import EFFECTS, HEARD, IGNORED, STATES, STIMULI
from tests.unit.cli.running import run
from tests.unit.docs.transfer_pages import DOCS, PAGES, arrows, made, with_table


@pytest.mark.parametrize("name", PAGES)
def test_the_table_in_the_page_is_the_programs(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert page == with_table(page, PAGES[name]), "python -m tests.unit.docs.refresh_walks"


@pytest.mark.parametrize("name", PAGES)
def test_every_state_has_a_table_with_every_stimulus_once(name: str) -> None:
    tell = PAGES[name]
    sections = re.split(r"^### ", made(tell), flags=re.MULTILINE)[1:]
    assert len(sections) == len(TransferState)
    for section in sections:
        rows = re.findall(r"^\| (.+?) \| .+? \| .+? \|$", section, re.MULTILINE)[1:]
        told = [one for row in rows for one in row.split("<br>")]
        assert sorted(told) == sorted(tell(said) for said in STIMULI.values())


@pytest.mark.parametrize("name", PAGES)
def test_every_arrow_of_the_diagram_is_a_step_and_has_one_label(name: str) -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+): (.+)$", made(PAGES[name]), re.MULTILINE)
    assert {(before, after) for before, after, _ in drawn} == {
        (before.value, after.value) for before, after in arrows()
    }
    assert all(":" not in label and ";" not in label for _, _, label in drawn)
    for (before, after), stimuli in arrows().items():
        for stimulus in stimuli:
            cell = step(before, stimulus)
            assert not isinstance(cell, Ignored)
            assert cell.state is after


def test_there_is_a_word_for_everything_in_both_tongues_and_no_two_have_the_same() -> None:
    for words, of in (
        (STATES, TransferState),
        (HEARD, TransferState),
        (STIMULI, TransferStimulus),
        (EFFECTS, TransferEffect),
        (IGNORED, IgnoredReason),
    ):
        assert set(words) == set(of)
        for tongue in zip(*words.values(), strict=True):
            assert len(set(tongue)) == len(tongue)


def test_both_pages_have_the_same_sections_and_each_names_the_other() -> None:
    one, other = ((DOCS / name).read_text(encoding="utf-8") for name in PAGES)
    assert len(re.findall(r"^## ", one, re.MULTILINE)) == len(re.findall(r"^## ", other, re.MULTILINE))
    assert "(transfers.zh-CN.md)" in one
    assert "(transfers.md)" in other


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_there(name: str) -> None:
    commands = set(re.findall(r"`callrouter (transfers [a-z]+)`", (DOCS / name).read_text(encoding="utf-8")))
    assert commands == {"transfers list", "transfers targets"}
    for command in commands:
        assert run(*command.split(), "--help").code == 0
