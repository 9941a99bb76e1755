"""The copies of the dialplan: each measures what it says, or there is none."""

import pytest

from benchmarks.literal_dialplan import Asked, DialplanChanged, End, Literal, copy_of
from callrouter.settings import PROJECT_ROOT

_ASK = " same => n,AGI(${CR_ASK},call_id=${CR_CALL},called=${CR_CALLED})\n"
_DIALPLAN = f"""\
[globals]
CR_ASK = agi://127.0.0.1:1/arrival

[from-carrier]
exten => _X.,1,Set(CR_CALLED=${{EXTEN}})
 same => n,Goto(arrival,s,1)

[arrival]
exten => s,1,Set(CR_VERDICT=)
; The AGI environment is bounded.
{_ASK} same => n,Goto(decided,s,1)
exten => T,1,Goto(decided,s,1)

[decided]
exten => s,1,Set(CR_ORDER=${{CUT(CR_VERDICT,|,1-2)}})
 same => n,Goto(connect,s,1)

[connect]
exten => s,1,Answer()
"""
_VERDICT = "v1|connect|g02-12315|hotline|0|line=12315&rule=a%2Fb"


def test_a_literal_verdict_stands_where_the_question_stood() -> None:
    copy = copy_of(_DIALPLAN, "bench-pure", Literal(_VERDICT), End.BARE)
    assert f" same => n,Set(CR_VERDICT={_VERDICT})\n" in copy
    assert "AGI(" not in copy


def test_another_answerer_is_asked_the_same() -> None:
    copy = copy_of(_DIALPLAN, "bench-ours", Asked("agi://127.0.0.1:9/arrival"), End.ROUTED)
    assert " same => n,AGI(agi://127.0.0.1:9/arrival,call_id=${CR_CALL},called=${CR_CALLED})\n" in copy
    assert "CR_ASK" not in copy


def test_a_copy_leads_through_itself_to_its_own_end_and_nowhere_else() -> None:
    copy = copy_of(_DIALPLAN, "bench-pure", Literal(_VERDICT), End.ROUTED)
    jumps = {part.partition(",")[0] for part in copy.split("Goto(")[1:]}
    assert jumps == {"bench-pure-arrival", "bench-pure-decided", "bench-routed"}


@pytest.mark.parametrize("times", [0, 2])
def test_a_dialplan_that_does_not_ask_exactly_once_is_refused(times: int) -> None:
    changed = _DIALPLAN.replace(_ASK, _ASK * times)
    with pytest.raises(DialplanChanged, match=f"asks {times} times"):
        copy_of(changed, "bench-pure", Literal(_VERDICT), End.BARE)


def test_a_dialplan_that_asks_somewhere_else_is_refused() -> None:
    changed = _DIALPLAN.replace(_ASK, _ASK.replace("${CR_ASK}", "agi://elsewhere/arrival"))
    with pytest.raises(DialplanChanged, match="CR_ASK"):
        copy_of(changed, "bench-ours", Asked("agi://127.0.0.1:9/arrival"), End.BARE)


@pytest.mark.parametrize("context", ["from-carrier", "arrival", "decided"])
def test_a_dialplan_without_one_of_the_contexts_is_refused(context: str) -> None:
    changed = _DIALPLAN.replace(f"[{context}]", "[renamed]")
    with pytest.raises(DialplanChanged, match=context):
        copy_of(changed, "bench-pure", Literal(_VERDICT), End.BARE)


def test_a_dialplan_that_goes_on_elsewhere_after_the_decision_is_refused() -> None:
    changed = _DIALPLAN.replace("Goto(connect,s,1)", "Goto(queue,s,1)")
    with pytest.raises(DialplanChanged, match="connect"):
        copy_of(changed, "bench-pure", Literal(_VERDICT), End.BARE)


@pytest.mark.parametrize("verdict", ["", "v1|connect;x", "v1|${SHELL}", "v1)\n", "v1,x"])
def test_a_verdict_that_the_dialplan_would_read_as_its_own_is_refused(verdict: str) -> None:
    with pytest.raises(DialplanChanged):
        copy_of(_DIALPLAN, "bench-pure", Literal(verdict), End.BARE)


def test_a_name_that_would_end_a_jump_is_refused() -> None:
    with pytest.raises(ValueError, match="context"):
        copy_of(_DIALPLAN, "bench-pure, once", Literal(_VERDICT), End.BARE)


def test_our_own_dialplan_can_be_copied() -> None:
    template = (PROJECT_ROOT / "asterisk" / "extensions.conf.j2").read_text(encoding="utf-8")
    assert _VERDICT in copy_of(template, "bench-pure", Literal(_VERDICT), End.BARE)
