"""Which action a message answers, and how lists are put together."""

import pytest

from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse
from callrouter.asterisk_link.ami_pending import MAX_LIST_CHARACTERS, MAX_LIST_ITEMS, PendingActions
from callrouter.asterisk_link.ami_protocol import AmiProtocolError


def message(*headers: tuple[str, str]) -> AmiMessage:
    return AmiMessage(headers)


SUCCESS = message(("Response", "Success"), ("ActionID", "1"))
LIST = message(("Response", "Success"), ("ActionID", "1"), ("EventList", "start"))
ITEM = message(("Event", "QueueMember"), ("ActionID", "1"))
COMPLETE = message(("Event", "QueueStatusComplete"), ("ActionID", "1"), ("EventList", "Complete"))
NEWS = message(("Event", "Newchannel"), ("Uniqueid", "1"))


def test_an_answer_is_paired_by_its_action_id_alone() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.expect("2")
    second = message(("Response", "Success"), ("ActionID", "2"))
    assert pending.receive(second) == ("2", AmiResponse(second))
    assert pending.receive(SUCCESS) == ("1", AmiResponse(SUCCESS))


def test_a_list_is_collected_and_news_passes_through() -> None:
    pending = PendingActions()
    pending.expect("1")
    assert pending.receive(LIST) is None
    assert pending.receive(ITEM) is None
    assert pending.receive(NEWS) is NEWS
    assert pending.receive(ITEM) is None
    assert pending.receive(COMPLETE) == ("1", AmiResponse(LIST, (ITEM, ITEM)))
    assert pending.receive(ITEM) is ITEM


def test_an_event_of_an_answered_action_is_news() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.receive(SUCCESS)
    originated = message(("Event", "OriginateResponse"), ("ActionID", "1"))
    assert pending.receive(originated) is originated


def test_an_event_that_overtakes_the_answer_is_news_and_no_answer() -> None:
    pending = PendingActions()
    pending.expect("1")
    originated = message(("Event", "OriginateResponse"), ("ActionID", "1"), ("Response", "Failure"))
    assert pending.receive(originated) is originated
    assert pending.receive(SUCCESS) == ("1", AmiResponse(SUCCESS))


def test_a_late_a_strange_and_a_second_answer_are_dropped_and_counted() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.forget("1")
    assert pending.receive(SUCCESS) is None
    assert pending.receive(message(("Response", "Success"))) is None
    pending.expect("1")
    assert pending.receive(LIST) is None
    assert pending.receive(SUCCESS) is None
    assert pending.unmatched == 3


def test_a_list_has_items_up_to_the_bound_and_not_one_more() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.receive(LIST)
    for _ in range(MAX_LIST_ITEMS):
        pending.receive(ITEM)
    with pytest.raises(AmiProtocolError, match="items"):
        pending.receive(ITEM)


def test_a_list_has_characters_up_to_the_bound_and_not_one_more() -> None:
    kilobytes = 1024 * 1024
    headers = len("EventQueueMemberActionID1X")
    item = message(("Event", "QueueMember"), ("ActionID", "1"), ("X", "x" * (kilobytes - headers)))
    pending = PendingActions()
    pending.expect("1")
    pending.receive(LIST)
    for _ in range(MAX_LIST_CHARACTERS // kilobytes):
        pending.receive(item)
    with pytest.raises(AmiProtocolError, match="items"):
        pending.receive(message(("Event", ""), ("ActionID", "1")))


@pytest.mark.parametrize(
    ("counted", "missing"), [("2", 0), ("5", 3), ("1", 0), ("", 0), ("x", 0), ("9" * 5000, 0)]
)
def test_a_list_says_how_many_of_its_items_are_missing(counted: str, missing: int) -> None:
    pending = PendingActions()
    pending.expect("1")
    for each in (LIST, ITEM, ITEM):
        pending.receive(each)
    closed = pending.receive(message(*COMPLETE.headers, ("ListItems", counted)))
    assert closed == ("1", AmiResponse(LIST, (ITEM, ITEM), missing))


def test_a_cancelled_list_is_closed_too() -> None:
    pending = PendingActions()
    pending.expect("1")
    pending.receive(LIST)
    cancelled = message(("Event", "QueueStatusComplete"), ("ActionID", "1"), ("EventList", "Cancelled"))
    assert pending.receive(cancelled) == ("1", AmiResponse(LIST))
    assert not pending.is_listing


def test_only_an_item_received_last_can_be_retracted() -> None:
    pending = PendingActions()
    pending.expect("1")
    assert not pending.retract()
    pending.receive(LIST)
    assert not pending.retract()
    pending.receive(ITEM)
    assert pending.retract()
    assert not pending.retract()
    pending.receive(ITEM)
    pending.receive(NEWS)
    assert not pending.retract()
    assert pending.receive(COMPLETE) == ("1", AmiResponse(LIST, (ITEM,)))


def test_two_lists_at_once_are_kept_apart() -> None:
    pending = PendingActions()
    other = message(("Event", "QueueMember"), ("ActionID", "2"))
    for action_id in ("1", "2"):
        pending.expect(action_id)
        pending.receive(message(("Response", "Success"), ("ActionID", action_id), ("EventList", "start")))
    pending.receive(ITEM)
    pending.receive(other)
    closed = pending.receive(message(("Event", "C"), ("ActionID", "2"), ("EventList", "Complete")))
    assert isinstance(closed, tuple)
    assert closed[1].items == (other,)
    assert pending.is_listing
