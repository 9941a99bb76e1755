"""An Idempotency-Key: a request that is sent again acts once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callrouter.calls.desk_protocol import AsteriskAwayError, AsteriskSilentError, DeskAct
from callrouter.console import desk_repeats
from callrouter.console.desk_errors import Refusal
from callrouter.console.desk_repeats import AT_ONCE, KEPT, KEPT_S, Answer, Repeats
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus
from tests.unit.console.desk_parts import Desks, call_of, desks

HOLD = ("1001", DeskAct.HOLD)


def key(text: str) -> dict[str, str]:
    return {"Idempotency-Key": text}


@pytest.fixture
def made(tmp_path: Path) -> Desks:
    made = desks(tmp_path)
    made.desk.begins(call_of())
    return made


async def test_a_repeat_gets_the_first_ones_answer_and_does_not_act(made: Desks) -> None:
    async with made.client("1001") as http:
        first = await http.post("/desk/hold", headers=key("a"))
        made.desk.happens("1001", Stimulus.RESUME)
        again = await http.post("/desk/hold", headers=key("a"), content=b' {"attempt" : null} ')
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert made.desk.acts == [HOLD]


async def test_a_refusal_is_repeated_too(made: Desks) -> None:
    async with made.client("1001") as http:
        assert (await http.post("/desk/resume", headers=key("a"))).status_code == 409
        await http.post("/desk/hold")
        assert (await http.post("/desk/resume", headers=key("a"))).status_code == 409
        assert (await http.post("/desk/resume", headers=key("b"))).status_code == 200


async def test_without_a_key_every_request_acts(made: Desks) -> None:
    async with made.client("1001") as http:
        for _ in range(2):
            await http.post("/desk/hold")
            await http.post("/desk/resume")
    assert len(made.desk.acts) == 4


async def test_a_key_stands_for_one_request(made: Desks) -> None:
    async with made.client("1001") as http:
        await http.post("/desk/hold", headers=key("a"))
        for path, body in (("/desk/resume", None), ("/desk/hold", {"attempt": 0})):
            answer = await http.post(path, json=body, headers=key("a"))
            assert (answer.status_code, answer.json()["error"]) == (422, "idempotency_reused")
    assert made.desk.acts == [HOLD]


async def test_each_seat_has_keys_of_its_own(made: Desks) -> None:
    made.desk.begins(call_of("1002"))
    for seat in ("1001", "1002"):
        async with made.client(seat) as http:
            assert (await http.post("/desk/hold", headers=key("a"))).json()["state"] == "held"
    assert made.desk.acts == [("1001", DeskAct.HOLD), ("1002", DeskAct.HOLD)]


@pytest.mark.parametrize("bad", ["", "a" * 65, "a b", "a\u00e9", "../a"])
async def test_a_key_of_other_signs_is_refused(made: Desks, bad: str) -> None:
    async with made.client("1001") as http:
        answer = await http.post("/desk/hold", headers={b"Idempotency-Key": bad.encode("latin-1")})
    assert (answer.status_code, answer.json()["error"]) == (400, "idempotency_key")
    assert made.desk.acts == []


async def test_two_at_the_same_moment_act_once(made: Desks) -> None:
    made.desk.takes_s = 0.03
    async with made.client("1001") as http:
        answers = await asyncio.gather(*(http.post("/desk/hold", headers=key("a")) for _ in range(5)))
    assert {answer.content for answer in answers} == {b'{"state":"held","attempt":0}'}
    assert made.desk.acts == [HOLD]


async def test_who_repeats_after_his_time_was_over_is_told_what_came_of_it(tmp_path: Path) -> None:
    made = desks(tmp_path, within_s=0.03)
    made.desk.begins(call_of())
    made.desk.takes_s = 0.1
    async with made.client("1001") as http:
        assert (await http.post("/desk/hold", headers=key("a"))).json()["error"] == "asterisk_silent"
        await asyncio.sleep(0.12)
        answer = await http.post("/desk/hold", headers=key("a"))
    assert (answer.status_code, answer.json()["state"]) == (200, "held")
    assert made.desk.acts == [HOLD]


async def test_where_nothing_was_done_a_repeat_acts(made: Desks) -> None:
    async with made.client("1001") as http:
        made.desk.fails = AsteriskAwayError()
        assert (await http.post("/desk/hold", headers=key("a"))).status_code == 503
        made.desk.fails = None
        assert (await http.post("/desk/hold", headers=key("a"))).status_code == 200
    assert made.desk.acts == [HOLD]


async def test_where_it_may_have_acted_a_repeat_does_not(made: Desks) -> None:
    async with made.client("1001") as http:
        made.desk.fails = AsteriskSilentError()
        assert (await http.post("/desk/hold", headers=key("a"))).status_code == 503
        made.desk.fails = None
        again = await http.post("/desk/hold", headers=key("a"))
    assert (again.status_code, again.json()["error"]) == (503, "asterisk_silent")
    assert made.desk.acts == []


class Deeds:
    """Counts; the clock is the test's."""

    def __init__(self) -> None:
        self.done = 0
        self.at = 0.0
        self.goes = asyncio.Event()
        self.goes.set()
        self.repeats = Repeats(lambda: self.at)

    async def deed(self) -> Answer:
        await self.goes.wait()
        self.done += 1
        return Answer(200, str(self.done).encode())

    async def ask(self, key: str | None) -> bytes:
        return (await self.repeats.once("1001", key, b"", self.deed, 0.02)).body


async def test_an_answer_is_kept_for_ten_minutes() -> None:
    deeds = Deeds()
    assert await deeds.ask("a") == b"1"
    deeds.at = KEPT_S
    assert await deeds.ask("a") == b"1"
    deeds.at = KEPT_S + 1
    assert await deeds.ask("a") == b"2"


async def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    deeds = Deeds()
    for number in range(KEPT + 1):
        await deeds.ask(f"k{number}")
    assert await deeds.ask("k1") == b"2"
    assert await deeds.ask("k0") == str(KEPT + 2).encode()


async def test_a_seat_has_so_many_deeds_at_once_and_no_more() -> None:
    deeds = Deeds()
    deeds.goes.clear()
    asked = [asyncio.create_task(deeds.ask(None)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal, match="too_many"):
        await deeds.ask(None)
    deeds.goes.set()
    await asyncio.gather(*asked, return_exceptions=True)
    assert await deeds.ask(None) == str(AT_ONCE + 1).encode()


async def test_what_never_ends_is_given_up_and_its_key_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_repeats, "GIVEN_UP_S", 0.05)
    deeds = Deeds()
    deeds.goes.clear()
    with pytest.raises(TimeoutError):
        await deeds.ask("a")
    await asyncio.sleep(0.1)
    deeds.goes.set()
    assert b"asterisk_silent" in await deeds.ask("a")
    assert deeds.done == 0
