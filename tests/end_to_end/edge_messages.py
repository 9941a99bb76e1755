"""What the tests of the edge send: requests in octets, the places where a sample may stand, and genuine calls."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Final

from hostile import HOSTILE_HEADERS, HOSTILE_NAMES, HOSTILE_USERS

BRANCH: Final = re.compile(rb"z9hG4bK-edge-[0-9]+z")
_serial = itertools.count(1)


def message(
    method: bytes,
    uri: bytes,
    *,
    to: bytes = b"<sip:12345@127.0.0.4>",
    caller: bytes = b"<sip:13800138000@127.0.0.2>",
    contact: bytes = b"<sip:13800138000@127.0.0.2:5060>",
    call_id: bytes = b"",
    extra: tuple[bytes, ...] = (),
) -> bytes:
    """A request as it goes over the wire; its branch is its own."""
    serial = next(_serial)
    lines = [
        b"%s %s SIP/2.0" % (method, uri),
        b"Via: SIP/2.0/UDP 127.0.0.2:5060;rport;branch=z9hG4bK-edge-%dz" % serial,
        b"Max-Forwards: 70",
        b"From: %s;tag=t%d" % (caller, serial),
        b"To: %s" % to,
        b"Call-ID: %s" % (call_id or b"edge-%d@127.0.0.2" % serial),
        b"CSeq: 1 %s" % method,
        b"Contact: %s" % contact,
        *extra,
        b"Content-Length: 0",
        b"",
        b"",
    ]
    return b"\r\n".join(lines)


Place = Callable[[bytes], bytes]
CALLED: Final = b"sip:12345@127.0.0.4"
UNKNOWN: Final = b"From: <sip:anonymous@anonymous.invalid>;tag="
OPAQUE: Final = re.compile(rb"[A-Za-z0-9+._~*!=;:/-]*")
"""What may stand in a Contact or a Call-ID, which hold no number: those of the samples are not hostile there."""


def invite(*extra: bytes, uri: bytes = CALLED, **parts: bytes) -> bytes:
    return message(b"INVITE", uri, extra=extra, **parts)


def isup_invite(filling: int = 0, **parts: bytes) -> bytes:
    """A call of a trunk that carries ISUP: the body has octets that no text has."""
    body = (
        b"--edge\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nt=0 0\r\na=x:"
        + b"0" * filling
        + b"\r\n\r\n--edge\r\n"
        b"Content-Type: application/isup;version=itu-t92+;base=itu-t92+\r\n\r\n\x01\x00\x00\n\xff\r\n--edge--\r\n"
    )
    head = invite(b"MIME-Version: 1.0", b"Content-Type: multipart/mixed;boundary=edge", **parts)
    return head.replace(b"Content-Length: 0", b"Content-Length: %d" % len(body)) + body


CALLED_PLACES: Final[dict[str, Place]] = {
    "Request-URI": lambda user: invite(uri=b"sip:%s@127.0.0.4" % user),
    "Request-URI as tel": lambda user: invite(uri=b"tel:%s" % user),
    "To": lambda user: invite(to=b"<sip:%s@127.0.0.4>" % user),
}
DIVERTED_PLACES: Final[dict[str, Place]] = {
    "Diversion": lambda user: invite(b"Diversion: <sip:%s@127.0.0.2>;reason=unconditional" % user),
    "History-Info": lambda user: invite(b"History-Info: <sip:%s@127.0.0.2>;index=1" % user),
}
OPAQUE_PLACES: Final[dict[str, Place]] = {
    "the Request-URI of a later INVITE": lambda user: invite(
        uri=b"sip:%s@127.0.0.1" % user, to=b"<sip:12345@127.0.0.4>;tag=1"
    ),
    "Contact": lambda user: invite(contact=b"<sip:%s@127.0.0.2>" % user),
    "Call-ID": lambda user: invite(call_id=b"%s@127.0.0.2" % user),
}
CALLER_PLACES: Final[dict[str, Place]] = {
    "From": lambda user: invite(caller=b"<sip:%s@127.0.0.2>" % user),
    "P-Asserted-Identity": lambda user: invite(b"P-Asserted-Identity: <sip:%s@127.0.0.2>" % user),
    "P-Preferred-Identity": lambda user: invite(b"P-Preferred-Identity: <tel:%s>" % user),
    "Remote-Party-ID": lambda user: invite(b"Remote-Party-ID: <sip:%s@127.0.0.2>;party=calling" % user),
}
NAME_PLACES: Final[dict[str, Place]] = {
    "From": lambda name: invite(caller=b"%s <sip:13800138000@127.0.0.2>" % name),
    "To": lambda name: invite(to=b"%s <sip:12345@127.0.0.4>" % name),
    "P-Asserted-Identity": lambda name: invite(b"P-Asserted-Identity: %s <sip:13800138000@127.0.0.2>" % name),
    "Diversion": lambda name: invite(b"Diversion: %s <sip:12333@127.0.0.2>" % name),
    "Contact": lambda name: invite(contact=b"%s <sip:13800138000@127.0.0.2>" % name),
}
OTHER_PLACES: Final = [
    *(
        (f"a user in {name}", place, {n: s for n, s in HOSTILE_USERS.items() if not OPAQUE.fullmatch(s)})
        for name, place in OPAQUE_PLACES.items()
    ),
    *((f"a name in {name}", place, HOSTILE_NAMES) for name, place in NAME_PLACES.items()),
    ("a header", invite, HOSTILE_HEADERS),
]
PLACES: Final = [
    *((f"a user in {name}", place, HOSTILE_USERS) for name, place in CALLED_PLACES.items()),
    *((f"a user in {name}", place, HOSTILE_USERS) for name, place in DIVERTED_PLACES.items()),
    *((f"a user in {name}", place, HOSTILE_USERS) for name, place in CALLER_PLACES.items()),
    *OTHER_PLACES,
]
TWO_IDENTITIES: Final = {
    b"<sip:+8613900139000@ims.example.cn;user=phone>, <tel:+8613900139000>": (
        b"<sip:+8613900139000@ims.example.cn;user=phone>"
    ),
    b"<tel:+8613900139000;cpc=ordinary>,<sip:+8613900139000@ims.example.cn>": b"<tel:+8613900139000;cpc=ordinary>",
    b'"Li, Si" <sip:13900139000@ims.example.cn>, <tel:+8613900139000>': b"<sip:13900139000@ims.example.cn>",
    b'"Li Si" <sip:13900139000@a>;x="1,2", <tel:+8613900139000>': b'"Li Si" <sip:13900139000@a>;x="1,2"',
    b"<sip:li.si@ims.example.cn>, <tel:+8613900139000>": b"<tel:+8613900139000>",
}
"""Lists as carriers write them, and the one identity that is left of each."""
UNREADABLE: Final = re.compile(r"raw|an escaped LF|a second|a header without|40,000 octets")
"""Samples of which no parser makes a SIP message in every place: they are dropped without a reply."""


GENUINE: Final[dict[str, bytes]] = {
    "12345": invite(),
    "12315": invite(uri=b"sip:12315@127.0.0.4:5060;user=phone"),
    "110": invite(uri=b"sip:110@127.0.0.4"),
    "international": invite(uri=b"sip:+8613800138000@127.0.0.4"),
    "with its area": invite(uri=b"sip:02812345@127.0.0.4"),
    "with a hyphen": invite(uri=b"sip:028-12345@127.0.0.4"),
    "a star and a hash": invite(uri=b"sip:*12345%23@127.0.0.4"),
    "IP dial prefix": invite(uri=b"sip:17951013800138000@127.0.0.4"),
    "tel": invite(uri=b"tel:+862812345", to=b"<tel:+862812345>"),
    "tel with a context": invite(uri=b"tel:12345;phone-context=+8628"),
    "a context": invite(uri=b"sip:12345;phone-context=+8628@127.0.0.4"),
    "a context that is a domain": invite(uri=b"sip:12345;phone-context=sc.ctcims.cn@127.0.0.4;user=phone"),
    "ported": invite(uri=b"sip:+8613800138000;npdi;rn=+8613@127.0.0.4"),
    "a plus that is percent-encoded": invite(
        uri=b"sip:%2B862812345@127.0.0.4", caller=b"<sip:%2B8613800138000@127.0.0.2>"
    ),
    "a trunk group": invite(uri=b"sip:12345;tgrp=CD_12345;trunk-context=10.1.1.1@127.0.0.4;user=phone"),
    "ISUP beside the SDP": isup_invite(),
    "IPv6 hosts": invite(to=b"<sip:12345@[2001:db8::1]:5060>"),
    "a long opaque Contact": invite(
        contact=b"<sip:sgc_c@10.18.5.64:5060;Hpt=8e48_16;CxtId=4;TRC=ffffffff-ffffffff>"
    ),
    "a Contact of a hidden topology": invite(
        contact=b"<sip:127.0.0.8;line=sr-%s*>" % (b"N6IAzBFwMJZfW" * 16)
    ),
    "a Contact of a mobile": invite(
        contact=b'<sip:+8613800138000@10.1.2.3;transport=udp>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims"'
        b';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
    ),
    "a Call-ID of an IMS": invite(call_id=b"asbc7a2+1=x~Y_z.!@[2001:db8::1]"),
    "anonymous": invite(
        b"Privacy: id",
        b"P-Asserted-Identity: <sip:+8613900139000@ims.example.cn;user=phone>",
        caller=b'"Anonymous" <sip:anonymous@anonymous.invalid>',
    ),
    "no user": invite(caller=b"<sip:127.0.0.2>"),
    "unavailable": invite(caller=b"sip:unavailable@127.0.0.2"),
    "a landline": invite(caller=b"<tel:02887654321;phone-context=+86>"),
    "two identities": invite(
        b"P-Asserted-Identity: <sip:+8613900139000@ims.example.cn>",
        b"P-Asserted-Identity: <tel:+8613900139000;cpc=ordinary>",
    ),
    "a name": invite(caller=b'"Zhang San" <sip:13800138000@127.0.0.2>'),
    "a name in UTF-8": invite(caller='"张三丰·阿里" <sip:13800138000@127.0.0.2>'.encode()),
    "a name without quotes": invite(caller=b"Zhang <sip:13800138000@127.0.0.2>"),
    "Remote-Party-ID": invite(
        b"Remote-Party-ID: <sip:13900139000@127.0.0.2>;party=calling;screen=yes;privacy=off"
    ),
    "a list of diversions": invite(
        b'Diversion: <sip:12333@127.0.0.2>;reason=unconditional;counter=1, <tel:+862812315>;reason="user-busy"',
        b"Diversion: <sip:12366;phone-context=+8628@127.0.0.2>;privacy=off;screen=no",
    ),
    "a history": invite(
        b"History-Info: <sip:12333@ims.example.cn?Privacy=history&Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>"
        b";index=1,<sip:12345@ims.example.cn;cause=302>;index=1.1;mp=1"
    ),
}
