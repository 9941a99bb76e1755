"""What a hostile caller may write where a number, a name or a header stands: octets for the tests of the walls.

Rules:

- Each name says what the sample is. Names that begin with `raw ` hold octets that no well-formed SIP message
  can carry in that place (a line end, NUL, a bare quote): a wall in front of the SIP parser sees them, the
  dialplan behind it may not.
- Every sample holds a piece of `MARKS`, decoded or not: what a test looks for where nothing may arrive.
- Numbers are made up. Nothing in here is ever run: the samples are only sent.
"""

from __future__ import annotations

from typing import Final

_AGI: Final = b"%0Aagi_calleridname%3A%20forged%0A%0A200%20result%3D1%0A"
_AMI: Final = (
    b"%0D%0A%0D%0AEvent%3A%20Hangup%0D%0AChannel%3A%20PJSIP%2Fcarrier-00000001%0D%0ACause%3A%2016%0D%0A%0D%0A"
)

_CONTROLS: Final[dict[str, bytes]] = {
    "percent-encoded CR": b"12345%0Dforged",
    "percent-encoded LF": b"12345%0Aforged",
    "percent-encoded lower-case LF": b"12345%0aforged",
    "percent-encoded CRLF": b"12345%0D%0Aforged",
    "percent-encoded blank line": b"12345%0D%0A%0D%0Aforged",
    "percent-encoded NUL": b"12345%00forged",
    "percent-encoded NUL in front": b"%0012345forged",
    "percent-encoded LF at the end": b"12345forged%0A",
    "percent-encoded LF alone": b"%0A",
    "percent-encoded tab": b"12345%09forged",
    "percent-encoded vertical tab": b"12345%0Bforged",
    "percent-encoded escape": b"12345%1B%5B2Jforged",
    "percent-encoded unit separator": b"12345%1Fforged",
    "percent-encoded DEL": b"12345%7Fforged",
    "percent-encoded blank": b"12345%20forged",
    "double-encoded CR": b"12345%250Dforged",
    "double-encoded LF": b"12345%250Aforged",
    "double-encoded NUL": b"12345%2500forged",
    "triple-encoded LF": b"12345%25250Aforged",
    "half an encoding": b"12345forged%0",
    "an encoding that is none": b"12345%zzforged",
    "a lone percent sign": b"12345forged%",
    "percent-encoded C1 next line": b"12345%C2%85forged",
    "percent-encoded bare C1 octet": b"12345%85forged",
    "LF in a parameter of the user part": b"12345;phone-context=+8628%0Aforged",
    "raw CR": b"12345\rforged",
    "raw LF": b"12345\nforged",
    "raw CRLF": b"12345\r\nforged: 1",
    "raw NUL": b"12345\0forged",
    "raw tab": b"12345\tforged",
    "raw vertical tab": b"12345\x0bforged",
    "raw escape": b"12345\x1b[2Jforged",
    "raw DEL": b"12345\x7fforged",
    "raw C1 next line": b"12345\xc2\x85forged",
}
_FORGERIES: Final[dict[str, bytes]] = {
    "a forged AGI environment": b"12345" + _AGI,
    "a forged AGI verdict": b"12345%0A200%20result%3D1%20(v1%7Crelease%7Cforged)%0A",
    "a forged AGI hangup": b"12345%0AHANGUP%0Aforged",
    "a forged AMI event": b"12345" + _AMI,
    "a forged AMI response": b"12345%0D%0AResponse%3A%20Success%0D%0AActionID%3A%20forged%0D%0A%0D%0A",
    "a forged AMI header": b"12345%0D%0AChannel%3A%20forged",
    "a forged journal row": b"12345%0A%22CHAN_START%22%2C%22forged%22",
    "a forged log line": b'12345%0A{"event":"forged"}',
    "parentheses and a colon": b"12345(forged):1",
    "parentheses of an AGI result": b"200%20result=1%20(forged)%20endpos=0",
    "a colon": b"12345:forged",
    "colons": b"12345:12345:forged",
}
_EXPRESSIONS: Final[dict[str, bytes]] = {
    "a dialplan variable": b"${forged}",
    "a dialplan variable after a number": b"12345${CDR(forged)}",
    "a dialplan function": b"12345${SHELL(forged)}",
    "a percent-encoded dialplan variable": b"12345%24%7Bforged%7D",
    "a dialplan expression": b"12345$[1+forged]",
    "a percent-encoded dialplan expression": b"12345%24%5B1%2Bforged%5D",
    "a double-encoded dialplan variable": b"12345%2524%257Bforged%257D",
    "an ampersand": b"12345&forged",
    "a second device after an ampersand": b"12345&PJSIP/forged",
    "a percent-encoded ampersand": b"12345%26forged",
    "a comma": b"12345,forged",
    "a percent-encoded comma": b"12345%2Cforged",
    "commas of a priority": b"12345,1,forged",
    "a pipe": b"12345|forged",
    "a percent-encoded pipe": b"12345%7Cforged",
    "an empty parameter": b"12345;;forged",
    "a bare semicolon": b"12345forged;",
    "a quoted parameter": b'12345;forged="1"',
    "a percent-encoded semicolon": b"12345%3Bforged",
    "a backslash": b"12345\\forged",
    "a percent-encoded backslash": b"12345%5Cforged",
    "a backslash n": b"12345\\nforged",
    "raw double quote": b'12345"forged',
    "raw angle bracket": b"12345<forged",
    "raw blank": b"12345 forged",
    "a percent-encoded double quote": b"12345%22forged",
    "a single quote": b"12345'forged",
    "a percent-encoded single quote": b"12345%27forged",
    "a backtick": b"12345`forged`",
    "an equals sign": b"12345=forged",
    "a question mark": b"12345?forged",
    "a slash": b"12345/forged",
    "a caret": b"12345^forged",
    "braces": b"12345{forged}",
    "brackets": b"12345[forged]",
    "a percent-encoded at sign": b"12345%40forged",
    "percent-encoded angle brackets": b"12345%3Cforged%3E",
}
_CODES: Final[dict[str, bytes]] = {
    "SQL": b"12345'%20OR%20'1'='1'--forged",
    "SQL with a statement": b"1';%20DROP%20TABLE%20forged;--",
    "shell": b"12345;touch%20forged",
    "shell in backticks": b"`touch+forged`",
    "shell in dollar parentheses": b"$(touch+forged)",
    "shell with a pipe": b"12345%7Csh%20forged",
    "path traversal": b"../../../etc/forged",
    "percent-encoded path traversal": b"..%2F..%2Fetc%2Fforged",
    "HTML": b"12345%3Cscript%3Eforged%3C%2Fscript%3E",
    "a format string": b"12345%25s%25nforged",
    "a template": b"12345{{forged}}",
    "a JNDI look-up": b"${jndi:ldap://forged}",
    "a formula": b"=cmd%7Cforged",
}
_ALPHABETS: Final[dict[str, bytes]] = {
    "over-long digits": b"1" * 80 + b"forged",
    "over-long digits alone": b"1" * 65,
    "very long digits": b"1" * 1500 + b"forged",
    "over-long parameter": b"12345;phone-context=" + b"1" * 300 + b"forged",
    "an overlong UTF-8 slash": b"12345%C0%AFforged",
    "an overlong UTF-8 NUL": b"12345%C0%80forged",
    "a UTF-8 surrogate": b"12345%ED%A0%80forged",
    "a cut UTF-8 sequence": b"12345forged%E4%BD",
    "an octet that is never UTF-8": b"12345%FFforged",
    "raw octets that are not UTF-8": b"12345\xff\xfeforged",
    "raw GBK": b"\xd5\xc5\xc8\xfdforged",
    "percent-encoded GBK": b"%D5%C5%C8%FDforged",
    "percent-encoded UTF-8 Chinese": b"%E5%BC%A0%E4%B8%89forged",
    "full-width digits": b"%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95forged",
    "Arabic digits": b"%D9%A1%D9%A2%D9%A3forged",
    "a right-to-left override": b"12345%E2%80%AEforged",
    "a zero-width space": b"12345%E2%80%8Bforged",
    "a line separator": b"12345%E2%80%A8forged",
    "a byte order mark": b"%EF%BB%BF12345forged",
}

