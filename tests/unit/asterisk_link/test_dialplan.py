"""The static dialplan and its half of the contracts: journal, arrival, verdict, modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest

from callrouter.asterisk_link.agi_arguments import agi_arguments
from callrouter.asterisk_link.arrival import FACTS
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.journal import CEL_COLUMNS, Fallback, JournalEvent
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.record_words import LegRole
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

Rendered = Callable[[str], str]

CLUES = {"to", "diversion", "history_info", "context"}
NOT_YET_WRITTEN = {
    # Nobody tells that it rings: no step writes this.
    JournalEvent.TRANSFER: {"ringing"},
}
"""Keys that the journal's reader knows and the dialplan does not write."""
WRITTEN = list(JournalEvent)
KEYS: dict[JournalEvent, set[str]] = {
    JournalEvent.ARRIVED: set(FACTS) - CLUES - {"call_id"},  # the journal's rows name the call themselves
    JournalEvent.CLUES: CLUES,
    JournalEvent.DECIDED: {"fallback"},  # or what the verdict brings, which test_verdict compares
    JournalEvent.NOTICE: {"key", "state", "starts_ms", "ends_ms"},
    JournalEvent.QUEUE: {"queue", "state", "status", "agent", "cause"},
    JournalEvent.LAST_RESORT: {"target", "state", "status", "cause"},
    JournalEvent.VOICEMAIL: {"state", "status", "file"},
    JournalEvent.REFUSED: {"reason"},
    JournalEvent.LEG: {"sip_call_id", "party"},
    JournalEvent.TRANSFER: {
        "id",
        "state",
        "kind",
        "target",
        "by",
        "leg",
        "left",
        "outcome",
        "cause",
        "why",
        "service",
    },
    JournalEvent.HOLD: {"state"},
    JournalEvent.DESK: {"id", "kind", "by", "at", "about"},  # or what the desk brings
    JournalEvent.SUPERVISION: {"id", "call", "seat", "supervisor", "kind", "state", "at"},
    JournalEvent.RECORDING: {"file", "state", "bytes"},
    JournalEvent.SURVEY: {"state", "grade"},
    JournalEvent.CALL_BACK: {"state"},
    JournalEvent.MENU: {"menu", "state", "key"},
    JournalEvent.SEAT: {"seat", "status", "cause"},
}
STATES = {
    JournalEvent.NOTICE: {"started", "finished", "failed", "scheduled"},
    JournalEvent.TRANSFER: {"requested", "answered", "accepted", "joined", "ended", "refused"},
    JournalEvent.HOLD: {"began", "ended"},
    JournalEvent.RECORDING: {"started", "paused", "resumed", "finished", "failed"},
    JournalEvent.SURVEY: {"offered", "finished", "waived"},
    JournalEvent.CALL_BACK: {"requested"},
    JournalEvent.MENU: {"offered", "chosen", "given_up"},
    JournalEvent.QUEUE: {"entered", "left"},
    JournalEvent.LAST_RESORT: {"dialled", "left"},
    JournalEvent.VOICEMAIL: {"started", "finished"},
}

