"""The open calls: a batch changes nothing by itself, and nothing of a call that is over stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from callrouter.records.gathering import gather
from callrouter.records.open_calls import Change, Changes, KnownRecord, OpenCall, OpenCalls
from callrouter.vocabulary.cel import CelRow, node_of_boot
from callrouter.vocabulary.live import Ended, Milestone
from callrouter.vocabulary.queue_log import QueueRow

Rows = Callable[[int], list[CelRow]]
AT = datetime(2021, 10, 1, tzinfo=UTC)
BOOT, LATER_BOOT = "abcdefghijklmnop", "zzzzzzzzzzzzzzzz"
OURS, LATER = node_of_boot("n", BOOT), node_of_boot("n", LATER_BOOT)


def every_row(rows: Sequence[CelRow], *, is_over: bool) -> Sequence[Milestone]:
    """In place of what is really told: one milestone a kind of row."""
    del is_over
    return [Milestone(row.event, Ended(AT, None, None)) for row in rows]


def line(
    call: str, event: str = "CONNECT", at_s: int = 1_632_988_801, data: tuple[str, ...] = ()
) -> QueueRow:
    return QueueRow(at_s, call, "general", "PJSIP/1001", event, data)


def applied(
    book: OpenCalls,
    cel: Iterable[CelRow] = (),
    queue: Iterable[QueueRow] = (),
    *,
    stored: Mapping[str, OpenCall] | None = None,
    over: Collection[str] = (),
    at: float = 1.0,
) -> Changes:
    return book.apply(gather("n", cel, queue), stored=stored or {}, over=over, at=at, tell=every_row)


def only(changes: Changes) -> Change:
    (change,) = changes.calls
    return change


def with_boot(rows: Iterable[CelRow], boot: str, later_us: int = 0) -> list[CelRow]:
    return [
        row._replace(
            uniqueid=f"{boot}-{row.uniqueid[4:]}",
            linkedid=f"{boot}-{row.linkedid[4:]}",
            at_us=row.at_us + later_us,
        )
        for row in rows
    ]


def test_a_call_that_begins_and_ends_in_one_batch_is_over_and_told_of_by_its_record_alone(
    call_rows: Rows,
) -> None:
    change = only(applied(OpenCalls(), call_rows(1)))
    assert (change.is_over, change.milestones, change.was_noted_as) == (True, (), None)
    assert (change.cel, change.call.cel) == (tuple(call_rows(1)), tuple(call_rows(1)))


def test_a_batch_that_is_not_adopted_has_changed_nothing(call_rows: Rows) -> None:
    book = OpenCalls()
    first = applied(book, call_rows(1)[:2])
    assert len(book) == 0
    assert applied(book, call_rows(1)[:2]) == first
    book.adopt(first)
    assert [call.linkedid for call in book.calls] == ["lab-1.1"]
    last = applied(book, call_rows(1)[2:])
    assert len(book) == 1
    assert applied(book, call_rows(1)[2:]) == last
    book.adopt(last)
    assert len(book) == 0


def test_each_reading_of_a_call_is_its_next_piece_and_what_was_told_is_not_told_again(
    call_rows: Rows,
) -> None:
    book, rows = OpenCalls(), call_rows(1)
    told: list[tuple[int, list[str], object]] = []
    for part in (rows[:1], rows[1:3], rows[3:]):
        changes = applied(book, part)
        change = only(changes)
        assert change.cel == tuple(part)
        told.append((change.call.pieces, [one.name for one in change.milestones], change.was_noted_as))
        book.adopt(changes)
    assert told == [
        (1, ["CHAN_START"], None),
        (2, ["CR_ARRIVED", "CR_DECIDED"], ("CHAN_START",)),
        (3, ["HANGUP", "CHAN_END", "LINKEDID_END"], ("CHAN_START", "CR_ARRIVED", "CR_DECIDED")),
    ]
    assert change.is_over
    assert change.call.cel == tuple(rows)
    assert change.call.sequence == 6


def test_a_row_that_is_read_again_is_none(call_rows: Rows) -> None:
    book, rows, lines = OpenCalls(), call_rows(1), [line("lab-1.1"), line("lab-1.1", "COMPLETECALLER")]
    change = only(changes := applied(book, rows[:3] + rows[1:3], lines[:1] * 2))
    assert (change.cel, change.queue) == (tuple(rows[:3]), tuple(lines[:1]))
    book.adopt(changes)
    assert applied(book, rows[:3], lines[:1]).calls == ()
    change = only(applied(book, rows[2:4], lines))
    assert (change.cel, change.queue) == ((rows[3],), (lines[1],))


def test_a_call_is_quiet_from_its_last_new_row_on(call_rows: Rows) -> None:
    book = OpenCalls()
    for at, rows in ((1.0, call_rows(1)[:2]), (2.0, call_rows(1)[:3]), (3.0, call_rows(1)[:3])):
        book.adopt(applied(book, rows, at=at))
    assert [call.seen_at for call in book.calls] == [2.0]


def test_calls_in_one_batch_are_kept_apart(call_rows: Rows) -> None:
    mixed = [row for pair in zip(call_rows(1), call_rows(2), strict=True) for row in pair]
    changes = applied(OpenCalls(), mixed, [line("lab-2.1")])
    assert [(one.call.linkedid, list(one.cel)) for one in changes.calls] == [
        ("lab-1.1", call_rows(1)),
        ("lab-2.1", call_rows(2)),
    ]
    assert [len(one.queue) for one in changes.calls] == [0, 1]


def test_what_is_closed_by_rule_is_over_without_a_new_row_and_told_of_to_its_end(call_rows: Rows) -> None:
    book = OpenCalls()
    book.adopt(applied(book, call_rows(1)[:3]))
    change = only(changes := applied(book, over=["lab-1.1"]))
    assert (change.is_over, change.has_rows, change.call.ended, change.call.pieces) == (True, False, False, 1)
    book.adopt(changes)
    assert len(book) == 0


def test_ids_hold_the_nodes_name_and_the_boot_name_stays_nowhere(call_rows: Rows) -> None:
    rows = with_boot(call_rows(1), BOOT)
    leg = f"{BOOT}-1.7"
    rows[2] = rows[2]._replace(extra=f'{{"extra":"leg={leg}&state=ringing"}}', uniqueid=leg)
    change = only(applied(OpenCalls(), rows, [line(f"{BOOT}-1.1", data=("3", leg, "1"))]))
    assert change.call.linkedid == f"{OURS}-1.1"
    assert [row.uniqueid for row in change.cel] == [
        f"{OURS}-{id_}" for id_ in ("1.1", "1.1", "1.7", "1.1", "1.1", "1.1")
    ]
    assert change.cel[2].extra == f'{{"extra":"leg={OURS}-1.7&state=ringing"}}'
    assert change.queue[0].data == ("3", f"{OURS}-1.7", "1")
    assert BOOT not in repr((change.cel, change.queue))
    assert change.call.boot == OURS


def test_text_that_is_no_id_belongs_to_no_call_and_a_line_about_no_call_to_none(call_rows: Rows) -> None:
    good = call_rows(1)[0]
    strange = [
        *(good._replace(linkedid=text) for text in ("a\0b", "\ud800", "a\nb", "x" * 201)),
        good._replace(uniqueid="\0"),
    ]
    gathered = gather("n", [*strange, good], [line("NONE"), line("a\0b")])
    assert (list(gathered.calls), gathered.strange) == (["lab-1.1"], 6)


def test_calls_of_a_boot_that_was_followed_by_another_are_dead(call_rows: Rows) -> None:
    nameless = OpenCall("n-0.1", tuple(call_rows(0)[:2]), pieces=1, is_noted=True)
    book = OpenCalls([nameless])
    book.adopt(applied(book, with_boot(call_rows(1)[:3], BOOT)))
    assert not any(map(book.is_of_earlier_boot, book.calls))
    book.adopt(applied(book, with_boot(call_rows(2)[:3], LATER_BOOT)))
    assert {call.linkedid: book.is_of_earlier_boot(call) for call in book.calls} == {
        "n-0.1": False,
        f"{OURS}-1.1": True,
        f"{LATER}-2.1": False,
    }


def test_an_old_file_that_is_read_late_makes_no_boot_the_newest_again(call_rows: Rows) -> None:
    book = OpenCalls()
    book.adopt(applied(book, with_boot(call_rows(1)[:3], BOOT)))
    book.adopt(applied(book, with_boot(call_rows(2)[:3], LATER_BOOT)))
    book.adopt(applied(book, with_boot(call_rows(3)[:3], BOOT, later_us=1_000_000)))
    assert not book.is_of_earlier_boot(next(call for call in book.calls if call.linkedid == f"{LATER}-2.1"))
    other = OpenCalls()
    other.adopt(applied(other, with_boot(call_rows(2)[:3], LATER_BOOT)))
    other.adopt(applied(other, with_boot(call_rows(1)[:3], BOOT)))
    assert not any(map(other.is_of_earlier_boot, other.calls))


def test_a_call_that_has_a_record_is_told_of_no_more(call_rows: Rows) -> None:
    rows = call_rows(1)
    known = OpenCall(
        "lab-1.1", tuple(rows[:3]), pieces=1, ended=True, record=KnownRecord("{}", revision=1, sequence=4)
    )
    book = OpenCalls()
    assert applied(book, rows[:3], stored={"lab-1.1": known}).calls == ()
    changes = applied(book, rows[:4], stored={"lab-1.1": known})
    change = only(changes)
    assert (change.cel, change.is_over, change.milestones, change.call.sequence) == ((rows[3],), False, (), 4)
    book.adopt(changes)
    assert [call.ended for call in book.calls] == [True]


def test_a_record_whose_earlier_rows_were_pruned_is_final(call_rows: Rows) -> None:
    known = OpenCall("lab-1.1", is_whole=False, record=KnownRecord("{}", revision=1, sequence=1))
    changes = applied(OpenCalls(), call_rows(1), [line("lab-1.1")], stored={"lab-1.1": known})
    assert (changes.calls, changes.passed_over) == ((), 7)


def test_a_call_that_could_not_be_folded_leaves_its_id_alone_until_it_can(call_rows: Rows) -> None:
    book = OpenCalls()
    book.adopt(applied(book, call_rows(1)), faulty=["lab-1.1"])
    assert (len(book), list(book.faulty)) == (0, ["lab-1.1"])
    stored = {"lab-1.1": OpenCall("lab-1.1", tuple(call_rows(1)), pieces=1, is_noted=True, ended=True)}
    change = only(changes := applied(book, stored=stored, over=["lab-1.1"]))
    assert (change.is_over, change.has_rows) == (True, False)
    book.adopt(changes)
    assert list(book.faulty) == []


def test_where_a_call_arrived_is_the_callers_channel(call_rows: Rows) -> None:
    rows = tuple(row._replace(uniqueid="lab-1.2") for row in call_rows(1)[1:3])
    assert OpenCall("lab-1.1", rows).call_id == "lab-1.2"
    assert OpenCall("lab-1.1", (*rows, call_rows(1)[1])).call_id == "lab-1.1"
    assert OpenCall("lab-1.1", tuple(call_rows(1)[:1])).call_id == "lab-1.1"
    assert OpenCall("lab-1.1", (), (line("lab-1.1", at_s=10**15),)).since_us == (1 << 63) - 1


def test_two_steps_of_a_channel_in_one_microsecond_are_two(call_rows: Rows) -> None:
    book, rows = OpenCalls(), call_rows(1)
    step = rows[1]._replace(event="CR_NOTICE", extra='{"extra":"key=a&state=started"}')
    steps = (step, step._replace(extra='{"extra":"key=b&state=started"}'))
    book.adopt(applied(book, [*rows[:2], steps[0]]))
    assert only(applied(book, [*steps, *steps])).cel == steps[1:]


def test_what_was_loaded_is_dead_as_well_once_a_later_boot_is_read_of(call_rows: Rows) -> None:
    """As after a restart: the boots are known by the ids alone."""
    loaded = [
        OpenCall(linkedid, tuple(with_boot(call_rows(n)[:2], BOOT)), pieces=1, is_noted=True, boot=OURS)
        for n, linkedid in enumerate((f"{OURS}-0.1", f"{OURS}-1.1"))
    ]
    book = OpenCalls(loaded)
    book.adopt(applied(book, with_boot(call_rows(0)[2:3], BOOT)))
    assert not any(map(book.is_of_earlier_boot, book.calls))
    book = OpenCalls(loaded)
    book.adopt(applied(book, with_boot(call_rows(2)[:3], LATER_BOOT)))
    assert {call.linkedid: book.is_of_earlier_boot(call) for call in book.calls} == {
        f"{OURS}-0.1": True,
        f"{OURS}-1.1": True,
        f"{LATER}-2.1": False,
    }


def test_a_boot_whose_rows_are_older_than_what_was_loaded_makes_nothing_dead(call_rows: Rows) -> None:
    """The clock may have been set back between the two."""
    rows = tuple(with_boot(call_rows(5)[:2], BOOT))
    book = OpenCalls([OpenCall(f"{OURS}-5.1", rows, pieces=1, is_noted=True, boot=OURS)])
    book.adopt(applied(book, with_boot(call_rows(2)[:3], LATER_BOOT)))
    assert not any(map(book.is_of_earlier_boot, book.calls))
