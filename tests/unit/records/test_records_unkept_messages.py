"""Of a message that was none nothing is kept; every other file stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.records.fold import fold
from callrouter.records.unkept_messages import remove_what_was_no_message
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import Voicemail
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.conftest import _call_rows


@pytest.fixture
def no_message() -> CallRecord:
    record = fold(_call_rows(1), "lab")
    assert record is not None
    return replace(record, voicemail=None, anomalies=(Anomaly.VOICEMAIL_FAILED,))


def test_what_was_too_short_goes_and_other_calls_messages_stay(
    no_message: CallRecord, tmp_path: Path
) -> None:
    own, other = tmp_path / f"{no_message.call_id}.wav", tmp_path / "other.wav"
    for file in (own, other):
        file.write_bytes(b"sound")
    assert remove_what_was_no_message(no_message, tmp_path)
    assert list(tmp_path.iterdir()) == [other]
    assert not remove_what_was_no_message(no_message, tmp_path)


def test_a_message_that_is_in_the_record_stays_and_one_that_was_never_begun_is_not_looked_for(
    no_message: CallRecord, tmp_path: Path
) -> None:
    file = tmp_path / f"{no_message.call_id}.wav"
    file.write_bytes(b"sound")
    for record in (
        replace(no_message, voicemail=Voicemail(file.name, "HANGUP")),
        replace(no_message, anomalies=()),
    ):
        assert not remove_what_was_no_message(record, tmp_path)
    assert file.exists()


@pytest.mark.parametrize("call_id", ["../outside", "sub/inside", ".hidden", "folder", "nul\0"])
def test_what_is_no_plain_file_of_the_folder_stays(
    no_message: CallRecord, tmp_path: Path, call_id: str
) -> None:
    folder = tmp_path / "voicemail"
    (folder / "sub").mkdir(parents=True)
    (folder / "folder.wav").mkdir()
    files = [tmp_path / "outside.wav", folder / "sub" / "inside.wav", folder / ".hidden.wav"]
    for file in files:
        file.write_bytes(b"sound")
    assert not remove_what_was_no_message(replace(no_message, call_id=call_id), folder)
    assert all(file.exists() for file in files)


def test_a_link_stays_and_so_does_what_it_leads_to(no_message: CallRecord, tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere.wav", tmp_path / f"{no_message.call_id}.wav"
    elsewhere.write_bytes(b"sound")
    link.symlink_to(elsewhere)
    assert not remove_what_was_no_message(no_message, tmp_path)
    assert link.is_symlink()
    assert elsewhere.exists()
