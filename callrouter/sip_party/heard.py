"""The record of everything one call received: audio, arrival times, gaps, keys.

Rules:

- Time is an argument: every packet comes with its instant of arrival, in seconds of the party's clock.
- The audio is put in the order of the sequence numbers; a packet that comes twice counts once; nothing is
  invented for a lost one. A new synchronisation source (Asterisk starts one when the media path changes)
  follows the old.
- Keys share the sequence numbers of the audio, so a key press is no loss. A key counts once, at its first
  packet, by its timestamp.
- A gap is the time between two audio packets that arrived one after the other.
- A tone is heard when three frames in a row hold it: a click or a syllable is no tone.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from callrouter.sip_party.audio import Samples, decode_alaw, has_tone, tones_in
from callrouter.sip_party.rtp import RtpPacket, parse_key_event, parse_rtp
from callrouter.sip_party.sdp import OUR_EVENT_PAYLOAD_TYPE, PCMA_PAYLOAD_TYPE

FRAMES_TO_HEAR_A_TONE: Final = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """One audio packet: when it came (party's clock), its place in the stream, its A-law bytes."""

    at: float
    place: tuple[int, int]
    alaw: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause between two audio packets: when it began (seconds of the party's clock) and how long it was."""

    began_at: float
    length_ms: float


@dataclass(slots=True)
class _Stream:
    """One synchronisation source: its number in order of appearance and how far it has counted."""

    number: int
    first: int
    highest: int
    seen: set[int]

    def place(self, sequence: int) -> int:
        """Unwrap a 16-bit sequence number to the nearest place (RFC 3550 appendix A.1)."""
        ahead = (sequence - self.highest + 0x8000) & 0xFFFF
        return self.highest + ahead - 0x8000


class Heard:
    """Everything received so far in one call."""

    def __init__(self) -> None:
        self.audio_payload_type = PCMA_PAYLOAD_TYPE
        self.event_payload_type: int | None = OUR_EVENT_PAYLOAD_TYPE
        self.digits = ""
        """The keys pressed by the other side, in order."""
        self._arrivals: list[Arrival] = []
        self._streams: dict[int, _Stream] = {}
        self._last_key: tuple[int, int] | None = None

    def receive(self, data: bytes, at: float) -> bool:
        """Record one datagram that arrived `at`; tell whether anything was new."""
        packet = parse_rtp(data)
        if packet is None or packet.payload_type not in {self.audio_payload_type, self.event_payload_type}:
            return False
        place = self._place(packet)
        if place is None:
            return False
        if packet.payload_type == self.audio_payload_type:
            self._arrivals.append(Arrival(at, place, packet.payload))
            return True
        return self._key(packet)

    def _place(self, packet: RtpPacket) -> tuple[int, int] | None:
        stream = self._streams.get(packet.ssrc)
        if stream is None:
            stream = _Stream(len(self._streams), packet.sequence, packet.sequence, set())
            self._streams[packet.ssrc] = stream
        place = stream.place(packet.sequence)
        if place in stream.seen:
            return None
        stream.seen.add(place)
        stream.first = min(stream.first, place)
        stream.highest = max(stream.highest, place)
        return stream.number, place

    def _key(self, packet: RtpPacket) -> bool:
        event = parse_key_event(packet.payload)
        press = (packet.ssrc, packet.timestamp)
        if event is None or press == self._last_key:
            return False
        self._last_key = press
        self.digits += event.key
        return True

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """The audio packets in the order they came."""
        return tuple(self._arrivals)

    @property
    def alaw(self) -> bytes:
        """The audio in the order it was sent; lost packets are absent."""
        return b"".join(a.alaw for a in sorted(self._arrivals, key=lambda a: a.place))

    @property
    def samples(self) -> Samples:
        """The audio as 16-bit samples at 8000 Hz."""
        return decode_alaw(self.alaw)

    @property
    def lost_packets(self) -> int:
        """How many sequence numbers between the first and the last of each stream never came."""
        return sum(s.highest - s.first + 1 - len(s.seen) for s in self._streams.values())

    @property
    def longest_gap_ms(self) -> float:
        """The longest time between two audio packets in ms; 0 before the second one."""
        return max((gap.length_ms for gap in self.gaps(longer_than_ms=0)), default=0.0)

    def gaps(self, *, longer_than_ms: float) -> tuple[Gap, ...]:
        """Return the gaps longer than that, in order."""
        both = ((earlier.at, (later.at - earlier.at) * 1000) for earlier, later in pairwise(self._arrivals))
        return tuple(Gap(began_at, length_ms) for began_at, length_ms in both if length_ms > longer_than_ms)

    def tones(
        self, candidates_hz: tuple[int, ...], *, since: float = 0.0
    ) -> tuple[tuple[float, frozenset[int]], ...]:
        """Return for each audio packet since `since` when it came and which tones it holds."""
        return tuple((a.at, tones_in(a.alaw, candidates_hz)) for a in self._arrivals if a.at >= since)

    def count(self) -> int:
        """Return how many audio packets came."""
        return len(self._arrivals)

    def at_index(self, index: int) -> Arrival:
        """Return the audio packet that came as number `index`, from 0."""
        return self._arrivals[index]


class ToneWatch:
    """Looks for a tone in what was heard, packet by packet as it comes, each looked at once."""

    def __init__(self, heard: Heard, tone_hz: int, *, since: float) -> None:
        self._heard = heard
        self._tone_hz = tone_hz
        self._since = since
        self._next = 0
        self._run: list[float] = []

    def look(self) -> float | None:
        """Return when the first of three frames in a row with the tone came, or None so far."""
        while self._next < self._heard.count():
            arrival = self._heard.at_index(self._next)
            self._next += 1
            if arrival.at < self._since:
                continue
            self._run = [*self._run, arrival.at] if has_tone(arrival.alaw, self._tone_hz) else []
            if len(self._run) == FRAMES_TO_HEAR_A_TONE:
                return self._run[0]
        return None
