"""What a platform plays whatever its plan: a sentence for every count, and no count without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.prompts.catalogue import load_catalogue
from callrouter.prompts.phrases import (
    LONGEST_WAIT_MIN,
    MOST_AHEAD,
    OF_THE_PLATFORM,
    phrases,
    position_key,
    wait_key,
)

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "ivr_prompts")
SAID = {prompt.key: prompt.spoken for prompt in phrases(CATALOGUE)}
PAIRS_OF_DIGITS = 100
DIGITS = 10
EMERGENCIES = 3 * 4


def test_every_phrase_has_a_key_of_its_own() -> None:
    counted = MOST_AHEAD + LONGEST_WAIT_MIN + PAIRS_OF_DIGITS + DIGITS
    assert len(SAID) == len(OF_THE_PLATFORM) + counted + EMERGENCIES
    assert len(set(SAID.values())) == len(SAID)


@given(st.integers(min_value=0, max_value=10_000))
def test_whoever_waits_at_whatever_place_there_is_a_sentence_for_it(ahead: int) -> None:
    assert position_key(ahead) in SAID


@given(st.floats(min_value=0, max_value=1e9))
def test_however_long_the_wait_there_is_a_sentence_for_it(seconds: float) -> None:
    assert wait_key(seconds) in SAID


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (0, "下一位就是您。"),
        (1, "您前面还有一位。"),
        (2, "您前面还有两位。"),
        (12, "您前面还有十二位。"),
        (50, "您前面还有五十位。"),
        (51, "您前面还有五十位以上。"),
    ],
)
def test_the_place_in_the_queue_is_said_as_people_count(ahead: int, said: str) -> None:
    assert SAID[position_key(ahead)] == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "预计等待一分钟。"),
        (60, "预计等待一分钟。"),
        (60.5, "预计等待两分钟。"),
        (120, "预计等待两分钟。"),
        (1741, "预计等待三十分钟。"),
        (1800, "预计等待三十分钟。"),
        (1801, "预计等待三十分钟以上。"),
    ],
)
def test_a_wait_is_said_in_minutes_begun(seconds: float, said: str) -> None:
    assert SAID[wait_key(seconds)] == said


def test_less_than_nobody_and_less_than_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="count from 0"):
        position_key(-1)
    with pytest.raises(ValueError, match="count from 0"):
        wait_key(-0.1)


def test_a_phrase_with_a_variable_is_one_file_for_each_value_and_all_others_are_phrases_without() -> None:
    for prompt_id in OF_THE_PLATFORM:
        assert CATALOGUE.entry(prompt_id).variables == ()
    assert CATALOGUE.entry("Q03").variables == ("position",)
    assert CATALOGUE.entry("Q06").variables == ("wait_min",)
    assert CATALOGUE.entry("W04").variables == ("digits",)


def test_one_is_always_the_key_for_a_message_and_two_the_key_for_a_call_back() -> None:
    assert all("留言请按一" in SAID[key] for key in ("o01", "q02", "q09"))
    assert all("预约回电请按二" in SAID[key] for key in ("q09", "k01"))


def test_the_five_grades_have_the_keys_one_to_five() -> None:
    grades = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
    said = "，".join(f"{grade}请按{key}" for grade, key in zip(grades, "一二三四五", strict=True))
    assert SAID["v01"].endswith(f"：{said}。")


def test_c41_a_minor_is_not_given_the_long_notice_and_hears_of_110() -> None:
    assert "幺幺零" in SAID["z01"]
    assert "录音" in SAID["z02"]
    assert len(SAID["z02"]) < len(SAID["g04"])


@given(st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_c45_the_end_of_any_ticket_s_number_is_read_out_in_two_files(tail: str) -> None:
    heard = "".join(SAID[f"w04-{pair}"].rstrip("。") for pair in (tail[:2], tail[2:]))
    assert len(heard) == 4
    assert [dict(zip("零幺二三四五六七八九", "0123456789", strict=True))[said] for said in heard] == list(
        tail
    )


def test_c21_whoever_is_called_is_told_which_key_accepts() -> None:
    assert SAID["w03"] == "按一接听，按二退回。"


def test_c22_whoever_comes_back_from_a_transfer_hears_that_it_failed_and_what_is_left() -> None:
    assert all(word in SAID["b13"] for word in ("暂时无法接听", "登记转办", "接回客服人员"))
    assert "优先" in SAID["b16"]


@pytest.mark.parametrize("key", ["c03", "c04", "c08", "c32"])
def test_c22_an_agent_who_can_not_pass_a_caller_on_hears_of_the_ticket(key: str) -> None:
    assert SAID[key].endswith("请派发工单。")
