"""What the documents say of records: their JSON, code, commands and tables, held against the program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.ticketing.asyncapi import asyncapi
from callrouter.ticketing.reference import reference
from callrouter.ticketing.schemas import schemas
from callrouter.ticketing.webhook_answer import Meaning, meaning_of
from callrouter.ticketing.webhook_signature import keys_of
from callrouter.vocabulary.message import Kind
from tests.unit.cli.running import run
from tests.unit.docs.walkthrough import Command, agrees, follow, steps

DOCS = PROJECT_ROOT / "docs"
BOTH = ("records.md", "records.zh-CN.md")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BLOCK = re.compile(r"^```(\w+) ([\w.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(name: str, kind: str) -> list[tuple[str, str]]:
    return [(named, text) for found, named, text in BLOCK.findall(text_of(name)) if found == kind]


def section(name: str, number: int) -> str:
    return re.split(r"^## ", text_of(name), flags=re.MULTILINE)[number]


@pytest.mark.parametrize("name", BOTH)
def test_every_example_agrees_with_the_schema_that_it_is_of(name: str) -> None:
    found = blocks(name, "json")
    assert {schema for schema, _ in found} == {"event", "acknowledgement", "compared"}
    for schema, text in found:
        body = json.loads(text)
        Draft202012Validator(schemas()[schema]).validate(body)
        if schema == "event":
            data = {one["$id"]: one for one in schemas().values()}[body["dataschema"]]
            Draft202012Validator(data).validate(body["data"])


def test_both_languages_show_the_same_examples() -> None:
    assert blocks("records.md", "json") == blocks("records.zh-CN.md", "json")
    one, other = (re.findall(r"^## \d+", text_of(name), re.MULTILINE) for name in BOTH)
    assert one == other
    assert len(one) == 11


def example(name: str) -> Callable[..., bool]:
    ((_, code),) = blocks(name, "python")
    place: dict[str, Any] = {}
    exec(compile(code, name, "exec"), place)
    found: Callable[..., bool] = place["is_genuine"]
    return found


@pytest.mark.parametrize("name", BOTH)
def test_the_example_takes_what_is_genuine_and_nothing_else(name: str) -> None:
    is_genuine, body = example(name), "正文".encode()
    headers = keys_of([SECRET], "here").headers("m-1", 1000, body)
    other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert is_genuine([SECRET], headers, body, 1300)
    assert is_genuine([other, SECRET], headers, body, 700)
    assert not is_genuine([other], headers, body, 1000)
    assert not is_genuine([SECRET], headers, body + b" ", 1000)
    assert not is_genuine([SECRET], headers, body, 1301)
    assert not is_genuine([SECRET], {}, body, 1000)
    for changed in headers:
        assert not is_genuine([SECRET], headers | {changed: "1001"}, body, 1000)


@pytest.mark.parametrize("name", BOTH)
def test_the_vector_is_what_we_sign(name: str) -> None:
    ((_, text),) = (block for block in blocks(name, "text") if block[0] == "vector")
    vector = dict(line.split(maxsplit=1) for line in text.splitlines())
    body = vector["body"].encode()
    assert len(body) == 20
    headers = keys_of([vector["secret"]], "here").headers(vector["id"], int(vector["timestamp"]), body)
    assert headers["webhook-signature"] == vector["signature"]


@pytest.mark.parametrize("name", BOTH)
def test_what_is_said_of_each_answer_is_what_is_done(name: str) -> None:
    rows = re.findall(r"^\| ((?:\d{3} ?)+)\|", section(name, 5), re.MULTILINE)
    meanings = [{meaning_of(int(status)) for status in row.split()} for row in rows]
    assert meanings == [{one} for one in Meaning]


@pytest.mark.parametrize("name", BOTH)
def test_every_kind_of_message_and_every_topic_is_named(name: str) -> None:
    text = text_of(name)
    assert set(re.findall(r"`(cn\.[\w.]+)`", text)) | {Kind.RECONCILE.value} == {kind.value for kind in Kind}
    topics = {one.rsplit("/", 1)[-1] for one in re.findall(r"^\| `(<[^`]+)`", section(name, 4), re.MULTILINE)}
    addresses = {channel["address"] for channel in asyncapi()["channels"].values()} - {None}
    assert topics == {address.rsplit("/", 1)[-1] for address in addresses}


@pytest.mark.parametrize("name", BOTH)
def test_every_command_is_there(name: str) -> None:
    ((_, text),) = (block for block in blocks(name, "text") if block[0] == "commands")
    commands = [re.split(r" {2,}| --", line)[0].split()[1:] for line in text.splitlines()]
    assert len(commands) == 9
    for command in commands:
        ran = run(*command, "--help")
        assert ran.code == 0, command
    for command in re.findall(r"`callrouter ([a-z ]+)(?: --[a-z]+)?`", text_of(name)):
        assert command.split() in commands


@pytest.mark.parametrize("name", BOTH)
def test_every_setting_that_is_named_is_there(name: str) -> None:
    settings = Settings()
    named = set(re.findall(r"`((?:ticketing|records)\.\w+)", text_of(name)))
    assert len(named) > 8
    for one in named:
        part, _, key = one.partition(".")
        assert hasattr(getattr(settings, part), key), one


@pytest.mark.parametrize("name", BOTH)
def test_every_file_that_is_named_is_there(name: str) -> None:
    text = text_of(name)
    linked = [DOCS / path for path in re.findall(r"\]\(([^)#]+)\)", text)]
    named = [PROJECT_ROOT / path for path in re.findall(r"`((?:deploy|docs)/[\w./-]+)`", text)]
    assert len(linked) >= 4
    assert [path for path in (*linked, *named) if not path.exists()] == []


@pytest.mark.parametrize("name", BOTH)
def test_whoever_follows_the_document_sees_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [step for step in steps(text_of(name)) if isinstance(step, Command)]
    assert commands
    for step in commands:
        assert agrees(step.printed, follow(step, tmp_path) or []), step.line


def test_every_link_within_the_reference_leads_to_a_heading() -> None:
    text = reference()
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(\w+)\)", text))
    assert links
    assert links <= headings
