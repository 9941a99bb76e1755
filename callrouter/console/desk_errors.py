"""What goes wrong at a desk, as an HTTP answer: its status, a word for programs, a text for people (zh / en).

Rules:
- Each error of the desk has one row here; which it is, says whether anything was done.
- "It may have acted" is an answer of its own (`asterisk_silent`): whoever gets it looks at the call before he asks
  again.
- No text holds anything of a caller, nor what the request said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.responses import JSONResponse, Response

from callrouter.calls.desk_protocol import (
    AsteriskAwayError,
    AsteriskRefusedError,
    AsteriskSilentError,
    BadWordError,
    DeskError,
    DrainingError,
    NoCallError,
    NotInControlError,
    NotInStateError,
    TargetRefusedError,
    UnknownGuidanceError,
)
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.vocabulary.transfer_words import IGNORED, STATES

NO_STORE: Final = {"Cache-Control": "no-store"}
"""Nothing that a desk is told may stay in between."""


class Fault(NamedTuple):
    """A kind of error."""

    status: int
    text: str
    is_undone: bool = False
    """Nothing was done, and the same may work a moment later."""


FAULTS: Final[Mapping[str, Fault]] = {
    "body": Fault(400, "请求体不对 / the body is not what it must be"),
    "idempotency_key": Fault(
        400,
        "Idempotency-Key 应为 1 至 64 个字母、数字或连字符"
        " / an Idempotency-Key is 1 to 64 letters, digits or hyphens",
    ),
    "idempotency_reused": Fault(
        422,
        "这个 Idempotency-Key 已用于另一个请求 / this Idempotency-Key was used for another request",
    ),
    "last_event_id": Fault(
        400, "Last-Event-ID 应为收到的事件编号 / Last-Event-ID must be the id of an event that was received"
    ),
    "bad_word": Fault(
        400, "内容为空、过长或含不允许的字符 / it is empty, too long, or of signs that it may not have"
    ),
    "token": Fault(
        401,
        "令牌缺失或不对；用 callrouter desk token add 生成"
        " / no token, or a wrong one; `callrouter desk token add` makes one",
    ),
    "role": Fault(403, "只有班长可以 / supervisors only"),
    "unknown_seat": Fault(404, "没有这个座席 / no such seat; sip.seats in the settings holds them"),
    "unknown_guidance": Fault(
        404, "没有这项引导，见 /desk/guidances / no such guidance: see /desk/guidances"
    ),
    "no_call": Fault(409, "现在没有通话 / this seat has no call now"),
    "not_in_state": Fault(409, "通话现在的状态做不了 / not in the state in which the call is"),
    "target_refused": Fault(409, "不能转给这个对象 / the caller may not be passed there"),
    "too_many": Fault(
        429,
        "同时的请求或事件流太多，请先等前一个结束 / too many requests or streams at once: let one end first",
        is_undone=True,
    ),
    "failed": Fault(
        500,
        "控制器内部出错，可能已经生效；请查看 GET /desk/call / it went wrong here, and may have acted; "
        "look at GET /desk/call",
    ),
    "asterisk_refused": Fault(
        502, "Asterisk 拒绝了；原因在 Asterisk 的日志中 / Asterisk refused it; its own log tells why"
    ),
    "not_in_control": Fault(
        503,
        "由另一台控制器负责，请改向它请求 / another controller is in control: ask that one",
        is_undone=True,
    ),
    "draining": Fault(
        503,
        "控制器即将停止，不再开始转接；话机按键仍然有效"
        " / the controller is stopping and begins no transfer; the phone's keys still work",
        is_undone=True,
    ),
    "asterisk_away": Fault(
        503,
        "与 Asterisk 没有连接，什么都没有做；话机按键仍然有效"
        " / no link to Asterisk, nothing was done; the phone's keys still work",
        is_undone=True,
    ),
    "asterisk_silent": Fault(
        503,
        "没有及时完成，可能已经生效；请先查看 GET /desk/call，再决定是否重试"
        " / not done in time, and it may have acted; look at GET /desk/call before asking again",
    ),
    "too_late": Fault(503, "没有及时得到回答，请再试 / no answer in time; ask again", is_undone=True),
    "tokens": Fault(
        503,
        "令牌文件不能用：别人可读，或已损坏；控制器日志有说明"
        " / the file of tokens cannot be used: others may read it, or it is damaged; the controller's log says",
    ),
}
"""By the word that a program sees."""

_WORDS: Final[Mapping[type[Exception], str]] = {
    NoCallError: "no_call",
    NotInStateError: "not_in_state",
    TargetRefusedError: "target_refused",
    NotInControlError: "not_in_control",
    DrainingError: "draining",
    AsteriskAwayError: "asterisk_away",
    AsteriskSilentError: "asterisk_silent",
    AsteriskRefusedError: "asterisk_refused",
    BadWordError: "bad_word",
    UnknownSeat: "unknown_seat",
    UnknownGuidanceError: "unknown_guidance",
}


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(
        self, word: str, text: str | None = None, *, status: int | None = None, **facts: object
    ) -> None:
        super().__init__(word)
        fault = FAULTS[word]
        self.word = word
        self.status = status or fault.status
        self.is_undone = fault.is_undone
        self.body = {"error": word, "text": text or fault.text, **facts}

    def response(self) -> Response:
        """The answer."""
        headers = {**NO_STORE, **({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})}
        return JSONResponse(self.body, self.status, headers)


def refusal_of(error: DeskError | UnknownSeat) -> Refusal:
    """What is answered when the desk raises this."""
    word = next((word for kind, word in _WORDS.items() if isinstance(error, kind)), "failed")
    match error:
        case NotInStateError():
            return Refusal(
                word,
                _why_not(error),
                state=error.state.value,
                attempt=error.attempt,
                reason=error.reason.value if error.reason else None,
            )
        case TargetRefusedError():
            refused = error.refused
            return Refusal(
                word,
                refused.reason,
                why=refused.why.value,
                instead=refused.instead.value if refused.instead else None,
                target=refused.target,
            )
        case NotInControlError():
            return Refusal(word, holder=error.holder)
        case AsteriskSilentError():
            return Refusal(word, state=error.state.value if error.state else None)
        case BadWordError():
            return Refusal(word, what=error.what)
        case _:
            return Refusal(word)


def _why_not(error: NotInStateError) -> str:
    state = STATES[error.state]
    if error.reason is None:
        return (
            f"通话已有变化，现在是“{state.zh}”，请查看 GET /desk/call"
            f" / the call has moved on to `{state.en}`; look at GET /desk/call"
        )
    reason = IGNORED[error.reason]
    return f"{reason.zh}（现在是“{state.zh}”） / {reason.en} (now: {state.en})"
