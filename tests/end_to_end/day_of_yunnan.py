"""Yunnan, 云政办函〔2018〕195号 (document 001)."""

from __future__ import annotations

from scripted_day import MESSAGE, NOBODY, Day, Dialled, Guided, HandedOver, Passed, each

from callrouter.decide.transfer_codes import keys_of

# 1个省平台和16个州、市平台 (001:L48), by their area codes.
CITIES = {
    "0874": "qujing", "0877": "yuxi", "0875": "baoshan", "0870": "zhaotong", "0888": "lijiang", "0879": "puer",
    "0883": "lincang", "0878": "chuxiong", "0873": "honghe", "0876": "wenshan", "0691": "xishuangbanna",
    "0872": "dali", "0692": "dehong", "0886": "nujiang", "0887": "diqing",
}  # fmt: skip
"""All but Kunming."""
HUB = {"line": "12345", "mode": "hub", "platform": "kunming", "queue": "hotline"}

DAY = Day(
    "yunnan",
    (
        # 于2018年12月25日0：00，停止“96128”热线号码服务: no transition, no prompt before.
        Dialled("2018-12-24T12:00:00+08:00", "96128", "001:L34", shows=(2, 10, 12),
                facts={"line": "96128", "mode": "merged", "phase": "before", "stray": True}),
        Dialled("2018-12-24T23:59:50+08:00", "96128", "001:L34, operator", by=MESSAGE, says=("H01",),
                facts={"phase": "before"}),
        Dialled("2018-12-25T00:00:02+08:00", "96128", "001:L34", by=NOBODY, says=("X02",), shows=(2, 12),
                facts={"line": "96128", "phase": "ended"}),
        # 固定电话、移动电话: their functions merge.
        Dialled("2019-07-01T12:00:00+08:00", "087180000101", "001:L36, operator", says=("T03",),
                facts={"mode": "absorbed", "phase": "in_force"}),
        Dialled("2019-07-01T12:00:00+08:00", "13800000101", "001:L36, operator", says=("T03",),
                facts={"mode": "absorbed", "phase": "in_force"}),
        # 每周 7×12 小时人工服务，其他时间语音留言信箱: which twelve is the operator's.
        Dialled("2019-07-01T07:59:50+08:00", "12345", "001:L54, operator", by=MESSAGE, says=("H01",), shows=(9,)),
        Dialled("2019-07-01T08:00:02+08:00", "12345", "001:L50, L54", says=("G01",), shows=(9, 14, 15), facts=HUB),
        Dialled("2019-07-01T19:59:50+08:00", "12345", "001:L54, operator", says=("G01",), shows=(9,), facts=HUB),
        Dialled("2019-07-01T20:00:02+08:00", "12345", "001:L54, operator", by=MESSAGE, says=("H01",), shows=(9,)),
        # 属地接听: each prefecture's caller is its own platform's.
        *(one for area, city in CITIES.items() for one in each(
            (f"{area}12345",), "2019-07-01T10:00:00+08:00", "001:L48-L50", "G01",
            {"line": "12345", "platform": city, "queue": city})),
        # 如需直接连线12345省平台的，由州、市“12345”平台转接.
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L50", says=("G01",), shows=(13,),
                deeds=(Passed("*9", keys_of("yunnan"), "yunnan"),), facts=HUB),
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L50", says=("G01",),
                deeds=(Passed("*9", "0872", "dali"),), facts=HUB),
        # 暂时保留的，与“12345”热线并行接听: told, and not pulled in.
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L40, operator", says=("G01",), shows=(6,),
                deeds=(Guided("12366", "12366", "P01"),), facts=HUB),
        Dialled("2019-07-01T10:00:00+08:00", "12366", "001:L40, operator", shows=(6,),
                facts={"line": "12366", "mode": "parallel", "landing": "external", "stray": True}),
        # 公共交通、供水、供电、供气: 并行接听.
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L42, operator", says=("G01",), shows=(8,),
                deeds=(Guided("087180096002", "water", "P03"),), facts=HUB),
        # 110、120、119; 122 is not named.
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L28, L50-L52, operator", says=("G01",), shows=(7, 16),
                deeds=(HandedOver("120", "medical-120"),), facts=HUB),
        Dialled("2019-07-01T10:00:00+08:00", "12345", "001:L50-L52, operator", trunk="police-110", says=("M05",),
                shows=(7,), facts={"source": "emergency:110", "priority": 10}),
        Dialled("2019-07-01T03:00:00+08:00", "110", "001:L28", facts={"mode": "emergency", "priority": 20}),
        *each(("12315", "12300", "12325", "12338"), "2019-07-01T10:00:00+08:00", "001:L34-L40", "G01",
              {"line": None, "mode": "unknown"}),
    ),
    trunks={"police-110": "127.0.0.210"},
)  # fmt: skip
