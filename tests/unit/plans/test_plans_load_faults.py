"""Each kind of fault is caused in a plan that is otherwise right: its code, its place, and what it tells an admin."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.load import load
from tests.unit.plans.invented_city import TEXTS, changed, spot, write_city

Case = tuple[str, str, str, Code, str | None, str]
"""The file, the old text, the new one, the code, the fragment at the fault (None: the file's end), what is told."""

DATED = "starts: 2021-10-01T00:00:00+08:00"
LANDLINE = '"09992180012"\n    name: 市长'

READING: dict[str, Case] = {
    "duplicate key": ("lines", "    mode: dual\n", "    mode: dual\n    mode: merged\n", Code.DUPLICATE_KEY,
                      "mode: merged\n    number_fate: kept", "repeated, first on line 27"),
    "anchor": ("lines", "mode: dual", "mode: &m dual", Code.YAML_FEATURE, "&m", "anchors"),
    "alias": ("lines", "name: 税务热线", "name: *m", Code.YAML_FEATURE, "*m", "aliases"),
    "alias as key": ("lines", "    name: 税务热线", "    *m : 税务热线", Code.YAML_FEATURE, "*m", "aliases"),
    "merge key": ("lines", "    name: 税务热线\n", "    <<: {name: a}\n", Code.YAML_FEATURE, "<<", "merge keys"),
    "tag": ("lines", "name: 税务热线", "name: !!str a", Code.YAML_FEATURE, "!!str", "tags"),
    "odd key": ("lines", "    name: 税务热线\n", "    name: a\n    [a, [b]]: c\n", Code.WRONG_TYPE, "[a, [b]]",
                "a key must be"),
    "second document": ("lines", "...\n", "...\n---\na: b\n...\n", Code.YAML_FEATURE, "---", "one document"),
    "directive": ("lines", "schedules:\n", "%YAML 1.1\n---\nschedules:\n",
        Code.YAML_FEATURE, "%YAML", "directives"),
    "syntax": ("lines", "mode: dual", "mode: [dual",
        Code.YAML_SYNTAX, ": kept\n    seat_fate: merged", "YAML syntax"),
    "colon in a text": ("lines", "name: 税务热线", "name: 税务: 热线", Code.YAML_SYNTAX, ": 热线", "in quotes"),
    "tab": ("lines", "    mode: dual", "\tmode: dual", Code.YAML_SYNTAX, "\tmode", "spaces only"),
    "Chinese colon": ("lines", "level: city", "level：city", Code.YAML_SYNTAX, "：city", "Chinese colon"),
    "Chinese colon of an item": ("lines", '- number: "12366"', '- number："12366"',
        Code.YAML_SYNTAX, '："12366"', "Chinese colon"),
    "no space behind a colon": ("lines", "level: city", "level:city", Code.YAML_SYNTAX, "city\n", "put a space"),
    "quote left open": ("lines", '"12300"', '"12300', Code.YAML_SYNTAX, '"12300', "close it"),
    "quote left open at the end": ("lines", 'source: "009:L24"\n...', 'source: "009:L24\n...',
        Code.YAML_SYNTAX, '"009:L24\n...', "close it"),
    "indented too far": ("lines", "    name: 税务热线", "      name: 税务热线",
        Code.YAML_SYNTAX, "name: 税务热线", "line 80, column 5"),
    "behind the end": ("lines", "...\n", "...\nlines: []\n", Code.YAML_SYNTAX, "lines: []", "last line"),
    "invisible character": ("lines", "name: 税务热线", "name: 税\u200b务",
        Code.INVISIBLE_CHARACTER, "\u200b", "U+200B"),
    "bidirectional text": ("lines", "name: 税务热线", "name: 税\u202e务",
        Code.INVISIBLE_CHARACTER, "\u202e", "U+202E"),
    "no end mark": ("lines", "...\n", "", Code.FILE_CUT_OFF, None, "cut off"),
    "too deep": ("lines", "name: 税务热线", f"name: {'[' * 14}{']' * 14}", Code.TOO_DEEP, "[[[[]", "nested deeper"),
}  # fmt: skip

RETYPED: dict[str, Case] = {
    "full-width digits": ("lines", '"12300"', '"１２３００"', Code.WRONG_VALUE, '"１２', 'write "12300"'),
    "Chinese quotes": ("plan", '"1.0"', "“1.0”", Code.WRONG_VALUE, "“1.0", 'write "1.0"'),
    "Chinese comma": ("plan", "[plain, ticket]", "[plain，ticket]", Code.WRONG_VALUE, "plain，", "ASCII commas"),
    "hour of one digit": ("plan", '"09:00"', '"9:00"', Code.WRONG_VALUE, '"9:00"', 'write "09:00"'),
    "Chinese yes": ("plan", 'parallel: "yes"', "parallel: 是", Code.WRONG_VALUE, "是", 'write "yes"'),
    "null": ("lines", "tag: mayor", "tag: null", Code.WRONG_VALUE, "null", "leave the line out"),
    "day with slashes": ("plan", "issued: 2021-03-24", "issued: 2021/3/24",
        Code.WRONG_VALUE, "2021/3/24", "write 2021-03-24"),
    "Chinese day": ("lines", DATED, "starts: 2021年10月1日",
        Code.WRONG_VALUE, "2021年", "write 2021-10-01T00:00:00+08:00"),
    "short offset": ("lines", DATED, "starts: 2021-10-01T00:00:00+8:00",
        Code.WRONG_VALUE, "2021-10-01T00:00:00+8:00", "write 2021-10-01T00:00:00+08:00"),
    "twenty-four o'clock": ("lines", DATED, "starts: 2021-09-30T24:00:00+08:00",
        Code.IMPOSSIBLE_INSTANT, "2021-09-30T24", "write 2021-10-01T00:00:00+08:00"),
}  # fmt: skip

UNQUOTED: dict[str, Case] = {
    "area code": ("plan", '["0999"]', "[0999]", Code.UNQUOTED_NUMBER, "0999]", 'write "0999"'),
    "landline": ("lines", '"09992180012"', "09992180012", Code.UNQUOTED_NUMBER, "0999218", 'write "09992180012"'),
    "exponent": ("lines", '"12300"', "1e5", Code.UNQUOTED_NUMBER, "1e5", "other YAML tools"),
    "underscore": ("lines", '"12300"', "12_300", Code.UNQUOTED_NUMBER, "12_300", "other YAML tools"),
    "country code": ("lines", '"12300"', "+8612300", Code.UNQUOTED_NUMBER, "+8612300", "other YAML tools"),
    "hexadecimal": ("lines", '"12300"', "0x12300", Code.UNQUOTED_NUMBER, "0x12300", "other YAML tools"),
    "time of day": ("plan", 'opens: "09:00"', "opens: 09:00", Code.UNQUOTED_NUMBER, "09:00\n", 'write "09:00"'),
    "version": ("plan", 'version: "1.0"', "version: 1.10", Code.UNQUOTED_NUMBER, "1.10", 'write "1.10"'),
    "reference": ("plan", 'ref: "009"', "ref: 009", Code.UNQUOTED_NUMBER, "009\n", 'write "009"'),
    "seat": ("operator", '"1003"', "0103", Code.UNQUOTED_NUMBER, "0103", 'write "0103"'),
    "pilot": ("operator", '"09996110012"', "09996110012", Code.UNQUOTED_NUMBER, "09996110012", "other YAML tools"),
}  # fmt: skip

SHAPE: dict[str, Case] = {
    "unknown key": ("lines", "schedule: branch", "shedule: branch",
        Code.UNKNOWN_KEY, "shedule", "did you mean schedule?"),
    "unknown key within": ("lines", "landing: branch", "landig: branch",
        Code.UNKNOWN_KEY, "landig", "did you mean landing?"),
    "unknown key in a desk": ("plan", 'priority: "20"', 'prio: "20"',
        Code.UNKNOWN_KEY, "prio: ", "did you mean priority?"),
    "unknown heading": ("plan", "dues:", "deus:", Code.UNKNOWN_KEY, "deus", "did you mean dues?"),
    "missing key": ("lines", "    tag: mayor\n    source: \"009:L25\"\n", "", Code.MISSING_KEY,
                    "number: \"09992180012\"", "source is missing"),
    "missing desk": ("plan", 'emergency: {priority: "20"}', "",
        Code.MISSING_KEY, 'hub: {ann', "emergency is missing"),
    "empty value": ("lines", "name: 市税务局", "name:",
        Code.WRONG_VALUE, "\n    spoken_name: 税务分中心", "值是空的"),
    "empty section": ("lines", "classes:\n", "others:\n", Code.UNKNOWN_KEY, "others:", "the key others"),
    "list for a text": ("lines", "name: 税务热线", "name: [税务]", Code.WRONG_TYPE, "[税务]", "a single value"),
    "text for a list": ("plan", 'areas: ["0999"]', 'areas: "0999"', Code.WRONG_TYPE, '"0999"', "a list is wanted"),
    "text for a mapping": ("plan", 'emergency: {priority: "20"}', "emergency: x", Code.WRONG_TYPE, "x\n  unknown",
                           "keys and values"),
    "text for a section": ("plan", "brands:\n  - name: 12345政务服务便民热线\n    source: \"009:L1\"\n",
        "brands: a\n",
                           Code.WRONG_TYPE, "a\nhome", "a list is wanted"),
    "no brand": ("plan", "brands:\n  - name: 12345政务服务便民热线\n    source: \"009:L1\"\n", "brands: []\n",
                 Code.WRONG_VALUE, "[]", "at least one item"),
    "unknown word": ("lines", "mode: dual", "mode: dul", Code.WRONG_VALUE, "dul\n", "did you mean dual?"),
    "12345 as a mode": ("lines", "mode: dual", "mode: hub", Code.WRONG_VALUE, "hub", "use one of"),
    "emergency as a landing": ("lines", "landing: branch", "landing: emergency",
        Code.WRONG_VALUE, "emergency", "use one of"),
    "county as a line's level": ("lines", "level: city", "level: county",
        Code.WRONG_VALUE, "county", "did you mean city?"),
    "naive instant": ("lines", DATED, "starts: 2021-10-01T00:00:00", Code.NAIVE_INSTANT, "2021-10-01T00:00:00\n",
                      "write 2021-10-01T00:00:00+08:00"),
    "a day for an instant": ("lines", DATED, "starts: 2021-10-01", Code.NAIVE_INSTANT, "2021-10-01\n",
                             "write 2021-10-01T00:00:00+08:00"),
    "zulu instant": ("lines", DATED, "starts: 2021-10-01T00:00:00Z",
        Code.NAIVE_INSTANT, "2021-10-01T00:00:00Z", "no offset"),
    "impossible instant": ("lines", DATED, "starts: 2021-02-30T00:00:00+08:00",
        Code.IMPOSSIBLE_INSTANT, "2021-02-30T",
                           "no such instant"),
    "impossible offset": ("lines", DATED, "starts: 2021-10-01T00:00:00+25:00", Code.IMPOSSIBLE_INSTANT,
                          "2021-10-01T00:00:00+25", "no such instant"),
    "impossible year": ("lines", DATED, "starts: 0001-01-01T00:00:00+08:00", Code.IMPOSSIBLE_INSTANT, "0001-01",
                        "no such instant"),
    "no instant at all": ("lines", DATED, "starts: tomorrow at noon",
        Code.WRONG_VALUE, "tomorrow", "not an instant"),
    "unstated, misspelt": ("lines", "starts: unstated", "starts: unstatd",
        Code.WRONG_VALUE, "unstatd", "did you mean unstated?"),
    "impossible day": ("lines", "by: 2021-05-31", "by: 2021-05-32",
        Code.IMPOSSIBLE_INSTANT, "2021-05-32", "no such day"),
    "odd day": ("lines", "by: 2021-05-31", "by: 31.5.2021", Code.WRONG_VALUE, "31.5.2021", "not a day"),
    "odd number": ("lines", '"12300"', '"1230a"', Code.WRONG_VALUE, '"1230a"', "a short code, a landline"),
    "full-width number": ("lines", '"12300"', '"１２３００"',
        Code.WRONG_VALUE, '"１２', "a short code, a landline"),
    "number with a hyphen": ("lines", '"09992180012"', "0999-2180012",
        Code.WRONG_VALUE, "0999-2", 'write "09992180012"'),
    "number with its country": ("lines", '"09992180012"', '"+86 999 2180012"',
        Code.WRONG_VALUE, '"+86', 'write "09992180012"'),
    "landline of one digit too few": ("lines", '"09992180012"', '"0999218001"',
        Code.WRONG_VALUE, '"0999218', "for example"),
    "odd spoken number": ("lines", "幺二三零零", "12300号", Code.WRONG_VALUE, "12300号", "a spoken number"),
    "odd announcement": ("lines", "announcement: X01", "announcement: x1",
        Code.WRONG_VALUE, "x1", "id of an announcement"),
    "odd source": ("lines", '"009:L26"', "L26", Code.WRONG_VALUE, "L26", "a line of the document"),
    "reversed source": ("lines", '"009:L26"', '"009:L26-L25"', Code.WRONG_VALUE, '"009:L26', "lines are reversed"),
    "odd schedule name": ("lines", "  dual:", "  Odd Name:", Code.WRONG_VALUE, "Odd Name:", "an id of"),
    "odd priority": ("plan", 'priority: "20"', "priority: high", Code.WRONG_VALUE, "high", "0 to 999"),
    "odd yes": ("plan", 'handed_in: "yes"', "handed_in: true", Code.WRONG_VALUE, "true", "yes or no"),
    "odd time": ("plan", '"17:00"', '"17:60"', Code.WRONG_VALUE, '"17:60', "from 00:00 to 24:00"),
    "odd days": ("plan", "days: mon-fri", "days: fri-mon", Code.WRONG_VALUE, "fri-mon", "days of the week"),
    "reserved queue": ("plan", "id: hotline", "id: general",
        Code.WRONG_VALUE, "general\n    name", "reserved word"),
    "long title": ("plan", "title: 测试市热线", f"title: {'长' * 201}", Code.WRONG_VALUE, "长长", "at most 200"),
    "a path for a CSV": ("lines", "file: landlines.csv", "file: ../landlines.csv",
        Code.WRONG_VALUE, "../", "same folder"),
    "odd peer": ("operator", '"sip:192.0.2.10:5060"', '"sip:a b"', Code.WRONG_VALUE, '"sip:a b"', "a SIP address"),
    "odd count of calls": ("operator", 'uri: "sip:192.0.2.10:5060"',
        'uri: "sip:192.0.2.10:5060"\n    others_at_most: many', Code.WRONG_VALUE, "many", "1 to 9999"),
    "odd finder": ("operator", "[did,", "[dids,", Code.WRONG_VALUE, "dids,", "did you mean did?"),
}  # fmt: skip

MEANING: dict[str, Case] = {
    "wrong folder": ("plan", "jurisdiction: testcity", "jurisdiction: hebei",
        Code.WRONG_FOLDER, "hebei", "name testcity"),
    "no such zone": ("plan", "Asia/Shanghai", "Asia/Chengdu",
        Code.WRONG_VALUE, "Asia/Chengdu", "no such time zone"),
    "zone with a path": ("plan", "Asia/Shanghai", "../../etc/passwd",
        Code.WRONG_VALUE, "../../", "no such time zone"),
    "dangling schedule": ("lines", "schedule: branch", "schedule: brnch",
        Code.UNKNOWN_NAME, "brnch", "did you mean branch?"),
    "dangling hours": ("plan", "hours: office", "hours: ofice", Code.UNKNOWN_NAME, "ofice", "did you mean office?"),
    "dangling home": ("plan", "home: testcity", "home: testcty",
        Code.UNKNOWN_NAME, "testcty", "did you mean testcity?"),
    "dangling parent": ("plan", "parent: testcity", "parent: nowhere",
        Code.UNKNOWN_NAME, "nowhere", "no nowhere in platforms"),
    "dangling line": ("plan", 'line: "12333"', 'line: "12334"',
        Code.UNKNOWN_NAME, '"12334"', "did you mean 12333?"),
    "a document that names the operator's hours": ("plan", "hours: office", "hours: daytime",
        Code.UNKNOWN_NAME, "daytime",
                                                   "no daytime in hours"),
    "no such CSV": ("lines", "file: landlines.csv", "file: landline.csv", Code.FILE_UNREADABLE, "landline.csv",
                    "did you mean landlines.csv?"),
    "duplicate number": ("lines", '"12366"\n    name: 税', '"12300"\n    name: 税',
        Code.DUPLICATE_NAME, '"12300"\n    name: 税',
                         "stands twice"),
    "duplicate platform": ("plan", "id: eastcounty", "id: testcity",
        Code.DUPLICATE_NAME, "testcity\n    name: 东", "stands twice"),
    "duplicate area code": ("plan", '["0999"]', '["0999", "0999"]', Code.DUPLICATE_NAME, '"0999"]', "listed twice"),
    "second general queue": ("plan", "kind: expert\n    platform: testcity\n    line: \"12333\"",
                             "kind: general\n    platform: testcity", Code.DUPLICATE_NAME,
                             "general\n    platform: testcity\n    hours", "has a general queue"),
    "home without a queue": ("plan", "kind: general", "kind: dedicated", Code.QUEUE_UNREACHABLE, "testcity\nhours",
                             "no general queue"),
    "county as home": ("plan", "home: testcity", "home: eastcounty",
        Code.COUNTY_LIVE_CALLS, "eastcounty\nhours", "no live calls"),
    "parent below": ("plan", "level: county", "level: province",
        Code.WRONG_VALUE, "testcity\n    areas", "higher level"),
    "experts of nothing": ("plan", '    line: "12333"\n', "", Code.MISSING_KEY, "id: labour", "line is missing"),
    "over midnight": ("plan", 'closes: "17:00"', 'closes: "08:00"',
        Code.WRONG_VALUE, '"08:00"', "closes before it opens"),
    "overlapping hours": ("plan", 'days: "sat,sun"', "days: fri-sun",
        Code.WRONG_VALUE, '"10:00"', "overlaps other hours"),
    "weekly without times": ("plan", "- staffing: unstated", "- staffing: weekly",
        Code.MISSING_KEY, "staffing: weekly",
                             "weekly is missing"),
    "foreign source": ("lines", '"009:L26"', '"008:L26"',
        Code.FOREIGN_SOURCE, '"008', "not in this plan's document 009"),
    "foreign source within": ("lines", '"009:L22"', '"008:L22"', Code.FOREIGN_SOURCE, '"008', "begin it with 009:"),
    "emergency number as a line": ("lines", '"12300"', '"122"', Code.EMERGENCY_MIGRATES, '"122"', "never migrates"),
    "12345 as a line": ("lines", '"12300"', '"12345"', Code.HUB_AS_LINE, '"12345"', "12345 itself"),
    "mute release": ("lines", "landing: platform\n        announcement: X01", "landing: released",
        Code.MUTE_RELEASE,
                     "name: ended", "hear nothing"),
    "gap": ("lines", "ends: 2021-10-01", "ends: 2021-09-30", Code.PHASE_GAP, "2021-10-01", "leave a gap"),
    "overlap": ("lines", "ends: 2021-10-01", "ends: 2021-10-02", Code.PHASE_OVERLAP, "2021-10-01", "overlap"),
    "reversed phase": ("lines", "ends: 2021-10-01", "ends: 2021-05-01",
        Code.PHASE_ORDER, "2021-05-01T", "reversed"),
    "empty phase": ("lines", "ends: 2021-10-01", "ends: 2021-06-01", Code.PHASE_ORDER,
                    "2021-06-01T00:00:00+08:00\n        landing", "empty"),
    "phases out of order": ("lines", "        ends: 2021-10-01T00:00:00+08:00\n", "",
        Code.PHASE_ORDER, "2021-05-30",
                            "does not start after"),
    "first starts": ("lines", "name: before\n        landing: external\n        source: \"009:L20\"",
                     ("name: before\n        starts: 2020-01-01T00:00:00+08:00\n        landing: external\n"
                      "        source: \"009:L20\""), Code.PHASE_ORDER, "2020-01-01T", "since ever"),
    "last ends": ("lines", "        announcement: X01",
        "        ends: 2031-01-01T00:00:00+08:00\n        announcement: X01",
                  Code.PHASE_ORDER, "2031-01-01T", "the last one has no end"),
    "no start": ("lines", f"        {DATED}\n", "", Code.MISSING_KEY, "name: ended", "starts is missing"),
    "dated after undated": ("lines", "starts: 2021-06-01T00:00:00+08:00\n        ends: 2021-10-01T00:00:00+08:00",
                            "starts: unstated", Code.PHASE_ORDER, "2021-10-01T", "no instant yet"),
    "end before undated": ("lines", DATED, "starts: unstated", Code.PHASE_GAP, "2021-10-01T", "nothing would hold"),
    "stretches of hours": ("plan", "- staffing: unstated",
        "- staffing: unstated\n        ends: 2021-08-01T00:00:00+08:00",
                           Code.PHASE_GAP, "2021-09-01T", "leave a gap"),
}  # fmt: skip

FAULTS = READING | RETYPED | UNQUOTED | SHAPE | MEANING


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_told_where_it_stands(tmp_path: Path, case: str) -> None:
    name, old, new, code, fragment, told = FAULTS[case]
    changes = [(old, new)]
    if case == "phases out of order":
        changes.append((DATED, "starts: 2021-05-30T00:00:00+08:00"))
    text = changed(TEXTS[name], changes)
    assert text is not None
    found = load(write_city(tmp_path, **{name: text}))
    assert found.plan is None
    at = spot(text, fragment) if fragment is not None else f"{text.count(chr(10)) + 1}:1"
    places = {(finding.place, finding.fault.code): str(finding) for finding in found.findings}
    wanted = (f"dialplans/testcity/{name}.yaml:{at}", code)
    assert wanted in places, places
    assert told in places[wanted]


MORE_THAN_ONE = {
    "list for a text",  # stands twice
    "odd schedule name", "reserved queue", "duplicate number", "duplicate platform",  # others named it
    "county as home",  # it has no queue either
    "phases out of order",  # two changes
}  # fmt: skip


@pytest.mark.parametrize(
    "case", [case for case in RETYPED | UNQUOTED | SHAPE | MEANING if case not in MORE_THAN_ONE]
)
def test_one_fault_is_told_once(tmp_path: Path, case: str) -> None:
    name, old, new, code, _, _ = FAULTS[case]
    found = load(write_city(tmp_path, **{name: [(old, new)]})).findings
    assert [finding.fault.code for finding in found] == [code], [str(f) for f in found]


def test_a_brand_after_the_first_has_its_instant_and_they_are_in_order(tmp_path: Path) -> None:
    more = '    source: "009:L1"\n  - name: 乙\n    starts: {}\n    source: "009:L1"\n  - name: 丙\n    starts: {}\n'
    brands = 'source: "009:L1"\n'
    rest = '    source: "009:L1"\n'
    later, sooner = "2022-01-01T00:00:00+08:00", "2021-01-01T00:00:00+08:00"
    text = TEXTS["plan"].replace(f"    {brands}", more.format(sooner, later) + rest, 1)
    assert load(write_city(tmp_path, plan=text)).plan is not None
    text = TEXTS["plan"].replace(f"    {brands}", more.format(later, sooner) + rest, 1)
    (finding,) = load(write_city(tmp_path, plan=text)).findings
    assert (finding.fault.code, finding.place.rpartition("/")[2]) == (
        Code.PHASE_ORDER,
        f"plan.yaml:{spot(text, sooner)}",
    )


def test_no_finding_can_be_mistaken_for_another_line(tmp_path: Path) -> None:
    found = load(write_city(tmp_path, lines=[("name: 税务热线", f"name: 税{'务' * 300}\\n")])).findings
    assert all("\n" not in str(finding) for finding in found)
    assert found
