"""The channels of the AMI server for tests: see `ami_double`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrouter.asterisk_link.ami_double_queues import answer_list

if TYPE_CHECKING:
    from callrouter.asterisk_link.ami_double import AmiDouble, Connection


def core_show_channels(connection: Connection, action: dict[str, str]) -> None:
    """Answer CoreShowChannels."""
    boot_name = connection.asterisk.boot_name
    items = [
        f"Event: CoreShowChannel\r\nActionID: {action['ActionID']}\r\nChannel: {name}\r\nChannelState: 6\r\n"
        "ChannelStateDesc: Up\r\nCallerIDNum: <unknown>\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n"
        "ConnectedLineName: <unknown>\r\nLanguage: zh_CN\r\nAccountCode: \r\nContext: connect\r\nExten: s\r\n"
        f"Priority: 10\r\nUniqueid: {boot_name}-1.{number}\r\nLinkedid: {boot_name}-1.{number}\r\n"
        "Application: Queue\r\nApplicationData: hotline\r\nDuration: 00:00:01\r\nBridgeId: \r\n\r\n"
        for number, name in enumerate(connection.asterisk.channels)
    ]
    answer_list(connection, action, "Channels will follow", items, "CoreShowChannelsComplete")


def status(connection: Connection, action: dict[str, str]) -> None:
    """Answer Status, of one channel or of all."""
    asterisk, asked = connection.asterisk, action.get("Channel")
    if asked is not None and asked not in asterisk.channels:
        connection.answer(action, "Error", "Message: No such channel\r\n")
        return
    names = action.get("Variables", "").split(",")
    items = [
        _status_of(asterisk, number, name, names) + f"ActionID: {action['ActionID']}\r\n\r\n"
        for number, name in enumerate(asterisk.channels)
        if asked in (None, name)
    ]
    answer_list(
        connection,
        action,
        "Channel status will follow",
        items,
        "StatusComplete",
        more=f"Items: {len(items)}\r\n",
    )


def _status_of(asterisk: AmiDouble, number: int, name: str, variables: list[str]) -> str:
    held = asterisk.variables.get(name, {})
    told = "".join(f"Variable: {each}={held.get(each, '(null)')}\r\n" for each in variables if each)
    application = asterisk.applications.get(name, "Queue")
    return (
        f"Event: Status\r\nPrivilege: Call\r\nChannel: {name}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        "CallerIDNum: <unknown>\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n"
        "ConnectedLineName: <unknown>\r\nLanguage: zh_CN\r\nAccountCode: \r\nContext: connect\r\nExten: s\r\n"
        f"Priority: 10\r\nUniqueid: {asterisk.boot_name}-1.{number}\r\nLinkedid: {asterisk.boot_name}-1.{number}\r\n"
        "Type: PJSIP\r\nDNID: \r\nEffectiveConnectedLineNum: <unknown>\r\nEffectiveConnectedLineName: <unknown>\r\n"
        f"TimeToHangup: 0\r\nBridgeID: \r\nApplication: {application}\r\nData: hotline\r\nNativeformats: (alaw)\r\n"
        "Readformat: alaw\r\nReadtrans: \r\nWriteformat: alaw\r\nWritetrans: \r\nCallgroup: 0\r\nPickupgroup: 0\r\n"
        f"Seconds: 1\r\n{told}"
    )


def setvar(connection: Connection, action: dict[str, str]) -> None:
    """Answer Setvar, of a channel; a handler that is pushed joins those before it."""
    asterisk, channel, name = connection.asterisk, action["Channel"], action["Variable"]
    if channel not in asterisk.channels:
        connection.answer(action, "Error", "Message: No such channel\r\n")
        return
    if name == "CHANNEL(hangup_handler_push)":
        asterisk.handlers.setdefault(channel, []).append(action["Value"])
    else:
        asterisk.variables.setdefault(channel, {})[name] = action.get("Value", "")
    connection.answer(action, "Success", "Message: Variable Set\r\n")


def redirect(connection: Connection, action: dict[str, str]) -> None:
    """Answer Redirect, and do with the channel what the test says (`AmiDouble.on_redirect`)."""
    asterisk, channel, extra = connection.asterisk, action["Channel"], action.get("ExtraChannel")
    if channel not in asterisk.channels:
        connection.answer(action, "Error", f"Message: Channel does not exist: {channel}\r\n")
        return
    if extra is not None and extra not in asterisk.channels:
        connection.answer(action, "Error", f"Message: ExtraChannel does not exist: {extra}\r\n")
        return
    done = "Redirect" if extra is None else "Dual Redirect"
    connection.answer(action, "Success", f"Message: {done} successful\r\n")
    asterisk.on_redirect(action)
