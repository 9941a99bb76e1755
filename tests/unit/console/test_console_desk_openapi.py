"""The desk's OpenAPI document: valid by a public validator, current, and telling of every route and every answer."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from callrouter.calls.desk_protocol import DeskCall, DeskChange
from callrouter.console.desk_api import desk_routes
from callrouter.console.desk_errors import FAULTS
from callrouter.console.desk_models import CallShown, ChangeShown
from callrouter.console.desk_openapi import openapi, openapi_text
from callrouter.settings import PROJECT_ROOT
from tests.unit.console.desk_parts import Desks, call_of, desks
from tests.unit.console.test_console_desk_api import BODIES, FAILURES

DOCUMENT = openapi()


def faults(document: dict[str, Any]) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]


def test_it_is_a_document_of_openapi_3_1() -> None:
    assert faults(DOCUMENT) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("openapi",), "2.0"),
        (("info", "title"), None),
        (("paths", "/desk/call", "get", "responses", "200", "description"), None),
        (("paths", "/desk/hold", "post", "operationId"), "join"),
        (("paths", "/desk/hold", "post", "parameters", 0, "in"), "somewhere"),
        (("components", "schemas", "CallShown", "type"), "thing"),
        (("components", "securitySchemes", "token", "type"), "secret"),
    ],
)
def test_the_validator_finds_what_is_wrong_in_it(path: tuple[str | int, ...], value: object) -> None:
    document = deepcopy(DOCUMENT)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    try:
        found: object = faults(document)
    except Exception as error:
        # What is no document at all is refused by raising.
        found = error
    assert found


def test_the_shipped_document_is_what_the_routes_say_now() -> None:
    assert (PROJECT_ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi_text()


def test_every_route_is_told_and_no_other(tmp_path: Path) -> None:
    told = {(path, method.upper()) for path, ways in DOCUMENT["paths"].items() for method in ways}
    assert told == {
        (route.path, method) for route in desk_routes(desks(tmp_path).api) for method in route.methods or ()
    }


def test_a_call_and_a_change_show_every_field_that_the_desk_has() -> None:
    assert set(CallShown.model_fields) == {one.name for one in fields(DeskCall)}
    # The number of a change is the event's id.
    assert set(ChangeShown.model_fields) == {one.name for one in fields(DeskChange)} - {"number"}


def test_every_error_stands_at_some_operation() -> None:
    text = json.dumps(DOCUMENT["paths"], ensure_ascii=False)
    assert [word for word in FAULTS if f"`{word}`" not in text] == []


def schema_of(path: str, method: str, status: int) -> Draft202012Validator:
    answers = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(status) in answers, (path, status)
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


@pytest.fixture
def made(tmp_path: Path) -> Desks:
    made = desks(tmp_path)
    made.desk.begins(call_of("1101"))
    return made


OPERATIONS = [
    (path, method.upper())
    for path, ways in DOCUMENT["paths"].items()
    for method in ways
    if path != "/desk/events"
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
async def test_what_is_answered_agrees_with_the_document(made: Desks, path: str, method: str) -> None:
    async with made.client("1101") as http:
        if path in {"/desk/resume", "/desk/cancel"}:
            await http.post("/desk/hold")
        answer = await http.request(method, path, json=BODIES.get(path))
        schema_of(path, method, answer.status_code).validate(answer.json())
    async with made.client() as stranger:
        answer = await stranger.request(method, path)
        schema_of(path, method, answer.status_code).validate(answer.json())


_ASKS = {"unknown_seat": "/desk/wrap-up", "bad_word": "/desk/ticket", "unknown_guidance": "/desk/guide"}
"""What can be answered so; all else can be by a transfer."""


@pytest.mark.parametrize(("failure", "status", "error", "facts"), FAILURES)
async def test_every_error_agrees_with_the_document(
    made: Desks, failure: Exception, status: int, error: str, facts: object
) -> None:
    made.desk.fails = failure
    path = _ASKS.get(error, "/desk/consult")
    async with made.client("1101") as http:
        answer = await http.post(path, json=BODIES[path])
    assert answer.json()["error"] == error
    schema_of(path, "POST", status).validate(answer.json())


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_request_of_the_document_is_one_that_is_taken(path: str, method: str) -> None:
    if method == "GET":
        assert "requestBody" not in DOCUMENT["paths"][path]["get"]
        return
    body = DOCUMENT["paths"][path]["post"]["requestBody"]
    assert body["required"] is (path in BODIES)
    schema = body["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    assert validator.is_valid(BODIES.get(path, {}))
    assert not validator.is_valid({"anything": "else"})
