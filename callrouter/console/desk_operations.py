"""Everything that can be asked at a desk: one table, of which the routes and the OpenAPI document are made.

Rules:
- Who asks, the token says; no path, query or body names a seat or a number.
- Reading is GET and changes nothing; whatever acts is POST.
- A note, a ticket's number and a mark carry the request's Idempotency-Key into the record: twice is one word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel

from callrouter.calls.desk_protocol import TransferDesk
from callrouter.console import desk_models as m
from callrouter.vocabulary.desk_role import Role


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks."""

    seat: str
    sees_numbers: bool
    key: str | None = None
    """The request's Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    zh: str
    en: str
    answers: type[BaseModel]
    do: Callable[[TransferDesk, Asker, Any], Awaitable[BaseModel]]
    """Desk, who asks, the body as its model."""
    asks: type[BaseModel] = m.Nothing
    role: Role = Role.AGENT
    """Whose it is; a supervisor may do what an agent may."""
    errors: tuple[str, ...] = ()
    """Of `desk_errors.FAULTS`, beside those of every operation."""


async def _my_call(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.CallAnswer:
    call = await desk.my_call(asker.seat, whole_number=asker.sees_numbers)
    return m.CallAnswer(call=m.CallShown.model_validate(call) if call else None)


async def _calls(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.CallsAnswer:
    calls = await desk.calls(whole_numbers=asker.sees_numbers)
    return m.CallsAnswer(calls=tuple(map(m.CallShown.model_validate, calls)))


async def _targets(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.TargetsAnswer:
    return m.TargetsAnswer(targets=tuple(map(m.target_shown, await desk.targets(asker.seat))))


async def _consult(desk: TransferDesk, asker: Asker, asked: m.ConsultAsked) -> m.DoneAnswer:
    done = await desk.consult(asker.seat, asked.target, asked.kind, attempt=asked.attempt)
    return m.DoneAnswer.model_validate(done)


async def _join(desk: TransferDesk, asker: Asker, asked: m.AsSeen) -> m.DoneAnswer:
    return m.DoneAnswer.model_validate(await desk.join(asker.seat, attempt=asked.attempt))


async def _leave(desk: TransferDesk, asker: Asker, asked: m.AsSeen) -> m.DoneAnswer:
    return m.DoneAnswer.model_validate(await desk.leave(asker.seat, attempt=asked.attempt))


async def _cancel(desk: TransferDesk, asker: Asker, asked: m.AsSeen) -> m.DoneAnswer:
    return m.DoneAnswer.model_validate(await desk.cancel(asker.seat, attempt=asked.attempt))


async def _hold(desk: TransferDesk, asker: Asker, asked: m.AsSeen) -> m.DoneAnswer:
    return m.DoneAnswer.model_validate(await desk.hold(asker.seat, attempt=asked.attempt))


async def _resume(desk: TransferDesk, asker: Asker, asked: m.AsSeen) -> m.DoneAnswer:
    return m.DoneAnswer.model_validate(await desk.resume(asker.seat, attempt=asked.attempt))


async def _guidances(desk: TransferDesk, _asker: Asker, _: m.Nothing) -> m.GuidancesAnswer:
    known = await desk.guidances()
    return m.GuidancesAnswer(guidances=tuple(map(m.GuidanceShown.model_validate, known)))


async def _guide(desk: TransferDesk, asker: Asker, asked: m.GuideAsked) -> m.DoneAnswer:
    done = await desk.guide(asker.seat, asked.about, attempt=asked.attempt)
    return m.DoneAnswer.model_validate(done)


async def _pause_recording(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.RecordedAnswer:
    return m.RecordedAnswer(recorded=await desk.pause_recording(asker.seat))


async def _resume_recording(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.RecordedAnswer:
    return m.RecordedAnswer(recorded=await desk.resume_recording(asker.seat))


async def _note(desk: TransferDesk, asker: Asker, asked: m.NoteAsked) -> m.WrittenAnswer:
    await desk.note(asker.seat, asked.text, word_id=asker.key)
    return m.WrittenAnswer(written="note")


async def _ticket(desk: TransferDesk, asker: Asker, asked: m.TicketAsked) -> m.WrittenAnswer:
    await desk.ticket(asker.seat, asked.number, word_id=asker.key)
    return m.WrittenAnswer(written="ticket")


async def _enforcement(desk: TransferDesk, asker: Asker, _: m.Nothing) -> m.WrittenAnswer:
    await desk.mark_enforcement(asker.seat, word_id=asker.key)
    return m.WrittenAnswer(written="enforcement")


async def _wrap_up(desk: TransferDesk, asker: Asker, asked: m.WrapUpAsked) -> m.WrapUpAnswer:
    return m.WrapUpAnswer(pause=await desk.wrap_up(asker.seat, asked.on))


_READS: Final = ("asterisk_away", "too_late")
_ACTS: Final = ("no_call", "asterisk_away", "asterisk_silent", "asterisk_refused", "not_in_control")
_MOVES: Final = (*_ACTS, "not_in_state")
_WORDS: Final = (*_ACTS, "bad_word")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("GET", "/desk/call", "call", "我的通话", "my call", m.CallAnswer, _my_call, errors=_READS),
    Operation(
        *("GET", "/desk/targets", "targets", "此刻可以转给谁，为何不能转给其他人"),
        *("whom the caller may be passed to now, and why not others", m.TargetsAnswer, _targets),
        errors=(*_READS, "no_call"),
    ),
    Operation(
        *(
            "GET",
            "/desk/calls",
            "calls",
            "全部座席的通话（班长）",
            "all calls that have agents (supervisors)",
        ),
        *(m.CallsAnswer, _calls),
        role=Role.SUPERVISOR,
        errors=_READS,
    ),
    Operation(
        *("POST", "/desk/consult", "consult", "三方转接或转接", "bring somebody in, or pass the caller on"),
        *(m.DoneAnswer, _consult, m.ConsultAsked),
        errors=(*_MOVES, "target_refused", "draining"),
    ),
    Operation(
        *("POST", "/desk/join", "join", "三方通话", "make it three", m.DoneAnswer, _join, m.AsSeen),
        errors=_MOVES,
    ),
    Operation(
        *("POST", "/desk/leave", "leave", "离开，来电人与对方继续", "leave the caller with the target"),
        *(m.DoneAnswer, _leave, m.AsSeen),
        errors=_MOVES,
    ),
    Operation(
        *(
            "POST",
            "/desk/cancel",
            "cancel",
            "取消转接或保持，接回来电人",
            "drop the target: back to the caller",
        ),
        *(m.DoneAnswer, _cancel, m.AsSeen),
        errors=_MOVES,
    ),
    Operation(
        *("POST", "/desk/hold", "hold", "保持", "let the caller hear music", m.DoneAnswer, _hold, m.AsSeen),
        errors=_MOVES,
    ),
    Operation(
        *("POST", "/desk/resume", "resume", "接回被保持的来电人", "back to the caller who was held"),
        *(m.DoneAnswer, _resume, m.AsSeen),
        errors=_MOVES,
    ),
    Operation(
        *("GET", "/desk/guidances", "guidances", "可以告知来电人的去处：不受理的事项、自行接听的热线"),
        *("where callers can be told to turn", m.GuidancesAnswer, _guidances),
        errors=_READS,
    ),
    Operation(
        *("POST", "/desk/guide", "guide", "引导：告知来电人去处，随后接回"),
        *("tell the caller where to turn, then back", m.DoneAnswer, _guide, m.GuideAsked),
        errors=(*_MOVES, "unknown_guidance"),
    ),
    Operation(
        *("POST", "/desk/recording/pause", "pauseRecording", "暂停录音", "record nothing from now on"),
        *(m.RecordedAnswer, _pause_recording),
        errors=_MOVES,
    ),
    Operation(
        *("POST", "/desk/recording/resume", "resumeRecording", "恢复录音", "record again"),
        *(m.RecordedAnswer, _resume_recording),
        errors=_MOVES,
    ),
    Operation(
        *("POST", "/desk/note", "note", "备注，记入话单", "a note for the record"),
        *(m.WrittenAnswer, _note, m.NoteAsked),
        errors=_WORDS,
    ),
    Operation(
        *("POST", "/desk/ticket", "ticket", "工单号，记入话单", "a ticket's number for the record"),
        *(m.WrittenAnswer, _ticket, m.TicketAsked),
        errors=_WORDS,
    ),
    Operation(
        *("POST", "/desk/enforcement", "enforcement", "标为执法举报：先转办，不请求评价"),
        *("mark as a report for law enforcement: forwarded first, no survey", m.WrittenAnswer, _enforcement),
        errors=_WORDS,
    ),
    Operation(
        *("POST", "/desk/wrap-up", "wrapUp", "整理工单，暂不接听；恢复", "finish a ticket; take calls again"),
        *(m.WrapUpAnswer, _wrap_up, m.WrapUpAsked),
        errors=("unknown_seat", "asterisk_away", "asterisk_silent", "asterisk_refused"),
    ),
)
EVENTS_PATH: Final = "/desk/events"
"""Answered by a stream (desk_stream.py), so in no row."""
