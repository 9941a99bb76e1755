"""Ids in the journal: the boot name gives way to the node's name, and nothing else changes."""

from callrouter.vocabulary.cel import CelRow, at_node, instant_at


def row(uniqueid: str, linkedid: str) -> CelRow:
    return CelRow("ANSWER", instant_at(0), uniqueid, linkedid, "PJSIP/1001-1", "", "", "", "", "", "")


def test_a_call_id_begins_with_the_node_and_does_not_tell_the_boot_name() -> None:
    found = at_node(row("abcdefghijklmnop-1795340556.13", "abcdefghijklmnop-1795340556.12"), "node1")
    assert found == row("node1-1795340556.13", "node1-1795340556.12")


def test_a_leg_that_crossed_a_restart_loses_both_boot_names() -> None:
    found = at_node(row("abcdefghijklmnop-1795340556.13", "ponmlkjihgfedcba-1795340000.1"), "node1")
    assert found == row("node1-1795340556.13", "node1-1795340000.1")


def test_an_id_of_another_form_stays_as_it_is() -> None:
    for id_ in (
        "node1-1795340556.12",
        "1795340556.12",
        "br-abcdefghijklmnop-1795340556.12",
        "abcdefghijklmnop-x",
    ):
        assert at_node(row(id_, id_), "node1") == row(id_, id_)
