"""A short call's journal, in rows and in the bytes that Asterisk writes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from callrouter.vocabulary.cel import CelRow, microseconds_of

# Fixtures that this room's tests ask for by name.
from tests.postgresql import database_url, postgresql, postgresql_url  # noqa: F401
from tests.unit.records.site import site  # noqa: F401
from tests.unit.records.stores import sqlite_stores, stores  # noqa: F401

T0 = datetime(2021, 9, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def call_rows() -> Callable[[int], list[CelRow]]:
    """The rows of the n-th call: arrived, decided, abandoned."""
    return _call_rows


@pytest.fixture
def csv_bytes() -> Callable[[Iterable[CelRow]], bytes]:
    """What Asterisk writes for rows."""
    return _csv_bytes


def _call_rows(number: int) -> list[CelRow]:
    call_id, start = f"lab-{number}.1", T0 + timedelta(seconds=number)
    arrived = '{"extra":"called=12315&caller=13800138000&clock_offset=0"}'
    decided = '{"extra":"line=12315&mode=dual&phase=in_force&treatment=connect"}'
    hung_up = '{"hangupcause":16,"hangupsource":"PJSIP/t-00000001"}'
    events = [
        *(("CHAN_START", ""), ("CR_ARRIVED", arrived), ("CR_DECIDED", decided)),
        *(("HANGUP", hung_up), ("CHAN_END", ""), ("LINKEDID_END", "")),
    ]
    return [
        CelRow(
            *(event, microseconds_of(start) + step * 1000, call_id, call_id),
            *("PJSIP/t-00000001", "from-carrier", "12315", "", "13800138000", "", extra),
        )
        for step, (event, extra) in enumerate(events)
    ]


def _csv_bytes(rows: Iterable[CelRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        seconds, micro = divmod(row.at_us, 1_000_000)
        writer.writerow(
            [
                *(row.event, f"{seconds}.{micro:06d}", row.uniqueid, row.linkedid, row.channel),
                *(row.context, row.exten, row.app, row.caller_number, row.peer, row.extra),
            ]
        )
    return text.getvalue().encode()