PROVIDED_BY = {
    "Answer": None, "Busy": None, "Congestion": None, "Goto": None, "GotoIf": None, "Hangup": None,
    "Progress": None, "Set": None, "Wait": None,
    "AddQueueMember": "app_queue", "PauseQueueMember": "app_queue", "UnpauseQueueMember": "app_queue",
    "Gosub": "app_stack", "MixMonitor": "app_mixmonitor", "StopMixMonitor": "app_mixmonitor", "Read": "app_read",
    "StartMusicOnHold": "res_musiconhold", "StopMusicOnHold": "res_musiconhold",
    "AGI": "res_agi", "CELGenUserEvent": "app_celgenuserevent", "Dial": "app_dial", "ExecIf": "app_exec",
    "GosubIf": "app_stack", "MusicOnHold": "res_musiconhold", "Playback": "app_playback", "Queue": "app_queue",
    "Record": "app_record", "Return": "app_stack",
    "ChanSpy": "app_chanspy",
    "ChannelRedirect": "app_channelredirect", "ConfBridge": "app_confbridge", "Originate": "app_originate",
    "SoftHangup": "app_softhangup", "UserEvent": "app_userevent",
}  # fmt: skip
FUNCTION_PROVIDED_BY = {
    "CALLERID": "func_callerid", "CHANNEL": "func_channel", "CSV_QUOTE": "func_strings", "CUT": "func_cut",
    "FIELDNUM": "func_strings", "FIELDQTY": "func_strings", "FILTER": "func_strings", "IF": "func_logic",
    "QUEUE_EXISTS": "app_queue",
    "CHANNELS": "func_channel",
    "CHANNEL_EXISTS": "func_channel", "QUEUE_VARIABLES": "app_queue", "QUEUE_WAITING_COUNT": "app_queue",
    "DIALPLAN_EXISTS": "func_dialplan", "FILE": "func_env", "LOCAL": "app_stack",
    "STAT": "func_env", "CONFBRIDGE": "app_confbridge", "CONFBRIDGE_INFO": "app_confbridge",
    "DEVICE_STATE": "func_devstate", "EXPORT": "func_export", "IMPORT": "func_logic", "LOCK": "func_lock",
    "UNLOCK": "func_lock", "GROUP": "func_groupcount",
    "LEN": "func_strings", "PJSIP_HEADER": "res_pjsip_header_funcs", "QUEUE_MEMBER": "app_queue",
    "REDIRECTING": "func_callerid", "REGEX": "func_strings",
    "STRFTIME": "func_strings", "STRREPLACE": "func_strings", "TIMEOUT": "func_timeout", "URIENCODE": "func_uri",
}  # fmt: skip
"""Which module of Asterisk 22 brings an application (None: the core itself) or a function."""


@pytest.fixture
def steps(dialplan: str) -> list[Step]:
    return steps_of(dialplan)


def events_written(steps: list[Step]) -> list[tuple[str, dict[str, str]]]:
    written = []
    for step in steps:
        if step.app == "CELGenUserEvent":
            name, _, extra = step.args.partition(",")
            pairs = re.findall(r"(?:^|&)(\w+)=((?:\$\{.*?\}(?=&|$)|[^&])*)", extra)
            written.append((name, dict(pairs)))
    return written


def test_the_journals_events_are_exactly_those_that_the_vocabulary_names(steps: list[Step]) -> None:
    assert {name for name, _ in events_written(steps)} == set(WRITTEN)
    assert set(KEYS) == set(WRITTEN)


@pytest.mark.parametrize("event", WRITTEN)
def test_an_events_keys_and_states_are_exactly_the_contracts(steps: list[Step], event: JournalEvent) -> None:
    written = [facts for name, facts in events_written(steps) if name == event]
    assert {key for facts in written for key in facts} == KEYS[event]
    states = " ".join(facts.get("state", "") for facts in written)
    for state in STATES.get(event, set()):
        assert re.search(rf"\b{state}\b", states), state
    literal = {facts["state"] for facts in written if "$" not in facts.get("state", "$")}
    assert literal <= STATES.get(event, set())


def test_the_vocabulary_tells_the_same_keys_to_its_readers() -> None:
    source = ast.parse((PROJECT_ROOT / "callrouter" / "vocabulary" / "journal.py").read_text("utf-8"))
    body = next(n.body for n in source.body if isinstance(n, ast.ClassDef) and n.name == "JournalEvent")
    told: dict[str, str] = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr):
            assert isinstance(node.targets[0], ast.Name)
            told[node.targets[0].id] = ast.unparse(after)
    for event in JournalEvent:
        for word in KEYS.get(event, set()) | NOT_YET_WRITTEN.get(event, set()) | STATES.get(event, set()):
            assert re.search(rf"\b{word}\b", told[event.name]), (event, word)


