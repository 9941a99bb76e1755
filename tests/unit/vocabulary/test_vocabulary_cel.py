"""Ids in the journal: the boot name gives way to the node's name and the boot's mark, and nothing else changes."""

from callrouter.vocabulary.cel import CelRow, at_node, boot_name_of, node_of_boot


def row(uniqueid: str, linkedid: str) -> CelRow:
    return CelRow("ANSWER", 0, uniqueid, linkedid, "PJSIP/1001-1", "", "", "", "", "", "")


def test_a_call_id_begins_with_the_node_and_does_not_tell_the_boot_name() -> None:
    found = at_node(row("abcdefghijklmnop-1795340556.13", "abcdefghijklmnop-1795340556.12"), "node1")
    assert found == row("node1-f39dac6c-1795340556.13", "node1-f39dac6c-1795340556.12")


def test_a_leg_that_crossed_a_restart_loses_both_boot_names() -> None:
    found = at_node(row("abcdefghijklmnop-1795340556.13", "ponmlkjihgfedcba-1795340000.1"), "node1")
    ours = node_of_boot("node1", "ponmlkjihgfedcba")
    assert found == row("node1-f39dac6c-1795340556.13", f"{ours}-1795340000.1")


def test_two_starts_of_asterisk_at_one_hour_give_no_two_calls_the_same_id() -> None:
    """The clock was set back, and Asterisk started again: its count of channels begins anew."""
    before, after = (
        at_node(row(f"{boot}-1795340556.13", f"{boot}-1795340556.13"), "node1").uniqueid
        for boot in ("abcdefghijklmnop", "ponmlkjihgfedcba")
    )
    assert before != after


def test_an_id_of_another_form_stays_as_it_is() -> None:
    for id_ in (
        "node1-1795340556.12",
        "1795340556.12",
        "br-abcdefghijklmnop-1795340556.12",
        "abcdefghijklmnop-x",
    ):
        assert at_node(row(id_, id_), "node1") == row(id_, id_)


def test_ids_of_one_start_of_asterisk_have_one_boot_name() -> None:
    assert boot_name_of("abcdefghijklmnop-1795340556.13") == "abcdefghijklmnop"
    assert boot_name_of("node1-1795340556.13") == boot_name_of("br-abcdefghijklmnop-1795340556.13") == ""
