"""What is read after the end of a call: nothing new, or another revision, never an edit. On both databases."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from callrouter.records.tables import journal_piece, outbox
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import FileProof, Voicemail
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, TerminalState
from tests.unit.records.stores import (
    EVERYTHING,
    Rows,
    Stores,
    count,
    messages,
    nothing_to_say,
    read,
    records,
    some_decision,
)


async def test_reading_the_same_rows_again_writes_nothing(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open()
    await read(store, call_rows(1)[:4])
    await read(store, call_rows(1), call_rows(2))
    before = await count(store, *EVERYTHING)
    for again in (store, await stores.open()):
        ingested = await read(again, call_rows(1), call_rows(2))
        assert (ingested.records, ingested.messages) == ((), 0)
        assert (await read(again, call_rows(1)[2:4])).messages == 0
    assert await count(store, *EVERYTHING) == before


async def test_a_row_that_comes_late_makes_another_revision_and_the_first_one_stays(
    stores: Stores, call_rows: Rows
) -> None:
    rows = call_rows(1)
    hung_up, others = rows[3], [row for row in rows if row.event != "HANGUP"]
    store = await stores.open()
    await read(store, others[:3])
    (first,) = (await read(store, others[3:])).records
    assert Anomaly.NO_HANGUP in first.anomalies
    late = await stores.open()
    assert (await read(late, [hung_up])).messages == 0
    assert await count(store, *EVERYTHING) == [3, 1, 1, 3]
    again = await stores.open()
    (second,) = (await again.ingest("n", None, None, over=["lab-1.1"])).records
    assert (second.revision, second.hangup_cause, second.closed_by) == (2, 16, ClosedBy.END)
    assert await records(store) == [first, second]
    told = [(1, "arrived", None), (2, "ended", None), (3, "closed", 1), (4, "closed", 2)]
    assert await messages(store) == told
    assert await count(store, *EVERYTHING) == [3, 0, 2, 4]
    assert again.counters.revisions_written == 1


async def test_late_rows_that_change_nothing_make_no_revision(stores: Stores, call_rows: Rows) -> None:
    store = await stores.open(explain=some_decision)
    rows = [row for row in call_rows(1) if row.event != "CR_DECIDED"]
    await read(store, rows)
    odd = rows[1]._replace(event="APP_START", at_us=rows[1].at_us + 1, app="NoOp")
    await read(store, [odd])
    ingested = await store.ingest("n", None, None, over=["lab-1.1"])
    assert (ingested.records, ingested.messages) == ((), 0)
    assert await count(store, *EVERYTHING) == [2, 0, 1, 1]


async def test_a_correction_keeps_how_the_call_was_explained_and_what_its_files_prove(
    stores: Stores, call_rows: Rows
) -> None:
    proof, proved = FileProof("ab", 4, 5), []

    def prove(record: CallRecord) -> CallRecord:
        proved.append(record.revision)
        assert record.voicemail is not None
        voicemail = replace(record.voicemail, proof=proof, length_ms=5)
        anomalies = tuple(sorted({*record.anomalies, Anomaly.RECORDING_REPAIRED}))
        return replace(record, voicemail=voicemail, anomalies=anomalies)

    rows = [row for row in call_rows(1) if row.event not in {"CR_DECIDED", "HANGUP"}]
    message = rows[1]._replace(
        event="CR_VOICEMAIL",
        at_us=rows[1].at_us + 10,
        extra='{"extra":"state=finished&status=HANGUP&file=a.wav"}',
    )
    started = message._replace(at_us=message.at_us - 5, extra='{"extra":"state=started"}')
    store = await stores.open(explain=some_decision, prove=prove)
    (first,) = (await read(store, [*rows[:2], started, message, *rows[2:]])).records
    assert first.voicemail is not None
    bare = replace(first.voicemail, started_at=None, finished_at=None)
    assert bare == Voicemail("a.wav", "HANGUP", proof, length_ms=5)
    another_plan = await stores.open(explain=nothing_to_say, prove=prove)
    await read(another_plan, [call_rows(1)[3]])
    (second,) = (await another_plan.ingest("n", None, None, over=["lab-1.1"])).records
    assert (second.revision, second.voicemail, second.decision) == (2, first.voicemail, first.decision)
    assert (second.decision_derived, proved) == (True, [1])
    assert Anomaly.RECORDING_REPAIRED in second.anomalies


async def test_a_correction_is_numbered_on_even_when_all_messages_were_pruned(
    stores: Stores, call_rows: Rows
) -> None:
    store, rows = await stores.open(), [row for row in call_rows(1) if row.event != "HANGUP"]
    await read(store, rows[:3])
    await read(store, rows[3:])
    async with store.database.write() as connection:
        await connection.execute(sa.delete(outbox))
    await read(store, [call_rows(1)[3]])
    await store.ingest("n", None, None, over=["lab-1.1"])
    ((seq, _, revision),) = await messages(store)
    assert revision == 2
    assert seq >= 3


async def test_rows_of_a_call_whose_earlier_rows_were_pruned_change_nothing(
    stores: Stores, call_rows: Rows
) -> None:
    store = await stores.open()
    await read(store, call_rows(1))
    async with store.database.write() as connection:
        await connection.execute(sa.delete(journal_piece))
    late = call_rows(1)[3]._replace(extra="")
    assert (await read(store, [late])).messages == 0
    assert await count(store, *EVERYTHING) == [0, 0, 1, 1]
    assert store.counters.rows_passed_over == 1


async def test_a_call_closed_by_rule_is_interrupted_and_corrected_when_its_end_comes_after_all(
    stores: Stores, call_rows: Rows
) -> None:
    store, rows = await stores.open(), call_rows(1)
    await read(store, rows[:3])
    (first,) = (await store.ingest("n", None, None, over=["lab-1.1"])).records
    assert (first.closed_by, first.terminal_state) == (ClosedBy.RULE, TerminalState.INTERRUPTED)
    assert Anomaly.NO_END in first.anomalies
    assert store.counters.calls_closed_by_rule == 1
    (second,) = (await read(store, rows[3:])).records
    assert (second.revision, second.closed_by) == (2, ClosedBy.END)
    told = [(1, "arrived", None), (2, "ended", None), (3, "closed", 1), (4, "closed", 2)]
    assert await messages(store) == told
    assert await count(store, "open_call") == [0]


async def test_a_message_that_was_none_is_an_occasion_to_see_to_its_file(
    stores: Stores, call_rows: Rows
) -> None:
    seen_to = []

    def prove(record: CallRecord) -> CallRecord:
        seen_to.append(record.call_id)
        return record

    rows = call_rows(1)
    for more, said in ((5, "state=started&file=a.wav"), (6, "state=finished&status=SKIP")):
        rows.append(
            rows[2]._replace(event="CR_VOICEMAIL", at_us=rows[2].at_us + more, extra=f'{{"extra":"{said}"}}')
        )
    store = await stores.open(prove=prove)
    (first, _other) = (await read(store, rows, call_rows(2))).records
    assert Anomaly.VOICEMAIL_FAILED in first.anomalies
    assert seen_to == [first.call_id]


async def test_a_late_row_is_an_occasion_to_prove_a_file_that_was_missing(
    stores: Stores, call_rows: Rows
) -> None:
    proof = FileProof("ab", 4, 5)
    there = False

    def prove(record: CallRecord) -> CallRecord:
        others = {*record.anomalies} - {Anomaly.RECORDING_MISSING}
        if not there:
            return replace(record, anomalies=tuple(sorted(others | {Anomaly.RECORDING_MISSING})))
        proved = tuple(replace(one, proof=proof) for one in record.recordings)
        return replace(record, recordings=proved, anomalies=tuple(sorted(others)))

    rows = call_rows(1)
    recorded = rows[2]._replace(
        event="CR_RECORDING", at_us=rows[2].at_us + 5, extra='{"extra":"file=a.wav&state=started"}'
    )
    store = await stores.open(prove=prove)
    (first,) = (await read(store, [*rows[:3], recorded, *rows[3:]])).records
    assert Anomaly.RECORDING_MISSING in first.anomalies
    odd = [rows[1]._replace(event="APP_START", at_us=rows[1].at_us + more) for more in (1, 2, 3)]
    for late, found in ((odd[0], False), (odd[1], True), (odd[2], False)):
        there = found
        await read(store, [late])
        made = (await store.ingest("n", None, None, over=["lab-1.1"])).records
        assert [(one.revision, one.recordings[0].proof) for one in made] == ([(2, proof)] if found else [])
        assert all(Anomaly.RECORDING_MISSING not in one.anomalies for one in made)
