"""The desks' tokens: who is let in, by what, and from which file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callrouter.console.desk_errors import Refusal
from callrouter.console.desk_tokens import (
    Bearer,
    DeskTokens,
    TokenFile,
    TokenFileError,
    keep,
    read_tokens,
)
from callrouter.vocabulary.desk_role import Role
from callrouter.vocabulary.transfer import Staff
from tests.unit.console.desk_parts import NOW, STAFF, desks, write_tokens


def test_a_token_is_256_bits_and_the_file_does_not_have_it(tmp_path: Path) -> None:
    token, kept = keep(bytes(range(32)), "1001", Role.AGENT, NOW)
    assert token == "crd_" + bytes(range(32)).hex()
    file = tmp_path / "desk_tokens.json"
    write_tokens(file, kept)
    text = file.read_text()
    assert token not in text
    assert token[4:] not in text
    assert kept.id not in kept.sha256
    assert kept.sha256 not in repr(kept)
    with pytest.raises(ValueError, match="32 octets"):
        keep(b"short", "1001", Role.AGENT, NOW)


def test_who_bears_a_token_is_who_it_was_made_for(tmp_path: Path) -> None:
    made = desks(tmp_path)
    for seat, role in (("1001", Role.AGENT), ("1101", Role.SUPERVISOR)):
        for scheme in ("Bearer", "bearer", "BEARER"):
            found = made.api.tokens.bearer(f"{scheme} {made.tokens[seat]} ")
            assert found == Bearer(made.kept[seat].id, seat, role)


def refused(tokens: DeskTokens, token: str) -> str | None:
    try:
        tokens.bearer(f"Bearer {token}")
    except Refusal as refusal:
        return refusal.word
    return None


def test_a_token_lets_in_only_while_the_settings_have_its_account_in_that_role(tmp_path: Path) -> None:
    made = desks(tmp_path)
    for staff, expected in (
        (STAFF, [None, None]),
        (Staff(("1002",), ("1101",)), ["token", None]),
        (Staff(("1001", "1101"), ()), [None, "token"]),
    ):
        tokens = DeskTokens(made.file, staff)
        assert [refused(tokens, made.tokens[seat]) for seat in ("1001", "1101")] == expected


def test_whoever_is_revoked_or_added_is_so_at_once(tmp_path: Path) -> None:
    made = desks(tmp_path)
    tokens = made.api.tokens
    bearer = tokens.bearer(f"Bearer {made.tokens['1001']}")
    assert tokens.still_holds(bearer)
    made.keep_only("1002")
    assert refused(tokens, made.tokens["1001"]) == "token"
    assert not tokens.still_holds(bearer)
    assert refused(tokens, made.tokens["1002"]) is None
    made.keep_only("1001", "1002")
    assert refused(tokens, made.tokens["1001"]) is None


def test_the_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    read: list[Path] = []

    def reading(file: Path) -> TokenFile:
        read.append(file)
        return read_tokens(file)

    made = desks(tmp_path, read=reading)
    for _ in range(3):
        refused(made.api.tokens, made.tokens["1001"])
    assert len(read) == 1
    made.keep_only("1001")
    refused(made.api.tokens, made.tokens["1001"])
    assert len(read) == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_may_read_or_write_lets_nobody_in(tmp_path: Path, mode: int) -> None:
    made = desks(tmp_path)
    assert refused(made.api.tokens, made.tokens["1001"]) is None
    made.file.chmod(mode)
    assert refused(made.api.tokens, made.tokens["1001"]) == "tokens"
    with pytest.raises(TokenFileError, match="chmod 600"):
        read_tokens(made.file)
    made.file.chmod(0o600)
    assert refused(made.api.tokens, made.tokens["1001"]) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"tokens": [{}]}',
        b'{"tokens": [], "more": 1}',
        b" " * (1 << 20) + b'{"tokens": []}',
    ],
)
def test_a_damaged_file_lets_nobody_in_and_says_what_helps(tmp_path: Path, text: bytes) -> None:
    made = desks(tmp_path)
    made.file.write_bytes(text)
    assert refused(made.api.tokens, made.tokens["1001"]) == "tokens"
    with pytest.raises(TokenFileError, match="desk token add"):
        read_tokens(made.file)


def test_without_a_file_there_are_no_tokens(tmp_path: Path) -> None:
    made = desks(tmp_path)
    made.file.unlink()
    assert refused(made.api.tokens, made.tokens["1001"]) == "token"
    assert refused(made.api.tokens, "") == "token"


def test_something_else_than_a_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    made = desks(tmp_path)
    made.file.unlink()
    os.mkfifo(made.file, 0o600)
    assert refused(made.api.tokens, made.tokens["1001"]) == "tokens"
