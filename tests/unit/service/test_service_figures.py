"""What crosses between the controller and the records process: numbers and the plan's texts, or no answer at all."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

import pytest

from callrouter.records.counters import RecordCounters
from callrouter.service.figures import (
    NO_ANSWER,
    DatabaseFigures,
    NoAnswerError,
    RecordFigures,
    Standing,
    Work,
    as_gauges,
    counted_by,
    merged,
    read_answer,
    write_answer,
)
from callrouter.settings import PROJECT_ROOT

HELD = DatabaseFigures(1, 2, 3.5, (("12315", "in_force", "completed", 7),))
TOLD = RecordFigures(RecordCounters(rows_collected=3, broker_connected=True), HELD)


@pytest.mark.parametrize("database", [HELD, None])
def test_an_answer_is_one_line_and_is_read_as_it_was_meant(database: DatabaseFigures | None) -> None:
    told = RecordFigures(TOLD.counters, database)
    line = write_answer(told)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert read_answer(line) == told


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"\n", NO_ANSWER, b"null", b"\xff\n"),
        write_answer(TOLD)[:-20],
        write_answer(TOLD) * 2,
        write_answer(TOLD).replace(b'"rows_collected":3', b'"rows_collected":"3"'),
        write_answer(TOLD).replace(b'"rows_collected":3', b'"rows_collected":3,"caller":1'),
        write_answer(TOLD).replace(b'"12315"', b"null"),
        write_answer(TOLD).replace(b',"database"', b',"callers":[],"database"'),
    ],
)
def test_what_is_not_exactly_an_answer_is_none_and_is_not_quoted(line: bytes) -> None:
    with pytest.raises(NoAnswerError) as refused:
        read_answer(line)
    assert "12315" not in str(refused.value)


def test_the_process_that_answers_dips_needs_neither_database_nor_broker() -> None:
    asked = (
        "import sys, callrouter.service.controller\n"
        "print(sorted({'sqlalchemy', 'alembic', 'sqlite3', 'aiomqtt'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout == "[]\n"


def test_of_several_answers_every_count_is_the_sum_and_nothing_is_lost() -> None:
    names = [counter.name for counter in fields(RecordCounters) if counter.name != "broker_connected"]

    def counted(times: int) -> RecordCounters:
        counters = RecordCounters()
        for place, name in enumerate(names):
            setattr(counters, name, place * times)
        return counters

    answers = [
        RecordFigures(counted(times), held, {work: stands})
        for times, held, work, stands in (
            (1, None, Work.COLLECT, Standing.HOLDER),
            (10, HELD, Work.PUBLISH, Standing.STANDBY),
        )
    ]
    answers[1].counters.broker_connected = True
    whole = merged(answers)
    assert whole
    assert {name: getattr(whole.counters, name) for name in names} == {
        name: place * 11 for place, name in enumerate(names)
    }
    assert whole.counters.broker_connected is True
    assert whole.database == HELD
    assert whole.standing == {Work.COLLECT: Standing.HOLDER, Work.PUBLISH: Standing.STANDBY}
    assert merged(answers[:1]) == answers[0]
    assert merged([]) is None


def test_who_counts_what_is_told_by_who_writes_it_down() -> None:
    """As the program has it: what collecting, and what publishing, adds to its counters."""
    assert counted_by("records_written") == counted_by("lag_seconds") == {Work.COLLECT}
    assert counted_by("published") == counted_by("missing_found") == {Work.PUBLISH}
    assert counted_by("database_failures") == {Work.COLLECT, Work.PUBLISH}
    published = ("delivery", "publishing", "reconcile", "on_the_way", "acknowledgements")
    by_publishing = {
        counter.name
        for counter in fields(RecordCounters)
        for room in published
        if f"ounters.{counter.name} " in (PROJECT_ROOT / "callrouter" / "records" / f"{room}.py").read_text()
    }
    told = {counter.name for counter in fields(RecordCounters) if Work.PUBLISH in counted_by(counter.name)}
    assert by_publishing == told


def test_what_is_counted_by_who_does_not_answer_is_not_told() -> None:
    collects = RecordFigures(RecordCounters(rows_collected=3, unforeseen_errors=1), HELD)
    gauges = as_gauges(collects, {Work.PUBLISH})
    assert gauges["rows_collected"] == 3
    assert {"published", "unforeseen_errors"}.isdisjoint(gauges)
    assert "collector_lag_seconds" not in as_gauges(collects, {Work.CONTROL, Work.COLLECT})
