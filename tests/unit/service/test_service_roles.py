"""Roles: which parts run here, and what may go wrong when they are split."""

from __future__ import annotations

import pytest

from callrouter.service.roles import ALL_ROLES, OWN_ROLES, Role, doubts, read_roles, shares, spell, to_run
from callrouter.settings import Settings
from callrouter.settings_file import SettingsError
from callrouter.settings_parts import Managed, Ticketing

SPLIT = frozenset({Role.ASTERISK, Role.ROUTE, Role.COLLECT})
ON_POSTGRESQL = Settings(database_url="postgresql://callrouter@db.example/callrouter")


def test_without_roles_everything_runs_here() -> None:
    assert read_roles(None) == ALL_ROLES == to_run(Settings(), ALL_ROLES)


def test_roles_are_words_with_commas_between() -> None:
    assert read_roles("route, collect,") == {Role.ROUTE, Role.COLLECT}
    assert read_roles(spell(SPLIT)) == SPLIT


@pytest.mark.parametrize("text", ["", ",", "kollect", "route,kollect", "ROUTE"])
def test_a_word_that_is_no_role_is_told_with_those_that_are(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_roles(text)
    assert "route, collect, publish, broker, asterisk, ticketing" in str(refused.value)
    for word in text.split(","):
        assert word in {"", "route"} or word in str(refused.value)


def test_what_is_somebody_elses_is_not_started() -> None:
    settings = Settings(managed=Managed(asterisk=False, broker=False))
    assert to_run(settings, ALL_ROLES) == OWN_ROLES | {Role.TICKETING}
    assert to_run(Settings(managed=Managed(controller=False)), ALL_ROLES).isdisjoint(OWN_ROLES)


def test_without_mqtt_there_is_neither_broker_nor_its_subscriber() -> None:
    settings = Settings(ticketing=Ticketing(deliver_by="json_lines"))
    assert to_run(settings, ALL_ROLES) == OWN_ROLES | {Role.ASTERISK}


def test_nothing_to_start_is_an_error_that_names_what_left_it_out() -> None:
    with pytest.raises(SettingsError, match="managed"):
        to_run(Settings(managed=Managed(broker=False)), frozenset({Role.BROKER}))


def test_splitting_what_meets_in_sqlite_is_doubted_and_in_postgresql_is_not() -> None:
    assert any("SQLite" in doubt for doubt in doubts(Settings(), SPLIT))
    assert doubts(ON_POSTGRESQL, SPLIT) == ()
    assert doubts(Settings(), ALL_ROLES) == ()
    assert doubts(Settings(), frozenset({Role.BROKER, Role.ASTERISK})) == ()


def test_collecting_without_asterisk_beside_it_is_doubted() -> None:
    assert any("journal" in doubt for doubt in doubts(ON_POSTGRESQL, frozenset({Role.COLLECT})))
    assert doubts(ON_POSTGRESQL, frozenset({Role.PUBLISH})) == ()


@pytest.mark.parametrize(
    ("roles", "divided"),
    [
        (None, {"collect": "route,collect", "publish": "publish"}),
        ("collect,publish", {"collect": "collect", "publish": "publish"}),
        ("route,collect,asterisk", {"records": "route,collect"}),
        ("route,publish", {"records": "route,publish"}),
        ("route", {"records": "route"}),
        ("collect", {"records": "collect"}),
        ("publish,broker", {"records": "publish"}),
    ],
)
def test_collecting_and_publishing_are_two_processes_and_nothing_else_is_divided(
    roles: str | None, divided: dict[str, str]
) -> None:
    made = shares(read_roles(roles))
    assert {name: spell(share) for name, share in made.items()} == divided
    assert list(made) == list(divided), "they are ended in this order"
