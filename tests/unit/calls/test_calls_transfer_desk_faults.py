"""Whatever goes wrong at a desk is told for what it is, in time, and nothing is sent in vain or twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_client import AmiState
from callrouter.calls.desk_protocol import (
    AsteriskAwayError,
    AsteriskRefusedError,
    AsteriskSilentError,
    BadWordError,
    DeskAct,
    Done,
    DrainingError,
    NoCallError,
    NotInControlError,
    NotInStateError,
    TargetRefusedError,
    TransferDesk,
)
from callrouter.calls.transfer_steps import WITHIN_S
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState
from tests.unit.calls.desk_asks import (
    ACTS,
    EVERYTHING,
    MOVES,
    NEEDS_A_CALL,
    WORDS,
    asked,
    consult,
)
from tests.unit.calls.desk_on_double import TARGET, scene
from tests.unit.calls.test_calls_transfer_board import AGENT, CALL, CALLER

SHORT_S = 0.2
"""What a request may take where Asterisk is silent; a busy machine may add as much again, and more."""


def test_a_request_may_take_a_tenth_of_a_second() -> None:
    assert WITHIN_S == 0.1


@pytest.mark.parametrize("name", NEEDS_A_CALL)
async def test_who_has_no_call_is_told_so_and_nothing_is_sent(name: str) -> None:
    async with scene("0|queued||") as on:
        with pytest.raises(NoCallError):
            await EVERYTHING[name](on.desk)
        assert on.redirects == []
        assert on.asterisk.asked("Setvar") == 0


@pytest.mark.parametrize("gone", [CALLER, AGENT])
async def test_whose_channel_has_gone_has_no_call_and_nobody_is_moved(gone: str) -> None:
    async with scene() as on:
        on.asterisk.channels.remove(gone)
        with pytest.raises(NoCallError):
            await consult(on.desk)
        assert (await on.desk.my_call("1001") is None) == (gone == CALLER)
        assert on.at.state is TransferState.TALK


@pytest.mark.parametrize(
    "held", [{"CR_TRANSFER": ""}, {"CR_AGENT": "1002"}, {"CR_AGENT_CHANNEL": ""}, {"CR_CALL": "node1-9.0"}]
)
@pytest.mark.parametrize("name", MOVES)
async def test_a_channel_is_moved_only_if_it_says_that_it_is_the_seats_call(
    name: str, held: dict[str, str]
) -> None:
    async with scene() as on:
        # A redirect into a place that its dialplan lacks would end such a call.
        on.held.update(held)
        with pytest.raises(NoCallError):
            await EVERYTHING[name](on.desk)
        assert on.redirects == []


@pytest.mark.parametrize("name", [*EVERYTHING, "wrap_up"])
async def test_without_a_link_nothing_was_done_and_it_is_said_so(name: str) -> None:
    async with scene() as on:
        on.asterisk.cut()
        while on.ami.state is AmiState.READY:  # noqa: ASYNC110 -- its change has no event of its own
            await asyncio.sleep(0.002)
        ask = EVERYTHING.get(name) or (lambda desk: desk.wrap_up("1001", True))
        with pytest.raises(AsteriskAwayError):
            await ask(on.desk)
        assert on.redirects == []


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in (*WORDS, "calls", "guidances")])
async def test_an_asterisk_that_does_not_answer_a_look_is_away_in_the_time_that_a_request_may_take(
    name: str,
) -> None:
    async with scene(within_s=SHORT_S) as on:
        on.asterisk.silent.add("Status")
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        with pytest.raises(AsteriskAwayError):
            await EVERYTHING[name](on.desk)
        assert loop.time() - began_s < SHORT_S * 3
        assert on.redirects == []


@pytest.mark.parametrize("name", WORDS)
async def test_a_word_that_is_not_answered_may_have_been_written(name: str) -> None:
    async with scene(within_s=SHORT_S) as on:
        on.asterisk.silent.add("Setvar")
        with pytest.raises(AsteriskSilentError):
            await EVERYTHING[name](on.desk)


async def test_a_refusal_is_said_even_if_it_cannot_be_written_down() -> None:
    async with scene(within_s=SHORT_S) as on:
        on.asterisk.silent.add("Setvar")
        with pytest.raises(TargetRefusedError):
            await on.desk.consult("1001", "nobody", TransferKind.PLAIN)


@pytest.mark.parametrize("name", WORDS)
async def test_a_word_whose_answer_went_with_the_link_may_have_been_written(name: str) -> None:
    async with scene() as on:
        on.asterisk.silent.add("Setvar")
        said = asyncio.ensure_future(EVERYTHING[name](on.desk))
        await on.asterisk.until_asked("Setvar")
        on.asterisk.cut()
        with pytest.raises(AsteriskSilentError):
            await said


@pytest.mark.parametrize("name", ["consult", "hold", "pause_recording"])
@pytest.mark.parametrize("is_answered", [True, False])
async def test_what_was_sent_and_not_seen_to_happen_is_said_so_and_sent_once(
    name: str, is_answered: bool
) -> None:
    async with scene(within_s=SHORT_S) as on:
        on.asterisk.on_redirect = lambda _action: None
        if not is_answered:
            on.asterisk.silent.add("Redirect")
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        with pytest.raises(AsteriskSilentError) as silent:
            await EVERYTHING[name](on.desk)
        assert loop.time() - began_s < SHORT_S * 3
        assert silent.value.state is TransferState.TALK
        assert len(on.redirects) == 1


@pytest.mark.parametrize("name", ["consult", "hold", "pause_recording"])
async def test_asterisks_refusal_is_the_askers_to_hear(name: str) -> None:
    async with scene() as on:
        on.asterisk.refused["Redirect"] = "Permission denied"
        with pytest.raises(AsteriskRefusedError):
            await EVERYTHING[name](on.desk)


async def test_another_controller_in_control_is_asked_instead_but_looks_and_words_are_anybodys() -> None:
    async with scene() as on:
        on.in_control = False
        for name in MOVES:
            with pytest.raises(NotInControlError):
                await EVERYTHING[name](on.desk)
        assert on.redirects == []
        for name, ask in EVERYTHING.items():
            if name not in MOVES:
                await ask(on.desk)


async def test_who_drains_begins_no_transfer_and_goes_on_with_all_else() -> None:
    async with scene("1|consult|three_way|tax") as on:
        on.desk.is_draining = True
        for act in (DeskAct.CONSULT, DeskAct.PASS):
            with pytest.raises(DrainingError):
                await asked(on.desk, act)
        assert await on.desk.join("1001") == Done(TransferState.THREE, 1)
        await on.desk.note("1001", "text")
        assert await on.desk.cancel("1001") == Done(TransferState.TALK, 1)
        assert await on.desk.hold("1001") == Done(TransferState.HELD, 1)


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_upon_another_attempt_than_the_asker_saw_is_refused(act: DeskAct) -> None:
    async with scene("3|talk||") as on:
        with pytest.raises(NotInStateError) as refused:
            await asked(on.desk, act, attempt=2)
        assert (refused.value.attempt, refused.value.reason) == (3, None)
        assert on.redirects == []


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda desk: desk.note("1001", " "), "note"),
        (lambda desk: desk.note("1001", "x" * 501), "note"),
        (lambda desk: desk.note("1001", "x", word_id="a b"), "word_id"),
        (lambda desk: desk.ticket("1001", "12 34"), "ticket"),
        (lambda desk: desk.mark_enforcement("1001", word_id=""), "word_id"),
    ],
)
async def test_a_word_that_cannot_be_written_down_is_refused(
    write: Callable[[TransferDesk], Awaitable[None]], what: str
) -> None:
    async with scene() as on:
        with pytest.raises(BadWordError) as refused:
            await write(on.desk)
        assert refused.value.what == what
        assert on.asterisk.asked("Setvar") == 0


async def test_after_a_cut_link_the_desk_goes_on_from_where_the_transfer_is() -> None:
    async with scene() as on:
        await consult(on.desk)
        on.becomes("1|consult|three_way|tax")
        on.held["CR_TARGET_CHANNEL"] = TARGET
        on.asterisk.cut()
        joined: Done | None = None
        while joined is None:
            try:
                joined = await on.desk.join("1001")
            except AsteriskAwayError:
                await asyncio.sleep(0.01)
        assert joined == Done(TransferState.THREE, 1)
        assert len(on.redirects) == 2


async def test_no_number_and_no_text_of_a_caller_is_logged_or_in_an_error() -> None:
    errors: list[str] = []
    with capture_logs() as logs:
        async with scene() as on:
            await consult(on.desk)
            await on.desk.note("1001", "geheim 13900139000")
            await on.desk.ticket("1001", "20261123-0042")
            on.asterisk.channels.remove(CALLER)
            for name in NEEDS_A_CALL:
                with pytest.raises(NoCallError) as failed:
                    await EVERYTHING[name](on.desk)
                errors.append(repr(failed.value))
    text = f"{logs} {errors}"
    assert CALL in text
    for secret in ("13800138000", "13900139000", "geheim", "0042", CALLER):
        assert secret not in text
