"""A caller, an agent and a target, each with a tone of its own: who hears whom in a transfer.

The target is a colleague: it is called by the dialplan as a branch center is, and needs no trunk. There is no
controller in any of this.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ami_speakers import Wire, secret, wire
from parties import AGENT_HZ, CALLER_HZ, phone
from running_system import System
from staffed_seats import Caller as Waited
from staffed_seats import StaffedSeats, staffed

from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.journal import CEL_COLUMNS

TARGET_HZ = 1150
ALL_HZ = (CALLER_HZ, AGENT_HZ, TARGET_HZ)
SOON_S = 6.0
SAID_S = 14.0
"""The longest that is said to a caller who comes back takes half of it."""
_LOOKED_AT_S = 0.3


@dataclass
class News:
    """The dialplan's own events, and actions: one connection for all scenes."""

    said: Wire
    transfers: list[dict[str, str]] = field(default_factory=list)
    talks: list[dict[str, str]] = field(default_factory=list)
    _heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    _answers: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    async def listen(self) -> None:
        while data := await self.said.reader.read(65536):
            for message in self.said.session.receive_data(data):
                headers = dict(message.headers)
                if message.get("UserEvent") == "CRTransfer":
                    self.transfers.append(headers)
                if message.get("UserEvent") == "CRTalk":
                    self.talks.append(headers)
                waiting = self._answers.pop(headers.get("ActionID", ""), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            async with self._heard:
                self._heard.notify_all()

    async def ask(self, name: str, **headers: str) -> Any:
        action_id = f"s-{len(self.transfers)}-{id(headers)}-{asyncio.get_running_loop().time()}"
        answer = self._answers[action_id] = asyncio.get_running_loop().create_future()
        self.said.writer.write(
            "".join(
                f"{key}: {value}\r\n"
                for key, value in {"Action": name, "ActionID": action_id, **headers}.items()
            ).encode()
            + b"\r\n"
        )
        return await asyncio.wait_for(answer, SOON_S)

    async def until(self, what: str, look: Any, *, within_s: float = SOON_S) -> Any:
        """Wait until there is something to find among the news."""
        async with self._heard:
            try:
                async with asyncio.timeout(within_s):
                    while not (found := look()):
                        await self._heard.wait()
            except TimeoutError:
                raise AssertionError(f"not within {within_s} s: {what}") from None
        return found


@asynccontextmanager
async def news_of(system: System) -> AsyncIterator[News]:
    async with wire(system.settings.ami.port, secret(system), Events="user") as said:
        news = News(said)
        listening = asyncio.create_task(news.listen())
        try:
            yield news
        finally:
            listening.cancel()


@dataclass
class Scene:
    """One call; what is asked for by its methods goes to Asterisk as the desk would ask."""

    system: System
    news: News
    seats: StaffedSeats
    number: str
    call: Any
    agent: IncomingCall
    seat: str
    target_phone: SipParty
    target_id: str
    id: str
    caller_channel: str
    agent_channel: str
    target: IncomingCall | None = None

    async def redirect(self, context: str, exten: str, agent_exten: str = "", channel: str = "") -> None:
        """What the desk would send: the caller's channel (or another) goes there, and the agent's along with it."""
        also = {
            "ExtraChannel": self.agent_channel,
            "ExtraContext": "transfer-agent",
            "ExtraExten": agent_exten,
            "ExtraPriority": "1",
        }
        await self.news.ask(
            "Redirect",
            Channel=channel or self.caller_channel,
            Context=context,
            Exten=exten,
            Priority="1",
            **(also if agent_exten else {}),
        )

    async def consult(self, kind: str = "three_way") -> IncomingCall:
        """Have the target called; return its call as soon as it rings there."""
        await self.redirect("transfer-start", f"{kind}-{self.target_id}", "waits")
        self.target = await self.target_phone.next_call(timeout_s=SOON_S)
        return self.target

    async def hold(self) -> None:
        await self.redirect("transfer-hold", "held", "held")

    async def resume(self) -> None:
        await self.redirect("transfer-caller", "resume")

    async def join(self) -> None:
        await self.redirect("transfer-caller", "join")

    async def cancel(self) -> None:
        await self.redirect("transfer-back", "cancel")

    async def leave(self) -> None:
        await self.redirect("transfer-agent", "leave", channel=self.agent_channel)

    @property
    def states(self) -> list[str]:
        """Every state that was told, in order."""
        return [each["State"] for each in self.news.transfers if each["Call"] == self.id]

    async def comes_to(self, state: str, *, within_s: float = SOON_S) -> None:
        await self.news.until(
            f"{self.id} comes to {state}, but {self.states}",
            lambda: self.states[-1:] == [state],
            within_s=within_s,
        )

    async def accept(self) -> None:
        """The target picks up, is asked, and presses 1."""
        assert self.target
        await self.target.answer()
        await self.comes_to_one_of("asking", "passing", "alone")
        await asyncio.sleep(0.2)
        await self.target.press("1")

    async def comes_to_one_of(self, *states: str) -> None:
        await self.news.until(
            f"{self.id}: one of {states}", lambda: self.states and self.states[-1] in states
        )

    async def hear(self, **heard: Sequence[int]) -> None:
        """Each party hears these tones, then nothing but these: `caller`, `agent`, `target`."""
        parties: dict[str, Call | None] = {"caller": self.call, "agent": self.agent, "target": self.target}
        since = asyncio.get_running_loop().time()
        for name, tones in heard.items():
            party = parties[name]
            assert party is not None, name
            for tone in tones:
                await party.hears(tone, timeout_s=SAID_S, since=since - 0.1)
        await asyncio.sleep(0.1)
        settled = asyncio.get_running_loop().time()
        await asyncio.sleep(_LOOKED_AT_S)
        for name, tones in heard.items():
            party = parties[name]
            assert party is not None
            found = [tones_now for _, tones_now in party.heard.tones(ALL_HZ, since=settled)]
            strange = sum(not tones_now <= set(tones) for tones_now in found)
            # A frame of speech or music may look like a tone; three in a row do not.
            assert strange <= len(found) // 4, (name, tones, found)

    async def hears_music(self) -> None:
        """The caller hears something that is neither of them."""
        before = self.call.heard.count()
        await self.hear(caller=())
        assert self.call.heard.count() - before > 10, "silence"

    def expects_another_agent(self) -> None:
        """From now on: before the one who has the call goes."""
        self.seats.callers[self.number] = Waited()

    async def is_with_the_next_agent(self) -> None:
        taken = await asyncio.wait_for(asyncio.shield(self.seats.callers[self.number].talks), 2 * SOON_S)
        self.agent, self.seat = taken.call, taken.seat
        await self.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))

    def journal(self) -> list[dict[str, str]]:
        """What the dialplan has written down of transfers and recordings in this call."""
        return facts_of(self.system, self.id)

    def outcomes(self) -> list[str]:
        return [
            fact["outcome"] for fact in self.journal() if fact["event"] == "CR_TRANSFER" and "outcome" in fact
        ]


