"""Changzhi, 关于进一步规范12345政务服务热线运行管理的通知 (document 002). All instants are the operator's."""

from __future__ import annotations

from scripted_day import Day, Dialled, Guided, HandedOver, Passed, Refused, each

from callrouter.decide.transfer_codes import keys_of

HUB = {"line": "12345", "mode": "hub", "platform": "changzhi", "queue": "hotline"}
MATTERS = ("other-areas", "central-vertical", "military", "incomplete")

DAY = Day(
    "changzhi",
    (
        # 直接合并: 原固定电话号码作为12345热线平台的转接电话.
        Dialled("2020-12-31T23:59:55+08:00", "03558000101", "002:L15, operator", shows=(10,),
                facts={"mode": "absorbed", "phase": "before", "stray": True}),
        Dialled("2021-01-01T00:00:02+08:00", "03558000101", "002:L15, operator", says=("T03",),
                facts={"mode": "absorbed", "phase": "in_force", "stray": False}),
        # 来电转移: the mayor's line keeps its number, and is known by it.
        Dialled("2020-12-31T23:59:55+08:00", "03558000001", "002:L17, operator", facts={"phase": "before"}),
        Dialled("2021-01-01T00:00:02+08:00", "03558000001", "002:L17, operator", says=("G03",),
                facts={"mode": "forwarded", "tag": "mayor"}),
        Dialled("2021-01-01T12:00:00+08:00", "03558000002", "002:L17, operator", says=("G03",),
                facts={"mode": "forwarded", "tag": "secretary"}),
        # 并行接听.
        Dialled("2022-01-05T10:00:00+08:00", "12366", "002:L19, operator", shows=(6,),
                facts={"mode": "parallel", "landing": "external", "stray": True}),
        # No hours are stated.
        Dialled("2022-01-05T03:00:00+08:00", "12345", "002:L11, operator", says=("G01",), shows=(9, 15, 17),
                facts=HUB),
        # 直接答复、系统分转、解释引导: no live call goes to a department, whichever way it is asked for.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L19, L23, operator", says=("G01",), shows=(11,),
                deeds=(Guided("12366", "12366", "P01"), Refused("*4", "12315", "unknown")), facts=HUB),
        # 不予受理: 耐心告知当事人，并引导其向有管辖权的部门反映.
        *(Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L29", says=("G01",),
                  shows=(6,) if matter == "central-vertical" else (),
                  deeds=(Guided(keys_of(matter), matter, "N01"),), facts=HUB) for matter in MATTERS),
        # 通过110、119、120、122等紧急渠道求助的: guided, by the same words; nothing is said of the way in.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L29", says=("G01",), shows=(7, 16),
                deeds=(HandedOver("110", None),), facts=HUB),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "operator", trunk="police-110", says=("M05",), shows=(7,),
                facts={"source": "emergency:110"}),
        Dialled("2022-01-05T03:00:00+08:00", "120", "002:L29", facts={"mode": "emergency", "priority": 20}),
        # 公共企事业单位: 工单.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L27", says=("G01",), shows=(8,),
                deeds=(Refused("*9", "03558009600", "ticket_only", "public"),), facts=HUB),
        # 由市12345热线转省级平台; 各县、区不再新建12345热线平台.
        Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L37", says=("G01",), shows=(13,),
                deeds=(Passed("*9", keys_of("shanxi"), "shanxi", "shanxi"),), facts=HUB),
        Dialled("2022-01-05T10:00:00+08:00", "12345", "002:L37", trunk="shanxi", says=("G01",),
                facts={**HUB, "source": "platform:shanxi"}),
        *each(("12300", "12315", "12325", "96128"), "2022-01-05T10:00:00+08:00", "002:L59", "G01",
              {"line": None, "mode": "unknown"}),
    ),
    trunks={"police-110": "127.0.0.210", "shanxi": "127.0.0.231"},
)  # fmt: skip
