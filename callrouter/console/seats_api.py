"""Seats over HTTP, on the probes' loopback server: who stands how, and log in, log out, pause, back.

    GET  /seats                          every seat in every queue of its own
    POST /seats/{seat}/log-in            takes calls
    POST /seats/{seat}/log-out           takes none, until it logs in
    POST /seats/{seat}/pause             takes none for now; body {"reason": "meal"}, or nothing
    POST /seats/{seat}/back              takes calls again

Rules:
- Who asks bears the token of this installation (`Authorization: Bearer …`); without it nothing is told, not even
  whether a seat exists.
- A word is answered when Asterisk has taken it. Saying it twice does no harm.
- While Asterisk is away nothing is told of the seats either: what was so may have changed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiTimeout
from callrouter.calls.seat_board import SeatBoard, SeatStanding
from callrouter.calls.seat_desk import Desk, UnknownSeat
from callrouter.console.bodies import BodyError, read_body
from callrouter.vocabulary.seat_state import OUT, PauseReason, SeatState

MAX_BODY_BYTES: Final = 1024
_REASONS: Final = ", ".join(reason.value for reason in PauseReason)


@dataclass(frozen=True, slots=True)
class SeatService:
    """What the answers are made of."""

    board: SeatBoard
    desk: Desk
    is_asterisk_there: Callable[[], bool]
    token: str
    """Empty: there is none, and nobody gets in."""


class _Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(code)
        self.response = JSONResponse(
            {"error": code, "text": text},
            status,
            {"WWW-Authenticate": "Bearer"} if status == 401 else None,
        )


def seat_routes(service: SeatService) -> list[Route]:
    """Return the routes for the probes' server."""

    async def listed(_request: Request) -> Response:
        _require_asterisk(service)
        return JSONResponse({"seats": [_row(row) for row in service.board.rows()]})

    async def log_in(request: Request) -> Response:
        return await _told(service, request, SeatState.READY, None)

    async def log_out(request: Request) -> Response:
        return await _told(service, request, SeatState.OUT, OUT)

    async def pause(request: Request) -> Response:
        return await _told(service, request, SeatState.PAUSED, (await _reason(request)).value)

    def guarded(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def _guarded(request: Request) -> Response:
            try:
                _require_token(service.token, request)
                return await answer(request)
            except _Refusal as refusal:
                return refusal.response

        return _guarded

    return [
        Route("/seats", guarded(listed), methods=["GET"]),
        Route("/seats/{seat}/log-in", guarded(log_in), methods=["POST"]),
        Route("/seats/{seat}/log-out", guarded(log_out), methods=["POST"]),
        Route("/seats/{seat}/pause", guarded(pause), methods=["POST"]),
        Route("/seats/{seat}/back", guarded(log_in), methods=["POST"]),
    ]


def _require_token(token: str, request: Request) -> None:
    scheme, _, borne = request.headers.get("authorization", "").partition(" ")
    # Compared as octets: a header may hold what is no ASCII.
    is_right = secrets.compare_digest(borne.strip().encode(), token.encode())
    if not (token and is_right and scheme.lower() == "bearer"):
        raise _Refusal(
            401,
            "token",
            "令牌缺失或不对；令牌在 secrets.json 的 seats_token 中，首次启动时生成"
            " / no token, or a wrong one; it is `seats_token` in secrets.json, made by `callrouter serve`",
        )


def _require_asterisk(service: SeatService) -> None:
    if not (service.board.is_known and service.is_asterisk_there()):
        raise _away()


async def _told(service: SeatService, request: Request, state: SeatState, reason: str | None) -> Response:
    seat = request.path_params["seat"]
    try:
        await service.desk.set_pause(seat, reason)
    except UnknownSeat:
        raise _Refusal(
            404,
            "unknown_seat",
            "没有这个座席；GET /seats 列出全部，账号在设置 sip.seats 中"
            " / no such seat; GET /seats names all of them, sip.seats in the settings holds them",
        ) from None
    except AmiLost:
        raise _away() from None
    except AmiTimeout:
        raise _Refusal(
            503,
            "asterisk_silent",
            "Asterisk 没有及时回答，可能已经生效；请查看 GET /seats 后再试"
            " / Asterisk did not answer in time, and may have done it; look at GET /seats, then try again",
        ) from None
    except AmiError:
        raise _Refusal(
            502,
            "asterisk_refused",
            "Asterisk 拒绝了；原因在 Asterisk 的日志中 / Asterisk refused it; its own log tells why",
        ) from None
    return JSONResponse({"seat": seat, "state": state.value, "reason": reason})


def _away() -> _Refusal:
    return _Refusal(
        503,
        "asterisk_away",
        "与 Asterisk 没有连接；话机上的代码（*10 *11 *20 *30）仍然有效，/readyz 说明原因"
        " / no link to Asterisk; the codes on the phone (*10 *11 *20 *30) still work, /readyz says what is missing",
    )


async def _reason(request: Request) -> PauseReason:
    """Read the reason out of the body; without a body it is unstated."""
    body = await _body(request)
    if not body.strip():
        return PauseReason.UNSTATED
    try:
        return PauseReason(_one_member(json.loads(body), "reason"))
    except (ValueError, RecursionError):
        raise _Refusal(
            400,
            "reason",
            f'请求体应为 {{"reason": "…"}}，原因取其一 / the body must be {{"reason": "…"}}, one of: {_REASONS}',
        ) from None


def _one_member(value: Any, name: str) -> str:
    if isinstance(value, dict) and list(value) == [name] and isinstance(held := value[name], str):
        return held
    raise ValueError(name)


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request, MAX_BODY_BYTES)
    except BodyError as error:
        raise _Refusal(error.status, "body", error.text) from None


def _row(row: SeatStanding) -> dict[str, str | None]:
    return {
        "seat": row.seat,
        "queue": row.queue,
        "state": row.state.value,
        "reason": row.reason,
        "since": row.since.isoformat(timespec="seconds") if row.since else None,
    }
