"""`callrouter desk`: tokens that are made, listed and revoked; the API's document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callrouter.console.desk_openapi import openapi_text
from callrouter.console.desk_tokens import DeskTokens, read_tokens
from callrouter.vocabulary.desk_role import Role
from callrouter.vocabulary.transfer import Staff
from tests.unit.cli.running import run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "callrouter.yaml"
    file.write_text(
        f'run_dir: {tmp_path / "run"}\nsip: {{seats: ["1001"], supervisors: ["1101"]}}\n', encoding="utf-8"
    )
    return file


def kept(config: Path) -> Path:
    return config.parent / "run" / "desk_tokens.json"


def test_a_token_is_printed_once_lets_in_and_is_in_no_file(config: Path) -> None:
    made = run("desk", "token", "add", "1001", "--config", str(config))
    assert (made.code, made.out.count("\n")) == (0, 1)
    token = made.out.strip()
    file = kept(config)
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in file.read_text()
    assert "不再显示" in made.err
    bearer = DeskTokens(file, Staff(("1001",))).bearer(f"Bearer {token}")
    assert (bearer.seat, bearer.role) == ("1001", Role.AGENT)
    listed = run("desk", "token", "list", "--config", str(config))
    assert bearer.token_id in listed.out
    assert token not in listed.out
    assert read_tokens(file).tokens[0].sha256 not in listed.out


def test_no_two_tokens_are_alike_and_the_one_that_is_revoked_goes_alone(config: Path) -> None:
    for role in ("agent", "supervisor"):
        assert run("desk", "token", "add", "1101", "--role", role, "--config", str(config)).code == 0
    first, second = read_tokens(kept(config)).tokens
    assert first.sha256 != second.sha256
    gone = run("desk", "token", "revoke", first.id, "--config", str(config))
    assert (gone.code, gone.out.split(":")[0]) == (0, first.id)
    assert read_tokens(kept(config)).tokens == (second,)
    again = run("desk", "token", "revoke", first.id, "--config", str(config))
    assert (again.code, "desk token list" in again.err) == (1, True)
    assert kept(config).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("1002",), "sip.seats"),
        (("1001", "--role", "supervisor"), "sip.supervisors"),
        (("../x",), "sip.seats"),
    ],
)
def test_who_is_not_in_the_settings_in_that_role_gets_none(
    config: Path, arguments: tuple[str, ...], where: str
) -> None:
    refused = run("desk", "token", "add", *arguments, "--config", str(config))
    assert (refused.code, refused.out) == (2, "")
    assert where in refused.err
    assert not kept(config).exists()


def test_a_file_that_others_may_read_is_not_added_to(config: Path) -> None:
    run("desk", "token", "add", "1001", "--config", str(config))
    kept(config).chmod(0o644)
    before = kept(config).read_text()
    for command in (("add", "1001"), ("list",), ("revoke", "00000000")):
        refused = run("desk", "token", *command, "--config", str(config))
        assert refused.code == 2
        assert "chmod 600" in refused.err
    assert kept(config).read_text() == before


def test_the_document_is_printed_as_it_is_shipped() -> None:
    printed = run("desk", "openapi")
    assert (printed.code, printed.out) == (0, openapi_text())
    assert json.loads(printed.out)["openapi"] == "3.1.0"
