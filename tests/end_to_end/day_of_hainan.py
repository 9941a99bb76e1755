"""Hainan, 琼府办函〔2021〕337号 (document 004). It gives deadlines alone: every instant is the operator's."""

from __future__ import annotations

from scripted_day import Day, Dialled, Guided, HandedOver, Passed, Refused, each

from callrouter.decide.transfer_codes import keys_of

# 取消号码, 004:L49.
FIRST, SECOND = ("12336", "12312", "12301"), ("12300", "12356", "96119", "12322")
"""Without 12396 and 12349, which have calls of their own."""
QUIET = {"mode": "merged", "phase": "transition", "stray": False}
"""The duty is 社会公告: nothing is announced by voice."""

DAY = Day(
    "hainan",
    (
        # 归并过渡期内完成座席归并、社会公告和取消号码: the cancellation is within the two months.
        Dialled("2021-09-06T23:59:55+08:00", "12396", "004:L49, operator",
                facts={"line": "12396", "mode": "merged", "phase": "before", "stray": True}),
        Dialled("2021-09-07T00:00:02+08:00", "12396", "004:L49, operator", shows=(10, 12), facts=QUIET),
        Dialled("2021-10-01T00:00:02+08:00", "12396", "004:L49, operator", says=("X01",), shows=(12,),
                facts={"line": "12396", "phase": "ended"}),
        *each(FIRST, "2021-09-15T10:00:00+08:00", "004:L49", "", QUIET),
        *each(SECOND, "2021-10-15T10:00:00+08:00", "004:L49", "", QUIET),
        # 12349热线取消后，开通未成年人保护热线.
        Dialled("2021-10-31T23:59:55+08:00", "12349", "004:L49, operator", facts=QUIET),
        Dialled("2021-11-01T00:00:02+08:00", "12349", "004:L49, operator", says=("X01",), facts={"phase": "ended"}),
        Dialled("2021-11-01T00:00:02+08:00", "089880012355", "004:L49, operator", says=("Z01",),
                facts={"queue": "minors", "priority": 15}),
        # 双号并行; 12367 is one of them here.
        Dialled("2021-10-01T00:00:02+08:00", "12367", "004:L51, operator", says=("G02",), shows=(1,),
                facts={"line": "12367", "mode": "dual", "phase": "in_force", "queue": "hotline"}),
        *each(("12318", "12317"), "2021-10-08T10:00:00+08:00", "004:L51", "G02",
              {"mode": "dual", "queue": "hotline"}),
        # 12320: 增设专家座席; 12329: only the experts are new; 12348, 12333: 暂时保留话务座席.
        Dialled("2021-10-08T10:00:00+08:00", "12320", "004:L51, operator", says=("G02",),
                facts={"mode": "dual", "queue": "expert-12320"}),
        Dialled("2021-10-08T10:00:00+08:00", "12329", "004:L51, operator", says=("G02",), shows=(5,),
                deeds=(Passed("*9", "12329", "expert-12329"),), facts={"mode": "dual", "queue": "hotline"}),
        Dialled("2021-10-08T10:00:00+08:00", "12348", "004:L51", by="legal", shows=(4,),
                facts={"line": "12348", "mode": "dual", "landing": "department"}),
        Dialled("2022-01-05T10:00:00+08:00", "12333", "004:L51", by="labour", shows=(4,),
                facts={"line": "12333", "mode": "dual", "landing": "department"}),
        Dialled("2021-10-08T22:00:00+08:00", "12348", "004:L51, operator", facts={"queue": "hotline"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L51", says=("G01",), shows=(4,),
                deeds=(Passed("*9", "12333", "labour", "labour"),), facts={"mode": "hub"}),
        # 设分中心: 三方转接; hours are not stated. 12313 is not in its list.
        Dialled("2022-01-05T10:00:00+08:00", "12366", "004:L53", by="tax", says=("G05",), shows=(3,),
                facts={"line": "12366", "mode": "branch"}),
        Dialled("2022-01-05T23:00:00+08:00", "12366", "004:L53, operator", says=("G05",), shows=(9,),
                facts={"line": "12366", "mode": "branch", "queue": "hotline"}),
        *(one for number, center in {"12360": "customs", "12305": "post"}.items() for one in each(
            (number,), "2022-01-05T10:00:00+08:00", "004:L53", "G05", {"mode": "branch"}, by=center)),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L53", says=("G01",), shows=(11, 15),
                deeds=(Passed("*4", "12366", "tax", "tax"),), facts={"mode": "hub"}),
        Dialled("2022-01-05T23:00:00+08:00", "12345", "004:L53, operator", says=("G01",), shows=(9,),
                deeds=(Refused("*4", "12366", "closed", "tax"),), facts={"mode": "hub"}),
        *each(("12313", "12338", "12325", "96128"), "2022-01-05T10:00:00+08:00", "004:L47-L53", "G01",
              {"line": None, "mode": "unknown"}),
        # 设立营商环境问题处置专席.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L87", says=("G01",),
                deeds=(Passed("*9", keys_of("business-environment"), "business-environment"),),
                facts={"mode": "hub"}),
        # 一地接入，全省通办: by whatever platform it came in, it is served here, and goes there only by transfer.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L61", trunk="haikou", says=("G01",),
                facts={"mode": "hub", "source": "platform:haikou", "platform": "hainan"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L61", says=("G01",), shows=(13,),
                deeds=(Passed("*9", "0898", "haikou", "haikou"),), facts={"mode": "hub"}),
        # 铁路、港口 are member units: tickets.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L61, operator", says=("G01",), shows=(8,),
                deeds=(Refused("*9", "089880096001", "ticket_only", "rail"),), facts={"mode": "hub"}),
        # 与110、119、120、122等紧急热线建立业务联动机制: how, is not said.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L61, operator", says=("G01",), shows=(7, 16),
                deeds=(HandedOver("119", "fire-119"),), facts={"mode": "hub"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L61", trunk="police-110", says=("M05",), shows=(7,),
                facts={"source": "emergency:110", "priority": 10}),
        # 不受理.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "004:L83, operator", says=("G01",),
                deeds=(Guided(keys_of("disclosure"), "disclosure", "N01"),), facts={"mode": "hub"}),
    ),
    trunks={"police-110": "127.0.0.210", "haikou": "127.0.0.231"},
)  # fmt: skip