def test_a_fallback_says_why_in_the_vocabularys_words(steps: list[Step]) -> None:
    (said,) = [facts["fallback"] for name, facts in events_written(steps) if "fallback" in facts]
    assert said == "${CR_WHY}"
    why = [step.args for step in steps if step.args.startswith("CR_WHY=")]
    followed = [step.args for step in steps if step.args.startswith("CR_VERDICT=v1|connect")]
    told = re.findall(r"[a-z]+_verdict", " ".join(why)) + re.findall(r"fallback=(\w+)", " ".join(followed))
    assert set(told) == set(Fallback)


def test_the_arrival_dip_brings_exactly_the_facts_that_the_controller_reads(steps: list[Step]) -> None:
    (dip,) = [step for step in steps if step.app == "AGI" and step.context == "arrival"]
    address, *arguments = dip.args.split(",")
    assert dip.context == "arrival"
    assert address == "${CR_ASK}"
    assert tuple(argument.partition("=")[0] for argument in arguments) == FACTS
    plain = [re.sub(r"\$\{\w+\}", "x", argument) for argument in arguments]
    read = agi_arguments({f"agi_arg_{n}": value for n, value in enumerate(plain, 1)}, FACTS)
    assert isinstance(read, dict)


def test_the_question_goes_to_the_script_that_the_service_answers(rendered: Rendered) -> None:
    assert "\nCR_ASK = agi://127.0.0.1:14573/arrival\n" in rendered("extensions.conf")


def test_the_dip_has_a_fuse_that_is_taken_off_afterwards_and_a_way_on_when_it_blows(
    steps: list[Step],
) -> None:
    place = next(n for n, step in enumerate(steps) if step.app == "AGI")
    before = [step.args for step in steps[:place] if step.context == "arrival"]
    assert "TIMEOUT(absolute)=3" in before
    assert "AGIEXITONHANGUP=yes" in before
    assert f"{VERDICT_VARIABLE}=" in before
    # Taken off before the way on: in [decided] there is no T for it to blow into.
    assert steps[place + 1] == Step("arrival", "s", "n", None, "Set", "TIMEOUT(absolute)=0")
    assert steps[place + 2] == Step("arrival", "s", "n", None, "Goto", "decided,s,1")
    assert Step("arrival", "T", "1", None, "Goto", "decided,s,1") in steps
    decided = [step for step in steps if step.context == "decided"]
    assert decided[0].args == "TIMEOUT(absolute)=0"


def test_the_journals_columns_are_the_vocabularys_in_order(rendered: Rendered) -> None:
    (mapping,) = [line for line in rendered("cel_custom.conf").splitlines() if line.startswith("cel.csv")]
    spelled = {"cidnum": "CALLERID(num)"}
    for column in ("uniqueid", "linkedid", "channame", "context", "exten", "appname", "peer"):
        spelled[column] = f"CHANNEL({column})"
    columns = [f"${{CSV_QUOTE(${{{spelled.get(column, column)}}})}}" for column in CEL_COLUMNS]
    assert mapping == f"cel.csv => {','.join(columns)}"
    assert "dateformat" not in re.sub(r";.*", "", rendered("cel.conf"))


def loaded_modules(rendered: Rendered) -> set[str]:
    text = rendered("modules.conf")
    assert "autoload = no" in text
    return set(re.findall(r"^load = (\w+)\.so$", text, re.MULTILINE))


def test_every_application_of_the_dialplan_is_loaded(steps: list[Step], rendered: Rendered) -> None:
    apps = {step.app for step in steps}
    apps |= {inner for step in steps if step.app == "ExecIf" for inner in re.findall(r"\?(\w+)\(", step.args)}
    assert apps == set(PROVIDED_BY)
    assert {module for module in PROVIDED_BY.values() if module} <= loaded_modules(rendered)


