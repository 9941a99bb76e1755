"""What people are told of a transfer, Chinese and English: the desk's words, and those of the table in the docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from callrouter.vocabulary.transfer import (
    IgnoredReason,
    TransferEffect,
    TransferState,
    TransferStimulus,
)


class Said(NamedTuple):
    """One thing in both tongues."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Chinese / English."""
        return f"{self.zh} / {self.en}"


STATES: Final[Mapping[TransferState, Said]] = {
    TransferState.TALK: Said("通话", "talk"),
    TransferState.HELD: Said("保持", "on hold"),
    TransferState.CALLING: Said("呼叫对方", "calling"),
    TransferState.ASKING: Said("等对方按键", "asking"),
    TransferState.CONSULT: Said("与对方商量", "consult"),
    TransferState.TOGETHER: Said("正在呼叫紧急服务", "emergency called"),
    TransferState.THREE: Said("三方通话", "three-way"),
    TransferState.HANDED: Said("已转交", "handed over"),
    TransferState.PASSING: Said("转接中", "passing on"),
    TransferState.ALONE: Said("座席已离开，等对方接听", "agent gone, target awaited"),
    TransferState.QUEUED: Said("回到队首", "head of the queue"),
    TransferState.ENDED: Said("结束", "ended"),
}
HEARD: Final[Mapping[TransferState, Said]] = {
    TransferState.TALK: Said("来电人与座席互相听到", "caller and agent hear each other"),
    TransferState.HELD: Said("来电人听音乐，座席听不到声音", "caller: music; agent: nothing"),
    TransferState.CALLING: Said(
        "来电人听提示音后听音乐，座席听回铃音，对方振铃",
        "caller: B01, then music; agent: ringing; target: rung",
    ),
    TransferState.ASKING: Said(
        "对方听来电说明并按键，其余同上", "target: what the call is, and which key accepts; others as before"
    ),
    TransferState.CONSULT: Said(
        "座席与对方互相听到，来电人听音乐", "agent and target hear each other; caller: music"
    ),
    TransferState.TOGETHER: Said(
        "来电人与座席互相听到，紧急服务振铃", "caller and agent hear each other; emergency service: rung"
    ),
    TransferState.THREE: Said("三方互相听到", "all hear all"),
    TransferState.HANDED: Said("来电人与对方互相听到", "caller and target hear each other"),
    TransferState.PASSING: Said(
        "来电人听提示音后听音乐，座席听回铃音直到离开，对方振铃或按键",
        "caller: B02, then music; agent: ringing while he stays; target: rung, or asked",
    ),
    TransferState.ALONE: Said("来电人听音乐，对方振铃或按键", "caller: music; target: rung, or asked"),
    TransferState.QUEUED: Said("来电人排在队首", "caller: waits, first in the queue"),
    TransferState.ENDED: Said("来电人已离开，或正在评价", "caller: gone, or rates the service"),
}
"""Who hears what."""
STIMULI: Final[Mapping[TransferStimulus, Said]] = {
    TransferStimulus.CONSULT: Said("座席：三方转接", "agent: consult"),
    TransferStimulus.PASS: Said("座席：转接", "agent: pass on"),
    TransferStimulus.EMERGENCY: Said("座席：紧急转接", "agent: emergency"),
    TransferStimulus.HOLD: Said("座席：保持", "agent: hold"),
    TransferStimulus.RESUME: Said("座席：接回", "agent: resume"),
    TransferStimulus.JOIN: Said("座席：三方通话", "agent: make it three"),
    TransferStimulus.LEAVE: Said("座席：离开", "agent: leave"),
    TransferStimulus.CANCEL: Said("座席：取消", "agent: cancel"),
    TransferStimulus.PICKED_UP: Said("对方摘机", "target: picks up"),
    TransferStimulus.ACCEPTED: Said("对方接受", "target: accepts"),
    TransferStimulus.DECLINED: Said("对方退回", "target: declines"),
    TransferStimulus.FAILED: Said("接不通或断线", "target: fails"),
    TransferStimulus.TARGET_GONE: Said("对方挂机", "target: hangs up"),
    TransferStimulus.AGENT_GONE: Said("座席挂机", "agent: hangs up"),
    TransferStimulus.AGENT_LOST: Said("座席话机失联", "agent: device dies"),
    TransferStimulus.CALLER_GONE: Said("来电人挂机", "caller: hangs up"),
    TransferStimulus.TOO_LONG: Said("等待超时", "caller: has waited too long"),
}
EFFECTS: Final[Mapping[TransferEffect, Said]] = {
    TransferEffect.HOLD_CALLER: Said("来电人听提示音和音乐", "caller: told, then music"),
    TransferEffect.AGENT_TO_CONFERENCE: Said("座席进会议", "agent into the conference"),
    TransferEffect.CALL_TARGET: Said("呼叫对方", "call the target"),
    TransferEffect.WHISPER: Said("向对方说明并请其按键", "whisper to the target"),
    TransferEffect.TARGET_TO_CONFERENCE: Said("对方进会议", "target into the conference"),
    TransferEffect.CALLER_TO_CONFERENCE: Said("来电人进会议", "caller into the conference"),
    TransferEffect.DROP_TARGET: Said("挂断对方", "drop the target"),
    TransferEffect.TELL_REASON: Said("说明原因", "say why"),
    TransferEffect.RELEASE_AGENT: Said("放开座席", "release the agent"),
    TransferEffect.CALLER_TO_QUEUE: Said("来电人回队首", "caller to the head of the queue"),
    TransferEffect.RELEASE_ALL: Said("全部挂断", "release all"),
    TransferEffect.SURVEY: Said("评价后结束", "survey, then the end"),
}
IGNORED: Final[Mapping[IgnoredReason, Said]] = {
    IgnoredReason.IN_FLIGHT: Said(
        "正在转接或保持，请先取消或接回", "a transfer or a hold is going on: cancel or resume"
    ),
    IgnoredReason.NOTHING_IN_FLIGHT: Said("现在没有转接", "no transfer is going on"),
    IgnoredReason.NOT_HELD: Said("现在没有保持", "nobody is on hold"),
    IgnoredReason.NOT_ACCEPTED: Said("对方还没有接受", "the target has not accepted yet"),
    IgnoredReason.PLAIN: Said(
        "转接时对方接受后自动接通", "in a plain transfer the caller is joined by itself"
    ),
    IgnoredReason.ALREADY: Said("已经是这样", "it is so already"),
    IgnoredReason.AGENT_LEFT: Said("座席已离开这通电话", "the agent has left this call"),
    IgnoredReason.NO_WAIT: Said("来电人没有在等转接", "the caller waits for no transfer"),
    IgnoredReason.LATE: Said("已不再等对方", "the target is no longer waited for"),
}
