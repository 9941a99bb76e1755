"""Platforms: no live call for a county, no trunk that brings a call back to its sender.

Rules:
- A county gets tickets, never a live call (C29): nobody serves it here, no peer reaches it, no trunk belongs to it.
- Calls that a platform hands over are not sent back to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, error
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.territory import Platform


def territory(subject: Subject) -> Iterator[Finding]:
    """Find counties that would be called, and calls that would be sent back."""
    for platform in subject.plan.platforms.values():
        if platform.level is Level.COUNTY:
            for place, why in _ways_in(subject, platform):
                yield _county(platform, place, why)
    yield from _sent_back(subject)


def _ways_in(subject: Subject, county: Platform) -> Iterator[tuple[str, str]]:
    plan = subject.plan
    if county.served:
        yield subject.spot(county.place, "serves"), "serves"
    if county.peer:
        yield subject.spot(county.place, "peer"), "peer"
    for trunk in plan.trunks.values():
        if trunk.platform == county.id:
            yield subject.spot(trunk.place, "platform"), f"trunk {trunk.id}"
        elif trunk.default_platform == county.id:
            yield subject.spot(trunk.place, "default_platform"), f"trunk {trunk.id}"
    for queue in plan.queues.values():
        if queue.platform == county.id:
            yield subject.spot(queue.place, "platform"), f"queue {queue.id}"


def _county(county: Platform, place: str, why: str) -> Finding:
    return error(
        place,
        Code.COUNTY_LIVE_CALLS,
        f"{county.id} 是县级平台，不接入来电，这里（{why}）却会把来电交给它",
        f"{county.id} is a county and gets no live calls, and this ({why}) would bring it some",
        "改为市级平台；县级只派发工单 / name the city's platform: a county gets tickets only",
        source=county.source,
    )


def _sent_back(subject: Subject) -> Iterator[Finding]:
    for trunk in subject.plan.trunks.values():
        sender = (trunk.source or "").removeprefix("platform:")
        target = subject.plan.platforms.get(trunk.platform or trunk.default_platform)
        if target is not None and sender == target.id and not target.served and target.peer:
            yield error(
                subject.spot(trunk.place, "platform" if trunk.platform else "default_platform"),
                Code.LOOP,
                f"{trunk.id} 的来电由平台 {target.id} 转来，这里又转回 {target.id}",
                f"{trunk.id} brings calls from platform {target.id}, and this would send them back to it",
                "写本机接听的平台 / name a platform that is served here",
            )
