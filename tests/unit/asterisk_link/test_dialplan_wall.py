"""What a caller wrote in the dialplan: taken up by a plain Set, encoded at once, and only then used as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]

HEADER = (
    r"PJSIP_HEADER\(read,(?:To|Diversion|History-Info|X-CallRouter-Context|User-to-User"
    r"|\$\{ARG1\},\$\{CR_ROWS\})\)"
)
RAW = (
    rf"\$\{{(?:EXTEN|CALLERID\(num\):0:80|CHANNEL\(pjsip,call-id\):0:128|{HEADER}:0:(?:160|420|1300)"
    rf"|STRREPLACE\({HEADER},sip:\$\{{CR_CALLED\}}@,@@@@\))\}}"
)
"""What a caller wrote, as far as the dialplan looks at it."""

CALLERS = {"CR_CALLED", "CR_CALLER", "CR_CONTEXT", "CR_ROW", "CR_SIP_CALL_ID", "CR_TO"}
"""Ours, but with a caller's text in them: encoded before they are used."""

OURS = {
    "ARG1", "ARG2", "CR_ARRIVED_AT", "CR_ASK", "CR_CALL", "CR_CAUSE", "CR_CLOCK_OFFSET", "CR_DIVERSION", "CR_EMPTY",
    "CR_ENDED", "CR_HARMLESS", "CR_HEADER", "CR_HISTORY_INFO", "CR_LAST_RESORT", "CR_ROWS",
    "CR_LOOKS", "CR_LOSSES", "CR_NOTICE", "CR_NOT_KEPT", "CR_ORDER", "CR_PLAIN", "CR_PRESENTATION", "CR_QUEUE",
    "CR_REASON", "CR_SAFE_QUEUE", "CR_SECOND_LOOK", "CR_SPOOL", "CR_TRUNK", "QUEUE_PRIO",
    "CR_AHEAD", "CR_BYTES", "CR_CLASS", "CR_ELSEWHERE", "CR_FILE", "CR_FLAGS", "CR_HEARD_AT", "CR_HEARD_MS",
    "CR_GUIDANCES", "CR_GUIDED", "CR_GUIDING",
    "CR_AREA", "CR_CALLER_AREA", "CR_CANONICAL",
    "CR_DIGITS", "CR_DOOR", "CR_DRESS", "CR_FOLLOWED", "CR_FOUND", "CR_HIGH",
    "CR_INDEX", "CR_INSTANT",
    "CR_KIND", "CR_LISTED", "CR_LOW", "CR_MIDDLE", "CR_NUMBER", "CR_REST", "CR_SERVICE", "CR_SORT", "CR_SOS",
    "CR_THERE",
    "CR_WHY",
    "CR_HOPS", "CR_KEYS", "CR_LEFT", "CR_MEMBER", "CR_MENU", "CR_MENU_SAYS", "CR_MENU_SOUND", "CR_MENU_TRIES",
    "CR_MENU_WAIT", "CR_NO_SURVEY", "CR_OFFERED_AT", "CR_PART", "CR_PAUSE",
    "CR_AHEAD_OF_UTC", "CR_DAY", "CR_NOW", "CR_TIME", "CR_WEEKDAY",
    "CR_PAUSED", "CR_PLACE", "CR_POSITION", "CR_RECORDING", "CR_REC_ID", "CR_SAID", "CR_SEAT", "CR_SEAT_FEATURES",
    "ARG3", "CR_ACCEPTED", "CR_AGENT", "CR_AGENT_CHANNEL", "CR_AGENT_THERE", "CR_ANSWER", "CR_ANSWERED",
    "CR_ASK_TARGET", "CR_ATTEMPT", "CR_BACK", "CR_BECAME", "CR_CALLER_CHANNEL", "CR_CHOSEN", "CR_DROPPED",
    "CR_GONE_BY", "CR_IS_RECORDED",
    "CR_DIALS", "CR_HOUSE", "CR_LINE_CAUSE", "CR_PEER", "CR_TONES", "CR_WHERE",
    "CR_DONE", "CR_SOS_AREA", "CR_SOS_CALLING", "CR_SOS_FAILED", "CR_SOS_GUIDED", "CR_SOS_SERVICE",
    "CR_SOS_TRUNK", "CR_SOS_TRUNKS", "CR_SPEAKS", "CR_VOICE",
    "CR_IN", "CR_JOINED", "CR_MUSIC", "CR_NEXT", "CR_OF_ATTEMPT", "CR_OF_CALL", "CR_OUT", "CR_OUTCOME",
    "CR_PARTY", "CR_PRESSED", "CR_REFUSALS", "CR_ROOM", "CR_ROOMS", "CR_ROUNDS", "CR_SAYS", "CR_SAYS_WHY", "CR_STATE",
    "CR_STIMULUS",
    "CR_TARGET_BUSY",
    "CR_TARGET_CHANNEL", "CR_TARGET_CONNECTING", "CR_TARGET_DIAL", "CR_TARGET_FAILED", "CR_TARGET_ID",
    "CR_TARGET_JOINED", "CR_TARGET_PASSING", "CR_TARGET_RING", "CR_TARGET_ROLE", "CR_TARGET_THERE",
    "CR_TONE", "CR_TOO_LONG", "CR_WANTED", "CR_WANTED_KIND", "CR_WAS", "CR_WHISPER", "CR_WHOM", "CR_WITH",
    "CR_AT", "CR_CHANNELS", "CR_SUPERVISES", "CR_TRIED", "CR_WATCHED",
    "CR_CAME_FROM", "CR_CARRIED", "CR_CODES", "CR_HEX", "CR_HOW", "CR_SIGNS", "CR_TELLS",
    "CR_FACTS", "CR_SECONDS", "CR_STEP", "CR_TOLD", "CR_UNHEARD", "CR_UNTIL", "CR_URGENT", "CR_WAITS_FOR", "EXTEN",
}  # fmt: skip
"""Set by us, from constants, settings and the controller's filtered verdict."""

