"""The boot name: random, of one shape, and none at all when its file can't be trusted."""

from pathlib import Path

import pytest

from callrouter.asterisk_link.boot_name import BOOT_NAME, new_boot_name, read_boot_name


def test_each_is_new_and_of_a_length_that_asterisk_keeps_whole() -> None:
    names = {new_boot_name() for _ in range(100)}
    assert len(names) == 100
    assert all(BOOT_NAME.fullmatch(name) for name in names)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("abcdefghijklmnop\n", "ascii")
    assert read_boot_name(tmp_path / "name") == "abcdefghijklmnop"


@pytest.mark.parametrize("octets", [b"", b"short", b"abcdefghijklmnop2", b"ABCDEFGHIJKLMNOP", b"\xff" * 16])
def test_a_damaged_file_holds_none(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "name").write_bytes(octets)
    assert read_boot_name(tmp_path / "name") is None


def test_a_missing_file_holds_none(tmp_path: Path) -> None:
    assert read_boot_name(tmp_path / "name") is None
