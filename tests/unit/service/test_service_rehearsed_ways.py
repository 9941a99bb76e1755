"""A rehearsal calls nobody but who stands in for others on this machine."""

from __future__ import annotations

import pytest

from callrouter.asterisk_link.of_the_plan import OverflowStep, WayOut
from callrouter.service.rehearsed_ways import rehearsed, rehearsed_steps


@pytest.mark.parametrize(
    ("contact", "here"),
    [
        ("sip:127.0.4.11:5060", True),
        ("sip:127.0.0.1", True),
        ("sip:12345@127.0.0.3:5070;transport=udp", True),
        ("sip:[::1]:5060", True),
        ("sip:192.0.2.11:5060", False),
        ("sip:12345@192.0.2.11", False),
        ("sip:localhost:5060", False),
        ("sip:127.0.0.1.example.org", False),
        ("sip:127.0.0.1@192.0.2.11:5060", False),
        ("sip:", False),
    ],
)
def test_a_way_out_is_kept_only_if_its_address_is_this_machines(contact: str, here: bool) -> None:
    way = WayOut("peer-tax", contact, "branch tax")
    assert rehearsed([way]) == ((way,) if here else ())


def test_who_would_go_on_to_a_platform_that_is_not_called_goes_to_the_last_resort() -> None:
    here = WayOut("peer-haikou", "sip:127.0.0.3:5060", "platform haikou")
    kept = OverflowStep("hotline", "platform", 20, to="peer-haikou")
    other = OverflowStep("minors", "platform", 30, to="peer-sanya")
    queue = OverflowStep("expert", "queue", 10, to="hotline")
    assert list(rehearsed_steps([kept, other, queue], [here])) == [
        kept,
        OverflowStep("minors", "last-resort", 30),
        queue,
    ]