ASTERISKS = {
    "DIALSTATUS", "HANGUPCAUSE", "MEMBERINTERFACE", "PLAYBACKSTATUS", "QUEUESTATUS", "RECORD_STATUS", "UNIQUEID",
    "CONFBRIDGE_RESULT",
    "EPOCH", "GOSUB_RETVAL", "PQMSTATUS", "QUEUEHOLDTIME", "QUEUEPOSITION", "READSTATUS", "UPQMSTATUS",
}  # fmt: skip
"""Words, numbers and configured names that Asterisk gives."""

FUNCTIONS = {
    "CHANNEL(endpoint)", "CHANNEL(hangupsource)", "CALLERID(num-pres)", "CUT", "FIELDNUM", "FIELDQTY", "FILTER", "IF",
    "LEN", "QUEUE_EXISTS", "QUEUE_MEMBER", "REGEX", "STRFTIME", "STRREPLACE", "URIENCODE",
    "CHANNEL(channeltype)", "CONFBRIDGE_INFO", "DEVICE_STATE", "IMPORT", "LOCK", "UNLOCK",
    "CHANNELS", "DIALPLAN_EXISTS", "FILE", "LOCAL",
    "CHANNEL(name)", "CHANNEL_EXISTS", "QUEUE_VARIABLES", "QUEUE_WAITING_COUNT", "STAT",
}  # fmt: skip
"""CHANNEL and CALLERID with what they may be asked for; the others work on what stands in their brackets."""

KEYS = {"CR_KEY", "CR_CODE", "CR_TAIL"}
"""Keys that somebody has pressed: 0 to 9, *, or A to D; CR_TAIL, what a desk gave for a ticket's. Looked at by
patterns and filters alone; CR_CODE and CR_TAIL hold nothing but digits when they are used."""

OUR_CALL_ID = "${URIENCODE(${CHANNEL(pjsip,call-id)})}"
"""On a channel to a party the Call-ID is ours, made by PJSIP; on a caller's channel it is what he wrote."""


@pytest.fixture(scope="module")
def steps(dialplan: str) -> list[Step]:
    found = steps_of(dialplan)
    assert [step.context for step in found if OUR_CALL_ID in step.args] == ["leg"]
    return [replace(step, args=step.args.replace(OUR_CALL_ID, "")) for step in found]


def named(args: str) -> list[str]:
    """Every variable and function whose value stands in an argument."""
    found = []
    for name, bracket in re.findall(r"\$\{([A-Z_][A-Za-z0-9_]*)(\([a-z,-]*\))?", args):
        found.append(name + bracket if name in ("CHANNEL", "CALLERID") else name)
    return found


def takes_up(step: Step) -> str | None:
    """The variable into which a step takes what a caller wrote, and does nothing else."""
    match = re.fullmatch(rf"(\w+)={RAW}", step.args)
    return match[1] if match and step.app == "Set" else None


def encodes(step: Step) -> str | None:
    match = re.fullmatch(
        r"\$\{FIELDQTY\(REPLACE\((\w+),\$\{CR_PLAIN\}\),:\)\}\?encode,s,1\((\w+)\)", step.args
    )
    return match[1] if match and step.app == "GosubIf" and match[1] == match[2] else None


