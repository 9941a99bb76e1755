"""What an agent wrote down of a call, and which supervisor took part in it."""

from __future__ import annotations

import json
from itertools import permutations
from urllib.parse import unquote

import pytest

from callrouter.calls.desk_words import Word, enforcement, note, ticket
from callrouter.records.fold import fold
from callrouter.service.masking import HIDDEN, masked_record, masked_rows
from callrouter.service.real_call import as_json
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record_parts import Enforcement, Guided, Note, Supervision, Survey, Ticket
from callrouter.vocabulary.record_words import Anomaly, LegRole, SupervisionKind
from tests.unit.records.test_records_fold import at, folded, normal, row, user


def written(word: Word, seconds: float = 68.3) -> list[CelRow]:
    """The rows of a word, as the dialplan writes down what was pushed."""
    return [
        row(seconds, "CR_DESK", {"extra": value[len("desk-word,s,1(") : -1]})
        for name, value in word.variables
        if name.startswith("CHANNEL(")
    ]


def with_rows(*rows: CelRow) -> list[CelRow]:
    return [*normal(), *rows]


def test_a_note_is_there_with_who_wrote_it_and_when() -> None:
    record = folded(with_rows(*written(note("来电人 & 邻居=同一人，100%", "1001", at(30), "n-1"))))
    assert record.notes == (Note(at(30), "1001", "来电人 & 邻居=同一人，100%"),)
    assert record.anomalies == ()


def test_a_long_note_is_one_in_whatever_order_its_parts_come() -> None:
    text = "诉" * 500
    parts = written(note(text, "1001", at(30), "n-1"))
    assert len(parts) > 2
    for order in permutations(parts[:3]):
        assert folded(with_rows(*order, *parts[3:], *parts)).notes == (Note(at(30), "1001", text),)


def test_a_note_of_which_a_part_is_missing_is_odd_and_kept() -> None:
    parts = written(note("诉" * 500, "1001", at(30), "n-1"))
    record = folded(with_rows(*parts[1:]))
    assert 0 < len(record.notes[0].text) < 500
    assert record.anomalies == (Anomaly.NOTE_INCOMPLETE,)


def test_it_is_told_of_what_the_caller_was_guided_and_by_whom() -> None:
    rows = [
        user(61, "CR_DESK", id="g2", kind="guidance", by="1001", at="1795400061.000000", about="12366"),
        user(60, "CR_DESK", id="g1", kind="guidance", by="1001", at="1795400060.000000", about="litigation"),
        user(62, "CR_DESK", id="g3", kind="guidance", by="1001", at="1795400062.000000"),
    ]
    record = folded(with_rows(*rows))
    assert [(one.about, one.by) for one in record.guided] == [("litigation", "1001"), ("12366", "1001")]
    assert isinstance(record.guided[0], Guided)
    assert record.anomalies == (Anomaly.UNREADABLE_FACT,)


def test_nobody_writes_a_note_that_is_longer_than_a_desk_may_send() -> None:
    rows = [
        user(
            68,
            "CR_DESK",
            id="n",
            kind="note",
            by="1001",
            at="1.000000",
            part=str(part),
            of="3",
            text="x" * 400,
        )
        for part in (1, 2, 3)
    ]
    assert len(folded(with_rows(*rows)).notes[0].text) == 500


def test_words_are_in_the_order_in_which_they_were_said() -> None:
    rows = [
        *written(note("second", "1002", at(40), "n-2")),
        *written(ticket("SC-20261123-0007", "1001", at(35), None)),
        *written(note("first", "1001", at(30), "n-1")),
        *written(ticket("SC-1", "1001", at(25), None)),
    ]
    record = folded(with_rows(*rows))
    assert [one.text for one in record.notes] == ["first", "second"]
    assert record.tickets == (Ticket(at(25), "1001", "SC-1"), Ticket(at(35), "1001", "SC-20261123-0007"))


def test_a_marked_call_was_asked_for_no_rating_and_that_is_no_agents_favour() -> None:
    waived = user(68.2, "CR_SURVEY", state="waived")
    marked = folded(with_rows(waived, *written(enforcement("1001", at(20), None))))
    assert (marked.enforcement, marked.survey) == (Enforcement(at(20), "1001"), None)
    assert folded(with_rows(waived)).survey == Survey(at(68.2), None, waived=True)


def test_a_grade_that_was_given_before_the_mark_stays() -> None:
    rows = [user(68.1, "CR_SURVEY", state="offered"), user(68.2, "CR_SURVEY", state="finished", grade="3")]
    record = folded(with_rows(*rows, *written(enforcement("1001", at(68.25), None))))
    assert record.survey == Survey(at(68.1), 3)


