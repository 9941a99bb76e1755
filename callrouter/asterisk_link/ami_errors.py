"""What can go wrong with an AMI action.  No text here holds a header's value: it may be a phone number."""

from callrouter.asterisk_link.ami_messages import AmiMessage


class AmiError(Exception):
    """An action that has no good answer."""


class AmiRefused(AmiError):
    """Asterisk answered with an error; ``response.get("Message")`` is its reason."""

    def __init__(self, action: str, response: AmiMessage) -> None:
        super().__init__(f"AMI action {action}: Asterisk refused it; see .response for its reason")
        self.response = response


class AmiTimeout(AmiError):
    """No answer in time.  Asterisk may still carry the action out: look before you send it again."""

    def __init__(self, action: str) -> None:
        super().__init__(f"AMI action {action}: no answer in time; look at the state before sending it again")


class AmiLost(AmiError):
    """There is no link, or it went before the answer.  In the latter case the action may have been done."""

    def __init__(self, action: str) -> None:
        super().__init__(f"AMI action {action}: no link to Asterisk; wait until ready, look, then decide")


class AmiAuthenticationFailed(AmiLost):
    """Asterisk refuses the user name, the secret or our address; only its administrator can mend that."""


class AmiWrongBootName(AmiLost):
    """The Asterisk that answers is not the one that our configuration was rendered for, or was not started since."""
