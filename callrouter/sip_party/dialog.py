"""The dialog of a call as a value (RFC 3261 section 12).

Rules:

- A dialog is a Call-ID and two tags. We keep the From and To values as they are sent, each with its tag.
- Our requests take the next CSeq number; ACK takes the number of its INVITE.
- The remote target is the other side's latest Contact, the route set its Record-Route: reversed when we
  called, as it stands when they called. Routes are loose.
"""

from dataclasses import dataclass, replace

from callrouter.sip_party.addresses import Address, next_hop, split_list, tag_of, uri_of
from callrouter.sip_party.message import Header, Message, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """One call's dialog, also before the other side's tag is known."""

    call_id: str
    local: str
    remote: str
    remote_target: str
    first_hop: Address
    cseq: int = 0
    routes: tuple[str, ...] = ()

    @property
    def local_tag(self) -> str:
        """Our tag."""
        return tag_of(self.local) or ""

    @property
    def remote_tag(self) -> str | None:
        """Their tag; None before their first response with one."""
        return tag_of(self.remote)

    @property
    def hop(self) -> Address:
        """Where the next request goes: the first route, else the remote target."""
        return next_hop(uri_of(self.routes[0]) if self.routes else self.remote_target, self.first_hop)

    def advanced(self) -> "Dialog":
        """Return the dialog with the CSeq number of its next request."""
        return replace(self, cseq=self.cseq + 1)

    def headers(self, method: str) -> tuple[Header, ...]:
        """Return the headers that place a request with the current CSeq number in this dialog."""
        return (
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} {method}"),
            ("Max-Forwards", "70"),
        )

    def targeted(self, message: Message) -> "Dialog":
        """Return the dialog with the Contact of a message as its remote target, if it has one."""
        contact = message.first("Contact")
        return self if contact is None else replace(self, remote_target=uri_of(contact))

    def confirmed(self, response: Response) -> "Dialog":
        """Return the dialog that a response with a To tag to our INVITE makes."""
        record = [route for value in response.named("Record-Route") for route in split_list(value)]
        known = replace(self, remote=response.required("To"), routes=tuple(reversed(record)))
        return known.targeted(response)


def dialog_of_incoming(invite: Request, *, local_tag: str, source: Address) -> Dialog:
    """Return the dialog that an INVITE from outside begins."""
    contact = invite.first("Contact") or invite.required("From")
    return Dialog(
        call_id=invite.call_id,
        local=f"{invite.required('To')};tag={local_tag}",
        remote=invite.required("From"),
        remote_target=uri_of(contact),
        first_hop=source,
        routes=tuple(route for value in invite.named("Record-Route") for route in split_list(value)),
    )
