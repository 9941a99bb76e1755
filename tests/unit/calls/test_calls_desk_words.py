"""What an agent writes down reaches the journal as it was written; nothing of it means anything to the dialplan."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.ami_messages import encode_action
from callrouter.calls.desk_protocol import BadWordError
from callrouter.calls.desk_words import HANDLER, LONGEST_NOTE, Word, enforcement, note, refusal, ticket
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Refused, RefusedTarget

AT = datetime(2026, 11, 23, 9, 30, 1, 250_000, tzinfo=UTC)
_PUSHED = re.compile(r"desk-word,(?:s|refused),1\(([A-Za-z0-9_.~%&=-]+)\)")


def rows(word: Word) -> list[dict[str, str]]:
    """What the journal will say, in order; every value a handler that means nothing else to the dialplan."""
    found = [_PUSHED.fullmatch(value) for name, value in word.variables if name == HANDLER]
    assert None not in found
    return [{key: values[0] for key, values in parse_qs(each[1]).items()} for each in found if each]


def test_a_note_says_who_wrote_it_and_when() -> None:
    (row,) = rows(note("来电人要求回访", "1001", AT, "n1"))
    assert row == {
        "id": "n1",
        "kind": "note",
        "by": "1001",
        "at": f"{AT.timestamp():.6f}",
        "part": "1",
        "of": "1",
        "text": "来电人要求回访",
    }
    assert row["at"].endswith(".250000")


def test_a_refusal_says_of_whom_it_was_and_why() -> None:
    refused = Refused(RefusedTarget.CLOSED, "已下班 / closed", target="tax-sichuan")
    (row,) = rows(refusal(refused, TransferKind.PLAIN, "1001", AT, "x"))
    assert row == {
        "id": "r-x",
        "state": "refused",
        "kind": "plain",
        "target": "tax-sichuan",
        "by": "1001",
        "why": "closed",
        "at": f"{AT.timestamp():.6f}",
    }


@given(st.text(min_size=1, max_size=LONGEST_NOTE).filter(lambda text: text.isprintable() and text.strip()))
def test_any_note_comes_out_whole_and_every_row_fits_the_link(text: str) -> None:
    word = note(text, "1001", AT, "n1")
    parts = rows(word)
    assert "".join(part["text"] for part in parts) == " ".join(text.split())
    assert [part["part"] for part in parts] == [str(number) for number in range(1, len(parts) + 1)]
    assert {part["of"] for part in parts} == {str(len(parts))}
    for name, value in word.variables:
        encode_action("Setvar", "x-1", {"Variable": name, "Value": value})


def test_the_longest_note_of_the_rarest_signs_fits_too() -> None:
    word = note("𠮷" * LONGEST_NOTE, "a" * 31, AT, "i" * 64)
    assert len(word.variables) > 1
    for name, value in word.variables:
        encode_action("Setvar", "x-1", {"Variable": name, "Value": value})


@pytest.mark.parametrize(
    "text", ["${SHELL(id)}", "x)&state=forged", 'a,b|c^d"e', "a\r\nAction: Hangup", "\x1b[2J"]
)
def test_no_text_means_anything_on_its_way(text: str) -> None:
    (row,) = rows(note(text, "1001", AT, "n1"))
    assert row.keys() == {"id", "kind", "by", "at", "part", "of", "text"}
    assert not re.search("[\r\n\x1b]", row["text"])


@pytest.mark.parametrize("text", ["", " \n", "x" * (LONGEST_NOTE + 1)])
def test_an_empty_note_or_one_that_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadWordError) as refused:
        note(text, "1001", AT, "n1")
    assert refused.value.what == "note"


@pytest.mark.parametrize("word_id", ["", "a b", "x" * 65, "a&b", "1)"])
def test_an_id_of_other_signs_is_refused(word_id: str) -> None:
    with pytest.raises(BadWordError) as refused:
        note("x", "1001", AT, word_id)
    assert refused.value.what == "word_id"


def test_a_tickets_last_four_digits_are_what_a_target_hears() -> None:
    word = ticket("GD-20261123-0042", "1001", AT, None)
    assert dict(word.variables)["CR_TICKET_TAIL"] == "0042"
    assert dict(word.variables)["CR_TICKET"] == "GD-20261123-0042"
    (row,) = rows(word)
    assert (row["kind"], row["number"], row["id"]) == (
        "ticket",
        "GD-20261123-0042",
        "ticket-GD-20261123-0042",
    )


def test_a_ticket_without_four_digits_has_no_tail() -> None:
    assert dict(ticket("GD-7", "1001", AT, None).variables)["CR_TICKET_TAIL"] == ""


@pytest.mark.parametrize("number", ["", "1 2", "x" * 41, "工单1", "1,2"])
def test_a_ticket_of_other_signs_is_refused(number: str) -> None:
    with pytest.raises(BadWordError):
        ticket(number, "1001", AT, None)


def test_the_mark_spares_the_caller_the_survey_and_is_one_word_however_often() -> None:
    first, second = enforcement("1001", AT, None), enforcement("1001", AT, None)
    assert first.variables[0] == ("CR_NO_SURVEY", "1")
    assert rows(first)[0]["id"] == rows(second)[0]["id"] == "enforcement"
