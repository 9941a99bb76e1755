"""Passwords: made once, kept, and never readable by anyone else at any moment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from callrouter.local_system.secrets import SecretsError, load_or_make, read, read_word, write_private
from callrouter.ticketing.webhook_signature import keys_of


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_the_first_start_makes_a_password_for_everyone_all_different(tmp_path: Path) -> None:
    file = tmp_path / "run" / "secrets.json"
    made = load_or_make(file, ["1001", "1002"])
    passwords = [made.ami, made.mqtt_controller, made.mqtt_ticketing, made.seats_token, *made.phones.values()]
    assert set(made.phones) == {"1001", "1002"}
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= 24
    assert mode_of(file) == 0o600
    assert read(file) == made


def test_the_next_start_finds_the_same_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = load_or_make(file, ["1001", "1002"])
    before = file.stat()
    assert load_or_make(file, ["1002", "1001"]) == made
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_new_seat_gets_a_password_and_the_old_ones_stay(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    before = load_or_make(file, ["1001"])
    after = load_or_make(file, ["1001", "1003"])
    assert after.phones["1001"] == before.phones["1001"]
    assert after.phones["1003"]
    assert (after.ami, after.mqtt_controller) == (before.ami, before.mqtt_controller)
    assert mode_of(file) == 0o600
    assert read(file) == after


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secrets.json"
    load_or_make(file, ["1001"])
    file.chmod(mode)
    with pytest.raises(SecretsError, match=r"secrets\.json: others may read it; remedy: chmod 600"):
        load_or_make(file, ["1001"])


@pytest.mark.parametrize("text", [b"", b"{", b'{"ami": "x"}', b"\xff\xfe", b'{"ami":"hunter2","bad":1}'])
def test_a_damaged_file_is_refused_and_neither_replaced_nor_quoted(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "secrets.json"
    write_private(file, "")
    file.write_bytes(text)
    with pytest.raises(SecretsError, match=r"secrets\.json: damaged; remedy") as raised:
        load_or_make(file, ["1001"])
    assert "hunter2" not in str(raised.value)
    assert file.read_bytes() == text


def test_none_yet_is_told_with_who_makes_them(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="callrouter serve"):
        read(tmp_path / "secrets.json")


def test_a_private_file_is_private_from_its_first_octet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    really_open = os.open

    def watch(path: Path, flags: int, mode: int) -> int:
        handle = really_open(path, flags, mode)
        modes.append(os.fstat(handle).st_mode & 0o777)
        return handle

    monkeypatch.setattr(os, "open", watch)
    before = os.umask(0)
    try:
        write_private(tmp_path / "x", "secret")
    finally:
        os.umask(before)
    assert modes == [0o600]
    assert mode_of(tmp_path / "x") == 0o600


def test_a_private_file_replaces_one_that_was_open_to_all_and_never_writes_into_it(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o666)
    with file.open(encoding="utf-8") as reader:
        write_private(file, "secret")
        assert reader.read() == "old"
    assert (file.read_text(encoding="utf-8"), mode_of(file)) == ("secret", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_link_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched", encoding="utf-8")
    (tmp_path / ".x.new").symlink_to(elsewhere)
    write_private(tmp_path / "x", "secret")
    assert elsewhere.read_text(encoding="utf-8") == "untouched"


def test_the_file_holds_what_a_person_could_read_and_nothing_more(tmp_path: Path) -> None:
    load_or_make(tmp_path / "s.json", ["1001"])
    held: dict[str, Any] = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert set(held) == {"ami", "mqtt_controller", "mqtt_ticketing", "webhook", "seats_token", "phones"}


def test_a_secrets_value_that_is_printed_shows_no_password(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "s.json", ["1001"])
    shown = f"{made!r} {made}"
    assert made.ami not in shown
    assert made.phones["1001"] not in shown


def test_the_webhook_has_a_secret_of_its_own_that_stays(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = load_or_make(file, [])
    assert keys_of((made.webhook,), str(file)).keys[0]
    assert load_or_make(file, []).webhook == made.webhook
    assert made.webhook not in repr(made)


@pytest.mark.parametrize("new", ["webhook", "seats_token"])
def test_secrets_from_before_there_was_this_one_get_it_and_keep_the_rest(tmp_path: Path, new: str) -> None:
    file = tmp_path / "secrets.json"
    before = load_or_make(file, ["1001"])
    write_private(file, before.model_dump_json(exclude={new}))
    after = load_or_make(file, ["1001"])
    assert getattr(after, new)
    assert after.model_copy(update={new: getattr(before, new)}) == before


def test_a_word_that_somebody_gave_us_is_one_line_of_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "word"
    write_private(file, "hunter2\n")
    assert read_word(file) == "hunter2"
    for text in ("", "\n", "hunter2\nhunter3"):
        write_private(file, text)
        with pytest.raises(SecretsError, match="not one line"):
            read_word(file)
    file.chmod(0o644)
    with pytest.raises(SecretsError, match="chmod 600"):
        read_word(file)
    with pytest.raises(SecretsError, match="no secret there"):
        read_word(tmp_path / "nowhere")
