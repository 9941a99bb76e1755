"""What a real Asterisk 22.10.1 sent, through both codecs (see record_transcripts.py)."""

from urllib.parse import unquote

import pytest
from wire_transcripts import AGI, AMI, agi_events, ami_messages, answers, sent_by, transcript

from callrouter.asterisk_link.agi_arguments import agi_arguments
from callrouter.asterisk_link.agi_command import SetVariable
from callrouter.asterisk_link.agi_protocol import (
    EnvironmentReceived,
    HangupReceived,
    ReplyReceived,
    SessionEnded,
)
from callrouter.asterisk_link.ami_messages import encode_action
from callrouter.asterisk_link.ami_trust import AmiJudge
from callrouter.asterisk_link.arrival import FACTS

VALUE = 'say "hangup" (你好) \\'
BOOT_NAME = "bootnameexample2"


def test_nothing_recorded_is_missing() -> None:
    assert len(AGI) == 7
    assert len(AMI) == 12


def test_an_answered_dip() -> None:
    environment, reply, end = agi_events("agi_answered", 7)
    assert isinstance(environment, EnvironmentReceived)
    assert environment.environment["agi_network_script"] == "arrival"
    assert environment.environment["agi_calleridname"] == '市民"(甲) hangup'
    assert agi_arguments(environment.environment, {"called", "name", "empty"}) == {
        "called": "12345",
        "name": '市民"(甲) hangup',
        "empty": "",
    }
    assert reply == ReplyReceived(200, "1", None, "result=1")
    assert end == SessionEnded()


@pytest.mark.parametrize(
    ("name", "caller"),
    [("agi_arrival", "13800138000"), ("agi_arrival_from_abroad", "+8613800138001")],
)
def test_a_dip_of_our_own_dialplan_brings_its_facts(name: str, caller: str) -> None:
    environment, reply, _ = agi_events(name, 5)
    assert isinstance(environment, EnvironmentReceived)
    facts = agi_arguments(environment.environment, FACTS)
    assert isinstance(facts, dict)
    assert tuple(facts) == FACTS
    assert facts["to"] == facts["diversion"] == facts["history_info"] == ""
    assert (facts["called"], facts["caller"], facts["trunk"]) == ("12315", caller, "carrier")
    assert facts["call_id"].startswith("node1-")
    assert environment.environment["agi_calleridname"] == "unknown"
    assert reply == ReplyReceived(200, "1", None, "result=1")


def test_what_we_encode_is_what_asterisk_took() -> None:
    assert SetVariable("VERDICT", VALUE).encode() == sent_by(">", "agi_answered")
    (done,) = [m for m in ami_messages("ami_during_agi_answered") if m.get("UserEvent") == "DipDone"]
    assert unquote(done.get("Verdict")) == VALUE


def test_an_action_we_encode_is_what_asterisk_took() -> None:
    (action,) = [octets for _, octets in transcript("ami_lists") if b"QueueAdd" in octets]
    headers = {"Queue": "waiting", "Interface": "PJSIP/1001", "MemberName": "值班员一"}
    assert encode_action("QueueAdd", "t-3", headers) == action


def test_a_dip_whose_caller_hung_up() -> None:
    _, hangup, reply, refusal, _ = agi_events("agi_hung_up", 5)
    assert hangup == HangupReceived()
    assert reply == ReplyReceived(200, "1", None, "result=1")
    assert isinstance(refusal, ReplyReceived)
    assert refusal.code == 511


def test_a_dip_in_which_asterisk_says_hangup_twice_behind_the_reply() -> None:
    assert sent_by("<", "agi_hung_up_and_left").endswith(b"\n200 result=-1\nHANGUP\nHANGUP\n")
    _, reply, hangup, end = agi_events("agi_hung_up_and_left", 5)
    assert isinstance(reply, ReplyReceived)
    assert (reply.code, reply.result) == (200, "-1")
    assert (hangup, end) == (HangupReceived(), SessionEnded())


def test_every_reply_is_paired_with_its_command() -> None:
    replies = [event for event in agi_events("agi_other_replies", 3) if isinstance(event, ReplyReceived)]
    assert [(reply.code, reply.result, reply.value) for reply in replies] == [
        (520, "", None),
        (510, "", None),
        (200, "1", None),
        (200, "1", VALUE),
        (200, "0", None),
    ]
    assert replies[0].text.splitlines()[1] == "Sets a variable to the current channel."


