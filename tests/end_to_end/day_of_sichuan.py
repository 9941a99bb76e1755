"""Sichuan, 川办发〔2021〕15号 (document 000)."""

from __future__ import annotations

from scripted_day import Day, Dialled, Guided, HandedOver, Passed, Refused, each

from callrouter.decide.transfer_codes import keys_of

# 整体并入, 000:L82.
MERGED = (
    *("12396", "12349", "12336", "12312", "12301", "12356"),
    *("96119", "12330", "12331", "12358", "12365", "12322"),
)
"""All thirteen but 12300, which has calls of its own."""
# 双号并行, 000:L87-L90.
DUAL = (
    *("12348", "12333", "12369", "12319", "12329", "12328", "12316"),
    *("12318", "12320", "12350", "12393", "12317", "12385"),
)
"""All fourteen but 12315."""
# 设分中心, 000:L92-L95: each, and who it is.
CENTERS = {"12360": "customs", "12313": "tobacco", "12367": "immigration", "12305": "post"}

DAY = Day(
    "sichuan",
    (
        # 5月31日前 the seats merge; 6月1日—9月30日 transition; 10月1日起 cancelled.
        Dialled("2021-05-31T23:59:55+08:00", "12300", "000:L82", says=("G06",),
                facts={"line": "12300", "mode": "merged", "phase": "before", "stray": True}),
        Dialled("2021-06-01T00:00:02+08:00", "12300", "000:L82", says=("T01", "G04"), shows=(10, 12),
                facts={"line": "12300", "mode": "merged", "phase": "transition", "stray": False}),
        Dialled("2021-09-30T23:59:55+08:00", "12300", "000:L82", says=("T01", "G04"), shows=(12,),
                facts={"line": "12300", "phase": "transition"}),
        Dialled("2021-10-01T00:00:02+08:00", "12300", "000:L82, operator", says=("X01", "G04"), shows=(12,),
                facts={"line": "12300", "phase": "ended", "stray": True}),
        *each(MERGED, "2021-07-01T12:00:00+08:00", "000:L82", "T01", {"mode": "merged", "phase": "transition"}),
        # 10月16日起，实现所有号码向12345热线转接.
        Dialled("2021-10-15T23:59:55+08:00", "12315", "000:L90", says=("G06",),
                facts={"line": "12315", "mode": "dual", "phase": "before", "stray": True}),
        Dialled("2021-10-16T00:00:02+08:00", "12315", "000:L90", says=("G02", "G04"), shows=(17,),
                facts={"line": "12315", "mode": "dual", "phase": "in_force", "queue": "hotline"}),
        *each(DUAL, "2021-11-01T10:00:00+08:00", "000:L87-L90", "G02",
              {"mode": "dual", "phase": "in_force", "queue": "hotline"}),
        # 保留号码和话务座席: who dials a branch center's number gets the center; from 8月31日 round the clock.
        Dialled("2021-08-30T22:00:00+08:00", "12366", "000:L95, operator", says=("G05", "G04"), shows=(9,),
                facts={"line": "12366", "mode": "branch", "landing": "branch"}),
        Dialled("2021-08-31T00:00:02+08:00", "12366", "000:L95", by="tax", says=("G05",), shows=(3, 9),
                facts={"line": "12366", "mode": "branch", "landing": "branch"}),
        *(one for number, center in CENTERS.items() for one in each(
            (number,), "2022-01-05T03:00:00+08:00", "000:L92-L95", "G05", {"mode": "branch"}, by=center)),
        # 12345 answers general questions, and brings the center in by 三方转接, from 3月31日 on.
        Dialled("2021-03-30T10:00:00+08:00", "12345", "000:L95", says=("G01", "G04"),
                deeds=(Refused("*4", "12366", "not_yet", "tax"),), facts={"line": "12345", "mode": "hub"}),
        Dialled("2021-03-31T10:00:00+08:00", "12345", "000:L95", says=("G01", "G04"), shows=(11, 15),
                deeds=(Refused("*9", "12366", "other_kind", "tax"), Passed("*4", "12366", "tax", "tax")),
                facts={"mode": "hub", "platform": "sichuan"}),
        Dialled("2021-08-30T22:00:00+08:00", "12345", "000:L95, operator", says=("G01", "G04"), shows=(9,),
                deeds=(Refused("*4", "12366", "closed", "tax"),), facts={"mode": "hub"}),
        Dialled("2021-08-31T22:00:00+08:00", "12345", "000:L95", says=("G01", "G04"), shows=(1, 9),
                deeds=(Passed("*4", "12367", "immigration", "immigration"),), facts={"mode": "hub"}),
        # 设置专家座席: which, and who answers first, is not said; here by transfer.
        Dialled("2021-11-01T10:00:00+08:00", "12348", "000:L33, operator", says=("G02", "G04"), shows=(4, 5),
                deeds=(Passed("*9", "12348", "expert-12348"),), facts={"queue": "hotline"}),
        # 水电气.
        Dialled("2021-11-01T10:00:00+08:00", "12345", "000:L37, operator", says=("G01", "G04"), shows=(8,),
                deeds=(Passed("*9", "02880096001", "water", "water"),), facts={"mode": "hub"}),
        # 川渝: 2021年底前.
        Dialled("2021-12-30T23:59:55+08:00", "02312345", "000:L43, operator", says=("G01", "G04"),
                deeds=(Refused("*9", "023", "not_yet", "chongqing"),), facts={"mode": "hub"}),
        Dialled("2021-12-31T00:00:02+08:00", "02312345", "000:L43", by="chongqing",
                facts={"mode": "hub", "platform": "chongqing"}),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "000:L43", says=("G01", "G04"),
                deeds=(Passed("*9", "023", "chongqing", "chongqing"),), facts={"mode": "hub"}),
        # 支持各地直接使用省级平台: a city with its own, and one that is served by the province.
        Dialled("2022-01-05T10:00:00+08:00", "081612345", "000:L41, operator", by="mianyang",
                shows=(14,), facts={"platform": "mianyang"}),
        Dialled("2022-01-05T10:00:00+08:00", "02812345", "000:L41, operator", says=("G01", "G04"), shows=(14,),
                facts={"mode": "hub", "queue": "hotline"}),
        # 110、119、120、122: handed in; outwards nothing is said.
        Dialled("2021-11-01T10:00:00+08:00", "12345", "000:L37", trunk="police-110", says=("M05",), shows=(7,),
                facts={"source": "emergency:110", "priority": 10}),
        Dialled("2021-11-01T10:00:00+08:00", "12345", "operator", says=("G01", "G04"), shows=(7, 16),
                deeds=(HandedOver("122", "traffic-122"),), facts={"mode": "hub"}),
        Dialled("2021-11-01T03:00:00+08:00", "110", "000:L37", facts={"mode": "emergency", "priority": 20}),
        # 不受理, where to is not said.
        Dialled("2021-11-01T10:00:00+08:00", "12345", "000:L55, operator", says=("G01", "G04"), shows=(6,),
                deeds=(Guided(keys_of("litigation"), "litigation", "N01"),), facts={"mode": "hub"}),
        # Not Sichuan's: a person answers all the same.
        *each(("12325", "12338", "96128"), "2021-11-01T10:00:00+08:00", "000:L82-L95", "G01",
              {"line": None, "mode": "unknown"}),
    ),
    trunks={"police-110": "127.0.0.210"},
    recording=True,
)  # fmt: skip
