"""One call's audio over UDP: sends a source paced at 20 ms, records what comes (RFC 3550).

A packet's due instant is the start plus its number times 20 ms, so a late one does not delay the next: no
drift.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import assert_never, cast

from callrouter.sip_party.addresses import Address
from callrouter.sip_party.audio import SILENT_FRAME, tone_frame
from callrouter.sip_party.heard import Heard
from callrouter.sip_party.rtp import FRAME_S, FRAME_SAMPLES, KEYS, KeyEvent, RtpPacket, key_press
from callrouter.sip_party.sdp import AudioDescription

_PAUSE_FRAMES_AFTER_KEY = 4


@dataclass(frozen=True, slots=True)
class Tone:
    """A pure tone, a multiple of 50 Hz."""

    hz: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Packets of silence."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A-law bytes at 8000 Hz; once, then silence, or again and again."""

    alaw: bytes
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """No packet at all, but for keys: a line that was answered and has no media."""


Source = Tone | Silence | Recording | Nothing
"""What a party says."""


def frames_of(source: Source) -> Iterator[bytes]:
    """Return the endless 20 ms frames of a source.

    Raises:
        ValueError: the tone is not a multiple of 50 Hz within 150–3850 Hz, or the recording is empty.

    """
    match source:
        case Tone(hz):
            return repeat(tone_frame(hz))
        case Silence():
            return repeat(SILENT_FRAME)
        case Nothing():
            return repeat(b"")
        case Recording(alaw, loop):
            if not alaw:
                raise ValueError("the recording is empty: give the A-law bytes of a file")
            padded = alaw + SILENT_FRAME[: -len(alaw) % FRAME_SAMPLES]
            cut = [padded[i : i + FRAME_SAMPLES] for i in range(0, len(padded), FRAME_SAMPLES)]
            return chain.from_iterable(repeat(cut)) if loop else chain(cut, repeat(SILENT_FRAME))
        case _:
            assert_never(source)


class Media(asyncio.DatagramProtocol):
    """The audio of one call."""

    def __init__(
        self, source: Source, *, clock: Callable[[], float], ssrc: int, on_change: Callable[[], None]
    ) -> None:
        self.heard = Heard()
        self.packets_sent = 0
        self._frames = frames_of(source)
        self._clock = clock
        self._ssrc = ssrc
        self._on_change = on_change
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self._to: Address | None = None
        self._audio_payload_type = 0
        self._event_payload_type: int | None = None
        self._events: deque[KeyEvent | None] = deque()
        self._pressed: asyncio.Future[None] | None = None
        self._event_timestamp = 0
        self._last_event: KeyEvent | None = None
        self._ticks = 0
        self._started_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def open(self, host: str) -> None:
        """Take a UDP port on `host`."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(host, 0))

    @property
    def port(self) -> int:
        """The UDP port taken by `open`."""
        assert self._transport is not None, "media is used before open()"
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket (asyncio)."""
        # The event loop's own datagram transport is one by its methods, not by its ancestry.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """Note that the socket is gone (asyncio)."""
        self._closed.set()

    def datagram_received(self, data: bytes, addr: Address) -> None:  # noqa: ARG002 - asyncio gives it
        """Record a packet (asyncio). It may come before the SDP that announces it, so any sender is taken."""
        if self.heard.receive(data, self._clock()):
            self._on_change()

    def agree(self, *, ours: AudioDescription, theirs: AudioDescription) -> None:
        """Apply what both sides described: listen to our numbers, send to their address while they listen."""
        self.heard.audio_payload_type = ours.audio_payload_type
        self.heard.event_payload_type = ours.event_payload_type
        self._audio_payload_type = theirs.audio_payload_type
        self._event_payload_type = theirs.event_payload_type
        self._to = (theirs.host, theirs.port) if theirs.wants_audio else None
        if self._timer is None and self._transport is not None and not self._transport.is_closing():
            self._started_at = self._clock()
            self._tick()

    def play(self, source: Source) -> None:
        """Send another source from the next packet on.

        Raises:
            ValueError: the source cannot be played, see `frames_of`.

        """
        self._frames = frames_of(source)

    async def press(self, keys: str) -> None:
        """Send DTMF keys (RFC 4733), 100 ms each; returns when the last one is out or the media is closed.

        Raises:
            ValueError: a character is no DTMF key, or the other side did not agree to telephone-event.

        """
        if not keys or set(keys) - set(KEYS):
            raise ValueError(f"DTMF keys are of {KEYS}: send only those")
        if self._event_payload_type is None:
            raise ValueError("no telephone-event was agreed: wait for EARLY or UP, or set dtmf_mode=rfc4733")
        for key in keys:
            self._events.extend(key_press(key))
            self._events.extend([None] * _PAUSE_FRAMES_AFTER_KEY)
        if self._pressed is None:
            self._pressed = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._pressed)

    def _tick(self) -> None:
        event = self._events.popleft() if self._events else None
        if self._to is not None:
            packet = self._packet(event)
            if packet.payload:
                self._send(packet, self._to)
        if not self._events:
            self._keys_are_out()
        self._last_event = event
        self._ticks += 1
        due = self._started_at + self._ticks * FRAME_S
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - self._clock()), self._tick)

    def _packet(self, event: KeyEvent | None) -> RtpPacket:
        timestamp = self._ticks * FRAME_SAMPLES
        if event is None or self._event_payload_type is None:
            payload_type, payload = self._audio_payload_type, next(self._frames)
            marker = self.packets_sent == 0
        else:
            marker = self._last_event is None
            if marker:
                self._event_timestamp = timestamp
            payload_type, payload, timestamp = (
                self._event_payload_type,
                event.to_bytes(),
                self._event_timestamp,
            )
        return RtpPacket(payload_type, self.packets_sent, timestamp, self._ssrc, payload, marker)

    def _send(self, packet: RtpPacket, to: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(packet.to_bytes(), to)
            self.packets_sent += 1

    def _keys_are_out(self) -> None:
        if self._pressed is not None:
            if not self._pressed.done():
                self._pressed.set_result(None)
            self._pressed = None

    def stop(self) -> None:
        """Stop sending and release the port."""
        if self._timer is not None:
            self._timer.cancel()
        self._events.clear()
        self._keys_are_out()
        if self._transport is not None:
            self._transport.close()
        else:
            self._closed.set()

    async def closed(self) -> None:
        """Wait until the port is released after `stop`."""
        await self._closed.wait()