def test_a_login_ends_in_fully_booted() -> None:
    login, booted = ami_messages("ami_login")
    assert (login.name, login.get("ActionID"), login.is_event) == ("Success", "t-1", False)
    assert (booted.name, booted.is_event) == ("FullyBooted", True)


def test_a_wrong_secret_is_an_error_response() -> None:
    (refusal,) = ami_messages("ami_wrong_secret")
    assert (refusal.name, refusal.get("Message")) == ("Error", "Authentication failed")


def test_a_queue_status_is_a_list_with_chinese_members() -> None:
    items = answers(ami_messages("ami_queue_status"))[0]["t-2"].items
    assert [item.name for item in items] == ["QueueParams", "QueueMember", "QueueMember"]
    assert [item.get("Name") for item in items[1:]] == ["值班员一", "值班员二"]


def test_a_queue_status_with_waiting_callers() -> None:
    parameters, *waiting = answers(ami_messages("ami_lists"))[0]["t-2"].items
    assert (parameters.name, parameters.get("Calls")) == ("QueueParams", "2")
    assert [(caller.name, caller.get("Position"), caller.get("CallerIDNum")) for caller in waiting] == [
        ("QueueEntry", "1", "13800138000"),
        ("QueueEntry", "2", "+8613800138001"),
    ]


def test_a_list_of_several_channels_and_their_variables() -> None:
    found, _ = answers(ami_messages("ami_lists"))
    assert sorted(found) == ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6"]
    channels = [item.get("Channel") for item in found["t-4"].items]
    assert len(channels) == 4
    assert [item.get("Channel") for item in found["t-5"].items] == channels
    first = found["t-5"].items[0].all("Variable")
    assert [variable.partition("=")[0] for variable in first] == ["CR_CALL", "CR_QUEUE"]


def test_an_empty_list_is_an_answer_without_items() -> None:
    found, _ = answers(ami_messages("ami_empty_lists"))
    assert found["t-2"].message.name == found["t-3"].message.name == "Success"
    assert found["t-2"].items == found["t-3"].items == ()


def test_core_settings_tell_the_boot_name() -> None:
    settings = answers(ami_messages("ami_empty_lists"))[0]["t-4"]
    assert settings.get("SystemName") == BOOT_NAME
    assert settings.get("AsteriskVersion").startswith("22.")


@pytest.mark.parametrize("name", AMI)
def test_the_boot_name_is_on_every_event_but_on_no_lists_item(name: str) -> None:
    found, news = answers(ami_messages(name))
    # What answers one client alone is not Asterisk's event: a list's items, and FullyBooted after a login.
    assert {event.name for event in news if event.all("SystemName") != (BOOT_NAME,)} <= {"FullyBooted"}
    assert not [item for answer in found.values() for item in answer.items if item.get("SystemName")]


@pytest.mark.parametrize("name", AMI)
def test_everything_that_asterisk_sent_is_believed(name: str) -> None:
    # All but FullyBooted after a login: it is taken before anything is judged.
    messages = [message for message in ami_messages(name) if message.name != "FullyBooted"]
    assert AmiJudge("t", BOOT_NAME).judge(messages) == messages


def test_the_events_of_a_call_tell_it_in_order() -> None:
    _, news = answers(ami_messages("ami_call"))
    caller = next(event.get("Uniqueid") for event in news if event.name == "Newchannel")
    names = [event.name for event in news if event.get("Uniqueid") == caller]
    told = ["Newchannel", "QueueCallerJoin", "BridgeEnter", "BridgeLeave", "Hangup"]
    places = [names.index(name) for name in told]
    assert places == sorted(places)
    assert len(news) > 50


def test_a_commands_output_keeps_its_lines() -> None:
    found, _ = answers(ami_messages("ami_command"))
    assert len(found["t-2"].output) == 6
    assert "值班员二" in found["t-2"].output[3]
    assert found["t-2"].output[-1] == ""
    assert found["t-3"].get("Ping") == "Pong"
    assert found["t-4"].message.name == "Error"


def test_an_originate_response_is_an_event_though_it_holds_a_response() -> None:
    events = [m for m in ami_messages("ami_during_agi_hung_up") if m.name == "OriginateResponse"]
    assert [(event.is_event, event.get("Response")) for event in events] == [(True, "Failure")]
