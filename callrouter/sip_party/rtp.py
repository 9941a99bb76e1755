"""RTP packets and telephone events as values (RFC 3550 section 5.1, RFC 4733 section 2.3).

Rules:

- What is not an RTP version 2 packet (RTCP, noise, a truncated header) is read as None, never an error.
- A key press is a row of packets with one timestamp: the duration grows by 20 ms from packet to packet, the
  first carries the marker, and the last is sent three times with the end bit (RFC 4733 section 2.5.1.4).
"""

import struct
from dataclasses import dataclass
from typing import Final

SAMPLE_RATE: Final = 8_000
FRAME_SAMPLES: Final = 160
"""Samples, and A-law bytes, in a packet of 20 ms."""
FRAME_S: Final = 0.02
KEYS: Final = "0123456789*#ABCD"
"""The DTMF keys in the order of their event numbers (RFC 4733 table 3)."""

_END_REPEATS: Final = 3
_VOLUME: Final = 10
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet without CSRC, extension and padding."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def to_bytes(self) -> bytes:
        """Write the packet; sequence number and timestamp wrap."""
        second = self.payload_type | (0x80 if self.marker else 0)
        header = _HEADER.pack(0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return header + self.payload


def parse_rtp(data: bytes) -> RtpPacket | None:
    """Read a datagram; None when it is no RTP packet."""
    if len(data) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    # 192..223 in the second byte is RTCP (RFC 5761 section 4).
    if first >> 6 != 2 or 192 <= second <= 223:
        return None
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if end < start:
        return None
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & 0x80))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """The payload of one telephone-event packet."""

    key: str
    end: bool
    duration_samples: int

    def to_bytes(self) -> bytes:
        """Write the four bytes of RFC 4733 section 2.3."""
        return _EVENT.pack(KEYS.index(self.key), (0x80 if self.end else 0) | _VOLUME, self.duration_samples)


def parse_key_event(payload: bytes) -> KeyEvent | None:
    """Read a telephone-event payload; None when it is no DTMF key."""
    if len(payload) < _EVENT.size:
        return None
    number, flags, duration = _EVENT.unpack_from(payload)
    if number >= len(KEYS):
        return None
    return KeyEvent(KEYS[number], bool(flags & 0x80), duration)


def key_press(key: str, *, frames: int = 5) -> tuple[KeyEvent, ...]:
    """Return the packets of one key press of `frames` times 20 ms, one for each 20 ms and the repeated end.

    Raises:
        ValueError: `key` is not a DTMF key.

    """
    if len(key) != 1 or key not in KEYS:
        raise ValueError(f"a DTMF key is one of {KEYS}: send only those")
    growing = [KeyEvent(key, False, FRAME_SAMPLES * n) for n in range(1, frames)]
    return (*growing, *[KeyEvent(key, True, FRAME_SAMPLES * frames)] * _END_REPEATS)
