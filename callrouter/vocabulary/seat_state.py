"""What a seat says of itself: by its phone's codes, by the API, or by letting it ring.

Rules:
- A seat is in its queues, paused or not; "out" is a pause with a reason of its own, which outlives any restart.
- The codes are those of asterisk/extensions-seats.conf.j2; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PauseReason(StrEnum):
    """Why an agent takes no calls for a while; chosen by him. The words stand in Asterisk's queue_log."""

    UNSTATED = "unstated"
    BREAK = "break"
    MEAL = "meal"
    MEETING = "meeting"
    TRAINING = "training"
    PAPERWORK = "paperwork"
    FAULT = "fault"
    """His device, or his desk."""
    OTHER = "other"


OUT: Final = "out"
"""The pause of who has logged out."""
NO_ANSWER: Final = "no answer"
"""The pause of who let it ring in vain: [seat] of the dialplan sets it."""

PAUSE_CODES: Final[Mapping[str, PauseReason]] = MappingProxyType(
    {
        "*20": PauseReason.UNSTATED,
        "*21": PauseReason.BREAK,
        "*22": PauseReason.MEAL,
        "*23": PauseReason.MEETING,
        "*24": PauseReason.TRAINING,
        "*25": PauseReason.PAPERWORK,
        "*26": PauseReason.FAULT,
        "*29": PauseReason.OTHER,
    }
)
"""Dialled from the seat's phone."""
LOG_IN_CODE: Final = "*10"
LOG_OUT_CODE: Final = "*11"
BACK_CODE: Final = "*30"


class SeatState(StrEnum):
    """Whether a queue can give a seat a call."""

    READY = "ready"
    BUSY = "busy"
    """It rings, talks, or its phone is in use."""
    PAUSED = "paused"
    OUT = "out"
    ABSENT = "absent"
    """Not paused, but its phone cannot be reached."""
    MISSING = "missing"
    """The queue does not have it; the controller is about to add it."""


STAFFING: Final = frozenset({SeatState.READY, SeatState.BUSY})
"""A queue with a seat in one of these is worth waiting in."""
IN_CHINESE: Final[Mapping[str, str]] = MappingProxyType(
    {
        SeatState.READY: "空闲",
        SeatState.BUSY: "忙",
        SeatState.PAUSED: "示忙",
        SeatState.OUT: "签出",
        SeatState.ABSENT: "话机不在线",
        SeatState.MISSING: "不在队列中",
        PauseReason.UNSTATED: "未说明",
        PauseReason.BREAK: "小休",
        PauseReason.MEAL: "用餐",
        PauseReason.MEETING: "会议",
        PauseReason.TRAINING: "培训",
        PauseReason.PAPERWORK: "整理工单",
        PauseReason.FAULT: "设备故障",
        PauseReason.OTHER: "其他",
        NO_ANSWER: "无应答",
    }
)
"""States and reasons as people read them."""
