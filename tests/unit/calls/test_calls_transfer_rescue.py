"""A caller whom a transfer has left with nobody is found, looked at twice, and let go where he belongs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from callrouter.asterisk_link.ami_errors import AmiLost
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Channel, Snapshot, snapshot_of
from callrouter.calls.transfer_rescue import LOOKS_APART_S, astray, rescue
from callrouter.vocabulary.transfer import TransferState

SUCCESS = AmiMessage((("Response", "Success"),))
CALLER, AGENT, TARGET = "PJSIP/carrier-00000000", "PJSIP/1001-00000001", "PJSIP/1101-00000002"
CALL = "node1-abcd1234-1795377263.0"


def caller(state: str = "1|consult|three_way|supervisor", application: str = "Wait") -> dict[str, str]:
    return {
        "Channel": CALLER,
        "Application": application,
        "CR_CALL": CALL,
        "CR_TRANSFER": state,
        "CR_AGENT": "1001",
        "CR_AGENT_CHANNEL": AGENT,
        "CR_TARGET_CHANNEL": TARGET,
    }


def other(name: str) -> dict[str, str]:
    return {"Channel": name, "Application": "ConfBridge"}


def message(channel: Mapping[str, str]) -> AmiMessage:
    told = [
        ("Event", "Status"),
        ("Uniqueid", "boot-1.0"),
        ("Linkedid", "boot-1.0"),
        ("ChannelStateDesc", "Up"),
    ]
    told += [(name, value) for name, value in channel.items() if not name.startswith("CR_")]
    told += [("Variable", f"{name}={value}") for name, value in channel.items() if name.startswith("CR_")]
    return AmiMessage(tuple(told))


def seen(*channels: Mapping[str, str], missing: int = 0) -> Snapshot:
    made = AmiResponse(SUCCESS, tuple(message(each) for each in channels), missing)
    return snapshot_of(made, AmiResponse(SUCCESS))


class AnAsterisk:
    """Shows these channels, and notes whom it is told to move."""

    def __init__(self, *channels: Mapping[str, str]) -> None:
        self.channels = channels
        self.moved: list[Headers] = []
        self.slept: list[float] = []
        self.fails = False

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        if name == "Redirect":
            self.moved.append(headers)
            if self.fails:
                raise AmiLost(name)
            return AmiResponse(SUCCESS)
        items = tuple(message(each) for each in self.channels) if name == "Status" else ()
        return AmiResponse(SUCCESS, items)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def rescued(self, first: Snapshot) -> int:
        return await rescue(self, first, sleep=self.sleep)


async def test_who_waits_for_nobody_at_both_looks_goes_where_his_state_says() -> None:
    asterisk = AnAsterisk(caller())
    assert await asterisk.rescued(seen(caller())) == 1
    assert asterisk.moved == [{"Channel": CALLER, "Context": "transfer-place", "Exten": "s", "Priority": "1"}]
    assert asterisk.slept == [LOOKS_APART_S]


@pytest.mark.parametrize(
    "later",
    [
        [caller(), other(AGENT)],
        [caller(), other(TARGET)],
        [caller("1|talk|three_way|supervisor")],
        [caller(application="Queue")],
        [],
    ],
)
async def test_who_is_looked_after_by_then_is_left_alone(later: list[dict[str, str]]) -> None:
    asterisk = AnAsterisk(*later)
    assert await asterisk.rescued(seen(caller())) == 0
    assert asterisk.moved == []


async def test_where_nobody_is_astray_nothing_is_asked() -> None:
    asterisk = AnAsterisk(caller())
    assert await asterisk.rescued(seen(caller(), other(TARGET))) == 0
    assert asterisk.slept == []


async def test_one_who_goes_meanwhile_keeps_no_other_from_help() -> None:
    second = caller() | {"Channel": "PJSIP/carrier-00000009", "CR_CALL": "node1-abcd1234-1795377263.9"}
    asterisk = AnAsterisk(caller(), second)
    asterisk.fails = True
    assert await asterisk.rescued(seen(caller(), second)) == 2
    assert [headers["Channel"] for headers in asterisk.moved] == [CALLER, "PJSIP/carrier-00000009"]


@pytest.mark.parametrize("state", [each for each in TransferState if each not in {"ended", "queued"}])
@pytest.mark.parametrize("application", ["Wait", "ConfBridge"])
def test_it_is_so_in_every_state(state: TransferState, application: str) -> None:
    assert len(astray(seen(caller(f"1|{state}|three_way|supervisor", application)))) == 1


@pytest.mark.parametrize(
    "channel",
    [
        *(caller(f"1|{state}||") for state in ("ended", "queued")),
        *(caller(application=name) for name in ("Dial", "Queue", "Playback", "")),
        caller("") | {"CR_TRANSFER": "x"},
        caller() | {"CR_CALL": "not a call"},
        other(CALLER),
    ],
)
def test_nobody_else_is_touched(channel: dict[str, str]) -> None:
    assert astray(seen(channel)) == frozenset()


def test_a_look_that_is_not_whole_moves_nobody() -> None:
    assert astray(seen(caller(), missing=1)) == frozenset()
    assert isinstance(seen(caller()).channels[0], Channel)