@pytest.mark.parametrize(
    "facts",
    [
        {"id": "x", "kind": "poem", "text": "y"},
        {"kind": "note", "text": "y"},
        {"id": "x", "kind": "ticket", "at": "1.000000"},
        {"id": "x", "kind": "note", "at": "1.000000", "part": "one", "of": "1", "text": "y"},
        {"id": "x", "kind": "enforcement", "at": "yesterday"},
    ],
)
def test_what_is_not_spelled_as_agreed_is_odd_and_harms_nothing(facts: dict[str, str]) -> None:
    record = folded(with_rows(user(68, "CR_DESK", **facts)))
    assert Anomaly.UNREADABLE_FACT in record.anomalies
    assert record.talk_ms == 59_999


def test_a_note_is_shown_to_nobody_who_may_not_see_numbers() -> None:
    rows = with_rows(*written(note("13912345678 is Li's", "1001", at(30), "n-1")))
    record = fold(rows, "n")
    assert record is not None
    shown = masked_record(as_json(record))
    assert shown["notes"] == [{"at": as_json(record)["notes"][0]["at"], "by": "1001", "text": HIDDEN}]
    assert "Li" not in json.dumps(shown)
    assert "Li" not in unquote(json.dumps(masked_rows(rows)))


def supervision(seconds: float, state: str, **facts: str) -> CelRow:
    """As it stands in the call's journal: written down when the caller's channel ends."""
    said = {"id": "lab-9.1", "call": "lab-1.1", "seat": "1001", "supervisor": "1900", "kind": "listen"}
    said |= {"state": state, "at": f"{at(seconds).timestamp():.6f}"}
    return user(68.3, "CR_SUPERVISION", **(said | facts))


def test_a_supervisor_who_listened_is_told_in_whatever_order_it_was_written() -> None:
    rows = [supervision(30, "began"), supervision(40, "ended")]
    for order in (rows, rows[::-1], rows * 2):
        record = folded(with_rows(*order))
        assert record.supervisions == (Supervision("1900", "1001", SupervisionKind.LISTEN, at(30), at(40)),)
        assert record.anomalies == ()


def test_each_time_that_a_supervisor_takes_part_is_told() -> None:
    rows = [
        supervision(35, "began", kind="join", id="lab-9.3"),
        supervision(35, "ended"),
        supervision(30, "began"),
    ]
    record = folded(
        with_rows(*rows, supervision(31, "began", kind="whisper", supervisor="1901", id="lab-9.2"))
    )
    assert [(one.supervisor, one.kind, one.ended_at) for one in record.supervisions] == [
        ("1900", SupervisionKind.LISTEN, at(35)),
        ("1901", SupervisionKind.WHISPER, None),
        ("1900", SupervisionKind.JOIN, None),
    ]


@pytest.mark.parametrize(
    ("row_", "kept", "anomaly"),
    [
        (supervision(30, "ended"), 1, Anomaly.SUPERVISION_UNPAIRED),
        (supervision(30, "began", kind="shout"), 1, Anomaly.UNREADABLE_FACT),
        (supervision(30, "began", supervisor=""), 1, Anomaly.UNREADABLE_FACT),
        (supervision(30, "began", at="noon"), 1, Anomaly.UNREADABLE_FACT),
        (supervision(30, "paused"), 0, Anomaly.UNREADABLE_FACT),
        (supervision(30, "began", id=""), 0, Anomaly.UNREADABLE_FACT),
    ],
)
def test_a_supervision_that_is_not_spelled_as_agreed_is_odd(
    row_: CelRow, kept: int, anomaly: Anomaly
) -> None:
    record = folded(with_rows(row_))
    assert len(record.supervisions) == kept
    assert anomaly in record.anomalies


def test_an_end_before_its_beginning_tells_of_a_clock() -> None:
    record = folded(with_rows(supervision(30, "began"), supervision(20, "ended")))
    assert record.supervisions[0].ended_at == at(30)
    assert record.anomalies == (Anomaly.TIME_RAN_BACKWARDS,)


def test_a_supervisor_who_came_into_the_talk_is_no_agent() -> None:
    """In a conference his channel gets the call's linkedid, so it is among the call's rows."""
    own, channel = "lab-9.1", "PJSIP/1900-00000009"
    rows = [
        row(30, "BRIDGE_ENTER", {"bridge_id": "b1"}, who=own, channel=channel),
        row(40, "BRIDGE_EXIT", {"bridge_id": "b1"}, who=own, channel=channel),
        supervision(30, "began", kind="join"),
    ]
    record = folded(with_rows(*rows))
    assert (record.agent, record.agents) == ("1001", ("1001",))
    assert [leg.role for leg in record.legs] == [LegRole.CALLER, LegRole.AGENT, LegRole.SUPERVISOR]
