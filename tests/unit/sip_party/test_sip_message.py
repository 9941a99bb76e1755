import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.sip_party.addresses import Address, next_hop, split_list, tag_of, uri_of, via_key
from callrouter.sip_party.message import MAX_MESSAGE_BYTES, Header, Malformed, Request, Response, parse

# Without a deadline: a busy machine is no fault.
BRIEFLY = settings(max_examples=50, deadline=None)

REQUIRED = (
    ("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKabc"),
    ("From", "<sip:a@127.0.0.1>;tag=1"),
    ("To", "<sip:b@127.0.0.1>"),
    ("Call-ID", "c1"),
    ("CSeq", "7 INVITE"),
)
INVITE = Request(method="INVITE", uri="sip:12345@127.0.0.1", headers=REQUIRED, body=b"v=0\r\n")

names = st.from_regex(re.compile(r"X-[A-Za-z0-9.!%*_+`'~-]{1,20}", re.ASCII), fullmatch=True)
values = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(
    lambda text: text.strip(" \t")
)
extras = st.lists(st.tuples(names, values), max_size=4).map(tuple)
bodies = st.binary(max_size=40)


@BRIEFLY
@given(extras, bodies, st.from_regex(re.compile(r"sip:[a-z0-9+#*%;=@.]{1,30}", re.ASCII), fullmatch=True))
def test_a_request_reads_back_as_it_was_written(extra: tuple[Header, ...], body: bytes, uri: str) -> None:
    request = Request(method="INVITE", uri=uri, headers=(*REQUIRED, *extra), body=body)
    assert parse(request.to_bytes()) == request


@BRIEFLY
@given(extras, bodies, st.integers(100, 699), values)
def test_a_response_reads_back_as_it_was_written(
    extra: tuple[Header, ...], body: bytes, status: int, reason: str
) -> None:
    response = Response(status=status, reason=reason, headers=(*REQUIRED, *extra), body=body)
    assert parse(response.to_bytes()) == response


@BRIEFLY
@given(st.binary(max_size=400))
def test_noise_is_a_value_and_never_a_crash(noise: bytes) -> None:
    assert isinstance(parse(noise), Malformed)


@BRIEFLY
@given(st.integers(0, 400), st.binary(max_size=5))
def test_a_damaged_message_never_crashes(at: int, damage: bytes) -> None:
    wire = INVITE.to_bytes()
    parse(wire[:at] + damage + wire[at + len(damage) :])


def test_compact_names_are_expanded_and_folded_lines_joined() -> None:
    wire = (
        b"OPTIONS sip:b@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@h>;tag=1\r\n"
        b"t: <sip:b@h>\r\ni: c1\r\nCSEQ: 1 OPTIONS\r\nm: <sip:a@h>\r\nSubject : first\r\n\t second\r\n"
        b"l: 2\r\n\r\nhithere"
    )
    message = parse(wire)
    assert isinstance(message, Request)
    assert message.call_id == "c1"
    assert message.first("contact") == "<sip:a@h>"
    assert message.first("Subject") == "first second"
    assert message.cseq == (1, "OPTIONS")
    assert message.body == b"hi"


def test_repeated_headers_keep_their_order() -> None:
    request = Request(
        method="INVITE", uri="sip:b@h", headers=(*REQUIRED, ("Diversion", "1"), ("Diversion", "2"))
    )
    message = parse(request.to_bytes())
    assert isinstance(message, Request)
    assert message.named("diversion") == ("1", "2")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia", "first line"),
        (b"Call-ID: c1\r\n", b"", "no Call-ID"),
        (b"7 INVITE", b"7 BYE", "another method"),
        (b"7 INVITE", b"seven INVITE", "CSeq is not"),
        (b"Content-Length: 5", b"Content-Length: 6", "shorter than"),
        (b"Content-Length: 5", b"Content-Length: -1", "not one number"),
        (b"Content-Length: 5", b"Content-Length: 5\r\nl: 4", "not one number"),
        (b"Call-ID: c1", b"Call-ID: c\x001", "control character"),
        (b"Call-ID: c1", b"Call-ID: c\xff", "not UTF-8"),
        (b"Call-ID: c1", b"Call-ID: c1\r\nno colon here", "no name"),
        (b"Call-ID: c1", b"Call-ID: c1\r\nX-Long: " + b"x" * 5000, "longer than"),
        (b"Call-ID: c1", b"Call-ID: c1" + b"\r\nX: 1" * 130, "more than"),
        (b"\r\n\r\n", b"\r\n", "no empty line"),
        (b"v=0", b"v" * MAX_MESSAGE_BYTES, "longer than"),
    ],
)
def test_a_malformed_message_names_its_fault(before: bytes, after: bytes, fault: str) -> None:
    wire = INVITE.to_bytes()
    assert before in wire
    message = parse(wire.replace(before, after, 1))
    assert isinstance(message, Malformed)
    assert fault in message.fault


@pytest.mark.parametrize("value", ["a\r\nX-Forged: 1", "a\nb", "a\x00b"])
def test_a_header_that_would_forge_another_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        Request(method="INVITE", uri="sip:b@h", headers=(("Subject", value),)).to_bytes()


@pytest.mark.parametrize("uri", ["", "sip:1 2@h", "sip:1\r\nX: 2@h"])
def test_a_uri_with_blanks_is_not_written(uri: str) -> None:
    with pytest.raises(ValueError, match="URI without blanks"):
        Request(method="INVITE", uri=uri, headers=REQUIRED).to_bytes()


def test_a_missing_header_says_which_one() -> None:
    with pytest.raises(ValueError, match="no Call-ID"):
        _ = Request(method="INVITE", uri="sip:b@h", headers=()).call_id


def test_the_display_name_hides_no_tag_and_no_uri() -> None:
    value = '"<sip:evil@h>;tag=no, \\"x\\"" <sip:a@h;tag=inner>;tag=right;x=1'
    assert uri_of(value) == "sip:a@h;tag=inner"
    assert tag_of(value) == "right"
    assert tag_of("<sip:a@h>") is None
    assert uri_of("sip:a@h;tag=1") == "sip:a@h"
    assert tag_of("sip:a@h;tag=1") == "1"


def test_lists_are_split_outside_quotes_and_brackets() -> None:
    assert split_list('<sip:a@h,b>;x=1, "c,d" <sip:e@h>') == ("<sip:a@h,b>;x=1", '"c,d" <sip:e@h>')
    assert split_list("") == ()


@BRIEFLY
@given(st.text(max_size=80))
def test_no_header_value_crashes_the_address_readers(text: str) -> None:
    split_list(text), tag_of(text), uri_of(text), via_key(text), next_hop(text, ("127.0.0.1", 1))


def test_a_transaction_is_known_by_branch_and_sender_of_the_topmost_via() -> None:
    assert via_key("SIP/2.0/UDP Host:5060 ;rport; branch=z9hG4bK1, SIP/2.0/UDP x;branch=2") == (
        "z9hG4bK1",
        "host:5060",
    )


@pytest.mark.parametrize(
    ("uri", "hop"),
    [
        ("sip:1@127.0.0.9:5080;lr", ("127.0.0.9", 5080)),
        ("sip:127.0.0.9", ("127.0.0.9", 5060)),
        ("sip:1@example.org", ("127.0.0.1", 9)),
        ("sip:1@127.0.0.9:70000", ("127.0.0.1", 9)),
        ("tel:12345", ("127.0.0.1", 9)),
    ],
)
def test_only_numeric_hosts_are_next_hops(uri: str, hop: Address) -> None:
    assert next_hop(uri, ("127.0.0.1", 9)) == hop
