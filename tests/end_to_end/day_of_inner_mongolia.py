"""Inner Mongolia, 内政办发〔2021〕25号 (document 003). It gives deadlines alone: every instant is the operator's."""

from __future__ import annotations

from scripted_day import Day, Dialled, Guided, HandedOver, Passed, Refused, each

from callrouter.decide.transfer_codes import keys_of

# 整体并入, 003:L105-L122.
MERGED = (
    *("12396", "12300", "12349", "12336", "12312", "12301", "12356"),
    *("96119", "12330", "12331", "12358", "12365", "12322"),
)
"""All fourteen but 12325, which this document alone has."""
# 双号并行, 003:L124-L141.
EXPERTS = ("12348", "12333", "12329", "12316", "12320", "12385")
"""设专家座席 stands in their rows."""
OTHERS = ("12369", "12319", "12328", "12318", "12350", "12315", "12393", "12317")
# 设分中心, 003:L143-L151.
CENTERS = {"12366": "tax", "12313": "tobacco", "12367": "immigration", "12305": "post"}
DUAL = {"mode": "dual", "phase": "in_force"}

DAY = Day(
    "inner-mongolia",
    (
        # 取消号码，归并到12345; 设置过渡期电话语音提示.
        Dialled("2021-08-31T23:59:55+08:00", "12325", "003:L105, operator", shows=(2,),
                facts={"line": "12325", "mode": "merged", "phase": "before", "stray": True}),
        Dialled("2021-09-01T00:00:02+08:00", "12325", "003:L47, operator", says=("T02",), shows=(2, 10),
                facts={"line": "12325", "mode": "merged", "phase": "transition"}),
        Dialled("2021-12-31T23:59:55+08:00", "12325", "003:L47, operator", says=("T02",),
                facts={"phase": "transition"}),
        Dialled("2022-01-01T00:00:02+08:00", "12325", "003:L29, operator", says=("X01",),
                facts={"line": "12325", "phase": "ended", "stray": True}),
        *each(MERGED, "2021-10-08T12:00:00+08:00", "003:L105-L122", "T02",
              {"mode": "merged", "phase": "transition"}),
        # 双号并行: six have experts of their own, who answer first by the operator's choice.
        Dialled("2021-09-29T23:59:55+08:00", "12348", "003:L31, operator",
                facts={"line": "12348", "phase": "before", "stray": True}),
        Dialled("2021-09-30T00:00:02+08:00", "12348", "003:L128", says=("G02",), shows=(4,),
                facts={**DUAL, "queue": "expert-12348"}),
        Dialled("2021-10-08T10:00:00+08:00", "12329", "003:L133", says=("G02",), shows=(5,),
                facts={**DUAL, "queue": "expert-12329"}),
        *(one for number in EXPERTS for one in each(
            (number,), "2021-10-08T10:00:00+08:00", "003:L128-L141", "G02", {**DUAL, "queue": f"expert-{number}"})),
        *each(OTHERS, "2021-10-08T10:00:00+08:00", "003:L124-L141", "G02", {**DUAL, "queue": "hotline"}),
        # 设分中心: 保留号码和话务座席, 7×24; two customs under one number.
        Dialled("2022-01-05T03:00:00+08:00", "12367", "003:L33, L150", by="immigration", says=("G05",), shows=(1, 9),
                facts={"line": "12367", "mode": "branch", "landing": "branch"}),
        Dialled("2022-01-05T10:00:00+08:00", "12360", "003:L147", by="customs-manzhouli", says=("G05",), shows=(3,),
                caller="04708123456", facts={"line": "12360", "mode": "branch"}),
        Dialled("2022-01-05T10:00:00+08:00", "12360", "003:L147", by="customs-hohhot", says=("G05",), shows=(3,),
                caller="04718123456", facts={"line": "12360", "mode": "branch"}),
        *(one for number, center in CENTERS.items() for one in each(
            (number,), "2022-01-05T03:00:00+08:00", "003:L143-L151", "G05", {"mode": "branch"}, by=center)),
        # 转接, not 三方转接; round the clock (003:L33).
        Dialled("2022-01-05T03:00:00+08:00", "12345", "003:L33, L37", says=("G01",), shows=(9, 11, 15),
                deeds=(Refused("*4", "12366", "other_kind", "tax"), Passed("*9", "12366", "tax", "tax")),
                facts={"line": "12345", "mode": "hub", "queue": "hotline"}),
        # 水、电、气、暖、公共交通: 工单形式或转接方式.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "003:L45", says=("G01",), shows=(8,),
                deeds=(Passed("*9", "04718009604", "heat", "heat"),), facts={"mode": "hub"}),
        Dialled("2022-01-05T10:00:00+08:00", "04718009605", "003:L45, operator", by="transit", says=("G01",),
                shows=(8,), facts={"mode": "utility"}),
        # 紧急: 话务转接, 或引导; 非紧急类诉求应转接至12345.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "003:L43", says=("G01",), shows=(7, 16),
                deeds=(HandedOver("122", "traffic-122"),), facts={"mode": "hub"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "003:L43", trunk="police-110", says=("M05",), shows=(7,),
                facts={"source": "emergency:110", "priority": 10}),
        Dialled("2022-01-05T03:00:00+08:00", "119", "003:L43", facts={"mode": "emergency", "priority": 20}),
        # 未建设的可利用自治区平台; 工作站不对外受理诉求事项.
        Dialled("2022-01-05T10:00:00+08:00", "047212345", "003:L51, operator", by="baotou", shows=(14,),
                facts={"platform": "baotou"}),
        Dialled("2022-01-05T10:00:00+08:00", "047512345", "003:L51, operator", says=("G01",), shows=(14,),
                facts={"mode": "hub", "queue": "hotline"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "003:L59", says=("G01",), shows=(13,),
                deeds=(Refused("*9", keys_of("tumed-left"), "ticket_only", "tumed-left"),), facts={"mode": "hub"}),
        # 不予受理.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "003:L41, operator", says=("G01",),
                deeds=(Guided(keys_of("petition"), "petition", "N01"),), facts={"mode": "hub"}),
        *each(("12338", "96128"), "2022-01-05T10:00:00+08:00", "003:L103", "G01", {"line": None, "mode": "unknown"}),
    ),
    trunks={"police-110": "127.0.0.210"},
)  # fmt: skip
