"""A whole plan of an invented city, small enough to read: every section of the language at least once.

`write_city(tmp_path)` writes it and returns the plan's folder, `<tmp_path>/dialplans/testcity`. Each file can be
replaced, changed or left out by its stem:

    write_city(tmp_path, lines=LINES.replace(...))                    # another text
    write_city(tmp_path, lines=[("mode: merged", "mode: mergd")])     # each old text by the new
    write_city(tmp_path, operator=None)                               # no such file
    write_city(tmp_path, landlines="number,name\n")                   # the CSV list
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Change = str | None | Sequence[tuple[str, str]]

PLAN = """\
jurisdiction: testcity
title: 测试市12345政务服务便民热线
version: "1.0"
document:
  ref: "009"
  title: 测试市热线整合方案
  number: 测府〔2021〕1号
  issued: 2021-03-24
timezone: Asia/Shanghai
hub:
  number: "12345"
  spoken_number: 一二三四五
brands:
  - name: 12345政务服务便民热线
    source: "009:L1"
home: testcity
hours:
  - id: always
    source: "009:L2"
    stretches:
      - staffing: 7x24
  - id: office
    source: "009:L3"
    stretches:
      - staffing: unstated
      - starts: 2021-09-01T00:00:00+08:00
        staffing: weekly
        weekly:
          - days: mon-fri
            opens: "09:00"
            closes: "17:00"
          - days: "sat,sun"
            opens: "10:00"
            closes: "12:00"
platforms:
  - id: testcity
    name: 测试市12345平台
    spoken_name: 测试市平台
    level: city
    areas: ["0999"]
    hours: always
    source: "009:L4"
  - id: eastcounty
    name: 东县12345平台
    spoken_name: 东县平台
    level: county
    parent: testcity
    areas: []
    source: "009:L5"
queues:
  - id: hotline
    name: 市热线
    spoken_name: 市热线
    kind: general
    platform: testcity
    source: "009:L4"
  - id: labour
    name: 人社专家座席
    spoken_name: 人社专家
    kind: expert
    platform: testcity
    line: "12333"
    hours: office
    source: "009:L6"
desks:
  hub: {announcement: G01, priority: "0"}
  emergency: {priority: "20"}
  unknown: {announcement: G01, priority: "0"}
  handed_over: {announcement: M05, priority: "10"}
  closed: {announcement: H01, priority: "0"}
emergency:
  - number: "110"
    name: 报警
    spoken_number: 幺幺零
    out: transfer_else_guide
    handed_in: "yes"
    source: "009:L7"
  - number: "119"
    name: 火警
    spoken_number: 幺幺九
    out: unstated
    source: "009:L7"
utilities:
  - id: water
    name: 供水
    means: [plain, ticket]
    source: "009:L8"
  - id: rail
    name: 铁路
    means: []
    parallel: "yes"
    source: "009:L8"
scope:
  excluded_systems:
    - name: 人大
      source: "009:L9"
  not_accepted:
    - id: litigation
      what: 须通过诉讼解决的事项
      guide: 向人民法院提起
      source: "009:L10"
    - id: secrets
      what: 涉密事项
      source: "009:L10"
dues:
  - what: 知识库汇聚
    by: 2021-10-31
    source: "009:L11"
demands:
  - mode: merged
    transition: "yes"
    announcement: "yes"
    source: "009:L12"
  - mode: branch
    round_the_clock: "yes"
    source: "009:L13"
  - new_lines: "no"
    source: "009:L14"
...
"""

LINES = """\
schedules:
  merged:
    mode: merged
    number_fate: cancelled
    seat_fate: merged
    phases:
      - name: before
        landing: external
        source: "009:L20"
      - name: transition
        starts: 2021-06-01T00:00:00+08:00
        ends: 2021-10-01T00:00:00+08:00
        landing: platform
        announcement: T01
        number_fate: kept
        source: "009:L20"
      - name: ended
        starts: 2021-10-01T00:00:00+08:00
        landing: platform
        announcement: X01
        source: "009:L21"
    dues:
      - what: 座席归并
        by: 2021-05-31
        source: "009:L22"
  dual:
    mode: dual
    number_fate: kept
    seat_fate: merged
    phases:
      - name: before
        landing: external
        source: "009:L23"
      - name: in_force
        starts: unstated
        landing: platform
        announcement: G02
        source: "009:L23"
  branch:
    mode: branch
    number_fate: kept
    seat_fate: kept
    phases:
      - name: before
        landing: external
        source: "009:L24"
      - name: in_force
        starts: 2021-03-24T00:00:00+08:00
        landing: branch
        announcement: G05
        source: "009:L24"
  absorbed:
    mode: absorbed
    number_fate: unstated
    seat_fate: none
    phases:
      - name: before
        landing: external
        source: "009:L25"
      - name: in_force
        starts: 2021-05-01T00:00:00+08:00
        landing: platform
        announcement: T03
        source: "009:L25"
lines:
  - number: "12300"
    name: 全国电信用户申诉渠道咨询电话
    spoken_number: 幺二三零零
    spoken_name: 电信用户申诉热线
    schedule: merged
    source: "009:L20"
  - number: "12333"
    name: 人力资源社会保障服务热线
    spoken_number: 幺二三三三
    spoken_name: 人社服务热线
    schedule: dual
    level: city
    expert_seats: "yes"
    source: "009:L23"
  - number: "12366"
    name: 税务热线
    spoken_number: 幺二三六六
    spoken_name: 税务热线
    schedule: branch
    source: "009:L24"
  - number: "09992180012"
    name: 市长公开电话
    spoken_number: 零九九九二幺八零零幺二
    spoken_name: 市长公开电话
    schedule: absorbed
    tag: mayor
    source: "009:L25"
