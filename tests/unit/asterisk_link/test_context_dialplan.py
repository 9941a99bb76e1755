"""What the dialplan tells the next platform, and how it spells it in hexadecimal."""

from __future__ import annotations

import re
from collections.abc import Callable

from callrouter.vocabulary.context import HEADER, LONGEST_TEXT, LONGEST_USER_TO_USER, USER_TO_USER
from tests.unit.asterisk_link.dialplan_steps import steps_of

Rendered = Callable[[str], str]


def test_each_sign_that_can_be_told_has_its_code(dialplan: str) -> None:
    (signs,) = re.findall(r"^CR_SIGNS = (.*)$", dialplan, re.MULTILINE)
    (codes,) = re.findall(r"^CR_CODES = (.*)$", dialplan, re.MULTILINE)
    # FIELDNUM counts from one, and says nought of what is not there: that is a question mark.
    known = ["?", *signs.split("~")]
    assert codes == "".join(f"{ord(sign):02X}" for sign in known)
    allowed = re.findall(r"FILTER\(A-Za-z0-9([^,]*),\$\{CUT\(CR_VERDICT,\|,9\)\}\)", dialplan)
    assert set(known) == set("?") | set("0123456789abcdefghijklmnopqrstuvwxyz") | set(
        allowed[0].replace("\\", "")
    )


def test_it_is_written_and_read_under_the_names_that_the_vocabulary_has(dialplan: str) -> None:
    steps = [step.args for step in steps_of(dialplan) if step.context in ("transfer-headers", "context")]
    text = "\n".join(steps)
    for name in (HEADER, USER_TO_USER):
        assert f"PJSIP_HEADER(add,{name})" in text
        assert f"PJSIP_HEADER(read,{name})" in text
    assert f"> {LONGEST_USER_TO_USER}" in text
    # More than is believed, so that what is too long is seen to be.
    assert int(re.findall(rf"read,{HEADER}\)}}?:0:(\d+)", text)[0]) > LONGEST_TEXT


def test_every_leg_to_another_house_tells_it(dialplan: str) -> None:
    leg = [step for step in steps_of(dialplan) if step.context == "leg"]
    told = [step.args for step in leg if "transfer-headers" in step.args]
    assert told
    for party in ("branch", "platform", "utility", "emergency"):
        assert party in told[0]
    assert "agent" not in told[0]
