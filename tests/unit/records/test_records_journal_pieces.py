"""A piece gives back what was put in, to the last character, or is refused."""

from __future__ import annotations

import json
import zlib
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.records.cel_csv import cut
from callrouter.records.journal_pieces import PieceError, read_piece, write_piece
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow

_SAMPLE = cut((Path(__file__).parents[3] / "benchmarks" / "sample_call.csv").read_bytes()).rows
_LINE = QueueRow(1795341124, "node1-1.1", "hotline", "NONE", "ENTERQUEUE", ("", "13800138000", "1"))
_TEXT = st.text(max_size=12) | st.sampled_from(
    ["\\", "\\xff", "\\u4e2d", '\\"', "\\\\x00", "\x00\x1f\x7f", "\u2028热"]
)
_CEL = st.tuples(_TEXT, st.integers(), *([_TEXT] * 9)).map(CelRow._make)
_QUEUE = st.tuples(st.integers(), *([_TEXT] * 4), st.lists(_TEXT).map(tuple)).map(QueueRow._make)


def test_a_real_call_comes_back_and_is_small() -> None:
    piece = write_piece(_SAMPLE, [_LINE])
    assert read_piece(piece) == (_SAMPLE, (_LINE,))
    assert len(piece) < 1200


@given(cel=st.lists(_CEL, max_size=3), queue=st.lists(_QUEUE, max_size=3))
def test_any_text_comes_back_to_the_last_character(cel: list[CelRow], queue: list[QueueRow]) -> None:
    found_cel, found_queue = read_piece(write_piece(cel, queue))
    assert (found_cel, found_queue) == (tuple(cel), tuple(queue))
    assert all(isinstance(row, CelRow) for row in found_cel)
    assert all(isinstance(row, QueueRow) and isinstance(row.data, tuple) for row in found_queue)


def test_a_lone_backslash_is_not_taken_for_an_escape() -> None:
    row = _SAMPLE[0]._replace(caller_number="\\xff\\", peer="\\u4e2d", extra="\\")
    assert read_piece(write_piece([row], ()))[0] == (row,)


def test_a_piece_that_was_cut_off_anywhere_is_refused() -> None:
    piece = write_piece(_SAMPLE[:2], [_LINE])
    for place in range(len(piece)):
        with pytest.raises(PieceError):
            read_piece(piece[:place])


def test_a_damaged_piece_is_refused_or_gives_what_was_written() -> None:
    piece = write_piece(_SAMPLE[:2], [_LINE])
    refused = 0
    for place, bit in product(range(len(piece)), range(8)):
        damaged = bytearray(piece)
        damaged[place] ^= 1 << bit
        try:
            assert read_piece(bytes(damaged)) == (_SAMPLE[:2], (_LINE,))
        except PieceError:
            refused += 1
    # The last bits before the checksum only fill a byte.
    assert refused >= 8 * len(piece) - 16


@pytest.mark.parametrize(
    "content",
    [
        *(
            [],
            [1, []],
            [2, [], []],
            [1, [], [], []],
            {},
            1,
            None,
            [1, [[]], []],
            [1, [["x"]], []],
            [1, {"a": 1}, []],
        ),
        *(
            [1, [["A", "1", *["x"] * 9]], []],
            [1, [["A", 1.0, *["x"] * 9]], []],
            [1, [["A", 1, *["x"] * 8, None]], []],
        ),
        *(
            [1, [["A", True, *["x"] * 9]], []],
            [1, [], [[1, "a", "q", "m", "E", [1]]]],
            [1, [], [[1, "a", "q", "m"]]],
        ),
        *([1, None, []], [1, [], [["1", "a", "q", "m", "E", []]]], [1, [], [[1, "a", "q", "m", "E", None]]]),
    ],
)
def test_what_holds_no_rows_is_refused_without_quoting_it(content: object) -> None:
    with pytest.raises(PieceError, match="a piece of a call's journal"):
        read_piece(zlib.compress(json.dumps(content).encode()))
