"""What the words of messages mean, in Chinese: for the schemas and the reference.

A test holds this against the models: nothing may be missing, and nothing left over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "LegRole": {
        "caller": "来电人",
        "agent": "座席",
        "last_resort": "无座席可接时呼叫的值班电话",
        "branch": "分中心",
        "expert": "专家",
        "colleague": "同事",
        "supervisor": "班长",
        "platform": "另一个 12345 平台",
        "utility": "水、电、气等",
        "emergency": "紧急服务",
    },
    "TransferKind": {
        "emergency": "紧急转接：来电人与座席保持通话，110 等接听后三方通话",
        "three_way": "三方转接：三方通话后座席才离开",
        "plain": "转接：座席即离开",
    },
    "TransferOutcome": {
        "joined": "对方与来电人通了话",
        "declined": "拒绝",
        "busy": "忙",
        "no_answer": "无人应答",
        "unreachable": "无法接通",
        "closed": "不在服务时间",
        "cancelled": "座席收回",
        "caller_left": "来电人离开",
        "interrupted": "没有写下结果",
        "refused": "没有开始：计划不许转给对方，原因见 refused",
    },
    "RefusedTarget": {
        "unknown": "计划中没有这个对象或代码",
        "yourself": "就是自己",
        "here": "就是正在接听的平台",
        "loop": "通话从那个平台转来",
        "closed": "不在服务时间",
        "hours_unstated": "没有写明服务时间",
        "not_yet": "尚未开始",
        "no_peer": "没有通往它的中继",
        "no_seats": "没有座席",
        "ticket_only": "只派发工单",
        "guide_only": "只作引导",
        "other_kind": "计划只许另一种方式：三方或转接",
        "emergency": "紧急服务，或来自紧急服务：不走这条路",
        "stopping": "系统即将停止，不再开始新的转接",
    },
    "SupervisionKind": {
        "listen": "监听：谁也听不见班长",
        "whisper": "耳语：只有座席听见",
        "join": "加入：都听见",
    },
    "EmergencyDirection": {"in": "转给我们", "out": "我们转出"},
    "ClosedBy": {"end": "Asterisk 写下了结束", "rule": "没有写下：Asterisk 停了，或已不认得这通电话"},
    "HungUpBy": {"caller": "来电人", "agent": "我方人员", "system": "拨号方案", "target": "被转接方"},
    "TerminalState": {
        "completed": "与人工通了话",
        "voicemail": "留了言",
        "call_back": "要求回拨",
        "abandoned": "这些之前来电人已离开",
        "released": "我方结束，既无人工，也无留言或回拨要求",
        "refused": "决定之前即被拒绝",
        "interrupted": "通话中交换机停了",
    },
    "Anomaly": {
        "no_channel_start": "没有通道开始的一行",
        "no_hangup": "没有挂断的一行，原因与挂断方不明",
        "several_arrivals": "有几次到达",
        "several_decisions": "有几个决定，取第一个",
        "no_decision": "既没有决定，也没有默认路径",
        "unreadable_fact": "一项事实写法不对",
        "notice_unpaired": "语音提示有终无始",
        "notice_failed": "语音提示没能播放，来电人没有听到",
        "queue_unpaired": "离开了没有进入的队列",
        "voicemail_failed": "开始了留言而没有留下",
        "ended_without_a_person": "按计划应有人接听，却由我方结束",
        "time_ran_backwards": "结束早于开始：通话中调了时钟",
        "no_end": "按规则关闭：结束没有写下",
        "transfer_unpaired": "转接没有提出就有了下文",
        "recording_missing": "写明已录音的文件不在，或读不了",
        "survey_unreadable": "评价不是 1 至 5",
        "recording_unpaired": "没有开始（或没有暂停）的录音有了下文",
        "try_unpaired": "队列日志说在某队列振铃，而来电人不在那个队列",
        "not_explained": "走了默认路径的通话，事后也推算不出决定",
        "recording_failed": "通话没能录音，例如磁盘已满",
        "menu_unpaired": "没有放过的菜单有了下文",
        "recording_repaired": "交换机停了，录音文件没有正常结束，文件头已修复",
        "hold_unpaired": "没有开始的等候有了结束",
        "note_incomplete": "座席的备注缺了几段",
        "supervision_unpaired": "没有开始的介入有了结束",
    },
    "Fallback": {
        "no_verdict": "控制器不在、停了，或超过 3 秒没有回答；由综合队列接听",
        "plan_followed": "控制器没有可用的回答，拨号方案按预先编好的计划接续",
        "bad_verdict": "控制器的回答，拨号方案不认得",
    },
}
"""By the name of the words' kind, and word."""
