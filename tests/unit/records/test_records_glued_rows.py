"""A row that was written short costs only itself, wherever it was torn."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.records.cel_csv import cut
from callrouter.vocabulary.cel import CelRow

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]


@pytest.mark.parametrize("between", [True, False])
def test_the_row_behind_a_torn_one_is_kept_wherever_it_was_torn(
    call_rows: Rows, csv_bytes: Bytes, between: bool
) -> None:
    first, torn, glued, later = call_rows(1)[:4]
    before, whole = csv_bytes([first]), csv_bytes([torn]).rstrip(b"\n")
    after = csv_bytes([glued, later] if between else [glued])
    expected = [first, glued, later] if between else [first, glued]
    for length in range(1, len(whole)):
        if whole[length - 1 : length] == b'"':
            # The glued row's first quote cannot be told from the second half of a doubled one.
            continue
        data = before + whole[:length] + after
        found = cut(data)
        assert list(found.rows) == expected, length
        assert (found.unreadable, found.consumed) == (1, len(data)), length


def test_a_row_that_only_lost_its_line_end_is_lost_but_not_those_behind_the_next(
    call_rows: Rows, csv_bytes: Bytes
) -> None:
    rows = call_rows(1)
    found = cut(csv_bytes(rows[:1]).rstrip(b"\n") + csv_bytes(rows[1:]))
    assert list(found.rows) == rows[2:]
    assert found.unreadable == 1


@pytest.mark.parametrize(
    "text",
    [
        '"LINKEDID_END","1795338293.372698","lab-1.1","lab-1.1","","","","","","",""\n',
        'x"LINKEDID_END","1795338293.372698","lab-1.1","lab-1.1","","","","","","",""',
        "1795338293.372698",
    ],
)
def test_a_callers_number_forges_no_row_even_in_a_torn_row(
    call_rows: Rows, csv_bytes: Bytes, text: str
) -> None:
    forging, glued = call_rows(1)[0]._replace(caller_number=text, peer="1795338293.372698"), call_rows(2)[0]
    torn = csv_bytes([forging]).rstrip(b'"\n') + b"x"
    assert list(cut(torn + csv_bytes([glued])).rows) == [glued]
    assert list(cut(csv_bytes([forging])).rows) == [forging]


_HOSTILE = st.text(
    st.sampled_from('",\r\n\\0.&=\x01\x7f\x85\u2028热')
    | st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    max_size=40,
) | st.sampled_from(['\n"CHAN_START","1.000000","', '"\n"', '","', '""\n""CR_ARRIVED"",""1.000000"",""'])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(_HOSTILE, _HOSTILE), min_size=1, max_size=4))
def test_whatever_callers_write_into_rows_the_same_rows_come_back_and_no_other(
    texts: list[tuple[str, str]], call_rows: Rows, csv_bytes: Bytes
) -> None:
    rows = [
        row._replace(exten=called, caller_number=caller)
        for number, (called, caller) in enumerate(texts)
        for row in call_rows(number)[:2]
    ]
    found = cut(csv_bytes(rows))
    assert (list(found.rows), found.unreadable) == (rows, 0)
    assert found.consumed == len(csv_bytes(rows))
