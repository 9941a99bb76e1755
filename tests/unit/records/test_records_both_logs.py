"""The journal and the queue log are read side by side: a call's queue rows are there when its end is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.records import both_logs, queue_steps
from callrouter.records.both_logs import BothLogs, Reading

CALLS = 400


def journal_line(second: int) -> str:
    return f'"LINKEDID_END","{second}.000000","a-{second}.0","a-{second}.0","PJSIP/a","x","s","","","",""\n'


def queue_lines(second: int) -> str:
    return (
        f"{second}|a-{second}.0|hotline|NONE|ENTERQUEUE||1|1\n"
        f"{second}|a-{second}.0|hotline|PJSIP/1|CONNECT|0|b|0\n"
    )


class Logs:
    def __init__(self, folder: Path) -> None:
        self.cel, self.queue = folder / "cel.csv", folder / "queue_log"
        self.both = BothLogs(self.cel, (), self.queue, ())
        self.known: set[str] = set()
        self.ahead = 0
        """How many calls the queue log was ahead at most."""
        self.ended: list[str] = []

    def write(self, seconds: range) -> None:
        with self.cel.open("a") as cel, self.queue.open("a") as queue:
            cel.write("".join(map(journal_line, seconds)))
            queue.write("".join(map(queue_lines, seconds)))

    def take(self) -> Reading:
        reading = self.both.read()
        self.both.accept(reading)
        self.known |= {row.call for row in (reading.queue.rows if reading.queue else ())}
        for row in reading.cel.rows if reading.cel else ():
            assert row.linkedid in self.known
            self.ended.append(row.linkedid)
        self.ahead = max(self.ahead, len(self.known) - len(self.ended))
        return reading

    def take_all(self) -> None:
        while not self.take().came_to_the_end:
            pass
        assert self.take() == Reading(None, None, came_to_the_end=True)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logs:
    monkeypatch.setattr(both_logs, "_BATCH_BYTES", 4096)
    monkeypatch.setattr(queue_steps, "_STEP_BYTES", 1024)
    return Logs(tmp_path)


def test_the_queue_log_is_never_far_ahead_of_the_journal_and_never_behind(logs: Logs) -> None:
    logs.write(range(1000, 1000 + CALLS))
    logs.take_all()
    assert len(logs.ended) == len(set(logs.ended)) == CALLS
    assert logs.ahead < CALLS / 8


def test_of_many_calls_in_one_second_none_is_begun_by_the_queue_log_long_before_its_own_rows(
    logs: Logs,
) -> None:
    with logs.cel.open("a") as cel, logs.queue.open("a") as queue:
        for number in range(CALLS):
            cel.write(journal_line(1000).replace("a-1000.0", f"a-1000.{number}"))
            queue.write(queue_lines(1000).replace("a-1000.0", f"a-1000.{number}"))
    logs.take_all()
    assert len(logs.ended) == len(set(logs.ended)) == CALLS
    assert logs.ahead < CALLS / 8


def test_a_batch_that_ends_with_an_old_row_has_the_queue_rows_of_its_newest(logs: Logs) -> None:
    """The clock was set back, or what began long ago is written late."""
    logs.write(range(1000, 1000 + CALLS))
    lines = logs.cel.read_text().splitlines(keepends=True)
    old = journal_line(1).replace("LINKEDID_END", "CHAN_START")
    logs.known.add("a-1.0")
    logs.cel.write_text("".join(line + old for line in lines))
    logs.take_all()
    assert len([call for call in logs.ended if call != "a-1.0"]) == CALLS


def test_a_queue_log_of_which_more_waits_than_may_is_handed_over_before_the_journal(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_steps, "_MOST_ROWS", 100)
    logs.write(range(1000, 1001))
    with logs.queue.open("a") as queue:
        queue.write("".join(queue_lines(999) for _ in range(CALLS)))
    logs.write(range(1001, 1000 + CALLS))
    logs.take_all()
    assert len(logs.ended) == len(set(logs.ended)) == CALLS


def test_without_a_journal_the_queue_log_is_read_to_its_end(logs: Logs) -> None:
    logs.queue.write_text("".join(map(queue_lines, range(1000, 1000 + CALLS))))
    logs.take_all()
    assert len(logs.known) == CALLS


def test_where_the_clock_was_set_back_everything_is_read_once(logs: Logs) -> None:
    logs.write(range(5000, 5000 + CALLS))
    logs.take_all()
    logs.write(range(1400, 1400 + CALLS))
    logs.take_all()
    assert len(logs.ended) == len(set(logs.ended)) == 2 * CALLS


def test_a_queue_log_that_was_put_aside_is_read_to_its_end_first(logs: Logs) -> None:
    logs.write(range(1000, 1000 + CALLS))
    logs.queue.rename(logs.queue.with_name("queue_log.1"))
    logs.write(range(1000 + CALLS, 1000 + 2 * CALLS))
    logs.take_all()
    assert len(logs.ended) == len(set(logs.ended)) == 2 * CALLS
    positions = {position.inode for position in logs.both._queue._tail._positions.values()}
    assert len(positions) == 2
