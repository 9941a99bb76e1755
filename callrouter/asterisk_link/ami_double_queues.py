"""The queues of the AMI server for tests: see `ami_double`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callrouter.asterisk_link.ami_double import AmiDouble, Connection


def queue_status(connection: Connection, action: dict[str, str]) -> None:
    """Answer QueueStatus."""
    end = f"ActionID: {action['ActionID']}\r\n\r\n"
    items = []
    for queue, interfaces in connection.asterisk.queues.items():
        if action.get("Queue", queue) != queue:
            continue
        items.append(
            f"Event: QueueParams\r\nQueue: {queue}\r\nMax: 0\r\nStrategy: rrmemory\r\nCalls: 0\r\nHoldtime: 0\r\n"
            "TalkTime: 0\r\nCompleted: 0\r\nAbandoned: 0\r\nServiceLevel: 0\r\nServicelevelPerf: 0.0\r\n"
            f"ServicelevelPerf2: 0.0\r\nWeight: 0\r\n{end}"
        )
        items += [
            f"Event: QueueMember\r\nQueue: {queue}\r\nName: {interface}\r\nLocation: {interface}\r\n"
            f"StateInterface: {interface}\r\nMembership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\n"
            "LastPause: 0\r\nLoginTime: 1795337979\r\nInCall: 0\r\nStatus: 1\r\n"
            f"Paused: {int((queue, interface) in connection.asterisk.paused)}\r\n"
            f"PausedReason: {connection.asterisk.paused.get((queue, interface), '')}\r\nWrapuptime: 0\r\n{end}"
            for interface in interfaces
        ]
    answer_list(connection, action, "Queue status will follow", items, "QueueStatusComplete")


def answer_list(
    connection: Connection,
    action: dict[str, str],
    message: str,
    items: list[str],
    complete: str,
    *,
    more: str = "",
) -> None:
    """Write a whole list; each item brings its own ActionID. `more`: whole header lines of its end."""
    connection.answer(action, "Success", f"EventList: start\r\nMessage: {message}\r\n")
    connection.write("".join(items))
    connection.write(
        f"Event: {complete}\r\nActionID: {action['ActionID']}\r\nEventList: Complete\r\n"
        f"ListItems: {len(items)}\r\n{more}\r\n"
    )


def queue_add(connection: Connection, action: dict[str, str]) -> None:
    """Answer QueueAdd, and tell of it."""
    queue, interface = action["Queue"], action["Interface"]
    members = connection.asterisk.queues.get(queue)
    if members is None:
        connection.answer(action, "Error", "Message: Unable to add interface to queue: No such queue\r\n")
        return
    if interface in members:
        connection.answer(action, "Error", "Message: Unable to add interface: Already there\r\n")
        return
    members.append(interface)
    if action.get("Paused") == "true":
        connection.asterisk.paused[queue, interface] = action.get("Reason", "")
    connection.answer(action, "Success", "Message: Added interface to queue\r\n")
    told = {"MemberName": action.get("MemberName", interface)}
    told |= {"StateInterface": action.get("StateInterface", interface)}
    connection.asterisk.tell("QueueMemberAdded", **_told_of(connection.asterisk, queue, interface) | told)


def _told_of(asterisk: AmiDouble, queue: str, interface: str) -> dict[str, str]:
    """Return what an event tells of a member, as Asterisk orders it."""
    told = {"Queue": queue, "MemberName": interface}
    told |= {"Interface": interface, "StateInterface": interface, "Membership": "dynamic"}
    told |= dict.fromkeys(("Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall"), "0")
    told |= {"Status": "1", "Paused": str(int((queue, interface) in asterisk.paused))}
    told |= {"PausedReason": asterisk.paused.get((queue, interface), "")}
    return told | {"Ringinuse": "0", "Wrapuptime": "0"}


def queue_remove(connection: Connection, action: dict[str, str]) -> None:
    """Answer QueueRemove, and tell of it."""
    asterisk, queue, interface = connection.asterisk, action["Queue"], action["Interface"]
    if interface not in asterisk.queues.get(queue, ()):
        connection.answer(action, "Error", "Message: Unable to remove interface: Not there\r\n")
        return
    told = _told_of(asterisk, queue, interface)
    asterisk.queues[queue].remove(interface)
    asterisk.paused.pop((queue, interface), None)
    connection.answer(action, "Success", "Message: Removed interface from queue\r\n")
    asterisk.tell("QueueMemberRemoved", **told)


def queue_pause(connection: Connection, action: dict[str, str]) -> None:
    """Answer QueuePause, for every queue that has the member: ours never name one."""
    asterisk, interface = connection.asterisk, action["Interface"]
    is_paused = action["Paused"] == "true"
    queues = [queue for queue, members in asterisk.queues.items() if interface in members]
    if not queues:
        connection.answer(action, "Error", "Message: Interface not found\r\n")
        return
    for queue in queues:
        asterisk.paused.pop((queue, interface), None)
        if is_paused:
            asterisk.paused[queue, interface] = action.get("Reason", "")
        asterisk.tell("QueueMemberPause", **_told_of(asterisk, queue, interface))
    done = "paused" if is_paused else "unpaused"
    connection.answer(action, "Success", f"Message: Interface {done} successfully\r\n")