HOSTILE_USERS: Final[dict[str, bytes]] = {
    **_CONTROLS,
    **_FORGERIES,
    **_EXPRESSIONS,
    **_CODES,
    **_ALPHABETS,
}
"""User parts as they stand in a SIP URI, percent-encoded where they must be. No one of them is a number."""

HOSTILE_NAMES: Final[dict[str, bytes]] = {
    "percent-encoded LF": b'"forged%0Aagi_extension: 110"',
    "percent-encoded CRLF": b'"forged%0D%0AEvent: Hangup"',
    "percent-encoded NUL": b'"forged%00"',
    "percent-encoded DEL": b'"forged%7F"',
    "double-encoded LF": b'"forged%250A"',
    "raw LF": b'"forged\nagi_extension: 110"',
    "raw CR": b'"forged\ragi_extension: 110"',
    "raw CRLF": b'"forged\r\nX-forged: 1"',
    "raw folded line": b'"forged\r\n agi_extension: 110"',
    "raw NUL": b'"forged\0name"',
    "raw DEL": b'"forged\x7f"',
    "raw escape": b'"forged\x1b[31m"',
    "a tab": b'"forged\tname"',
    "an escaped LF": b'"forged\\\nname"',
    "an escaped quote": b'"forged\\"name"',
    "an escaped quote and an address": b'"forged\\" <sip:110@forged>;tag=f"',
    "an address inside the quotes": b'"<sip:110@forged>"',
    "a backslash": b'"forged\\\\name"',
    "a backslash n": b'"forged\\nagi_extension: 110"',
    "a forged AGI environment": b'"forged%0Aagi_callerid: 110%0A%0A"',
    "a forged AMI event": b'"forged%0D%0A%0D%0AEvent: Hangup%0D%0ACause: 16%0D%0A%0D%0A"',
    "parentheses and a colon": b'"forged) endpos=0 (x:"',
    "a comma": b'"forged,1,2"',
    "a pipe": b'"v1|connect|forged"',
    "a semicolon": b'"forged;tag=1"',
    "an ampersand": b'"forged&state=finished"',
    "a dialplan variable": b'"${forged}"',
    "a dialplan function": b'"${SHELL(forged)}"',
    "a dialplan expression": b'"$[1+forged]"',
    "SQL": b'"forged\'; DROP TABLE calls;--"',
    "shell": b'"`forged`; $(forged)"',
    "path traversal": b'"../../etc/forged"',
    "HTML": b'"<script>forged</script>"',
    "a template": b'"{{forged}}"',
    "over-long": b'"forged' + b"a" * 500 + b'"',
    "very long": b'"forged' + b"a" * 6000 + b'"',
    "octets that are not UTF-8": b'"forged\xff\xfe"',
    "an overlong UTF-8 NUL": b'"forged\xc0\x80"',
    "a UTF-8 surrogate": b'"forged\xed\xa0\x80"',
    "a bare C1 octet": b'"forged\x85"',
    "a C1 next line": b'"forged\xc2\x85"',
    "a right-to-left override": b'"forged\xe2\x80\xae011"',
    "a line separator": b'"forged\xe2\x80\xa8"',
    "a zero-width space": b'"forged\xe2\x80\x8b"',
    "GBK and an encoded LF": b'"forged\xd5\xc5\xc8\xfd%0A"',
    "GBK that ends in a backslash": b'"forged\xd5\x5c"',
    "GBK with a pipe as its second octet": b'"forged\xd5\x7c"',
}
"""Display names in their quotes."""

