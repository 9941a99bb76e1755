"""Asterisk's configuration, rendered from the templates in asterisk/.

Rules:
- A template never guesses: a value it needs and is not given is an error, not an empty string.
- Values are checked before they are rendered; none of them comes from a caller.
- A file is replaced whole or not at all, and readable by its owner only: it holds passwords.
- They go together, so none is replaced before all new ones are on the disk.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.asterisk_link.unsafe_value import UnsafeValue

_SAFE_VALUE = re.compile(r"[\w./:@ +-]*")


@dataclass(frozen=True, slots=True)
class Phone:
    """A SIP account: a seat, the duty phone, or a softphone that plays the caller."""

    name: str
    password: str
    context: str
    seat: bool
    supervisor: bool = False
    """May listen to the seats' calls."""


@dataclass(frozen=True, slots=True)
class InboundTrunk:
    """An endpoint by which another house brings calls, known by their addresses."""

    name: str
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutboundTrunk:
    """A trunk that calls leave by: to a branch center, an emergency desk, a telephone outside."""

    name: str
    contact: str
    purpose: str
    others_at_most: int | None = None
    """See `of_the_plan.WayOut`."""


@dataclass(frozen=True, slots=True)
class AsteriskConfiguration:
    """All that the templates need."""

    etc: str
    var: str
    log: str
    spool: str
    data: str
    modules: str
    music: str
    node: str
    """What call ids begin with: `vocabulary.cel.node_of_boot`."""
    boot_name: str
    """See `boot_name`: the templates count on its length."""
    bind: str
    sip_port: int
    rtp_first: int
    rtp_last: int
    carrier_networks: tuple[str, ...]
    inbound_trunks: tuple[InboundTrunk, ...]
    """Beside the carrier's."""
    phones: tuple[Phone, ...]
    outbound_trunks: tuple[OutboundTrunk, ...]
    silent_trunk_s: int
    plan: OfThePlan
    safe_queue: str
    last_resort: str
    queue_wait_s: int
    last_resort_ring_s: int
    ring_s: int
    emergency_ring_s: int
    transfer_ring_s: int
    wrap_up_s: int
    long_wait_s: int
    overload_at: int
    longest_notice_s: int
    usual_priority: int
    """Who has more of it is ahead of most callers."""
    recording: bool
    sounds: str
    silence: str
    """The folder of the silences around a notice."""
    places: str
    """The folder of what callers are told of their place: `place_in_queue`."""
    voicemail_limit_s: int
    voicemail_shortest_s: int
    call_back: bool
    agi_host: str
    agi_port: int
    ami_host: str
    ami_port: int
    ami_secret: str
    clock_offset: int


def render_configuration(templates: Path, configuration: AsteriskConfiguration, to: Path) -> tuple[Path, ...]:
    """Write every `*.conf` into the folder `to` and return the files.

    Raises UnsafeValue for a value that could break out of its line, jinja2.UndefinedError for one that is
    missing, ValueError for a folder without templates.
    """
    _refuse_unsafe(configuration)
    environment = _environment(templates)
    values = asdict(configuration)
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    texts = {
        to / template.name.removesuffix(".j2"): environment.get_template(template.name).render(values)
        for template in sorted(templates.glob("*.conf.j2"))
    }
    if not texts:
        raise ValueError(f"{templates}: no templates; the checkout is incomplete")
    _replace_all(texts)
    return tuple(texts)


@cache
def _environment(templates: Path) -> Environment:
    """Keep what is read: Asterisk's restart waits for it, and a template that has changed is read again."""
    return Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,  # noqa: S701 - no HTML: every value is checked by _refuse_unsafe
    )


def _refuse_unsafe(configuration: AsteriskConfiguration) -> None:
    for name, value in _leaves(asdict(configuration)):
        if isinstance(value, str) and not _SAFE_VALUE.fullmatch(value):
            raise UnsafeValue(
                f"{name}: 含有 Asterisk 配置不能容纳的字符 / holds a character that Asterisk's configuration cannot"
                " carry; use letters, digits, spaces and . / : @ + - _ (a folder: rename it)"
            )


def _leaves(tree: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, dict):
                yield from ((f"{name}.{inner}", leaf) for inner, leaf in _leaves(part))
            else:
                yield name, part


def _replace_all(texts: dict[Path, str]) -> None:
    """Put the new texts in place, each in one step; a disk that has no room for all leaves the old ones."""
    temporary: dict[Path, Path] = {}
    try:
        for file, text in texts.items():
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            temporary[file] = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        for file, new in temporary.items():
            new.replace(file)
    except BaseException:
        for new in temporary.values():
            new.unlink(missing_ok=True)
        raise
