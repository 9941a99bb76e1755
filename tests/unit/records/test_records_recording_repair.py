"""A WAV file whose end nobody wrote is given its lengths; nothing else is touched."""

from __future__ import annotations

import io
import os
import struct
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrouter.records.fold import fold
from callrouter.records.recording_repair import repaired, repaired_before_proof, says_nought
from callrouter.vocabulary.record_parts import Recording, Voicemail
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.conftest import _call_rows


def recording(samples: int) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * samples))
    return written.getvalue()


def left_by_a_kill(samples: int) -> bytes:
    whole = recording(samples)
    return whole[:4] + struct.pack("<I", 0) + whole[8:40] + struct.pack("<I", 0) + whole[44:]


def test_a_file_that_says_nought_says_afterwards_how_long_it_is(tmp_path: Path) -> None:
    file = tmp_path / "c-1.wav"
    file.write_bytes(left_by_a_kill(32_768))
    assert says_nought("c-1.wav", tmp_path)
    assert repaired("c-1.wav", tmp_path)
    assert file.read_bytes() == recording(32_768)
    assert not says_nought("c-1.wav", tmp_path)


def test_it_is_done_once(tmp_path: Path) -> None:
    (tmp_path / "c-1.wav").write_bytes(left_by_a_kill(100))
    assert [repaired("c-1.wav", tmp_path) for _ in range(2)] == [True, False]


def test_half_a_sample_at_the_end_is_not_counted_and_not_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "c-1.wav"
    file.write_bytes(left_by_a_kill(100) + b"\1")
    assert repaired("c-1.wav", tmp_path)
    assert len(file.read_bytes()) == 44 + 201
    with wave.open(str(file)) as sound:
        assert sound.getnframes() == 100


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", left_by_a_kill(0), recording(100), b"OggS" + bytes(100), bytes(200)],
    ids=["empty", "cut in its header", "without a sample", "whole", "of another format", "noughts"],
)
def test_any_other_file_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "c-1.wav"
    file.write_bytes(content)
    assert not repaired("c-1.wav", tmp_path)
    assert file.read_bytes() == content


@pytest.mark.parametrize("name", ["../c-1.wav", "sub/c-1.wav", ".c-1.wav", "c-1.txt", "gone.wav"])
def test_what_is_no_recordings_name_is_left_alone(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "monitor"
    (folder / "sub").mkdir(parents=True)
    for place in (folder / name, tmp_path / "c-1.wav"):
        if "gone" not in str(place):
            place.write_bytes(left_by_a_kill(100))
    assert not repaired(name, folder)
    assert (tmp_path / "c-1.wav").read_bytes() == left_by_a_kill(100)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "monitor", tmp_path / "elsewhere.wav"
    folder.mkdir()
    elsewhere.write_bytes(left_by_a_kill(100))
    (folder / "c-1.wav").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe.wav")
    assert not repaired("c-1.wav", folder)
    assert not repaired("pipe.wav", folder)
    assert elsewhere.read_bytes() == left_by_a_kill(100)


def test_of_a_call_that_died_the_recordings_and_the_message_are_repaired_and_what_had_an_end_is_not(
    tmp_path: Path,
) -> None:
    at = datetime(2021, 9, 30, tzinfo=UTC)
    talks, messages = tmp_path / "monitor", tmp_path / "voicemail"
    for folder in (talks, messages):
        folder.mkdir()
        for name in ("c-1.wav", "c-2.wav", "c.wav"):
            (folder / name).write_bytes(left_by_a_kill(100))
    record = fold(_call_rows(1), "lab")
    assert record is not None
    record = replace(
        record,
        recordings=(Recording("c-1.wav", at, at, ()), Recording("c-2.wav", at, None, ())),
        voicemail=Voicemail("c.wav", None, started_at=at),
    )
    said = repaired_before_proof(record, talks, messages)
    assert Anomaly.RECORDING_REPAIRED in said.anomalies
    mended = [file for file in sorted(tmp_path.glob("*/*.wav")) if file.read_bytes() == recording(100)]
    assert mended == [talks / "c-2.wav", messages / "c.wav"]
    whole = replace(record, voicemail=Voicemail("c-2.wav", "HANGUP", None, at, at))
    assert repaired_before_proof(whole, talks, messages) == whole
