"""Cutting a queue log: what is no row costs only itself, and nothing is taken for a row that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.vocabulary.queue_log import QueueRow

_BOOT = "abcdefghijklmnop-"
_START = b"1795341100|NONE|NONE|NONE|QUEUESTART|\n"
_ENTERED = f"1795341124|{_BOOT}1795341115.40|hotline|NONE|ENTERQUEUE||13800138000|1\n".encode()
_IN_VAIN = f"1795341139|{_BOOT}1795341115.40|hotline|PJSIP/1017|RINGNOANSWER|15000\n".encode()
_CONNECTED = (
    f"1795341140|{_BOOT}1795341115.40|hotline|PJSIP/1018|CONNECT|16|{_BOOT}1795341139.106|1\n".encode()
)
_LOG = _START + _ENTERED + _IN_VAIN + _CONNECTED


def events(data: bytes) -> list[str]:
    return [row.event for row in cut_queue_log(data).rows]


def test_the_lines_of_a_call_are_read() -> None:
    found = cut_queue_log(_LOG)
    assert (found.unreadable, found.consumed) == (0, len(_LOG))
    assert found.rows[1] == QueueRow(
        1795341124, f"{_BOOT}1795341115.40", "hotline", "NONE", "ENTERQUEUE", ("", "13800138000", "1")
    )
    assert [row.event for row in found.rows] == ["QUEUESTART", "ENTERQUEUE", "RINGNOANSWER", "CONNECT"]


def test_a_line_without_its_line_feed_waits_for_it() -> None:
    for length in range(len(_LOG) + 1):
        found = cut_queue_log(_LOG[:length])
        assert found.consumed == _LOG[:length].rfind(b"\n") + 1
        assert (len(found.rows), found.unreadable) == (_LOG[:length].count(b"\n"), 0)


@pytest.mark.parametrize(
    "garbage", [b"\n", b"|||||\n", b"x|a|b|c|d|\n", b"\xff\x00\n", b"1795341124|a|b|c|d\n"]
)
def test_what_is_no_row_costs_only_itself(garbage: bytes) -> None:
    found = cut_queue_log(_ENTERED + garbage + _CONNECTED)
    assert (len(found.rows), found.unreadable) == (2, 1)
    assert found.consumed == len(_ENTERED + garbage + _CONNECTED)


def test_a_line_longer_than_asterisk_writes_is_no_row() -> None:
    longest = (b"1795341124|a|b|c|d|" + b"x" * 9000)[:8191]
    assert len(cut_queue_log(longest + b"\n").rows) == 1
    assert cut_queue_log(longest + b"x\n").rows == ()


def test_the_line_behind_a_torn_one_is_kept_wherever_it_was_torn() -> None:
    for length in range(1, len(_IN_VAIN)):
        found = cut_queue_log(_ENTERED + _IN_VAIN[:length].rstrip(b"\n") + _CONNECTED)
        assert [row.event for row in found.rows] == ["ENTERQUEUE", "CONNECT"], length
        assert found.unreadable == 1


def test_of_several_torn_lines_in_a_row_the_whole_one_behind_them_is_kept() -> None:
    assert events(_ENTERED + _IN_VAIN[:50] + _IN_VAIN[:60] + _CONNECTED) == ["ENTERQUEUE", "CONNECT"]
    assert events(_ENTERED + _IN_VAIN[:-1] + _IN_VAIN[:-1] + _CONNECTED) == ["ENTERQUEUE", "CONNECT"]


def test_a_torn_line_takes_nothing_of_the_whole_one_behind_it() -> None:
    loud = _ENTERED + b"17" + _IN_VAIN[:45] + _CONNECTED
    assert events(loud.replace(b"hotline", b"HOTLINE")) == ["ENTERQUEUE", "CONNECT"]


def test_the_start_behind_the_line_that_a_crash_tore_is_kept() -> None:
    assert events(_IN_VAIN[:20] + _START + _ENTERED) == ["QUEUESTART", "ENTERQUEUE"]


def test_a_separator_in_a_callers_number_forges_no_row() -> None:
    forged = b"1|1795341125|zzzzzzzzzzzzzzzz-1795341115.40|hotline|PJSIP/1|CONNECT|1|x|1"
    data = _ENTERED.replace(b"13800138000", forged) + _IN_VAIN
    assert events(data) == ["RINGNOANSWER"]
    without_name = forged.replace(b"zzzzzzzzzzzzzzzz-", b"")
    assert events(_ENTERED.replace(b"13800138000", without_name)) == ["ENTERQUEUE"]


def test_a_separator_in_a_value_is_one_field_more() -> None:
    (row,) = cut_queue_log(_ENTERED.replace(b"13800138000", b"1|2")).rows
    assert row.data == ("", "1", "2", "1")


def test_bytes_that_are_no_text_are_kept_as_escapes() -> None:
    (row,) = cut_queue_log(_ENTERED.replace(b"13800138000", b"\xff\x00\\")).rows
    assert row.data[1] == "\\xff\\x00\\"


@given(pieces=st.lists(st.sampled_from([_ENTERED, _IN_VAIN, _START]) | st.binary(max_size=8), max_size=8))
def test_whatever_stands_in_the_log_each_line_is_a_row_or_counted(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = cut_queue_log(data)
    assert len(found.rows) <= data.count(b"\n") <= len(found.rows) + found.unreadable
    assert found.consumed == data.rfind(b"\n") + 1
