"""The fast way of cutting the journal gives what the close one gives, whatever was done to the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callrouter.records import cel_csv
from callrouter.records.cel_csv import _cut_closely, _rows_of_whole_lines, cut
from callrouter.vocabulary.cel import CelRow

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]

_ROOT = Path(__file__).parents[3]
_SAMPLE = (_ROOT / "benchmarks" / "sample_call.csv").read_bytes()
_LINES = _SAMPLE.splitlines(keepends=True)
_SHORT = b"".join(_LINES[:2] + _LINES[8:10] + _LINES[15:16])
_ROW = b'"A","1.000000","b-1.1","b-1.1","","","","","","","%s"\n'
_HOSTILE = (
    *(
        b"",
        b"\0",
        b"\xff",
        b"\xe7\x83\xad",
        b'"',
        b'""',
        b'"""',
        b'""""',
        b"\n",
        b"\r",
        b"\r\n",
        b",",
        b'","',
    ),
    *(b'"",""', b'"\n"', b'""\n""', b'\n"', b'"\n', b'"A","1.000000","', b'\n"A","1.000000","', b"\xc2\x85"),
    *(
        b'""A"",""1.000000"",""',
        _ROW % b"",
        _ROW % b'{""a"":""b"",""c"":""""}',
        _ROW[:-1] % b"x",
        b"A,1.000000,",
    ),
    *(
        b'"","1.000000","b-1.1","b-1.1","","","","","","",""\n',
        b'"A","1.000000","","b-1.1","","","","","","",""\n',
    ),
    *(
        b'"A","1.000000","b-1.1","","","","","","","",""\n',
        b'"A","1.000000",b-1.1,"b-1.1","","","","","","",""\n',
    ),
    *(b'"A","1.0000000","b","b","","","","","","",""\n', b'"A","1.000000","b","b","","","","","","","",""\n'),
)
_CORPUS = tuple(path.read_bytes() for path in sorted((_ROOT / "tests" / "fuzz" / "corpus").glob("*/*")))
_WRITTEN = st.sampled_from([_SHORT, _LINES[0], _ROW % b"", _ROW % b'{""a"":""""}', b""]).flatmap(
    lambda first: st.lists(st.sampled_from(_LINES), max_size=3).map(lambda lines: first + b"".join(lines))
)
_DAMAGE = st.tuples(
    st.integers(0, 2000), st.integers(0, 40), st.sampled_from(_HOSTILE + _CORPUS) | st.binary(max_size=6)
)


def hurt(data: bytes, damage: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Put bytes in the place of others."""
    for place, length, instead in damage:
        begin = place % (len(data) + 1)
        data = data[:begin] + instead + data[begin + length :]
    return data


def test_a_whole_call_is_read_the_fast_way() -> None:
    rows = _rows_of_whole_lines(_SAMPLE)
    assert rows is not None
    assert tuple(rows) == cut(_SAMPLE).rows == _cut_closely(_SAMPLE).rows
    assert len(rows) == 22
    assert rows[11].extra.startswith('{"bridge_id":"8c79')


def test_a_whole_call_is_not_cut_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> None:
        raise AssertionError

    monkeypatch.setattr(cel_csv, "_cut_closely", refuse)
    assert len(cut(_SAMPLE).rows) == 22


@pytest.mark.parametrize("behind", [b"", _ROW.replace(b'""', b'"y"') % b"y", _LINES[1]])
def test_a_line_whose_end_is_not_quoted_is_no_row_in_either_way(behind: bytes) -> None:
    data = _LINES[0] + (_ROW % b"ab").replace(b'ab"', b'ab"c') + behind
    assert cut(data) == _cut_closely(data)
    assert cut(data).rows[0].event == "CHAN_START"
    assert "A" not in [row.event for row in cut(data).rows if row.extra != "y"]


@settings(max_examples=400)
@given(data=_WRITTEN, damage=st.lists(_DAMAGE, max_size=4))
def test_both_ways_cut_the_same_out_of_any_damage(data: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    hurt_data = hurt(data, damage)
    assert cut(hurt_data) == _cut_closely(hurt_data)


@settings(max_examples=200)
@given(
    values=st.lists(st.sampled_from(_HOSTILE), min_size=8, max_size=8),
    raw=st.booleans(),
    end=st.integers(0, 9),
)
@example(values=[b"x", b"", b"", b"", b"", b"", b"", b'"",""'], raw=True, end=0)
def test_both_ways_cut_the_same_out_of_any_fields(values: list[bytes], raw: bool, end: int) -> None:
    fields = [value if raw else value.replace(b'"', b'""') for value in values]
    row = b'"A","1.000000","b-1.1",' + b",".join(b'"%s"' % field for field in fields) + b"\n"
    data = _LINES[0] + row + _LINES[1] + row
    data = data[: len(data) - end]
    assert cut(data) == _cut_closely(data)


@pytest.mark.parametrize("value", _HOSTILE)
@pytest.mark.parametrize("place", [2, 5, 10])
def test_both_ways_read_the_same_out_of_one_strange_field(value: bytes, place: int) -> None:
    for text in (value, value.replace(b'"', b'""')):
        fields = [b"A", b"1.000000", *[b"b-1.1"] * 9]
        fields[place] = text
        data = b",".join(b'"%s"' % field for field in fields) + b"\n" + _LINES[0]
        assert cut(data) == _cut_closely(data)


@pytest.mark.parametrize("between", _HOSTILE)
def test_both_ways_cut_the_same_wherever_the_writing_stopped(between: bytes) -> None:
    data = _LINES[8] + between + _LINES[9][:90] + between + _LINES[19]
    for length in range(len(data) + 1):
        assert cut(data[:length]) == _cut_closely(data[:length]), length


@pytest.mark.parametrize("between", [b"", b"\n"])
def test_both_ways_cut_the_same_wherever_a_row_was_torn(between: bytes) -> None:
    for length in range(len(_LINES[10])):
        data = _LINES[0] + _LINES[10][:length] + between + _LINES[11] + _LINES[12]
        assert cut(data) == _cut_closely(data), length


def test_both_ways_refuse_a_field_longer_than_the_csv_module_takes() -> None:
    data = _LINES[0] + _ROW % (b"x" * 140_000) + _LINES[1]
    assert cut(data) == _cut_closely(data)
    assert (len(cut(data).rows), cut(data).unreadable) == (2, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.text(st.sampled_from('",{}:\\x0热'), max_size=30))
def test_a_row_whose_last_field_holds_quotes_is_still_read_the_fast_way(
    extra: str, call_rows: Rows, csv_bytes: Bytes
) -> None:
    rows = [call_rows(1)[0]._replace(extra=extra), call_rows(2)[0]]
    assert _rows_of_whole_lines(csv_bytes(rows)) == rows


@pytest.mark.parametrize("tail", [b'"CHAN', b"x", b'"CHAN_START","1795341115.963890"'])
def test_the_last_row_waits_while_what_follows_may_belong_to_it(tail: bytes) -> None:
    found = cut(_LINES[0] + _LINES[1] + tail)
    assert (len(found.rows), found.consumed) == (1, len(_LINES[0]))


def test_the_last_row_does_not_wait_when_the_next_has_begun() -> None:
    found = cut(_LINES[0] + _LINES[1] + _LINES[2][:60])
    assert (len(found.rows), found.consumed) == (2, len(_LINES[0]) + len(_LINES[1]))