def test_only_what_is_on_these_lists_stands_in_an_argument(steps: list[Step]) -> None:
    for step in steps:
        if takes_up(step):
            continue
        unknown = set(named(step.args)) - OURS - ASTERISKS - FUNCTIONS - CALLERS - KEYS
        assert not unknown, step


def test_what_a_caller_wrote_is_taken_up_by_a_plain_set_into_the_callers_variables(steps: list[Step]) -> None:
    assert {takes_up(step) for step in steps} - {None} == CALLERS
    for step in steps:
        # Elsewhere an extension is one of ours: a queue, a notice, a number of the dialplan's own.
        dialled = "EXTEN|" if step.context in ("from-carrier", "from-seat") else ""
        raw = re.search(
            rf"\$\{{({dialled}CALLERID\((?!num-pres)|CHANNEL\((?!endpoint|hangupsource|name|channeltype)|SIP|PJSIP|STRREPLACE\(PJSIP)",
            step.args,
        )
        assert bool(raw) == bool(takes_up(step)), step


def test_a_key_is_only_looked_at_by_patterns_and_filters(steps: list[Step]) -> None:
    for step in steps:
        looked_at = re.sub(
            r'\$\{REGEX\("[^"]+" \$\{CR_KEY\}\)\}|\$\{FILTER\([0-9-]+,\$\{CR_KEY\}\)\}', "", step.args
        )
        assert "${CR_KEY}" not in looked_at, step


def test_it_is_encoded_before_anything_else_is_done_with_it(steps: list[Step]) -> None:
    for variable, context in (
        ("CR_CALLED", "arrival"),
        ("CR_CALLER", "arrival"),
        ("CR_SIP_CALL_ID", "arrival"),
        ("CR_TO", "clues"),
        ("CR_ROW", "header"),
        ("CR_CONTEXT", "context"),
    ):
        there = [step for step in steps if step.context == context]
        taken = [place for place, step in enumerate(there) if takes_up(step) == variable]
        (encoded,) = [place for place, step in enumerate(there) if encodes(step) == variable]
        if variable in ("CR_CALLED", "CR_TO"):
            assert taken == ([] if variable == "CR_CALLED" else [encoded - 1])
        assert not any(variable in named(step.args) for step in there[: encoded + 1])
    for step in steps:
        if step.context in ("from-carrier", "encode"):
            assert not CALLERS & set(named(step.args)), step
        if step.context != "header":
            assert "CR_ROW" not in named(step.args), step
    assert {step.context for step in steps if "CR_TO" in named(step.args)} == {"clues", "arrival"}
    assert {step.context for step in steps if "CR_CONTEXT" in named(step.args)} == {
        "context",
        "arrival",
        "fallback",
    }


def test_a_headers_rows_are_encoded_one_by_one_and_brought_whole_or_not_at_all(steps: list[Step]) -> None:
    header = [f"{step.app}({step.args})" for step in steps if step.context == "header"]
    labels = [step.label for step in steps if step.context == "header"]
    encoded = header.index("GosubIf(${FIELDQTY(REPLACE(CR_ROW,${CR_PLAIN}),:)}?encode,s,1(CR_ROW))")
    assert labels[encoded] == "row"
    assert header[encoded + 1] == "Set(CR_HEADER=${CR_HEADER}${IF($[${CR_ROWS} > 1]?%2C:)}${CR_ROW})"
    # More than is read of one row: no row is cut short unseen.
    assert header[encoded + 2] == "GotoIf($[${CR_ROWS} > 5 | ${LEN(${CR_HEADER})} > 1280]?too-long)"
    read = header.index("Set(CR_ROW=${PJSIP_HEADER(read,${ARG1},${CR_ROWS}):0:1300})")
    assert header[read + 1] == "GotoIf(${FIELDQTY(CR_ROW,:)}?row)"
    assert header[read + 2 :] == [
        "Set(${ARG2}=${CR_HEADER})",
        "Return()",
        "Set(${ARG2}=too-long)",
        "Return()",
    ]
    assert labels[read + 4] == "too-long"


def test_the_longest_question_fits_into_what_asterisk_expands(steps: list[Step]) -> None:
    (dip,) = [step.args for step in steps if step.app == "AGI" and step.context == "arrival"]
    longest = {
        "CR_CALLED": 3 * 79, "CR_CALLER": 3 * 80, "CR_SIP_CALL_ID": 3 * 128, "CR_TO": 3 * 160,
        "CR_DIVERSION": 1280, "CR_HISTORY_INFO": 1280, "CR_CONTEXT": 6 + 3 * 420,
    }  # fmt: skip
    expanded = re.sub(r"\$\{(\w+)\}", lambda found: "x" * longest.get(found[1], 80), dip)
    assert len(expanded) < 8192


