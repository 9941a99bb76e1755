"""Real calls, with other numbers: what Asterisk wrote down gives the record again, and the plan decides again.

The files beside it were made by `callrouter records export --as-scenario` and by nobody's hand.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from callrouter.calls.arrivals import Decider
from callrouter.plans.load import load_plan
from callrouter.records.fold import fold
from callrouter.service.real_call import FORMAT, as_json, decision_of, outcome_of
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.cel import cel_row
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import ClosedBy

HERE = Path(__file__).parent / "recorded_calls"
FILES = sorted(HERE.glob("*.yaml"))


@cache
def decider(plan: str) -> Decider:
    return Decider(load_plan(PROJECT_ROOT / plan), lambda _decision: None)


def scenario(file: Path) -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return value


def folded(told: dict[str, Any]) -> CallRecord:
    rows = [cel_row(fields) for fields in told["rows"]]
    queue = [
        QueueRow(at, call, queue, member, event, tuple(data))
        for at, call, queue, member, event, *data in told["queue_log"]
    ]
    record = fold(rows, told["node"], queue, closed_by=ClosedBy(told["closed_by"]))
    assert record is not None
    return record


def test_there_are_some_and_all_are_of_the_format_that_is_written() -> None:
    assert len(FILES) >= 5
    assert {scenario(file)["scenario"] for file in FILES} == {FORMAT}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_rows_give_its_record(file: Path) -> None:
    told = scenario(file)
    assert outcome_of(as_json(folded(told))) == told["record"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_plan_decides_as_it_did(file: Path) -> None:
    told = scenario(file)
    record = folded(told)
    if told["decision"] is None:
        # Nothing was decided about it, then or afterwards.
        assert record.decision is None
        return
    again = replace(record, decision=decider(told["plan"]).explain(record))
    assert decision_of(as_json(again)["decision"]) == told["decision"]
    if record.decision:
        assert decision_of(as_json(record)["decision"]) == told["decision"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_names_nobody_but_those_who_do_not_exist(file: Path) -> None:
    mobiles = re.findall(r"(?<![0-9.])1[3-9][0-9]{9}(?![0-9.])", file.read_text("utf-8"))
    assert all(mobile.startswith("1380013") for mobile in mobiles)