def test_every_function_of_the_dialplan_and_the_journal_is_loaded(
    steps: list[Step], rendered: Rendered
) -> None:
    text = rendered("cel_custom.conf") + "\n".join(f"{step.app} {step.args}" for step in steps)
    functions = set(re.findall(r"(?:\$\{|Set[ (])([A-Z_]+)\(", text))
    assert functions == set(FUNCTION_PROVIDED_BY)
    assert set(FUNCTION_PROVIDED_BY.values()) <= loaded_modules(rendered)


def test_what_carries_calls_and_audio_is_loaded(rendered: Rendered) -> None:
    needed = {
        "pbx_config", "chan_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp", "res_rtp_asterisk",
        "res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user", "res_pjsip_registrar",
        "res_pjsip_authenticator_digest", "bridge_simple", "codec_alaw", "format_pcm", "format_wav",
        "res_timing_timerfd", "cel_custom", "res_cdrel_custom", "res_speech", "res_pjsip_pubsub",
    }  # fmt: skip
    assert needed <= loaded_modules(rendered)


def test_no_step_is_numbered_but_the_first(steps: list[Step]) -> None:
    parted = {context for step in steps for context in re.findall(r"G\(([\w-]+)\^s\^1\)", step.args)}
    for step in steps:
        # Dial's G parts caller and called: one goes on at a priority, the other at the next.
        assert step.priority in ("1", "n") or (step.context in parted and step.priority == "2"), step
    first = [(step.context, step.exten) for step in steps if step.priority == "1"]
    assert len(first) == len(set(first))


def called_through(step: Step) -> list[tuple[str, str]]:
    """What a step has done on each channel to a party before that is called: the place, and its argument."""
    return re.findall(r"b\(([\w-]+\^\w+\^\w+)(?:\(([^)]+)\))?\)", step.args)


def _without_arguments(place: str) -> str:
    # Which extension may be a function's matter, with commas of its own.
    return re.sub(r"\$\{[A-Z]+\([^)]*\)\}", "${}", re.sub(r",1\(.*\)$", ",1", place))


def targets(step: Step) -> list[str]:
    match step.app:
        case "Goto":
            return [step.args]
        case "GotoIf":
            return [target for target in step.args.rpartition("?")[2].split(":") if target]
        case "GosubIf":
            return [_without_arguments(step.args.rpartition("?")[2])] if "?" in step.args else []
        case "Gosub":
            return [_without_arguments(step.args)]
        case "Set" if "hangup_handler_push)=" in step.args:
            return [step.args.partition("=")[2]]
        case "Queue" | "Dial":
            before = [place.replace("^", ",") for place, _ in called_through(step)]
            parted = re.findall(r"G\(([\w-]+)\^s\^1\)", step.args)
            return [
                *before,
                *(f"{place},s,1" for place in re.findall(r"U\(([\w-]+)\)", step.args)),
                *(f"{place},s,{priority}" for place in parted for priority in "12"),
            ]
        case "ChannelRedirect":
            return [step.args.partition(",")[2]]
        case _:
            return []


def test_every_way_on_leads_somewhere(steps: list[Step]) -> None:
    places = {(step.context, step.exten, step.label or step.priority) for step in steps}
    ways = [(step, target) for step in steps for target in targets(step)]
    assert len(ways) > 15
    for step, target in ways:
        parts = target.split(",")
        # A label, an extension of the same context, or the whole of it; which extension, may be a variable's matter.
        near = (step.context, step.exten, parts[0]), (step.context, *parts), tuple(parts)
        place = near[len(parts) - 1]
        matching = [there for there in places if there[0] == place[0] and there[2] == place[2]]
        assert place in places or ("$" in place[1] and matching), f"{step.context}: {target}"