def test_the_longest_row_of_the_journal_is_not_cut_off(steps: list[Step]) -> None:
    """res_cdrel_custom writes 1023 octets of a row.

    In CR_CLUES the column of the caller's number is still as he wrote it, perhaps all quotes; in CR_ARRIVED a number
    that is none is gone from it, and one is not written longer than it is.
    """
    columns = len('"CR_ARRIVED","1795362102.171894",') + 2 * len('"bootnameexample2-1795362102.1234567",')
    columns += len('"PJSIP/carrier-00000007","arrival","s","CELGenUserEvent","","","{""extra"":""""}"')
    longest = {
        "CR_CALLED": 3 * 79, "CR_CALLER": 3 * 80, "CR_TO": 3 * 160, "CR_ARRIVED_AT": 18,
        "CR_PRESENTATION": 21, "CR_TRUNK": 7, "CR_CLOCK_OFFSET": 11,
    }  # fmt: skip
    place = next(n for n, step in enumerate(steps) if step.args.startswith("CR_ARRIVED,"))
    assert any(step.args.startswith("CALLERID(all)=") for step in steps[:place] if step.context == "arrival")
    for step in steps:
        if step.args.startswith(("CR_ARRIVED,", "CR_CLUES,")):
            args = re.sub(r"\$\{IF\(\$\[.*?\]\?(.*?):\)\}", r"\1", step.args.partition(",")[2])
            args = re.sub(r"\$\{\w+:0:(\d+)\}", lambda found: "x" * int(found[1]), args)
            written = re.sub(r"\$\{(\w+)\}", lambda found: "x" * longest[found[1]], args)
            number = 2 * 80 if "CR_CLUES" in step.args else 0
            assert columns + number + len(written) <= 1023, step


def test_nothing_that_kills_asterisk_is_nested(steps: list[Step]) -> None:
    """FIELDQTY and STRREPLACE of Asterisk 22 share a buffer: one inside the other reads what was freed."""
    assert not [step for step in steps if re.search(r"FIELDQTY\(STRREPLACE|STRREPLACE\(FIELDQTY", step.args)]


def test_whatever_is_dialled_is_taken_up_and_goes_to_the_arrival(steps: list[Step]) -> None:
    carrier = [step for step in steps if step.context == "from-carrier"]
    ways: dict[str, list[str]] = {}
    for step in carrier:
        ways.setdefault(step.exten, []).append(f"{step.app}({step.args})")
    reason, on = "Set(CR_REASON=not_a_number)", "Goto(arrival,s,1)"
    assert ways["_[+0-9]!"] == ["Set(CR_CALLED=${EXTEN})", on]
    assert ways["_!"] == ["Set(CR_CALLED=${EXTEN})", reason, on]
    # A caller who hangs up in the middle brings Asterisk to h: it must not be taken for one who dialled it.
    assert ways["h"] == [
        "GotoIf(${FIELDQTY(CR_CALLED,:)}?over)", "Set(CR_CALLED=h)", reason, on, "Hangup()",
    ]  # fmt: skip
    assert set(ways) == {"_[+0-9]!", "_!", "h"}


def test_a_refused_call_is_written_down_and_never_asked_about(steps: list[Step]) -> None:
    arrival = [f"{step.app}({step.args})" for step in steps if step.context == "arrival"]
    refused = arrival.index("GotoIf(${FIELDQTY(CR_REASON,:)}?refused,s,1)")
    assert arrival[refused + 1] == "Set(CR_VERDICT=)"
    assert any(text.startswith("CELGenUserEvent(CR_ARRIVED,") for text in arrival[:refused])
    assert not any(text.startswith("AGI(") for text in arrival[:refused])


def encoder(steps: list[Step]) -> Callable[[bytes], str]:
    """The steps of [encode] for what is not harmless, done here; octets are Latin-1 text."""
    look, encode, back, *marking = [step for step in steps if step.context == "encode"]
    assert (look.app, look.args) == (
        "GotoIf", "${FIELDQTY(REPLACE(${ARG1},${CR_HARMLESS}),:)}?brackets",
    )  # fmt: skip
    assert encode.args == "${ARG1}=${URIENCODE(${${ARG1}})}"
    assert (back.app, marking[0].label, marking[-1].app) == ("Return", "brackets", "Return")
    deeds: list[tuple[str, str] | None] = []
    for step in marking[:-1]:
        assert step.app == "Set"
        match = re.fullmatch(r"\$\{ARG1\}=\$\{STRREPLACE\(\$\{ARG1\},(\\[()]|~[0-9]?),(\S+)\)\}", step.args)
        assert match or step.args == encode.args, step
        deeds.append((match[1].removeprefix("\\"), match[2]) if match else None)

    def encoded(octets: bytes) -> str:
        text = octets.decode("latin-1")
        for deed in deeds:
            if deed is None:
                assert not set(text) & {"(", ")"}  # in a function's brackets they would end them
                text = quote(text.encode("latin-1"), safe="-_.!~*'")
            else:
                text = text.replace(*deed)
        return text

    return encoded


