"""The agent's desk over HTTP, on the probes' loopback server: the routes of `desk_operations`, and the events.

Rules:
- Who asks bears a token (desk_tokens.py); without one nothing is told and nothing done.
- Every answer comes within a tenth of a second after the request has, or says that it does not. What may have acted
  says so, and is never asked again by itself.
- A caller's number is whole for supervisors, masked for agents unless the settings say otherwise, and in no log.
- Nothing here is for browsers' own ways: no cookies, and no other origin is let in.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callrouter.calls.desk_protocol import DeskError, TransferDesk
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.console.bodies import BodyError, read_body
from callrouter.console.desk_errors import NO_STORE, Refusal, refusal_of
from callrouter.console.desk_operations import EVENTS_PATH, OPERATIONS, Asker, Operation
from callrouter.console.desk_repeats import Answer, Repeats, answer_of
from callrouter.console.desk_stream import DeskStreams
from callrouter.console.desk_tokens import Bearer, DeskTokens
from callrouter.vocabulary.desk_role import Role

MAX_BODY_BYTES: Final = 4096
"""A note of 500 characters, each written as \\uXXXX, and its braces."""
WITHIN_S: Final = 0.1
_KEY: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT_ID: Final = re.compile(r"[0-9]{1,18}")
_log = structlog.get_logger(__name__)
_Handler = Callable[[Request], Awaitable[Response]]


def _monotonic() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class DeskApi:
    """What the answers are made of."""

    desk: TransferDesk
    tokens: DeskTokens
    streams: DeskStreams
    """`close` ends them all: a server that is to stop waits for each."""
    show_numbers: bool = False
    """Whether agents see whole numbers."""
    within_s: float = WITHIN_S
    repeats: Repeats = field(default_factory=lambda: Repeats(_monotonic))


def desk_routes(api: DeskApi) -> list[Route]:
    """Return the routes for the probes' server."""
    made = [
        Route(one.path, _guarded(_answering(api, one)), methods=[one.method], name=one.name)
        for one in OPERATIONS
    ]
    events = Route(EVENTS_PATH, _guarded(_streaming(api)), methods=["GET"], name="events")
    for route in (*made, events):
        # Starlette answers HEAD wherever it answers GET: of a stream it would never end.
        route.methods = {*(route.methods or ())} - {"HEAD"}
    return [*made, events]


def _guarded(answer: _Handler) -> _Handler:
    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except Refusal as refusal:
            return refusal.response()

    return guarded


def _answering(api: DeskApi, operation: Operation) -> _Handler:
    async def answer(request: Request) -> Response:
        bearer = _bearer(api, request)
        if operation.role is Role.SUPERVISOR and bearer.role is not Role.SUPERVISOR:
            raise Refusal("role")
        if operation.method == "GET":
            return await _looked(api, operation, _asker(api, bearer, None))
        asker = _asker(api, bearer, _key(request))
        body = await _body(request)
        return await _acted(api, operation, asker, body)

    return answer


def _streaming(api: DeskApi) -> _Handler:
    async def stream(request: Request) -> Response:
        bearer = _bearer(api, request)
        after = request.headers.get("last-event-id")
        if after is not None and not _EVENT_ID.fullmatch(after):
            raise Refusal("last_event_id")
        seat = None if bearer.role is Role.SUPERVISOR else bearer.seat
        return api.streams.open(
            bearer.seat,
            lambda: api.desk.subscribe(seat, int(after) if after is not None else None),
            lambda: api.tokens.still_holds(bearer),
        )

    return stream


def _bearer(api: DeskApi, request: Request) -> Bearer:
    return api.tokens.bearer(request.headers.get("authorization", ""))


def _asker(api: DeskApi, bearer: Bearer, key: str | None) -> Asker:
    return Asker(bearer.seat, bearer.role is Role.SUPERVISOR or api.show_numbers, key)


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Refusal("idempotency_key")
    return key


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request, MAX_BODY_BYTES)
    except BodyError as error:
        raise Refusal("body", error.text, status=error.status) from None


async def _looked(api: DeskApi, operation: Operation, asker: Asker) -> Response:
    try:
        async with asyncio.timeout(api.within_s):
            answer = await _done(api.desk, operation, asker, operation.asks())
    except TimeoutError:
        raise Refusal("too_late") from None
    if operation.role is Role.SUPERVISOR:
        _log.info("desk_calls_shown", seat=asker.seat)
    return _response(answer)


async def _acted(api: DeskApi, operation: Operation, asker: Asker, body: bytes) -> Response:
    asked = _asked(operation, body)
    request = hashlib.sha256(f"{operation.name} {asked.model_dump_json()}".encode()).digest()

    async def deed() -> Answer:
        answer = await _done(api.desk, operation, asker, asked)
        _log.info("desk_asked", what=operation.name, seat=asker.seat, status=answer.status)
        return answer

    try:
        return _response(await api.repeats.once(asker.seat, asker.key, request, deed, api.within_s))
    except TimeoutError:
        _log.warning("desk_late", what=operation.name, seat=asker.seat)
        raise Refusal("asterisk_silent", state=None) from None


async def _done(desk: TransferDesk, operation: Operation, asker: Asker, asked: BaseModel) -> Answer:
    try:
        answer = await operation.do(desk, asker, asked)
    except (DeskError, UnknownSeat) as error:
        return answer_of(refusal_of(error))
    except TimeoutError:
        raise
    except Exception as error:
        # Of an error that nobody foresaw only the kind is told: its text may hold anything.
        _log.error("desk_failed", what=operation.name, seat=asker.seat, error=type(error).__name__)
        return answer_of(Refusal("failed"))
    return Answer(200, answer.model_dump_json().encode())


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, NO_STORE, "application/json")


def _asked(operation: Operation, body: bytes) -> BaseModel:
    """Read the body as the operation's model. What it said is in no answer."""
    try:
        return operation.asks.model_validate_json(body.strip() or b"{}")
    except (ValidationError, RecursionError):
        wanted = ", ".join(operation.asks.model_fields) or "{}"
        raise Refusal(
            "body",
            f"请求体应为 JSON，字段：{wanted}；见 docs/openapi.json"
            f" / the body must be JSON with: {wanted}; see docs/openapi.json",
        ) from None
