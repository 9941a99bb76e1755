"""Messages that follow from one already seen: responses, the ACK of a refusal, CANCEL.

Rules (RFC 3261 sections 8.2.6, 9.1 and 17.1.1.3):

- A response repeats Via, From, To, Call-ID and CSeq of its request, and Record-Route where a dialog begins;
  To gets our tag unless it has one or the response is 100.
- The ACK of a refusal, and CANCEL, repeat the INVITE's topmost Via (its branch too), From, Call-ID, CSeq
  number, Request-URI and Route; the ACK takes To from the response, CANCEL from the INVITE.
"""

from typing import Final

from callrouter.sip_party.addresses import tag_of
from callrouter.sip_party.message import Header, Request, Response

ALLOW: Final = "INVITE, ACK, BYE, CANCEL, UPDATE, OPTIONS, INFO, NOTIFY"
USER_AGENT: Final = "CallRouter-SipParty"

REASON_PHRASES: Final = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}


def response_to(
    request: Request, status: int, *, to_tag: str, headers: tuple[Header, ...] = (), body: bytes = b""
) -> Response:
    """Answer a request."""
    to = request.required("To")
    tagged = to if status == 100 or tag_of(to) else f"{to};tag={to_tag}"
    routes = request.named("Record-Route") if request.method == "INVITE" else ()
    return Response(
        status=status,
        reason=REASON_PHRASES.get(status, "Status"),
        headers=(
            *(("Via", via) for via in request.named("Via")),
            *(("Record-Route", route) for route in routes),
            ("From", request.required("From")),
            ("To", tagged),
            ("Call-ID", request.call_id),
            ("CSeq", request.required("CSeq")),
            ("Allow", ALLOW),
            ("User-Agent", USER_AGENT),
            *headers,
        ),
        body=body,
    )


def ack_of_refusal(invite: Request, refusal: Response) -> Request:
    """Acknowledge a final response of 300 or more, within the INVITE's transaction."""
    return _beside(invite, "ACK", refusal.required("To"))


def cancel_of(invite: Request) -> Request:
    """Cancel an INVITE that has had a provisional response."""
    return _beside(invite, "CANCEL", invite.required("To"))


def _beside(invite: Request, method: str, to: str) -> Request:
    return Request(
        method=method,
        uri=invite.uri,
        headers=(
            ("Via", invite.required("Via")),
            ("From", invite.required("From")),
            ("To", to),
            ("Call-ID", invite.call_id),
            ("CSeq", f"{invite.cseq[0]} {method}"),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in invite.named("Route")),
        ),
    )
