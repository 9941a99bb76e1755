"""The operator's list of callers' flags: checked at the door, read again when it changes, never shown in a log."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callrouter.calls import listed_flags
from callrouter.calls.caller_flags import CallerFlag, Numbers
from callrouter.calls.listed_flags import FlagsFileError, ListedFlags, read_flags
from callrouter.layout import Layout
from callrouter.settings import PROJECT_ROOT, Settings
from tests.unit.decide.a_plan import PLAN

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
MOBILE = "13800138000"
ABUSIVE = frozenset({"abusive"})
GOOD = f"""flags:
  - number: "{MOBILE}"
    flag: abusive
  - number: "0355-2180099"
    flag: repeat
    until: 2026-11-23
  - number: "0355-2180099"
    flag: abusive
...
"""


def write(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "flags.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    return file


class List:
    """The list as it stands, by a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.now = AT
        self.flags = ListedFlags(folder / "flags.yaml", PLAN, Numbers(PLAN), lambda: self.now)
        self.flags.look()


def test_a_listed_number_has_its_flags_however_it_is_written(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    flags = List(tmp_path).flags
    for written in (MOBILE, f"+86{MOBILE}", f"0{MOBILE}"):
        assert flags.of(written) == ABUSIVE
    assert flags.of("03552180099") == {"repeat", "abusive"}
    assert flags.of("13900139000") == flags.of("anonymous") == flags.of("") == frozenset()


def test_a_flag_ends_with_its_last_day_by_the_plans_clock(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    listed = List(tmp_path)
    for now, repeat in (
        (datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 16, tzinfo=UTC), False),
    ):
        listed.now = now
        assert ("repeat" in listed.flags.of("03552180099")) == repeat
        assert "abusive" in listed.flags.of("03552180099")


def test_without_a_file_there_are_no_flags_and_nothing_is_said(tmp_path: Path) -> None:
    with capture_logs() as logs:
        listed = List(tmp_path)
    assert listed.flags.of(MOBILE) == frozenset()
    assert (listed.flags.is_usable, logs) == (True, [])


TWO_FLAGS = "    flag: abusive\n    flag: abusive\n"
TWICE = GOOD.replace("0355-2180099", "0138-0013-8000").replace("repeat", "abusive")
FAULTY: dict[str, tuple[str | bytes, int, str]] = {
    "empty": ("", 0, "FILE_EMPTY"),
    "cut off": (GOOD.removesuffix("...\n"), 9, "FILE_CUT_OFF"),
    "not UTF-8": ("flags: []  # 骚扰\n...\n".encode("gbk"), 1, "NOT_UTF8"),
    "no list": ("flags: yes\n...\n", 1, "WRONG_TYPE"),
    "no mapping": ("- a\n...\n", 1, "WRONG_TYPE"),
    "no flags": ("lines: []\n...\n", 1, "UNKNOWN_KEY"),
    "another key": ("flags: []\n张三13900139000: x\n...\n", 2, "UNKNOWN_KEY"),
    "a key twice": (GOOD.replace("    flag: abusive\n", TWO_FLAGS, 1), 4, "DUPLICATE_KEY"),
    "another flag": (GOOD.replace("abusive", "张三", 1), 3, "WRONG_VALUE"),
    "no number": ('flags:\n  - flag: abusive\n...\n', 2, "MISSING_KEY"),
    "no known number": (GOOD.replace(MOBILE, "1390013900"), 2, "WRONG_VALUE"),
    "a service": (GOOD.replace(MOBILE, "110"), 2, "WRONG_VALUE"),
    "a hotline": (GOOD.replace(MOBILE, "12345"), 2, "WRONG_VALUE"),
    "a landline without its area": (GOOD.replace(MOBILE, "2180099"), 2, "WRONG_VALUE"),
    "far too long": (GOOD.replace(MOBILE, "1" + " " * 300 + MOBILE[1:]), 2, "WRONG_VALUE"),
    "no day": (GOOD.replace("2026-11-23", "2026-13-23"), 6, "IMPOSSIBLE_INSTANT"),
    "the same twice": (TWICE, 4, "DUPLICATE_NAME"),
    "an alias": (GOOD.replace(f'"{MOBILE}"', f'&x "{MOBILE}"'), 2, "YAML_FEATURE"),
    "syntax": (GOOD.replace("    flag: abusive\n", "   flag: abusive\n", 1), 3, "YAML_SYNTAX"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_is_told_with_its_place_in_both_languages_and_without_what_stands_there(
    tmp_path: Path, name: str
) -> None:
    text, line, code = FAULTY[name]
    with pytest.raises(FlagsFileError) as refused:
        read_flags(write(tmp_path, text))
    head, *told = str(refused.value).split("\n  ")
    assert head.startswith("来电人标记文件有 ")
    place = f"flags.yaml:{line}:" if line else "flags.yaml: "
    assert any(one.startswith(place) and f"{code}: " in one and " / " in one for one in told), told
    for secret in (MOBILE, "13900139000", "1390013900", "张三", "2180099", str(tmp_path)):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("page", ["desk.md", "desk.zh-CN.md"])
def test_the_pages_example_is_a_list(tmp_path: Path, page: str) -> None:
    text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(flags:.*?)```", text, re.DOTALL)
    listed = read_flags(write(tmp_path, example))
    assert {flag for flags in listed.values() for flag in flags} == set(CallerFlag)
    assert f"`{Layout.of(Settings()).caller_flags.name}`" in text


def test_of_a_file_that_could_not_be_read_only_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(FlagsFileError) as refused:
        read_flags(write(tmp_path, ""))
    assert len(str(refused.value).split("\n  ")) == 2


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o620])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(FlagsFileError, match="chmod 600"):
        read_flags(write(tmp_path, GOOD, mode))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").mkdir(mode=0o700)
    with pytest.raises(FlagsFileError, match="FILE_UNREADABLE"):
        read_flags(tmp_path / "flags.yaml")


def test_a_list_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_flags, "MOST_LISTED", 2)
    with pytest.raises(FlagsFileError, match=r"flags\.yaml:1:1: FILE_TOO_LARGE"):
        read_flags(write(tmp_path, GOOD))


def test_so_many_faults_are_told_and_no_more(tmp_path: Path) -> None:
    text = "flags:\n" + "  - number: x\n    flag: abusive\n" * 30 + "...\n"
    with pytest.raises(FlagsFileError) as refused:
        read_flags(write(tmp_path, text))
    assert len(str(refused.value).split("\n  ")) == 21
    assert "30 error(s)" in str(refused.value)


def test_a_change_is_seen_and_a_faulty_one_changes_nothing_until_it_is_mended(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    listed = List(tmp_path)
    with capture_logs() as logs:
        for _ in range(2):
            write(tmp_path, GOOD.replace("abusive", "x"))
            listed.flags.look()
            listed.flags.look()
            assert (listed.flags.of(MOBILE), listed.flags.is_usable) == (ABUSIVE, False)
        write(tmp_path, GOOD.replace("abusive", "repeat", 1))
        listed.flags.look()
        assert (listed.flags.of(MOBILE), listed.flags.is_usable) == (frozenset({"repeat"}), True)
        (tmp_path / "flags.yaml").unlink()
        listed.flags.look()
        assert (listed.flags.of(MOBILE), listed.flags.is_usable) == (frozenset(), True)
    assert [line["event"] for line in logs] == [
        *("caller_flags_unusable", "caller_flags_unusable"),
        *("caller_flags_read", "caller_flags_read"),
    ]
    assert "13800" not in str(logs)


async def test_it_is_looked_at_beside_the_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_flags, "_LOOKED_EVERY_S", 0.01)
    listed = List(tmp_path)
    looking = asyncio.create_task(listed.flags.run())
    write(tmp_path, GOOD)
    async with asyncio.timeout(5):
        while not listed.flags.of(MOBILE):  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(0.01)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
