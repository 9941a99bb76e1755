"""Seats over HTTP: who may ask, what is answered, and what is refused in which words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Member, MemberStatus, Queue, Snapshot
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.calls.seats import Roster, Seat
from callrouter.console.seats_api import MAX_BODY_BYTES, SeatService, seat_routes
from callrouter.vocabulary.seat_state import PauseReason

TOKEN = "t0ken-of-this-installation"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ROSTER = Roster((Seat("1001", "hotline"), Seat("1002", "hotline")), frozenset({"hotline"}))
REFUSED = AmiMessage((("Response", "Error"), ("Message", "Permission denied")))


@dataclass
class Desk:
    said: list[tuple[str, str | None]] = field(default_factory=list)
    fails: Exception | None = None
    is_asterisk_there: bool = True

    async def set_pause(self, seat: str, reason: str | None) -> None:
        if self.fails:
            raise self.fails
        if seat not in ROSTER.names:
            raise UnknownSeat
        self.said.append((seat, reason))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def board() -> SeatBoard:
    made = SeatBoard(ROSTER)
    meal = Member(
        *("1001", "Local/1001@seat", MemberStatus.NOT_IN_USE),
        is_paused=True,
        is_in_call=False,
        pause_reason="meal",
        paused_at_s=1_795_397_753,
    )
    made.see(Snapshot((), (Queue("hotline", (meal,), ()),)))
    return made


def client(board: SeatBoard, desk: Desk, token: str = TOKEN) -> httpx.AsyncClient:
    service = SeatService(board, desk, lambda: desk.is_asterisk_there, token)
    application = Starlette(routes=seat_routes(service))
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://probes")


@pytest.fixture
async def http(board: SeatBoard, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with client(board, desk) as made:
        made.headers.update(BEARER)
        yield made


async def test_every_seat_of_the_roster_is_told_with_its_pause_and_since_when(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/seats")
    assert answer.status_code == 200
    assert answer.json() == {
        "seats": [
            {
                "seat": "1001",
                "queue": "hotline",
                "state": "paused",
                "reason": "meal",
                "since": "2026-11-23T01:35:53+00:00",
            },
            {"seat": "1002", "queue": "hotline", "state": "missing", "reason": None, "since": None},
        ]
    }


@pytest.mark.parametrize(
    ("word", "body", "answered", "said"),
    [
        ("log-in", None, ("ready", None), None),
        ("back", None, ("ready", None), None),
        ("log-out", None, ("out", "out"), "out"),
        ("pause", None, ("paused", "unstated"), "unstated"),
        *(
            ("pause", {"reason": reason.value}, ("paused", reason.value), reason.value)
            for reason in PauseReason
        ),
    ],
)
async def test_a_word_is_passed_on_and_answered_with_what_holds_now(
    http: httpx.AsyncClient,
    desk: Desk,
    word: str,
    body: dict[str, str] | None,
    answered: tuple[str, str | None],
    said: str | None,
) -> None:
    answer = await http.post(f"/seats/1001/{word}", json=body)
    assert answer.status_code == 200
    assert answer.json() == {"seat": "1001", "state": answered[0], "reason": answered[1]}
    assert desk.said == [("1001", said)]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \xe9\xe9",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/seats"), ("POST", "/seats/1001/log-out")])
async def test_without_the_token_nothing_is_told_and_nothing_done(
    board: SeatBoard, desk: Desk, header: str | None, method: str, path: str
) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    desk.is_asterisk_there = False
    async with client(board, desk) as http:
        answer = await http.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "secrets.json" in answer.json()["text"]
    assert TOKEN not in answer.text
    assert desk.said == []


async def test_an_installation_without_a_token_lets_nobody_in(board: SeatBoard, desk: Desk) -> None:
    async with client(board, desk, token="") as http:
        for header in ("Bearer ", "Bearer"):
            assert (await http.get("/seats", headers={"Authorization": header})).status_code == 401


@pytest.mark.parametrize("seat", ["1003", "1001%0d%0aAction", "%00", "座席"])
async def test_a_seat_that_is_none_is_not_found(http: httpx.AsyncClient, desk: Desk, seat: str) -> None:
    answer = await http.post(f"/seats/{seat}/log-out")
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_seat")
    assert "没有这个座席" in answer.json()["text"]
    assert desk.said == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b"null", b"{}", b'"meal"', b"\xff", b"[" * MAX_BODY_BYTES),
        *(b'{"reason": "out"}', b'{"reason": "no answer"}', b'{"reason": ["meal"]}', b'{"reason": null}'),
        b'{"reason": "meal", "queue": "hotline"}',
    ],
)
async def test_a_body_that_is_no_reason_is_refused_with_the_reasons_there_are(
    http: httpx.AsyncClient, desk: Desk, body: bytes
) -> None:
    answer = await http.post("/seats/1001/pause", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "reason")
    assert "paperwork" in answer.json()["text"]
    assert desk.said == []


async def test_a_body_is_read_no_further_than_a_reason_can_be_long(
    http: httpx.AsyncClient, desk: Desk
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 256
            yield b" " * 256

    answer = await http.post("/seats/1001/pause", content=endless())
    assert (answer.status_code, answer.json()["error"]) == (413, "body")
    assert read <= MAX_BODY_BYTES + 256
    assert desk.said == []


@pytest.mark.parametrize(
    ("failure", "status", "error"),
    [
        (AmiLost("QueuePause"), 503, "asterisk_away"),
        (AmiTimeout("QueuePause"), 503, "asterisk_silent"),
        (AmiRefused("QueuePause", REFUSED), 502, "asterisk_refused"),
    ],
)
async def test_an_asterisk_that_cannot_do_it_is_told_with_what_helps(
    http: httpx.AsyncClient, desk: Desk, failure: Exception, status: int, error: str
) -> None:
    desk.fails = failure
    answer = await http.post("/seats/1001/back")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert json.loads(answer.content)["text"].isascii() is False


async def test_while_asterisk_is_away_or_was_never_seen_nothing_old_is_told(
    http: httpx.AsyncClient, desk: Desk
) -> None:
    desk.is_asterisk_there = False
    assert (await http.get("/seats")).status_code == 503
    desk.is_asterisk_there = True
    async with client(SeatBoard(ROSTER), desk) as unseen:
        answer = await unseen.get("/seats", headers=BEARER)
    assert (answer.status_code, answer.json()["error"]) == (503, "asterisk_away")


async def test_a_word_is_never_said_by_looking(http: httpx.AsyncClient, desk: Desk) -> None:
    for path in ("/seats/1001/log-out", "/seats/1001/back"):
        assert (await http.get(path)).status_code == 405
    assert (await http.post("/seats/1001/fly")).status_code == 404
    assert desk.said == []