@given(st.binary(max_size=40) | st.text("~012():%,(a", max_size=12).map(str.encode))
@example(b"~0~1~2(~)")
@example(b"x):1,(")
def test_the_encoding_loses_nothing_and_leaves_nothing_that_means_anything_to_asterisk(
    steps: list[Step], octets: bytes
) -> None:
    encoded = encoder(steps)(octets)
    assert unquote_to_bytes(encoded) == octets
    assert re.fullmatch(r"[A-Za-z0-9_.!*'%-]*", encoded)
    if octets:
        assert encoded


def test_what_is_not_encoded_needs_no_encoding_and_what_is_harmless_holds_no_bracket(
    rendered: Rendered,
) -> None:
    text = rendered("extensions.conf")
    (plain,) = re.findall(r"\nCR_PLAIN = (\S+)\n", text)
    assert quote(plain, safe="") == plain
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", plain)
    (more,) = re.findall(r"\nCR_HARMLESS = \$\{CR_PLAIN\}(\S+)\n", text)
    assert set(more.replace("\\;", ";")) == set("@+=<>:;")


def test_what_asterisk_would_copy_raw_into_the_dip_is_replaced_before_it_whatever_it_is(
    steps: list[Step],
) -> None:
    place = next(n for n, step in enumerate(steps) if step.app == "AGI")
    written = [
        step
        for step in steps
        if "CALLERID(" in step.args.partition("=")[0] and step.context != "emergency-calls"
    ]
    assert all(step in steps[:place] and step.app == "Set" for step in written)
    everything, *others = [step.args for step in written]
    assert others == ["CALLERID(dnid)=", "CALLERID(rdnis)="]
    proof = re.fullmatch(
        r'CALLERID\(all\)=<\$\{IF\(\$\{REGEX\("(.*)" \$\{CR_CALLER\}\)\}\?'
        r"\$\{STRREPLACE\(CR_CALLER,%2B,\+\)\}:\)\}>",
        everything,
    )
    assert proof
    for number in ("13800138000", "%2B8613800138000", "1"):
        assert re.search(proof[1], number)
    for other in ("", "%2B", "138%0A1", "+86138", "138a", "138%2B", "%2B%2B1", "anonymous", "1.3", "138'"):
        assert not re.search(proof[1], other), other


def test_asterisks_own_log_is_one_json_object_a_line(rendered: Rendered) -> None:
    lines = [line for line in rendered("logger.conf").splitlines() if line and not line.startswith(";")]
    general, files = lines[1 : lines.index("[logfiles]")], lines[lines.index("[logfiles]") + 1 :]
    assert "dateformat = %F %T.%3q" in general
    assert files == ["messages.log => [json]notice,warning,error"]


def test_the_queue_log_is_written_without_names_and_put_aside_by_nobody_but_its_reader(
    rendered: Rendered, dialplan: str
) -> None:
    logger = rendered("logger.conf").splitlines()
    assert "queue_log = yes" in logger
    # By default Asterisk would number the files itself, and messages.log with them.
    assert "rotatestrategy = none" in logger
    assert "log-caller-id-name = no" in rendered("queues.conf").splitlines()
    # It separates its fields by |: no queue has a name of its own in it, and no URL is sent to a seat.
    queues = [step.args for step in steps_of(dialplan) if step.app == "Queue"]
    assert len(queues) == 2
    assert not any("".join(queue.split(",")[2:3]) for queue in queues)


def test_a_trunk_brings_calls_and_nothing_else(rendered: Rendered) -> None:
    trunk = rendered("pjsip.conf").partition("[trunk](!)")[2].partition("\n[")[0]
    assert "\nallow_subscribe = no\n" in trunk
    assert "\nallow_transfer = no\n" in trunk
    assert "\ntrust_connected_line = no\n" in trunk


def test_a_trunk_is_known_by_its_address_and_by_nothing_that_a_sender_may_write(rendered: Rendered) -> None:
    trunk = rendered("pjsip.conf").partition("[trunk](!)")[2].partition("\n[")[0]
    assert "\nidentify_by = ip\n" in trunk