def test_every_channel_to_a_party_is_written_down_before_it_is_called_with_who_the_party_is(
    steps: list[Step],
) -> None:
    calling = {step.context: called_through(step) for step in steps if step.app == "Dial"}
    assert calling == {
        "seat": [("leg^s^1", "${CR_PARTY}")],
        "transfer-start": [("target-leg^s^1", "${CR_ATTEMPT}^${CR_TARGET_ROLE}")],
        "last-resort": [("leg^s^1", LegRole.LAST_RESORT)],
        "overflow-platform": [("overflow-leg^s^1", LegRole.PLATFORM)],
        "elsewhere": [("leg^s^1", "${CR_PARTY}")],
        "emergency": [("target-leg^s^1", "${CR_ATTEMPT}^emergency")],  # the courier
        "emergency-calls": [("target-leg^s^1", f"${{CR_OF_ATTEMPT}}^{LegRole.EMERGENCY}")],
    }
    assert [step.app for step in steps if step.context == "leg"] == [
        *("CELGenUserEvent", "ExecIf", "GosubIf", "ExecIf", "Return"),
    ]
    (written,) = [facts for name, facts in events_written(steps) if name == JournalEvent.LEG]
    assert written == {"sip_call_id": "${URIENCODE(${CHANNEL(pjsip,call-id)})}", "party": "${ARG1}"}


def test_every_extension_ends_by_going_on_hanging_up_or_returning(steps: list[Step]) -> None:
    last = {(step.context, step.exten): step for step in steps}
    for step in last.values():
        if step.context == "desk-key":
            continue  # run within the conference: its end is the way back in
        assert step.app in ("Goto", "Hangup", "Return"), step


def test_what_comes_back_in_the_verdict_is_filtered_before_it_names_anything(steps: list[Step]) -> None:
    for step in steps:
        bare = re.findall(r"\$\{CUT\(CR_VERDICT,\|,[345]\)\}", step.args)
        filtered = re.findall(r"\$\{FILTER\([a-z0-9\\,-]+,\$\{CUT\(CR_VERDICT,\|,[345]\)\}\)\}", step.args)
        assert len(bare) == len(filtered), step


def test_without_the_controller_an_emergency_number_still_overtakes_everyone(steps: list[Step]) -> None:
    (rule,) = [step.args for step in steps if step.args.startswith("${REGEX(") and "?urgent" in step.args]
    found = re.search(r'REGEX\("([^"]+)" \$\{CR_CALLED\}\)', rule)
    assert found
    pattern = re.compile(found[1])
    for code in EMERGENCY_CODES:
        for spelled in (
            code,
            f"028{code}",
            f"028-{code}",
            f"%2B86-28-{code}",
            f"%2B86{code}",
            f"0086028{code}",
            f"{code}%3Bphone-context%3D%2B8628",
        ):
            assert pattern.search(spelled), spelled
    for other in ("96119", "096119", "02886812110", "12110", "12345", "1101", "%2B8612345", "119110"):
        assert not pattern.search(other), other
    urgent = [
        step.args for step in steps if step.context == "decided" and step.args.endswith(("URGENT=1", "=20"))
    ]
    assert urgent == ["CR_URGENT=1", "QUEUE_PRIO=20"]


def test_every_setting_of_the_dialplan_is_where_it_is_used(rendered: Rendered, dialplan: str) -> None:
    text = dialplan
    for line in ("CR_CLOCK_OFFSET = -17", "CR_SAFE_QUEUE = hotline", "CR_LAST_RESORT = PJSIP/1999"):
        assert f"\n{line}\n" in text
    assert "CR_RECORDING = yes" in rendered("extensions.conf").splitlines()
    assert re.search(r"\[queue-wait\](\nexten => [^\n]*)*\nexten => _\[a-z0-9\]!,1,Return\(300\)", text)
    assert "Dial(PJSIP/1001,15,b(leg^s^1(${CR_PARTY}))U(until-heard))" in text
    assert "Dial(${CR_LAST_RESORT},25,gm(hold)" in text
    assert ".wav,5,180,kq)" in text
