"""Unpacking masters into what Asterisk plays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from callrouter.prompts.alaw import encode
from callrouter.prompts.files import write_atomically
from callrouter.prompts.renderings import WantedPrompt, master_path
from callrouter.prompts.unpack import unpack

Tone = Callable[..., NDArray[np.int16]]


def silent(_line: str) -> None:
    """A report that nobody reads."""


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_master_becomes_raw_a_law(prompts_folder: Path, tmp_path: Path, tone: Tone) -> None:
    unpacked = unpack(prompts_folder, tmp_path / "out", silent)

    assert unpacked.written == ("beep", "g02-12348", "h03", "hold", "listening", "ringing")
    assert (tmp_path / "out" / "h03.alaw").read_bytes() == encode(tone())
    assert sorted(state_of(tmp_path / "out")) == [
        "beep.alaw",
        "g02-12348.alaw",
        "h03.alaw",
        "listening.alaw",
        "moh/hold.alaw",
        "ringing.alaw",
    ]


def test_a_second_run_writes_nothing(prompts_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    unpack(prompts_folder, out, silent)
    before = state_of(out)

    again = unpack(prompts_folder, out, silent)

    assert again.written == ()
    assert again.kept == ("beep", "g02-12348", "h03", "hold", "listening", "ringing")
    assert state_of(out) == before


def test_only_what_changed_is_written_again(
    prompts_folder: Path,
    tmp_path: Path,
    put_master: Callable[..., None],
    tone: Tone,
    wanted: list[WantedPrompt],
) -> None:
    out = tmp_path / "out"
    unpack(prompts_folder, out, silent)
    put_master(wanted[1], tone(2.0))

    assert unpack(prompts_folder, out, silent).written == ("h03",)
    assert len((out / "h03.alaw").read_bytes()) == 16000


def test_a_damaged_a_law_file_is_repaired(prompts_folder: Path, tmp_path: Path, tone: Tone) -> None:
    out = tmp_path / "out"
    unpack(prompts_folder, out, silent)
    (out / "h03.alaw").write_bytes(b"")

    assert unpack(prompts_folder, out, silent).written == ("h03",)
    assert (out / "h03.alaw").read_bytes() == encode(tone())


def test_a_master_that_cannot_be_decoded_is_reported_and_the_others_are_unpacked(
    prompts_folder: Path, tmp_path: Path
) -> None:
    master_path(prompts_folder, "h03").write_bytes(b"version of a large file")

    unpacked = unpack(prompts_folder, tmp_path / "out", silent)

    assert unpacked.written == ("beep", "g02-12348", "hold", "listening", "ringing")
    assert [found.place for found in unpacked.findings] == ["h03.flac"]
    assert not (tmp_path / "out" / "h03.alaw").exists()


def test_files_of_others_in_the_output_folder_are_left_alone(prompts_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.alaw").write_bytes(b"x")

    unpack(prompts_folder, out, silent)

    assert (out / "old.alaw").read_bytes() == b"x"


def test_each_file_written_is_reported(prompts_folder: Path, tmp_path: Path) -> None:
    lines: list[str] = []

    unpack(prompts_folder, tmp_path / "out", lines.append)

    assert lines == [f"{key}  1.0 s" for key in ("beep", "g02-12348", "h03", "hold", "listening", "ringing")]


def test_a_reader_of_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "h03.alaw"
    write_atomically(path, b"old")

    with path.open("rb") as call:
        write_atomically(path, b"new words")
        assert call.read() == b"old"

    assert path.read_bytes() == b"new words"


def test_a_failed_write_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "h03.alaw"
    write_atomically(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")

    assert [found.name for found in tmp_path.iterdir()] == ["h03.alaw"]
    assert path.read_bytes() == b"old"
