"""Offer and answer for one audio stream: PCMA and telephone-event, 20 ms packets (RFC 3264, 4566, 4733).

Rules:

- We speak G.711 A-law and nothing else: an offer without it is answered by a fault, which the call turns into
  488.
- telephone-event is used with the payload number that the other side gave it; without it no key can be sent.
- The first audio line counts. The media line's own `c=` goes before the session's.
- An answer's direction mirrors the offer's: what they only send, we only receive (RFC 3264 section 6.1).
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Final

PCMA_PAYLOAD_TYPE: Final = 8
"""The static payload number of PCMA (RFC 3551)."""
OUR_EVENT_PAYLOAD_TYPE: Final = 101
"""The number we offer for telephone-event: what everybody uses."""
CONTENT_TYPE: Final = "application/sdp"


class Direction(Enum):
    """Who sends, seen from the side that wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"


_MIRROR: Final = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}


@dataclass(frozen=True, slots=True)
class AudioDescription:
    """Where one side wants its audio, and how."""

    host: str
    port: int
    audio_payload_type: int = PCMA_PAYLOAD_TYPE
    event_payload_type: int | None = OUR_EVENT_PAYLOAD_TYPE
    direction: Direction = Direction.SENDRECV

    @property
    def wants_audio(self) -> bool:
        """Whether its writer listens: False on hold or with port 0."""
        return self.port != 0 and self.direction in {Direction.SENDRECV, Direction.RECVONLY}


@dataclass(frozen=True, slots=True)
class SdpFault:
    """A description we cannot use; `fault` says why."""

    fault: str


def parse_sdp(body: bytes) -> AudioDescription | SdpFault:
    """Read the audio part of a session description; never raises."""
    try:
        lines = body.decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return SdpFault("the description is not UTF-8")
    session, audio = _sections(lines)
    if not audio:
        return SdpFault("the description has no audio line")
    media = re.fullmatch(r"m=audio ([0-9]{1,5})(?:/[0-9]+)? RTP/AVP((?: [0-9]{1,3})+)\s*", audio[0])
    host = _connection(audio) or _connection(session)
    if media is None or int(media[1]) > 65_535:
        return SdpFault("the audio line is not plain RTP/AVP")
    if host is None:
        return SdpFault("the description names no IPv4 address")
    types = _payload_types(media[2].split(), audio)
    if "PCMA" not in types:
        return SdpFault("the description does not have PCMA (G.711 A-law): allow=alaw at the other side")
    return AudioDescription(
        host=host,
        port=int(media[1]),
        audio_payload_type=types["PCMA"],
        event_payload_type=types.get("TELEPHONE-EVENT"),
        direction=_direction(audio) or _direction(session) or Direction.SENDRECV,
    )


def answer_to(offer: AudioDescription, *, host: str, port: int) -> AudioDescription:
    """Describe our side in answer to an offer: its payload numbers, its direction mirrored."""
    return replace(offer, host=host, port=port, direction=_MIRROR[offer.direction])


def write_sdp(ours: AudioDescription, *, session_id: int, version: int) -> bytes:
    """Write a description; `version` rises with every change in a call (RFC 3264 section 8)."""
    payload_types = [str(ours.audio_payload_type)]
    attributes = [f"a=rtpmap:{ours.audio_payload_type} PCMA/8000"]
    if ours.event_payload_type is not None:
        payload_types.append(str(ours.event_payload_type))
        attributes += [
            f"a=rtpmap:{ours.event_payload_type} telephone-event/8000",
            f"a=fmtp:{ours.event_payload_type} 0-16",
        ]
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN IP4 {ours.host}",
        "s=-",
        f"c=IN IP4 {ours.host}",
        "t=0 0",
        f"m=audio {ours.port} RTP/AVP {' '.join(payload_types)}",
        *attributes,
        "a=ptime:20",
        f"a={ours.direction.value}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _sections(lines: list[str]) -> tuple[list[str], list[str]]:
    starts = [i for i, line in enumerate(lines) if line.startswith("m=")]
    starts.append(len(lines))
    session = lines[: starts[0]]
    for start, end in pairwise(starts):
        if lines[start].startswith("m=audio "):
            return session, lines[start:end]
    return session, []


def _connection(lines: list[str]) -> str | None:
    for line in lines:
        if match := re.fullmatch(r"c=IN IP4 ([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:/[0-9]+)*\s*", line):
            return match[1]
    return None


def _direction(lines: list[str]) -> Direction | None:
    known = {f"a={direction.value}": direction for direction in Direction}
    return next((known[line.strip()] for line in lines if line.strip() in known), None)


def _payload_types(offered: list[str], lines: list[str]) -> dict[str, int]:
    names = {str(PCMA_PAYLOAD_TYPE): "PCMA"}
    for line in lines:
        if match := re.match(r"a=rtpmap:([0-9]{1,3}) ([A-Za-z0-9_.-]+)/8000", line):
            names[match[1]] = match[2].upper()
    found: dict[str, int] = {}
    for number in offered:
        if number in names and int(number) < 128:
            found.setdefault(names[number], int(number))
    return found
