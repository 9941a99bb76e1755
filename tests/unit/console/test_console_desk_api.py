"""The desk over HTTP: what an agent and a supervisor see, what acts, what is refused in which words."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from callrouter.calls import desk_protocol as p
from callrouter.calls.desk_protocol import DeskAct
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.console.desk_api import MAX_BODY_BYTES
from callrouter.console.desk_operations import OPERATIONS
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.transfer import IgnoredReason, Refused, RefusedTarget, TransferState
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus
from tests.unit.console.desk_parts import CALLER, Desks, call_of, desks

BODIES = {
    "/desk/consult": {"target": "12366"},
    "/desk/guide": {"about": "litigation"},
    "/desk/note": {"text": "请回电"},
    "/desk/ticket": {"number": "GD-2026-1234"},
    "/desk/wrap-up": {"on": True},
}
ACTS = [one.path for one in OPERATIONS if one.method == "POST"]
LOOKS = [one.path for one in OPERATIONS if one.method == "GET"]


@pytest.fixture
def made(tmp_path: Path) -> Desks:
    return desks(tmp_path)


@pytest.fixture
async def http(made: Desks) -> AsyncIterator[httpx.AsyncClient]:
    made.desk.begins(call_of())
    async with made.client("1001") as client:
        yield client


@pytest.fixture
async def supervisor(made: Desks) -> AsyncIterator[httpx.AsyncClient]:
    async with made.client("1101") as client:
        yield client


async def test_an_agent_sees_his_call_with_its_caller_masked(http: httpx.AsyncClient) -> None:
    answer = await http.get("/desk/call")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    call = answer.json()["call"]
    assert call["caller"] == "138****8000"
    assert CALLER not in answer.text
    assert (call["state"], call["attempt"], call["line"], call["path"]) == ("talk", 0, "12366", ["chongqing"])
    assert call["flags"] == ["repeat"]
    assert call["since"] == "2026-11-23T01:35:53Z"
    assert set(call["may"]) == {"consult", "pass", "emergency", "hold", "guide"}


async def test_an_agent_sees_the_whole_number_where_the_settings_say_so(tmp_path: Path) -> None:
    made = desks(tmp_path, show_numbers=True)
    made.desk.begins(call_of())
    async with made.client("1001") as http:
        assert (await http.get("/desk/call")).json()["call"]["caller"] == CALLER


async def test_a_seat_without_a_call_has_none_and_does_not_see_anothers(made: Desks) -> None:
    made.desk.begins(call_of("1001"))
    async with made.client("1002") as http:
        assert (await http.get("/desk/call")).json() == {"call": None}
        answer = await http.post("/desk/hold")
    assert (answer.status_code, answer.json()["error"]) == (409, "no_call")
    assert made.desk.acts == []


async def test_a_supervisor_sees_all_calls_and_whole_numbers_and_an_agent_does_not(
    made: Desks, http: httpx.AsyncClient, supervisor: httpx.AsyncClient
) -> None:
    made.desk.begins(call_of("1002", caller="13900001111"))
    answer = await supervisor.get("/desk/calls")
    assert {call["seat"]: call["caller"] for call in answer.json()["calls"]} == {
        "1001": CALLER,
        "1002": "13900001111",
    }
    answer = await http.get("/desk/calls")
    assert (answer.status_code, answer.json()["error"]) == (403, "role")
    assert "calls" not in answer.json()


async def test_targets_are_told_with_their_kinds_or_why_not_and_what_instead(http: httpx.AsyncClient) -> None:
    targets = {one["id"]: one for one in (await http.get("/desk/targets")).json()["targets"]}
    assert targets["tax-sichuan"]["kinds"] == ["three_way"]
    assert targets["tax-sichuan"]["refused"] is None
    assert targets["tobacco"]["kinds"] == []
    assert targets["tobacco"]["refused"] == {
        "why": "ticket_only",
        "reason": "只能派发工单 / tickets only: write one",
        "instead": "ticket",
        "place": "dialplans/sichuan/lines.yaml:14",
    }


async def test_a_three_way_transfer_goes_its_way_by_the_api(made: Desks, http: httpx.AsyncClient) -> None:
    answer = await http.post("/desk/consult", json={"target": "12366", "kind": "three_way", "attempt": 0})
    assert answer.json() == {"state": "calling", "attempt": 1}
    made.desk.happens("1001", Stimulus.PICKED_UP)
    made.desk.happens("1001", Stimulus.ACCEPTED)
    assert (await http.post("/desk/join", json={"attempt": 1})).json() == {"state": "three", "attempt": 1}
    assert (await http.post("/desk/leave")).json() == {"state": "handed", "attempt": 1}
    assert (await http.get("/desk/call")).json() == {"call": None}
    assert made.desk.acts == [("1001", act) for act in (DeskAct.CONSULT, DeskAct.JOIN, DeskAct.LEAVE)]


async def test_hold_and_resume_pass_and_cancel_and_recording(made: Desks, http: httpx.AsyncClient) -> None:
    assert (await http.post("/desk/hold")).json()["state"] == "held"
    assert (await http.post("/desk/resume")).json()["state"] == "talk"
    assert (await http.post("/desk/consult", json={"target": "1002", "kind": "plain"})).json() == {
        "state": "passing",
        "attempt": 1,
    }
    assert (await http.post("/desk/cancel")).json()["state"] == "talk"
    assert (await http.post("/desk/recording/pause")).json() == {"recorded": "paused"}
    assert (await http.post("/desk/recording/resume")).json() == {"recorded": "on"}


async def test_a_caller_is_told_where_to_turn_by_id_or_code(made: Desks, http: httpx.AsyncClient) -> None:
    (first,) = (await http.get("/desk/guidances")).json()["guidances"]
    assert (first["id"], first["sort"], first["code"]) == ("litigation", "matter", "548442")
    for about in ("litigation", "548442"):
        answer = await http.post("/desk/guide", json={"about": about, "attempt": 0})
        assert answer.json() == {"state": "talk", "attempt": 0}
    assert (await http.post("/desk/guide", json={"about": "12366"})).json()["error"] == "unknown_guidance"
    await http.post("/desk/consult", json={"target": "1002", "kind": "plain"})
    refused = await http.post("/desk/guide", json={"about": "litigation"})
    assert (refused.status_code, refused.json()["error"]) == (409, "not_in_state")


async def test_words_are_written_down_under_the_requests_key(made: Desks, http: httpx.AsyncClient) -> None:
    for path, key in (("note", "k-1"), ("ticket", "k-2"), ("enforcement", "k-3")):
        answer = await http.post(
            f"/desk/{path}", json=BODIES.get(f"/desk/{path}"), headers={"Idempotency-Key": key}
        )
        assert answer.json() == {"written": path}
    assert [(one.kind, one.text, one.word_id) for one in made.desk.said] == [
        ("note", "请回电", "k-1"),
        ("ticket", "GD-2026-1234", "k-2"),
        ("enforcement", "", "k-3"),
    ]
    assert (await http.get("/desk/call")).json()["call"]["is_enforcement"] is True


async def test_wrap_up_needs_no_call(made: Desks) -> None:
    async with made.client("1002") as http:
        assert (await http.post("/desk/wrap-up", json={"on": True})).json() == {"pause": "paperwork"}
        assert (await http.post("/desk/wrap-up", json={"on": False})).json() == {"pause": None}


@pytest.mark.parametrize("path", [*LOOKS, *ACTS, "/desk/events"])
async def test_without_a_token_nothing_is_told_and_nothing_done(made: Desks, path: str) -> None:
    made.desk.begins(call_of())
    token = made.tokens["1001"]
    wrong = ("", "Bearer", f"Basic {token}", token, f"Bearer {token[:-1]}", f"Bearer {token}0", "Bearer \xe9")
    for header in (None, *wrong):
        headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
        method = "POST" if path in ACTS else "GET"
        async with made.client() as http:
            answer = await http.request(method, path, json=BODIES.get(path), headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "token")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert token not in answer.text
    assert (made.desk.acts, made.desk.said) == ([], [])


FAILURES = [
    (p.NoCallError(), 409, "no_call", {}),
    (
        p.NotInStateError(TransferState.CALLING, 2, IgnoredReason.NOT_ACCEPTED),
        *(409, "not_in_state", {"state": "calling", "attempt": 2, "reason": "not_accepted"}),
    ),
    (p.NotInStateError(TransferState.TALK, 3), 409, "not_in_state", {"reason": None, "attempt": 3}),
    (
        p.TargetRefusedError(
            Refused(RefusedTarget.CLOSED, "不在服务时间 / closed", Means.TICKET, "tax-sichuan")
        ),
        *(409, "target_refused", {"why": "closed", "instead": "ticket", "target": "tax-sichuan"}),
    ),
    (p.NotInControlError("node2"), 503, "not_in_control", {"holder": "node2"}),
    (p.DrainingError(), 503, "draining", {}),
    (p.AsteriskAwayError(), 503, "asterisk_away", {}),
    (p.AsteriskSilentError(TransferState.CALLING), 503, "asterisk_silent", {"state": "calling"}),
    (p.AsteriskRefusedError(), 502, "asterisk_refused", {}),
    (p.BadWordError("ticket"), 400, "bad_word", {"what": "ticket"}),
    (UnknownSeat(), 404, "unknown_seat", {}),
    (p.UnknownGuidanceError(), 404, "unknown_guidance", {}),
    (RuntimeError(f"about {CALLER}"), 500, "failed", {}),
]


@pytest.mark.parametrize(("failure", "status", "error", "facts"), FAILURES)
async def test_each_error_of_the_desk_has_an_answer_of_its_own(
    made: Desks,
    http: httpx.AsyncClient,
    failure: Exception,
    status: int,
    error: str,
    facts: dict[str, object],
) -> None:
    made.desk.fails = failure
    for answer in (await http.post("/desk/hold"), await http.get("/desk/call")):
        told = answer.json()
        assert (answer.status_code, told["error"]) == (status, error)
        assert " / " in told["text"]
        assert told["text"].isascii() is False
        assert facts.items() <= told.items()
        assert CALLER not in answer.text


def test_every_kind_of_desk_error_is_among_them() -> None:
    kinds = {kind for kind in vars(p).values() if isinstance(kind, type) and issubclass(kind, p.DeskError)}
    assert kinds - {p.DeskError} <= {type(failure) for failure, *_ in FAILURES}


@pytest.mark.parametrize("path", [*ACTS, *LOOKS])
async def test_whatever_the_desk_does_every_request_is_answered_in_time(tmp_path: Path, path: str) -> None:
    made = desks(tmp_path, within_s=0.05)
    made.desk.begins(call_of("1101"))
    made.desk.takes_s = 0.4
    async with made.client("1101") as http:
        began = asyncio.get_running_loop().time()
        method = "POST" if path in ACTS else "GET"
        answer = await http.request(method, path, json=BODIES.get(path))
        took = asyncio.get_running_loop().time() - began
    assert took < 0.3
    assert answer.status_code == 503
    assert answer.json()["error"] == ("asterisk_silent" if path in ACTS else "too_late")
    if path in ACTS:
        assert "GET /desk/call" in answer.json()["text"]


async def test_what_was_begun_goes_on_to_its_end_after_its_time(tmp_path: Path) -> None:
    made = desks(tmp_path, within_s=0.02)
    made.desk.begins(call_of())
    made.desk.takes_s = 0.1
    async with made.client("1001") as http:
        assert (await http.post("/desk/hold")).status_code == 503
        assert made.desk.acts == []
        await asyncio.sleep(0.15)
    assert made.desk.acts == [("1001", DeskAct.HOLD)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(("/desk/consult", body) for body in (b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"target": 5}')),
        ("/desk/consult", b'{"target": "12366", "kind": "free"}'),
        ("/desk/consult", b'{"target": "12366", "number": "13800138000"}'),
        ("/desk/consult", '{"target": "1２366"}'.encode()),
        ("/desk/consult", b'{"target": "a,b"}'),
        ("/desk/consult", b'{"target": "' + b"1" * 65 + b'"}'),
        ("/desk/consult", b'{"target": "12366", "attempt": -1}'),
        ("/desk/hold", b'{"attempt": "1"}'),
        ("/desk/hold", b"[" * MAX_BODY_BYTES),
        ("/desk/enforcement", b'{"on": true}'),
        ("/desk/note", b'{"text": ""}'),
        ("/desk/note", json.dumps({"text": "x" * 501}).encode()),
        ("/desk/ticket", b'{"number": "1\\r\\nAction: Originate"}'),
        ("/desk/wrap-up", b'{"on": "yes"}'),
        ("/desk/wrap-up", b'{"on": 1}'),
    ],
)
async def test_a_body_that_is_not_what_it_must_be_is_refused_without_repeating_it(
    made: Desks, http: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await http.post(path, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "body")
    assert "13800138000" not in answer.text
    assert "Originate" not in answer.text
    assert (made.desk.acts, made.desk.said) == ([], [])


async def test_the_longest_note_fits_however_it_is_written(made: Desks, http: httpx.AsyncClient) -> None:
    text = "话" * 500
    answer = await http.post("/desk/note", content=json.dumps({"text": text}, ensure_ascii=True).encode())
    assert answer.status_code == 200
    assert made.desk.said[0].text == text


async def test_a_body_is_read_no_further_than_it_may_be_long(made: Desks, http: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 256
            yield b" " * 256

    answer = await http.post("/desk/note", content=endless())
    assert (answer.status_code, answer.json()["error"]) == (413, "body")
    assert read <= MAX_BODY_BYTES + 256
    assert made.desk.said == []


async def test_nothing_acts_by_looking_and_a_browser_of_another_origin_gets_no_leave(
    made: Desks, http: httpx.AsyncClient
) -> None:
    for path in ACTS:
        assert (await http.get(path)).status_code == 405
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await http.options("/desk/hold", headers=asked)
    assert answer.status_code == 405
    answer = await http.get("/desk/call", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "set-cookie" not in answer.headers
    assert made.desk.acts == []


async def test_no_log_holds_anything_of_the_caller_or_of_what_was_written(
    made: Desks,
    http: httpx.AsyncClient,
    supervisor: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    await http.post("/desk/note", json={"text": f"来电人{CALLER}要求回电"})
    await supervisor.get("/desk/calls")
    made.desk.fails = RuntimeError(f"about {CALLER}")
    await http.post("/desk/ticket", json={"number": "GD-1"})
    printed = capsys.readouterr()
    told = caplog.text + printed.out + printed.err
    assert "desk_asked" in told
    assert "desk_calls_shown" in told
    assert "desk_failed" in told
    assert [word for word in (CALLER, "138****8000", "要求回电", "GD-1") if word in told] == []
