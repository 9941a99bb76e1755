"""What can go wrong for the user of a party. Texts name no phone number."""


class SipPartyError(Exception):
    """Anything a SIP party reports."""


class WaitExpiredError(SipPartyError, TimeoutError):
    """What was waited for did not come in time; the text says what there is instead."""


class CallMissedStateError(SipPartyError):
    """The call can no longer come to the state that was waited for, or no longer do what was asked."""


class CallRefusedMediaError(SipPartyError):
    """The other side's session description cannot be used."""


class RegistrationRefused(SipPartyError):
    """The server did not register the party.

    `status`: its final SIP status, 408 when it stayed silent. `remedy`: what to do, Chinese first.
    """

    def __init__(self, status: int, remedy: str) -> None:
        super().__init__(f"registration refused with {status}: {remedy}")
        self.status = status
        self.remedy = remedy
