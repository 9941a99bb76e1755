"""What proves a sound file, and what is no file of ours."""

from __future__ import annotations

import hashlib
import os
import struct
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrouter.records.fold import fold
from callrouter.records.proofs import proof_of, prove
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import FileProof, Recording, Voicemail
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.conftest import _call_rows

AT = datetime(2021, 9, 30, tzinfo=UTC)
SECOND = b"\x01\x00" * 8000


def wav(path: Path, sound: bytes = SECOND) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound)
    return path.read_bytes()


@pytest.fixture
def record() -> CallRecord:
    rows: list[CelRow] = _call_rows(1)
    folded = fold(rows, "lab")
    assert folded is not None
    return folded


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    voicemail, recordings = tmp_path / "voicemail", tmp_path / "recordings"
    voicemail.mkdir()
    recordings.mkdir()
    return voicemail, recordings


def recording(file: str) -> Recording:
    return Recording(file, AT, None, ())


def test_each_file_is_proved_from_its_own_folder(record: CallRecord, folders: tuple[Path, Path]) -> None:
    message, talk = wav(folders[0] / "m.wav"), wav(folders[1] / "t.wav", SECOND * 3)
    record = replace(record, voicemail=Voicemail("m.wav", "HANGUP"), recordings=(recording("t.wav"),))
    proved = prove(record, *folders)
    assert proved.voicemail is not None
    assert proved.voicemail.proof == FileProof(hashlib.sha256(message).hexdigest(), len(message), 1000)
    assert proved.voicemail.length_ms == 1000
    assert proved.recordings[0].proof == FileProof(hashlib.sha256(talk).hexdigest(), len(talk), 3000)
    assert Anomaly.RECORDING_MISSING not in proved.anomalies
    assert prove(proved, *folders) == proved


def test_a_record_without_files_stays_as_it_is(record: CallRecord, folders: tuple[Path, Path]) -> None:
    assert prove(record, *folders) == record
    silent = replace(record, voicemail=Voicemail(None, None))
    assert prove(silent, *folders) == silent


@pytest.mark.parametrize("which", ["voicemail", "recording"])
def test_a_missing_file_is_an_anomaly_and_no_error(
    record: CallRecord, folders: tuple[Path, Path], which: str
) -> None:
    if which == "voicemail":
        record = replace(record, voicemail=Voicemail("gone.wav", None))
    else:
        wav(folders[1] / "there.wav")
        record = replace(record, recordings=(recording("gone.wav"), recording("there.wav")))
    proved = prove(record, *folders)
    assert Anomaly.RECORDING_MISSING in proved.anomalies
    assert list(proved.anomalies) == sorted(proved.anomalies)
    if which == "recording":
        assert [one.proof is None for one in proved.recordings] == [True, False]


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../secret.wav", "/etc/hostname", "sub/inner.wav", "sub\\inner.wav", ".hidden.wav"),
        *("nul\0.wav", "x" * 300, "link.wav", "sub", "pipe.wav", "\udcff.wav"),
    ],
)
def test_what_is_no_plain_file_of_the_folder_is_missing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "recordings"
    (folder / "sub").mkdir(parents=True)
    for file in (tmp_path / "secret.wav", folder / "sub/inner.wav", folder / ".hidden.wav"):
        wav(file)
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    os.mkfifo(folder / "pipe.wav")
    assert proof_of(name, folder) is None


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert proof_of("a.wav", tmp_path / "nowhere") is None


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF, 0x7FFFFFFF, 10**9])
def test_a_header_that_was_never_finished_is_not_believed(tmp_path: Path, promised: int) -> None:
    whole = bytearray(wav(tmp_path / "a.wav", SECOND * 2))
    struct.pack_into("<I", whole, 4, 0)
    struct.pack_into("<I", whole, 40, promised)
    (tmp_path / "a.wav").write_bytes(whole)
    proof = proof_of("a.wav", tmp_path)
    assert proof is not None
    assert proof.duration_ms == 2000


def test_what_follows_the_sound_is_not_counted(tmp_path: Path) -> None:
    whole = wav(tmp_path / "a.wav")
    (tmp_path / "a.wav").write_bytes(whole + b"LIST" + struct.pack("<I", 2000) + bytes(2000))
    proof = proof_of("a.wav", tmp_path)
    assert proof is not None
    assert proof.duration_ms == 1000


def test_what_comes_before_the_sound_is_passed_over(tmp_path: Path) -> None:
    whole = wav(tmp_path / "a.wav")
    between = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    (tmp_path / "a.wav").write_bytes(whole[:36] + between + whole[36:])
    proof = proof_of("a.wav", tmp_path)
    assert proof is not None
    assert proof.duration_ms == 1000


@pytest.mark.parametrize(("name", "octets", "duration"), [("a.alaw", 8000, 1000), ("a.SLN16", 32000, 1000)])
def test_a_format_without_a_header_lasts_as_long_as_it_is(
    tmp_path: Path, name: str, octets: int, duration: int
) -> None:
    (tmp_path / name).write_bytes(bytes(octets))
    proof = proof_of(name, tmp_path)
    assert proof is not None
    assert proof.duration_ms == duration


@pytest.mark.parametrize(
    "odd", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\0\0\0\0abc", b"no sound at all" * 9]
)
def test_a_file_that_tells_no_duration_is_proved_all_the_same(tmp_path: Path, odd: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(odd)
    assert proof_of("a.wav", tmp_path) == FileProof(hashlib.sha256(odd).hexdigest(), len(odd), None)


def test_a_file_larger_than_a_portion_is_read_to_its_end(tmp_path: Path) -> None:
    whole = wav(tmp_path / "a.wav", SECOND * 200)
    assert proof_of("a.wav", tmp_path) == FileProof(hashlib.sha256(whole).hexdigest(), len(whole), 200_000)