lists:
  - id: landlines
    name: 各部门固定电话热线
    spoken_name: 该部门
    file: landlines.csv
    schedule: absorbed
    source: "009:L25"
classes:
  - id: others
    name: 市内自行设立的热线
    schedule: merged
    source: "009:L26"
centers:
  - id: tax
    line: "12366"
    name: 市税务局
    spoken_name: 税务分中心
    means: [three_way, ticket]
    opens: unstated
    source: "009:L24"
...
"""

OPERATOR = """\
instants:
  - schedule: dual
    phase: in_force
    starts: 2021-10-16T00:00:00+08:00
    why: 文件未给出时刻 / the document gives no instant
hours:
  - id: daytime
    stretches:
      - staffing: weekly
        weekly:
          - days: mon-sun
            opens: "08:00"
            closes: "20:00"
    why: 文件未写明分中心的服务时间 / the hours of the branch center are not stated
platforms:
  - id: testcity
    serves: "yes"
    email: hotline@testcity.example
    why: 本机构的平台 / the platform that this instance serves
  - id: eastcounty
    hours: office
    why: 文件未写明县级的服务时间 / the county's hours are not stated
  - id: nextcity
    name: 邻市12345平台
    spoken_name: 邻市平台
    level: city
    areas: ["0998"]
    hours: always
    peer: nextcity
    why: 相邻城市 / the neighbouring city
queues:
  - id: hotline
    seats: ["1001", "1002"]
    why: 座席账号 / seats
  - id: labour
    seats: ["1003"]
    why: 座席账号 / seats
  - id: business
    name: 营商环境专席
    spoken_name: 营商环境专席
    kind: dedicated
    platform: testcity
    seats: ["1004"]
    overflow: voicemail
    why: 示例 / an example
schedules:
  chosen:
    mode: forwarded
    number_fate: kept
    seat_fate: none
    phases:
      - name: before
        landing: external
      - name: in_force
        starts: 2021-11-01T00:00:00+08:00
        landing: platform
        announcement: G03
    why: 示例 / an example
lines:
  - number: "96000"
    name: 示例热线
    spoken_number: 九六零零零
    spoken_name: 示例热线
    schedule: chosen
    why: 示例 / an example
centers:
  - id: tax
    hours: daytime
    opens: 2021-04-01T00:00:00+08:00
    peer: tax
    why: 文件未写明 / not stated
emergency:
  - number: "110"
    targets:
      - areas: []
        peer: police
    why: 接警台 / the police desk
  - number: "119"
    out: guide
    why: 文件未写明 / not stated
utilities:
  - id: water
    numbers: ["96511"]
    peer: water
    hours: always
    why: 文件没有号码 / the document prints no number
not_accepted:
  - id: secrets
    guide: 向保密部门反映
    why: 文件未写明 / not stated
peers:
  - id: tax
    uri: "sip:192.0.2.10:5060"
    purpose: 税务分中心 / the tax branch
    why: 示例 / an example
  - id: police
    uri: "sip:192.0.2.11:5060"
    purpose: 110 接警台 / the police desk
    why: 示例 / an example
  - id: water
    uri: "sip:192.0.2.12:5060"
    purpose: 供水热线 / the water company
    why: 示例 / an example
  - id: nextcity
    uri: "sip:192.0.2.13:5060"
    purpose: 邻市平台 / the neighbouring city
    why: 示例 / an example
trunks:
  - id: carrier
    default_platform: testcity
    finders: [did, history-info, diversion, to, request-uri]
    dids:
      - {number: "09996110000", line: "12333"}
    pilots: ["09996110012"]
    why: 示例 / an example
  - id: police
    platform: testcity
    default_platform: testcity
    source: "emergency:110"
    why: 示例 / an example
allow_new_lines:
  - number: "96000"
    why: 示例 / an example
...
"""

LANDLINES = """\
number,name
09992180013,市教育局
09992180014,市水务局
13800138000,值班手机
"""

TEXTS = {"plan": PLAN, "lines": LINES, "operator": OPERATOR, "landlines": LANDLINES}


def write_city(folder: Path, **replacements: Change) -> Path:
    """Write the plan under `folder` and return the plan's own folder; see above for the replacements."""
    made = folder / "dialplans" / "testcity"
    made.mkdir(parents=True, exist_ok=True)
    for stem, text in {**TEXTS, **replacements}.items():
        path = made / f"{stem}.csv" if stem == "landlines" else made / f"{stem}.yaml"
        whole = changed(TEXTS.get(stem, ""), text)
        if whole is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(whole, "utf-8")
    return made


def changed(text: str, change: Change) -> str | None:
    """The text with each (old, new) replaced; or the text given in its place."""
    if change is None or isinstance(change, str):
        return change
    for old, new in change:
        assert old in text, old
        text = text.replace(old, new)
    return text


def spot(text: str, fragment: str) -> str:
    """`line:column` of the first occurrence of a fragment."""
    at = text.index(fragment)
    return f"{text.count(chr(10), 0, at) + 1}:{at - (text.rfind(chr(10), 0, at) + 1) + 1}"
