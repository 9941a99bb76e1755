"""The double of Asterisk's side: the same lines in the same order as a real Asterisk sent."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from callrouter.asterisk_link.agi_double import ACCEPTED, environment
from callrouter.asterisk_link.agi_expected import ASTERISKS_LINES
from callrouter.asterisk_link.arrival import FACTS

TRANSCRIPTS = Path(__file__).parents[2] / "wire" / "transcripts"


def sent_by_asterisk(name: str) -> bytes:
    lines = (TRANSCRIPTS / f"{name}.txt").read_text("ascii").splitlines()
    return b"".join(ast.literal_eval(line[2:]) for line in lines if line.startswith("<"))


def names(octets: bytes) -> list[str]:
    head = octets.partition(b"\n\n")[0].decode("latin-1")
    return [line.partition(": ")[0] for line in head.split("\n")]


@pytest.mark.parametrize("transcript", ["agi_answered", "agi_hung_up", "agi_other_replies"])
def test_the_doubles_lines_are_those_of_a_real_asterisk_in_its_order(transcript: str) -> None:
    real = names(sent_by_asterisk(transcript))
    own = [name for name in real if not name.startswith("agi_arg_")]
    assert tuple(own) == ASTERISKS_LINES
    assert real[len(own) :] == [f"agi_arg_{place}" for place in range(1, len(real) - len(own) + 1)]
    assert names(environment())[: len(own)] == own


def test_the_double_brings_the_facts_of_the_dialplan_in_its_order() -> None:
    arguments = environment().split(b"agi_arg_")[1:]
    assert tuple(one.partition(b": ")[2].partition(b"=")[0].decode() for one in arguments) == FACTS


def test_the_doubles_reply_is_that_of_a_real_asterisk() -> None:
    assert sent_by_asterisk("agi_answered").endswith(b"\n\n" + ACCEPTED)
