"""What crosses between the controller and the records process: numbers and the plan's texts, or no answer at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from callrouter.records.counters import RecordCounters
from callrouter.service.figures import (
    NO_ANSWER,
    DatabaseFigures,
    NoAnswerError,
    RecordFigures,
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