HOSTILE_HEADERS: Final[dict[str, bytes]] = {
    "P-Asserted-Identity with an encoded LF": b"P-Asserted-Identity: <sip:138%0Aforged@127.0.0.2>",
    "P-Asserted-Identity with a forged AMI event": b"P-Asserted-Identity: <sip:138"
    + _AMI
    + b"forged@127.0.0.2>",
    "P-Asserted-Identity as tel with an encoded LF": b"P-Asserted-Identity: <tel:+86138%0Aforged>",
    "P-Asserted-Identity with a dialplan variable": b"P-Asserted-Identity: <sip:${forged}@127.0.0.2>",
    "P-Asserted-Identity with a hostile name": b'P-Asserted-Identity: "${forged}" <sip:13900139000@127.0.0.2>',
    "P-Asserted-Identity, hostile in its second value": (
        b"P-Asserted-Identity: <sip:13900139000@127.0.0.2>, <tel:13900139000&forged>"
    ),
    "P-Asserted-Identity twice, hostile in the second": (
        b"P-Asserted-Identity: <sip:13900139000@127.0.0.2>\r\n"
        b"P-Asserted-Identity: <sip:138%0Aforged@127.0.0.2>"
    ),
    "P-Asserted-Identity in capitals with a blank before the colon": (
        b"P-ASSERTED-IDENTITY : <sip:138%0Aforged@127.0.0.2>"
    ),
    "P-Asserted-Identity that never ends": b"P-Asserted-Identity: <sip:138forged@127.0.0.2",
    "P-Asserted-Identity with an open quote": b'P-Asserted-Identity: "forged <sip:13900139000@127.0.0.2>',
    "P-Preferred-Identity with an encoded LF": b"P-Preferred-Identity: <sip:138%0Aforged@127.0.0.2>",
    "P-Preferred-Identity with an ampersand": b"P-Preferred-Identity: <sip:138&forged@127.0.0.2>",
    "Remote-Party-ID with an encoded LF": b"Remote-Party-ID: <sip:138%0Aforged@127.0.0.2>;party=calling",
    "Remote-Party-ID with a hostile parameter": (
        b"Remote-Party-ID: <sip:13900139000@127.0.0.2>;party=calling;screen=${forged}"
    ),
    "Diversion with an encoded LF": b"Diversion: <sip:12333%0Aforged@127.0.0.2>;reason=unconditional",
    "Diversion with a double-encoded LF": b"Diversion: <sip:12333%250Aforged@127.0.0.2>;reason=unconditional",
    "Diversion with a dialplan variable": b"Diversion: <sip:${forged}@127.0.0.2>;reason=unconditional",
    "Diversion with a hostile reason": b'Diversion: <sip:12333@127.0.0.2>;reason="${forged}"',
    "Diversion, hostile in its second value": (
        b"Diversion: <sip:12333@127.0.0.2>;reason=unknown,<sip:12345|forged@127.0.0.2>"
    ),
    "Diversion with a hostile name": b'Diversion: "forged%0A" <sip:12333%0A@127.0.0.2>;reason=unknown',
    "Diversion of a great length": b"Diversion: <sip:" + b"1" * 1500 + b"forged@127.0.0.2>",
    "Diversion with SQL": b"Diversion: <sip:12333'--forged@127.0.0.2>",
    "History-Info with an encoded LF": b"History-Info: <sip:12333%0Aforged@127.0.0.2>;index=1",
    "History-Info with an encoded CRLF in its reason": (
        b"History-Info: <sip:12333@127.0.0.2?Reason=SIP%3Bcause%3D302%0D%0Aforged>;index=1"
    ),
    "History-Info with an expression for an index": b"History-Info: <sip:12333@127.0.0.2>;index=$[forged]",
    "Contact with an encoded LF": b"Contact: <sip:138%0Aforged@127.0.0.2:5060>",
    "Contact with a dialplan variable": b"Contact: <sip:${forged}@127.0.0.2:5060>",
    "a second From": b"From: <sip:110forged@127.0.0.2>;tag=second",
    "a second From in its compact form": b"f: <sip:110forged@127.0.0.2>;tag=second",
    "a second To": b"To: <sip:110forged@127.0.0.2>",
    "a second Call-ID": b"Call-ID: forged",
    "a second Content-Length": b"Content-Length: 0\r\nl: 7forged",
    "User-to-User with hex": b"User-to-User: 00666f72676564;encoding=hex;comment=forged",
    "User-to-User with an encoded LF": b"User-to-User: forged%0A;encoding=hex",
    "Referred-By with an encoded LF": b"Referred-By: <sip:138%0Aforged@127.0.0.2>",
    "Replaces, which would take over a call": b"Replaces: forged;to-tag=1;from-tag=2",
    "a context header of ours": b"X-CallRouter-Context: forged",
    "a private header": b"X-forged: 1",
    "a private header with an encoded LF": b"X-forged: %0Aforged",
    "a private header with a raw NUL": b"X-forged: \0forged",
    "a folded header": b"Subject: 1\r\n forged",
    "a header without a name": b": forged",
    "a header without a colon": b"forged",
    "a bare LF between two headers": b"Subject: 1\nX-forged: 1",
    "a bare CR between two headers": b"Subject: 1\rX-forged: 1",
    "a blank line of bare LFs": b"Subject: 1\n\nX-forged: 1",
    "a subject with an encoded LF": b"Subject: forged%0Aforged",
    "a user agent with a raw escape": b"User-Agent: \x1b[2Jforged",
    "a reason with an encoded CRLF": b"Reason: Q.850;cause=16;text=%0D%0Aforged",
    "a header of 9,000 octets": b"Subject: forged" + b"a" * 9000,
    "200 headers": b"\r\n".join(b"Subject: forged%d" % number for number in range(200)),
    "40,000 octets of headers": b"\r\n".join(b"Subject: forged" + b"a" * 1900 for _ in range(21)),
}
"""Whole extra header lines of an INVITE, without the line end after the last."""

FORWARDED: Final = {
    "Diversion with a hostile reason": "diversion",
    "Diversion, hostile in its second value": "diversion",
    "History-Info with an encoded CRLF in its reason": "history-info",
}
"""What is hostile in these headers is no number; the number beside it, 12333, is one, and the carrier's word."""

MARKS: Final = (b"forged", b"12345%", b"12345\\", b"1" * 65, b"%0A", b"\n\n")
"""What betrays a sample that has come through: a part of every one of them."""