def facts_of(system: System, call_id: str) -> list[dict[str, str]]:
    linked = call_id.split("-", 2)[2]
    found = []
    with system.layout.cel_csv.open(encoding="utf-8") as journal:
        for row in csv.reader(journal):
            columns = dict(zip(CEL_COLUMNS, row, strict=True))
            if columns["linkedid"].endswith(linked) and columns["eventtype"].startswith("CR_"):
                extra = columns["eventextra"].partition('"extra":"')[2].removesuffix('"}')
                found.append({"event": columns["eventtype"], **{k: v[0] for k, v in parse_qs(extra).items()}})
    return found


@dataclass
class Stage:
    """Where scenes are played: agents who take what comes, and a target for each scene."""

    system: System
    news: News
    seats: StaffedSeats
    targets: asyncio.Queue[tuple[str, SipParty]]
    numbers: list[int] = field(default_factory=lambda: [0])

    @asynccontextmanager
    async def scene(self, dialled: str = "12345") -> AsyncIterator[Scene]:
        """A caller who talks with an agent, and a target that nobody else calls meanwhile."""
        name, target_phone = await self.targets.get()
        self.numbers[0] += 1
        number = f"1390000{self.numbers[0]:04}"
        caller_of = SipParty.open(host="127.0.0.2", user=number, server=self.system.sip, tone_hz=CALLER_HZ)
        try:
            async with caller_of as caller:
                yield await self.talk(await caller.dial(dialled), number, name, target_phone)
        finally:
            self.targets.put_nowait((name, target_phone))

    async def talk(self, call: Call, number: str, target: str, target_phone: SipParty) -> Scene:
        """The scene of a caller of this number, once he talks with an agent."""
        taken = await asyncio.wait_for(asyncio.shield(self.seats.callers[number].talks), 40)
        await taken.call.hears(CALLER_HZ, timeout_s=15)
        await call.hears(AGENT_HZ, timeout_s=5)
        talk = await self.news.until("a talk", lambda: self._talk_of(taken.seat))
        return Scene(
            *(self.system, self.news, self.seats, number, call, taken.call, taken.seat, target_phone, target),
            *(talk["Call"], talk["CallerChannel"], talk["AgentChannel"]),
        )

    def _talk_of(self, seat: str) -> dict[str, str] | None:
        last = next((each for each in reversed(self.news.talks) if each["Agent"] == seat), None)
        return last if last is not None and last["State"] == "began" else None


@asynccontextmanager
async def stage(system: System, agents: Sequence[str], targets: Sequence[str]) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as opened:
        seats = await opened.enter_async_context(staffed(system, agents))
        news = await opened.enter_async_context(news_of(system))
        free: asyncio.Queue[tuple[str, SipParty]] = asyncio.Queue()
        for target in targets:
            free.put_nowait((target, await opened.enter_async_context(phone(system, target, TARGET_HZ))))
            await asyncio.to_thread(
                system.asks_asterisk, f"queue remove member Local/{target}@seat from hotline"
            )
        yield Stage(system, news, seats, free)


async def has_ended(*calls: Call | None) -> None:
    for call in calls:
        if call is not None:
            await call.wait_for(CallState.ENDED, timeout_s=SOON_S)
